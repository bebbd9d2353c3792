"""From a file to named columns of text: encodings, separators, headers, odd rows.

Nothing here knows what a cell means. Whatever is repaired or set aside becomes a
sentence in `Cells.found`; what can't be read ends in a `KitError` of one line.
"""

import bz2
import csv
import gzip
import io
import lzma
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from helpers.errors import KitError
from helpers.files import as_path
from helpers.logs.lines import Lines, as_lines, kind_of, packer_of
from helpers.own_data.names import plain
from helpers.own_data.numbers import is_gap, is_number
from helpers.text import count, some

MOST_BYTES = 100_000_000  # that are read of a file
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
_LOOKED_AT = 60  # lines that decide about separator and header
_LONGEST_CELL = 100_000  # characters; more is a quotation mark that nobody closed
_MOST_COLUMNS = 2_000


class Cells(NamedTuple):
    """A file as text: `columns` by name, the line in the file of each row."""

    name: str
    columns: dict[str, list[str]]
    lines: list[int]
    separator: str
    found: list[str]


class _Row(NamedTuple):
    line: int
    cells: list[str]


def read_cells(path: object, rows: int, header: bool | None) -> Cells:
    """Return the first `rows` rows of a text file, and what was met on the way.

    `header` says whether the first row has names; None looks. Raises `KitError` where
    there is no file, no text or no table in it.
    """
    place = as_path(path)
    content, whole = _content(place)
    _refuse_other_files(place.name, content)
    lines = as_lines(_named(content, place.name))
    found = _about_lines(lines, whole)
    texts, first = _without_preamble(lines.texts, found)
    separator = _separator(texts, found)
    parsed = _parsed(place.name, texts, first, separator)
    if not parsed:
        raise KitError(f"{place.name} has no cell with a value; pass a table")
    names, body = _header(parsed, header, found)
    body = _of_one_width(place.name, names, body, found)
    if len(body) > rows:
        found.append(
            f"The file has more rows than are read: the first {rows:,} of "
            f"{len(body):,}{'' if whole else ' and more'} are used; rows= reads others."
        )
        body = body[:rows]
    unique = _unique(names, found)
    texts_of = {name: [row.cells[i] for row in body] for i, name in enumerate(unique)}
    return Cells(place.name, texts_of, [row.line for row in body], separator, found)


# ------------------------------------------------------------------------ the file


def _content(path: Path) -> tuple[bytes, bool]:
    """Return the beginning of a file, unpacked, and whether that is all of it."""
    try:
        if path.is_dir():
            raise KitError(f"{path} is a folder; name a CSV file in it")
        with path.open("rb") as file:
            start = file.read(6)
        with _opened(path, start) as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise KitError(f"{path} is not there; check the folder and the name") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError):
        raise KitError(
            f"{path} is a damaged {packer_of(start) or 'packed'} file; copy it again"
        ) from None
    except OSError as error:
        raise KitError(f"{path} can't be read: {error.strerror or error}") from None
    if len(content) <= MOST_BYTES:
        return content, True
    end = content.rfind(b"\n", 0, MOST_BYTES) + 1
    return content[: end or MOST_BYTES], False


def _opened(path: Path, start: bytes) -> Any:
    """Open a file to be read in bytes, unpacked as its `start` asks for."""
    openers: dict[str, Any] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
    opener = openers.get(packer_of(start))
    return opener(path) if opener else path.open("rb")


_OTHER_FILES = {
    b"PK\x03\x04": "a workbook or a zip archive; save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Office file; save the sheet as CSV",
    b"PAR1": "a Parquet file; write it as CSV: pandas.read_parquet(...).to_csv(...)",
    b"%PDF": "a PDF; export the table as CSV",
    b"SQLite format 3": "a database; export the table as CSV",
    b"\x89PNG": "a picture; pass a table as text",
    b"\xff\xd8\xff": "a picture; pass a table as text",
    b"\x89HDF": "an HDF5 file; write the table as CSV",
    b"MATLAB": "a MATLAB file; write the table as CSV",
}


