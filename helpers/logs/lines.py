"""From a file, a file object or a list to numbered lines of text.

Only LF and CR LF (and a lone CR, where no LF occurs) end a line. Bytes are read as
UTF-8, as UTF-16 where a byte-order mark says so, else as Latin-1, line by line.
"""

import bz2
import codecs
import lzma
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
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
    torn_archive: the packed file ends too early
    """

    name: str
    texts: list[str]
    recoded: tuple[int, ...] = ()
    open_end: bool = False
    torn_archive: bool = False


def as_lines(source: Any) -> Lines:
    """Return the numbered lines of a path, an open file, or an iterable of lines.

    Files that begin like gzip, bzip2 or xz are unpacked. Raises `LogUnreadable` for
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
    if told := kind_of(content):
        raise LogUnreadable(f"{name} is no network log that can be read: it is {told}")
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


_WIDE = tuple(mark for mark, _ in _WIDE_MARKS)


_PACKED: dict[bytes, tuple[str, Callable[[], Any]]] = {
    b"\x1f\x8b": ("gzip", lambda: zlib.decompressobj(wbits=31)),
    b"BZh": ("bzip2", bz2.BZ2Decompressor),
    b"\xfd7zXZ\0": ("xz", lzma.LZMADecompressor),
}


def packer_of(start: bytes) -> str:
    """Return what packed a file that begins so: gzip, bzip2 or xz; "" for none."""
    kinds = (kind for mark, (kind, _) in _PACKED.items() if start.startswith(mark))
    return next(kinds, "")


def _unpacked(content: bytes, name: str) -> tuple[bytes, bool]:
    """Return the content of a packed file as far as it goes, and whether it is torn."""
    start = next((start for start in _PACKED if content.startswith(start)), None)
    if start is None:
        return content, False
    kind, unpacker_of = _PACKED[start]
    parts: list[bytes] = []
    torn = False
    try:
        while content.startswith(start):  # logs packed one by one, then joined
            unpacker = unpacker_of()
            parts.append(unpacker.decompress(content))
            torn = not unpacker.eof
            content = unpacker.unused_data
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        if not parts:
            raise LogUnreadable(
                f"{name} is a damaged {kind} file; copy it again"
            ) from None
        torn = True
    return b"".join(parts), torn


OTHER_FILES = {
    b"\xd4\xc3\xb2\xa1": "a capture of packets (pcap); {export}",
    b"\xa1\xb2\xc3\xd4": "a capture of packets (pcap); {export}",
    b"\x4d\x3c\xb2\xa1": "a capture of packets (pcap); {export}",
    b"\xa1\xb2\x3c\x4d": "a capture of packets (pcap); {export}",
    b"\x0a\x0d\x0d\x0a": "a capture of packets (pcapng); {export}",
    b"PK\x03\x04": "a zip archive; unpack it",
    b"PAR1": "a Parquet file; write it by pandas.read_parquet(...).to_csv(...)",
    b"ElfFile\0": "a Windows event log (evtx); export it as CSV or JSON lines",
    b"\xd0\xcf\x11\xe0": "an old Office file; save the sheet as CSV",
    b"%PDF": "a PDF; export the table as CSV",
    b"SQLite format 3": "an SQLite database; export the table as CSV",
    b"\x28\xb5\x2f\xfd": "a zstd file; unpack it (zstd -d)",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it",
    b"Rar!": "a rar archive; unpack it",
    b"LPKSHHRH": "a binary journal; write it by journalctl -o json",
    b"Obj\x01": "an Avro file; export it as JSON lines",
    b"ORC": "an ORC file; write it as CSV",
    b"ARROW1": "an Arrow file; write it as CSV",
    b"\x04\x22\x4d\x18": "an lz4 file; unpack it (lz4 -d)",
    b"\x1f\x9d": "a file of compress; unpack it (gzip -d)",
    b"\x89PNG": "a picture; name a log",
    b"\xff\xd8\xff": "a picture; name a log",
    b"\x0c\xa5": "a capture of flows (nfdump); export it: nfdump -r ... -o csv",
    b"\xa5\x0c": "a capture of flows (nfdump); export it: nfdump -r ... -o csv",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the file (git lfs pull)",
}
_MARKUP = (b"<!doctype", b"<html", b"<?xml")
_EXPORT = "export it by Wireshark (File, Export as CSV) or Zeek"
_SHEETS = (b"xl/", b"[Content_Types].xml")


def kind_of(content: bytes) -> str:
    """Return what a file is that is no text, and the way out; "" if not known."""
    if content.startswith(b"PK\x03\x04"):
        if content[30:38].startswith(b"mimetype") and b"opendocument" in content[:120]:
            return "an OpenDocument workbook (ods); save the sheet as CSV"
        if any(mark in content[:4000] for mark in _SHEETS) or b"xl/" in content:
            return "an Excel workbook (xlsx); save the sheet as CSV"
    if content[257:262] == b"ustar":
        return "a tar archive; unpack it and name its folder"
    if any(content.startswith(start) for start in _PACKED):
        return "packed twice; unpack it once"
    if content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        return "a web page or XML; export the log as text, CSV or JSON lines"
    for start, told in OTHER_FILES.items():
        if content.startswith(start):
            if start in (b"ORC", b"Obj\x01", b"Rar!") and b"\0" not in content[:200]:
                continue
            return told.format(export=_EXPORT)
    begin = content[:1000]
    if begin.count(b"\0") * 4 > len(begin) and not begin.startswith(_WIDE):
        return "no text in UTF-8 (UTF-16 without its mark?); save it as UTF-8"
    return ""


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
