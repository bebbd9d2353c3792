"""From a line to pairs of name and value, in three formats; or the reason why not."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from helpers.logs.clocks import leading_time, leading_time_of_day, left_of_time
from helpers.logs.fields import NEEDED, resolve
from helpers.logs.objects import DEPTH, JsonObject, flatten
from helpers.logs.products import Header, Marks, flow_log_header, headerless

__all__ = ["FORMATS", "Pairs", "Unreadable", "recognise"]

Pairs = tuple[tuple[str, ...], Sequence[Any]]  # names, and as many values


class Unreadable(ValueError):
    """Why one line can't be read."""


# ------------------------------------------------------------------------ JSON


def json_pairs(texts: list[str]) -> Iterator[Pairs | Unreadable | None]:
    """Yield the pairs of each line; names of nested objects are joined by a dot."""
    for text in texts:
        yield _attempt(_json_line, text) if text.strip() else None


def _json_line(text: str) -> Pairs:
    try:
        value = _DECODER.decode(text.strip().removesuffix(","))
    except RecursionError:
        raise Unreadable("JSON nested too deep") from None
    except ValueError as error:
        raise Unreadable(_json_fault(text, error)) from None
    if not isinstance(value, JsonObject):
        kind = {list: "a list", str: "text", type(None): "null"}.get(type(value))
        raise Unreadable(f"JSON, but {kind or 'a number'} instead of an object")
    names: list[str] = []
    values: list[Any] = []
    flatten(value, "", DEPTH, names, values)
    pairs = tuple(names), values
    return pairs if _hosts(pairs[0]) else _with_inside(pairs)


def _number(text: str) -> float | str:
    """Keep what a spreadsheet shortened as it is written; a float would hide it."""
    return text if _POWER.search(text) else float(text)


_POWER = re.compile(r"[eE]\+?\d")


def _with_inside(pairs: Pairs) -> Pairs:
    """Add the pairs in the message of a line that names no hosts, as journald's."""
    for at, (name, value) in enumerate(zip(*pairs, strict=True)):
        if name.casefold() not in ("message", "msg", "log", "line"):
            continue
        if isinstance(value, list) and all(isinstance(one, int) for one in value):
            value = bytes(one % 256 for one in value).decode("utf-8", "replace")
            pairs = pairs[0], [*pairs[1][:at], value, *pairs[1][at + 1 :]]
        if isinstance(value, str) and _names_hosts(value):
            found = _attempt(_text_line, value)
            if isinstance(found, Unreadable):
                return pairs
            return (*pairs[0], *found[0]), [*pairs[1], *found[1]]
    return pairs


_DECODER = json.JSONDecoder(object_pairs_hook=JsonObject, parse_float=_number)


def _json_fault(text: str, error: ValueError) -> str:
    if not text.lstrip().startswith("{"):
        return "no JSON object"
    if not text.rstrip().rstrip(",").endswith("}"):
        return "torn: the closing brace is missing"
    return f"broken JSON: {getattr(error, 'msg', error)}"


# ------------------------------------------------------------------------ text

_PRIORITY = re.compile(r"\s*<\d{1,3}>(?:\d\s)?\s*")  # that syslog puts first
_COUNTED = re.compile(  # seconds, in brackets those since the start (dmesg)
    r"(\d+(?:[.,]\d+)?(?:[eE]\+?\d+)?)(?=\s|$)|\[\s*(\d+\.\d+)\](?=\s|$)"
)
_DATED = re.compile(r"\d{1,8}\.?\s(?:\S+\s){0,3}?\d{1,2}:\d\d(?::\d\d)?(?!\S)")
_COMMAS = re.compile(r",\s*(?=[A-Za-z_][\w.-]*=)")  # between pairs, for blanks
_PAIR = re.compile(
    r"""(?<!\S)([^\s="]++)=("(?:[^"\\]|\\.)*"[,;\])}>]*(?=\s|$)"""
    r"""|'(?:[^'\\]|\\.)*'[,;\])}>]*(?=\s|$)|[^\s"]*(?=\s|$))"""
)
_QUOTED = re.compile(r"""(["'])(.*)\1[,;\])}>]*""", re.DOTALL)
_BRACKETS = ("[]", "()", "{}", "<>")
_MARKS, _ENDS = frozenset("\"'"), frozenset(",;])}>")
_ESCAPE = re.compile(r"\\(.)")
_CEF = re.compile(r"CEF:\s?\d+(?:\.\d+)?\|(?:(?:[^|\\]|\\.)*\|){6}")
_CEF_NAME = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w.]*)=")
_CEF_ESCAPE = re.compile(r"\\([=|\\nr])")
_PACKET_END = re.compile(r"\s+(?:INCOMPLETE \[\d+ bytes\]|OPT \([\dA-F]*\))\s*\Z")