def _refuse_other_files(name: str, content: bytes) -> None:
    """Raise `KitError` for what is no text, or text that is no table."""
    for start, told in _OTHER_FILES.items():
        if content.startswith(start):
            raise KitError(f"{name} is {told}")
    if other := kind_of(content):
        raise KitError(f"{name} is {other}")
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise KitError(f"{name} is empty; pass a table with a row of names and rows")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in content[:4096] and not wide:
        raise KitError(f"{name} is no text; save the table as CSV in UTF-8")
    head = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise KitError(f"{name} is a web page or XML; download the table itself as CSV")
    if head.startswith((b"{", b"[")):
        raise KitError(
            f"{name} looks like JSON; write it as CSV, or read a log by "
            "helpers.logs.read_log"
        )


def _named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name  # as `as_lines` names the file in what it says
    return file


def _about_lines(lines: Lines, whole: bool) -> list[str]:
    found = []
    if lines.recoded:
        found.append(
            f"No UTF-8 in {count(len(lines.recoded), 'line')}, the first is line "
            f"{lines.recoded[0]}; read as Latin-1: look at letters with accents."
        )
    if not whole:
        found.append(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB; only its beginning "
            "is read."
        )
    return found


# ----------------------------------------------------------- separator and header


def _without_preamble(texts: list[str], found: list[str]) -> tuple[list[str], int]:
    """Return the lines of the table, and how many were left out above it."""
    first = 0
    while first < len(texts) and (
        not texts[first].strip()
        or texts[first].startswith(("#", "%", "@"))
        or texts[first].casefold().startswith("sep=")
    ):
        first += 1
    told = [text for text in texts[:first] if text.strip()]
    if first == len(texts):
        return texts, 0  # comments, nothing else: let it be a table of one column
    if told:
        found.append(
            f"{count(len(told), 'line')} above the table left out: {_quoted(told[0])}."
        )
    return texts[first:], first


def _separator(texts: list[str], found: list[str]) -> str:
    """Return what stands between cells: what cuts most lines into as many cells."""
    sample = [text for text in texts if text.strip()][:_LOOKED_AT]
    rated = [(_evenness(sample, each), each) for each in _SEPARATORS]
    sure = [each for (share, cells), each in rated if share >= 0.8 and cells > 1]
    separator = sure[0] if sure else max(rated, key=lambda pair: pair[0])[1]
    if max(rated)[0][1] < 2:
        separator = " " if _in_blanks(sample) else ","
    if separator != ",":
        told = "blanks" if separator == " " else _SEPARATORS[separator]
        found.append(f"The cells are separated by {told}.")
    return separator


def _evenness(sample: list[str], separator: str) -> tuple[float, int]:
    """Return the share of lines with the commonest number of cells, and that number."""
    try:
        widths = Counter(
            len(next(csv.reader([text], delimiter=separator))) for text in sample
        )
    except csv.Error:
        return 0.0, 1
    cells, lines = widths.most_common(1)[0]
    return (lines / len(sample), cells) if cells > 1 else (0.0, 1)


def _in_blanks(sample: list[str]) -> bool:
    """Return whether lines are numbers with blanks between them."""
    rows = [text.split() for text in sample]
    cells = [cell for row in rows[1:] for cell in row]
    even = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    return even and sum(map(is_number, cells)) > len(cells) / 2


def _parsed(name: str, texts: list[str], first: int, separator: str) -> list[_Row]:
    if separator == " ":
        return [_Row(first + i, t.split()) for i, t in enumerate(texts, 1) if t.strip()]
    reader = csv.reader(
        (text + "\n" for text in texts), delimiter=separator, skipinitialspace=True
    )
    rows: list[_Row] = []
    begin = first + 1
    try:
        for cells in reader:
            if max(map(len, cells), default=0) > _LONGEST_CELL:
                raise csv.Error("too long")
            if any(cell.strip() for cell in cells):
                rows.append(_Row(begin, cells))
            begin = first + reader.line_num + 1
    except csv.Error:
        raise KitError(
            f"{name} has a cell that does not end, from line {begin} on: close the "
            'quotation mark there, or write "" for one inside a cell'
        ) from None
    return rows


