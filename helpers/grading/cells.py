"""The cells of a notebook file, from whatever bytes a learner handed in.

Written for files that are odd or hostile: every encoding, nbformat 3 and 4, outputs of
any size, JSON that is torn. Only sources matter here, so nothing is validated, and
whatever is no source is dropped while the JSON is being parsed. nbformat's reader asks
for a valid notebook and keeps all outputs; a test compares the two on valid ones.
"""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

CODE, TEXT = "code", "markdown"
MOST_CELLS = 5_000
LONGEST_CELL = 200_000  # characters
_BEGINNING = 400  # characters in which a cell says whose it is
MOST_SOURCE = 2_000_000  # characters of all cells together
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_OF_CELLS = ("cell_type", "source", "input", "id", "execution_count")
_OTHER_FILES = (
    (b"%PDF", "it is a PDF under a notebook's name"),
    (b"PK\x03\x04", "it is a zip or an Office file under a notebook's name"),
    (b"<", "it is a web page, not a notebook: perhaps a page that asks to log in"),
    (b"version https://git-lfs", "it is Git's pointer to a notebook, not the notebook"),
    (b"\x1f\x8b", "it is a compressed file under a notebook's name"),
)


class CantRead(ValueError):
    """A file that can't be read; `str(error)` is the reason, a line for the teacher."""


@dataclass(frozen=True)
class Cell:
    """A cell as far as grading needs it; `id` is empty where the file has none."""

    kind: str
    source: str
    id: str = ""


def cells_of(data: bytes) -> tuple[list[Cell], list[str]]:
    """Return the cells of a notebook file, and remarks about it.

    Raises `CantRead` for what is no notebook, `MemoryError` where its text and the
    outputs of its largest cell don't fit into memory.
    """
    remarks: list[str] = []
    text = _text(data, remarks)
    del data
    raw = _raw_cells(_tree(text))
    del text
    return _bounded(raw, remarks), remarks


# -- bytes to text ---------------------------------------------------------------------


def _text(data: bytes, remarks: list[str]) -> str:
    data = data.rstrip(b"\0 \r\n\t") if data[-1:] in b"\0 \r\n\t" else data
    if not data.strip(b"\xef\xbb\xbf\xfe\xff \r\n\t"):
        raise CantRead("the file is empty")
    start = data[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    for head, reason in _OTHER_FILES:
        if start.startswith(head):
            raise CantRead(reason)
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        if not start.startswith(b"{"):
            raise CantRead("it is no notebook: it does not begin with {")
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            remarks.append("the file is not in UTF-8; it was read as Windows-1252")
            return data.decode(encoding, errors=_WINDOWS)
    remarks.append(f"the file is in {encoding.upper()}, not in UTF-8")
    data += bytes(-len(data) % (4 if "32" in encoding else 2))  # stripped at the end
    text = data.decode(encoding, errors="replace").lstrip("\ufeff \r\n\t")
    if not text.startswith("{"):
        raise CantRead("it is no notebook: it does not begin with {")
    return text


_WINDOWS = "single-bytes-as-windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    told = "".join(bytes([b]).decode("cp1252", "replace") for b in wrong)
    return told, error.end


codecs.register_error(_WINDOWS, _as_windows)


# -- text to cells ---------------------------------------------------------------------


def _tree(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_sources_only,
            parse_int=lambda digits: int(digits[:9]),
            strict=False,
        )
    except json.JSONDecodeError as error:
        if not text.rstrip().endswith("}"):
            raise CantRead("the file breaks off in the middle of its JSON") from None
        raise CantRead(f"broken JSON in line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise CantRead("its JSON is nested too deeply") from None


def _sources_only(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep of a JSON object what leads to sources; of two equal keys the last."""
    found = dict(pairs)
    for name in ("cells", "worksheets"):
        if name in found:
            return {name: found[name]}
    if "cell_type" in found or "source" in found or "input" in found:
        return {name: found[name] for name in _OF_CELLS if name in found}
    return {}


def _raw_cells(tree: Any) -> list[Any]:
    if not isinstance(tree, dict):
        raise CantRead("it is JSON, but no notebook")
    if isinstance(tree.get("cells"), list):
        return tree["cells"]
    sheets = tree.get("worksheets")  # nbformat 3 and older
    if isinstance(sheets, list):
        listed = [s["cells"] for s in sheets if isinstance(s, dict) and "cells" in s]
        return [cell for cells in listed if isinstance(cells, list) for cell in cells]
    raise CantRead("it is JSON, but no notebook: it has no list of cells")


def _bounded(raw: list[Any], remarks: list[str]) -> list[Cell]:
    """Return the cells that there is room for, those of exercises before others."""
    found = {place: cell for place, each in enumerate(raw) if (cell := _cell(each))}
    left, kept = MOST_SOURCE, dict[int, Cell]()
    for place in sorted(found, key=lambda place: not _may_be_asked(found[place])):
        size = len(found[place].source)
        if len(kept) < MOST_CELLS and size <= min(left, LONGEST_CELL):
            kept[place] = found[place]
            left -= size
    cells, dropped = [kept[place] for place in sorted(kept)], len(raw) - len(kept)
    if dropped:
        remarks.append(f"{dropped} cells that are broken or very long were left out")
    if any("\ufffd" in cell.source for cell in cells):
        remarks.append("characters that are no text were replaced by \ufffd")
    return cells


def _may_be_asked(cell: Cell) -> bool:
    """Say whether a cell may be an exercise's, by its name or how it begins."""
    return "exercise" in (cell.id + cell.source[:_BEGINNING]).lower()


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return None
    source = _NO_TEXT.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
    kind, name = raw.get("cell_type"), raw.get("id")
    if kind not in (CODE, TEXT, "raw", "heading"):
        kind = CODE if "input" in raw or "execution_count" in raw else TEXT
    name = _NO_TEXT.sub("\ufffd", name[:64]) if isinstance(name, str) else ""
    return Cell(kind, source, name)
