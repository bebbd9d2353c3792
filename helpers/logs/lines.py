"""From a file, a file object or a list to numbered lines of text.

Only LF and CR LF (and a lone CR, where no LF occurs) end a line. Bytes are read as
UTF-8, as UTF-16 where a byte-order mark says so, else as Latin-1, line by line.
"""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from helpers.errors import KitError
from helpers.files import user_path


class LogUnreadable(KitError):
    """Nothing in this file can be read as a network log; the line says why."""


class Lines(NamedTuple):
    """The lines of a log without their ends; the first is number 1.

    name: the file's name without its folder, or "lines"
    recoded: numbers of the lines that were no UTF-8 and were read as Latin-1
    open_end: the last line has no line end: it may have been cut
    torn_archive: the gzip file ends too early
    """

    name: str
    texts: list[str]
    recoded: tuple[int, ...] = ()
    open_end: bool = False
    torn_archive: bool = False


def as_lines(source: Any) -> Lines:
    """Return the numbered lines of a path, an open file, or an iterable of lines.

    Files that end in .gz, or begin like gzip, are unpacked. Raises `LogUnreadable` for
    a file that is not there, a folder, or an empty one.
    """
    if isinstance(source, str) and ("\n" in source or source.lstrip()[:1] == "{"):
        raise LogUnreadable(
            "this is the text of a log, not a path; pass its lines: text.splitlines()"
        )
    if isinstance(source, str) and not source:
        raise LogUnreadable("the path of the log is empty; name a file")
    if isinstance(source, str | os.PathLike):
        lines = _from_path(user_path(source))
    elif hasattr(source, "read"):
        name = getattr(source, "name", None)
        name = os.path.basename(name) if isinstance(name, str) else "lines"
        lines = _from_content(source.read(), name)
    else:
        lines = _from_items(source)
    if not any(text.strip() for text in lines.texts):
        raise LogUnreadable(f"{lines.name} is empty: there is no line to read")
    return lines


def _from_path(path: Path) -> Lines:
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        raise LogUnreadable(f"{path} is a folder; name a log file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LogUnreadable(f"{path} can't be read: {reason}") from None
    return _from_content(content, path.name)


def _from_content(content: str | bytes, name: str) -> Lines:
    if isinstance(content, str):
        texts, open_end = _split(content.removeprefix("\ufeff"), "\n", "\r")
        return Lines(name, texts, open_end=open_end)
    content, torn = _unpacked(content, name)
    for mark, encoding in _WIDE_MARKS:
        if content.startswith(mark):
            text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
            texts, open_end = _split(text, "\n", "\r")
            return Lines(name, texts, open_end=open_end, torn_archive=torn)
    content = content.removeprefix(codecs.BOM_UTF8)
    parts, open_end = _split(content, b"\n", b"\r")
    return _decoded(name, parts, open_end=open_end, torn_archive=torn)


_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _unpacked(content: bytes, name: str) -> tuple[bytes, bool]:
    """Return the content of a gzip file as far as it goes, and whether it is torn."""
    if not content.startswith(b"\x1f\x8b"):
        return content, False
    try:
        return gzip.decompress(content), False
    except (OSError, EOFError, zlib.error):
        pass
    parts: list[bytes] = []
    try:
        while content.startswith(b"\x1f\x8b"):  # logs packed one by one, then joined
            unpacker = zlib.decompressobj(wbits=31)
            parts.append(unpacker.decompress(content))
            content = unpacker.unused_data
    except zlib.error:
        if not parts:
            raise LogUnreadable(
                f"{name} is a damaged gzip file; copy it again"
            ) from None
    return b"".join(parts), True


def _split(content: Any, feed: Any, carriage: Any) -> tuple[list, bool]:
    """Split at LF, drop the CR before it; return lines and whether the last is open."""
    if feed not in content and carriage in content:
        content = content.replace(carriage, feed)
    parts = content.split(feed)
    open_end = len(parts[-1]) > 0
    if not open_end:
        parts.pop()
    return [part.removesuffix(carriage) for part in parts], open_end


def _decoded(name: str, parts: list[bytes], **facts: Any) -> Lines:
    try:
        return Lines(name, [part.decode() for part in parts], **facts)
    except UnicodeDecodeError:
        pass
    texts, recoded = [], []
    for number, part in enumerate(parts, start=1):
        try:
            texts.append(part.decode())
        except UnicodeDecodeError:
            texts.append(part.decode("latin-1"))
            recoded.append(number)
    return Lines(name, texts, tuple(recoded), **facts)


def _from_items(source: Iterable) -> Lines:
    if isinstance(source, bytes | bytearray | Mapping | pd.DataFrame | pd.Series):
        raise LogUnreadable(
            "a log is a path, an open file or a list of lines; "
            f"got a {type(source).__name__}"
        )
    try:
        items = list(source)
    except TypeError:
        raise LogUnreadable(
            "a log is a path, an open file or a list of lines; "
            f"got {type(source).__name__}"
        ) from None
    if all(isinstance(item, bytes) for item in items):
        return _decoded("lines", [item.rstrip(b"\r\n") for item in items])
    for item in items:
        if not isinstance(item, str | bytes):
            raise LogUnreadable(
                f"a list of lines holds text; got {type(item).__name__} among them"
            )
    texts = [
        item if isinstance(item, str) else item.decode("utf-8", errors="replace")
        for item in items
    ]
    texts = [text.rstrip("\r\n") for text in texts]
    texts[:1] = [text.removeprefix("\ufeff") for text in texts[:1]]
    return Lines("lines", texts)