def text_pairs(texts: list[str]) -> Iterator[Pairs | Unreadable | None]:
    """Yield the pairs of each line: its leading time, then every key=value.

    A line whose names are the beginning of those that other lines have was cut.
    """
    results: list[Any] = []
    orders: Counter = Counter()
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    for text in texts:
        one: Any = _attempt(_text_line, text) if text.strip() else None
        if isinstance(one, tuple):
            names = shared.setdefault(one[0], one[0])  # one tuple for all lines
            if "CEF:" not in text:  # whose lines end where they like
                orders[names] += 1
            one = (names, one[1])
        results.append(one)
    torn = _stubs(orders, len(texts))
    for one in results:
        if torn and isinstance(one, tuple) and one[0] in torn:
            yield Unreadable("torn: the last fields of other lines are missing")
        else:
            yield one


def _stubs(orders: Counter, lines: int) -> set[tuple[str, ...]]:
    """Return the rare orders of names that are the beginning of another one."""
    rare = max(1, lines // 50)  # what many lines lack is no accident
    begun = {order[:end] for order in orders for end in range(1, len(order))}
    return {order for order in begun if orders[order] <= rare}


def _text_line(text: str) -> Pairs:
    text = _PRIORITY.sub("", text, count=1) if text.lstrip().startswith("<") else text
    if "CEF:" in text and (header := _CEF.search(text)):
        return _cef_line(text[: header.start()], text[header.end() :])
    text = text.partition(" [SRC=")[0]  # iptables: the packet an ICMP message is about
    text = _PACKET_END.sub("", text) if text.rstrip()[-1:] in (")", "]") else text
    head, start = _head(text)
    matches = list(_PAIR.finditer(text, start))
    if len(matches) < 2 and _COMMAS.search(text):
        text = _COMMAS.sub(" ", text)
        matches = list(_PAIR.finditer(text, start))
    if not matches:
        raise Unreadable("no key=value in the line")
    last = matches[-1].end()
    if "=" in text[last:] or '"' in text[last:] or text[:last].endswith("="):
        raise Unreadable("torn: the last value is cut")
    if text[last:].strip():
        raise Unreadable("torn, or text behind the last key=value")
    names, values = (["time"], [head]) if head else ([], [])
    for match in matches:
        name, value = match.groups()
        if value[:1] in _MARKS and (quoted := _QUOTED.fullmatch(value)):
            value = _unquoted(quoted[1], quoted[2])
        elif value.lstrip("[")[:1].isdigit() and _is_time(name):
            value = _whole_time(text[match.start(2) :], value)
        elif value[-1:] in _ENDS:
            value = _bare(value)
        names.append(name)
        values.append(value)
    return tuple(names), values


def _cef_line(before: str, extension: str) -> Pairs:
    """Return the pairs behind the header of a CEF line, whose values hold blanks."""
    found = list(_CEF_NAME.finditer(extension))
    if not found:
        raise Unreadable("no key=value in the line")
    ends = [*(match.start() for match in found[1:]), len(extension)]
    head = _head(before)[0]
    names, values = (["time"], [head]) if head else ([], [])
    for match, end in zip(found, ends, strict=True):
        # `rt` is the receipt time here, and a response time elsewhere
        names.append("deviceReceiptTime" if match[1] == "rt" else match[1])
        values.append(_CEF_ESCAPE.sub(_unescaped, extension[match.end() : end].strip()))
    return tuple(names), values


def _unescaped(match: re.Match) -> str:
    return "\n" if match[1] in "nr" else match[1]


@lru_cache(maxsize=4096)
def _is_time(name: str) -> bool:
    field = resolve(name)
    return field is not None and field.column in ("time", "date")


def _whole_time(text: str, value: str) -> str:
    """Return a time that `text` begins with: without quotation marks it has blanks."""
    opened = text.startswith("[")
    time = leading_time(text[opened:])
    whole = time[0] if time is not None else leading_time_of_day(text)
    return whole if len(whole) + opened > len(value) else _bare(value)


def _bare(value: str) -> str:
    """Return a value without what ends it: `a;` of "x=a; y=b", `b]` of "[x=a y=b]"."""
    end = value[-1:]
    if end and end in ",;":
        return _bare(value[:-1])
    pair = next((pair for pair in _BRACKETS if end and end == pair[1]), "")
    return _bare(value[:-1]) if pair and pair[0] not in value else value


def _head(text: str) -> tuple[str, int]:
    """Return the time before the first pair, all that belongs to it, and its end."""
    opened = text.startswith("[")
    time = leading_time(text[opened:])
    if time is not None:
        return time[0], time[1] + opened
    first = _PAIR.search(text)
    before = text[: first.start()] if first else text
    for word in re.finditer(r"(?:(?<=\s)|(?<=\[))\S", before):  # behind other words
        if time := leading_time(before[word.start() :]):
            return left_of_time(before[: word.start()]) + time[0], 0
    if dated := _DATED.match(before):  # 240108 10:00:00 is no count
        return dated[0], 0
    counted = _COUNTED.match(text)
    return (counted[1] or counted[2], counted.end()) if counted else ("", 0)


def _unquoted(mark: str, value: str) -> str:
    try:
        return json.loads(f'"{value}"') if mark == '"' else _ESCAPE.sub(r"\1", value)
    except ValueError:
        return _ESCAPE.sub(r"\1", value)


# ------------------------------------------------------------------------- CSV


def csv_pairs(texts: list[str]) -> Iterator[Pairs | Unreadable | None]:
    """Yield the pairs of each row; a header line changes names and separator.

    Files glued together have several headers. Lines above the first are unreadable,
    unless a product that writes no header is known by its cells.
    """
    header: Header | None = None
    marks = Marks()
    quoted = sum(text.endswith('"') for text in texts) * 2 > len(texts)
    for text in texts:
        if not text.strip():
            yield None
        elif text.startswith("#") and (header is None or header.plain):
            marks.read(text)
            header = marks.header() or header
            yield None
        elif (found := csv_header(text)) is not None:
            header = found
            yield None
        elif header is None and (header := headerless(text)) is None:
            yield Unreadable("no header line above it")
        elif quoted and text.endswith(header.separator):
            yield Unreadable("torn: the last cell is missing")
        else:
            yield _attempt(_csv_line, text, header)


_DIGIT_CELL = re.compile(r'(?:^|[,;|\t])\s*"?\s*[\d{.+-]')


def csv_header(text: str) -> Header | None:
    """Return separator and names if the line is a header, else None.

    A header names time, source and destination, and no cell is a number.
    """
    if "=" in text or _DIGIT_CELL.search(text):
        return None
    for separator in (",", ";", "\t", "|"):
        if text.count(separator) < len(NEEDED) - 1:
            continue
        cells = [cell.strip() for cell in _cells(text, separator) or ()]
        fields = [resolve(cell) for cell in cells]
        known = {field.column for field in fields if field is not None}
        known |= {"time"} if "date" in known else set()
        if known.issuperset(NEEDED):
            return Header(separator, tuple(cells))
    return flow_log_header(text)


def _cells(text: str, separator: str) -> list[str] | None:
    try:
        rows = list(
            csv.reader([text], delimiter=separator, strict=True, skipinitialspace=True)
        )
    except csv.Error:
        return None
    return rows[0] if rows else None


def _csv_line(text: str, header: Header) -> Pairs:
    names = header.names
    cells = header.cells(text) if header.plain else _cells(text, header.separator)
    if cells is None:
        raise Unreadable("torn: a quote is not closed")
    if len(cells) < len(names):
        raise Unreadable(f"torn: {len(cells)} cells under {len(names)} names")
    if len(cells) > len(names):
        raise Unreadable(f"{len(cells)} cells under {len(names)} names")
    if header.is_idle(cells):
        raise Unreadable("NODATA: a flow log without a flow in this interval")
    return names, cells


# ------------------------------------------------------------------ recognition

FORMATS: dict[str, Callable[[list[str]], Iterator[Pairs | Unreadable | None]]] = {
    "JSON lines": json_pairs,
    "text lines": text_pairs,
    "CSV": csv_pairs,
}


def recognise(texts: list[str]) -> str:
    """Return the format of the first 200 lines; other programs may write among them.

    Most lines are JSON objects, or there is a CSV header, or key=value pairs name a
    source and a destination somewhere. CSV where none fits.
    """
    sample = [text for text in texts if text.strip()][:200]
    objects = sum(text.lstrip().startswith("{") for text in sample)
    if objects * 2 > len(sample):
        return "JSON lines"
    if any(_starts_table(text) for text in sample):
        return "CSV"
    flows = sum(_names_hosts(text) for text in sample)
    pairs = sum(len(_PAIR.findall(text)) > 1 for text in sample)
    if flows > objects or pairs * 2 > len(sample):
        return "text lines"
    return "JSON lines" if objects else "CSV"


def _starts_table(text: str) -> bool:
    if text.startswith(("#fields", "#Fields:")):
        return True
    return csv_header(text) is not None or headerless(text) is not None


def _names_hosts(text: str) -> bool:
    text = _PRIORITY.sub("", text, count=1)
    if "CEF:" in text and (header := _CEF.search(text)):
        text = text[header.end() :]
    pairs = _PAIR.findall(text)
    if len(pairs) < 2 and _COMMAS.search(text):
        pairs = _PAIR.findall(_COMMAS.sub(" ", text))
    return _hosts(tuple([name for name, _ in pairs]))


@lru_cache(maxsize=1024)
def _hosts(names: tuple[str, ...]) -> bool:
    fields = [resolve(name) for name in names]
    columns = {field.column for field in fields if field is not None}
    return columns.issuperset(("source", "destination"))


def _attempt(parse: Callable[..., Pairs], *arguments: Any) -> Pairs | Unreadable:
    try:
        return parse(*arguments)
    except Unreadable as reason:
        return reason