def _header(
    rows: list[_Row], header: bool | None, found: list[str]
) -> tuple[list[str], list[_Row]]:
    """Return the names of the columns, and the rows below them."""
    width = Counter(len(row.cells) for row in rows[: 5 * _LOOKED_AT]).most_common(1)
    cells = width[0][0]
    start = next(i for i, row in enumerate(rows) if len(row.cells) >= min(cells - 1, 2))
    if len(rows[start].cells) < cells - 1:
        start = 0
    told = rows[:start]
    if told:
        found.append(
            f"{count(len(told), 'line')} above the table left out: "
            f"{_quoted(' '.join(told[0].cells))}."
        )
    rows = rows[start:]
    if header is None:
        header = _is_header(rows)
    if not header:
        found.append("The first row has no names: the columns are numbered.")
        return [f"column {i}" for i in range(1, cells + 1)], rows
    names = rows[0].cells
    if len(names) == cells - 1 and len(rows) > 1:
        found.append("The rows have one cell more than there are names: the first.")
        names = ["", *names]
    return names, rows[1:]


def _is_header(rows: list[_Row]) -> bool:
    """Return whether the first row differs from the rest as names do from numbers."""
    first, rest = rows[0].cells, rows[1:_LOOKED_AT]
    numbers = sum(map(is_number, first))
    if not numbers or not rest:
        return not numbers
    if numbers == len([cell for cell in first if not is_gap(cell)]):
        return False
    alike = [
        sum(len(r.cells) > i and is_number(r.cells[i]) for r in rest) > len(rest) / 2
        for i in range(len(first))
    ]
    return alike != [is_number(cell) for cell in first]


def _of_one_width(
    name: str, names: list[str], rows: list[_Row], found: list[str]
) -> list[_Row]:
    """Return rows with a cell for each name; say which were filled or left out."""
    width = len(names)
    if width > _MOST_COLUMNS:
        raise KitError(
            f"{name} has {width:,} columns, and at most {_MOST_COLUMNS:,} are read; "
            "choose some, or turn the table round"
        )
    kept, long, short = [], [], []
    for row in rows:
        cells = row.cells
        while len(cells) > width and is_gap(cells[-1]):
            cells = cells[:-1]
        if len(cells) > width:
            long.append(row.line)
            continue
        if len(cells) < width:
            short.append(row.line)
            cells = cells + [""] * (width - len(cells))
        kept.append(_Row(row.line, cells))
    if len(long) + len(short) > len(rows) / 2:
        raise KitError(
            f"{name} is no table: {len(long) + len(short):,} of {len(rows):,} rows "
            f"have another number of cells than the {width} names at its top"
        )
    if long:
        told = some([f"{n}" for n in long], 3)
        found.append(
            f"{count(len(long), 'row')} with too many cells set aside (line {told}): "
            "is there a separator inside a cell?"
        )
    if short:
        told = some([f"{n}" for n in short], 3)
        found.append(
            f"{count(len(short), 'row')} with too few cells (line {told}): the last "
            "ones count as missing."
        )
    return kept


def _unique(names: list[str], found: list[str]) -> list[str]:
    """Return a name for each column, none of them empty or there twice."""
    taken: set[str] = set()
    unique, empty, twice = [], [], []
    for place, written in enumerate(names, start=1):
        name = plain(written)
        if not name:
            name = f"column {place}"
            empty.append(name)
        base, again = name, 2
        while name in taken:
            name, again = f"{base} ({again})", again + 1
        if name != base:
            twice.append(name)
        taken.add(name)
        unique.append(name)
    if empty:
        found.append(f"{count(len(empty), 'column')} without a name: {some(empty, 3)}.")
    if twice:
        found.append(f"A name that is there twice got a number: {some(twice, 3)}.")
    return unique


def _quoted(text: str) -> str:
    short = plain(text)
    return f"'{short if len(short) <= 60 else short[:59] + '…'}'"
