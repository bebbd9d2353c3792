"""Moments as programs and people write them: read right, or refused with the reason.

ISO 8601 and RFC 3339 in all their spellings (basic, ordinal, week, comma), the clocks
of Apache, syslog, e-mail, `date` and spreadsheets, counts since 1970 and 1601. What
stands between a time and the next word and changes its meaning (AM, PM, a zone by
name or by hours) is part of the time. Nothing is skipped: a piece that isn't
understood refuses the whole.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

import numpy as np

__all__ = [
    "ClockHints",
    "Times",
    "Undecided",
    "lacks_halves",
    "leading_time",
    "leading_time_of_day",
    "left_of_time",
    "parted",
    "read_times",
]

FIRST, LAST = np.datetime64("1980-01-01", "us"), np.datetime64("2100-01-01", "us")
EPOCHS = (315_532_800, 4_102_444_800)  # the same in seconds since 1970
_SINCE_1601 = 11_644_473_600  # seconds from 1601 to 1970
_NTP = 3_155_673_600  # seconds since 1900 of the year 2000; since 1970 they are 2069
_MICRO = 10**6
_DAY = 86_400 * _MICRO


class ClockHints(TypedDict, total=False):
    """What a person knows of a clock that the file doesn't tell.

    day_first: whether 03/04/2024 is the 3rd of April
    zone: of times that name none, as "+05:30" or "Asia/Bangkok"; else UTC
    year: of the first time that has none, as syslog writes
    start: moment from which relative seconds count
    before: the last day of the file before this one, for times without a year
    """

    day_first: bool | None
    zone: str | None
    year: int | None
    start: Any
    before: date | None


class Undecided(ValueError):
    """The file allows two readings of its clock: a person has to say which."""


class Refused(ValueError):
    """Why one text is no moment."""


class Times(NamedTuple):
    """Moments (n,) as UTC microseconds; NaT where a text is none, and why.

    naive: how many name no zone, and were read as UTC
    """

    values: np.ndarray
    reasons: dict[int, str]
    notes: tuple[str, ...]
    naive: int


# ------------------------------------------------------------------------ zones

_OFFSETS = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 60, "CET": 60, "MEZ": 60,
    "CEST": 120, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120,
    "EAT": 180, "CAT": 120, "WIB": 420, "ICT": 420, "PKT": 300, "HKT": 480,
    "SGT": 480, "PHT": 480, "AWST": 480, "JST": 540, "KST": 540, "ACST": 570,
    "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180,
    "EDT": -240, "EST": -300, "MDT": -360, "MST": -420, "PDT": -420,
    "NPT": 345, "IRST": 210, "AFT": 270, "MMT": 390, "TRT": 180, "SAMT": 240,
    "YEKT": 300, "OMST": 360, "NOVT": 420, "KRAT": 420, "IRKT": 480, "VLAT": 600,
    "UZT": 300, "ART": -180, "CLT": -240, "COT": -300, "PET": -300, "VET": -240,
    "UYT": -180, "WITA": 480, "WIT": 540, "MYT": 480, "CHST": 600, "FJT": 720,
    "NDT": -150, "AZT": 240, "GET": 240, "PST": -480, "AKDT": -480,
    "AKST": -540, "HST": -600, "HDT": -540, "WAT": 60, "WAST": 120, "MET": 60,
    "MEST": 120, "IDT": 180, "IRDT": 270, "BRST": -120, "CLST": -180, "MUT": 240,
    "TJT": 300, "TMT": 300, "MVT": 300, "KGT": 360, "BTT": 360, "BNT": 480,
    "ULAT": 480, "YAKT": 540, "TLT": 540, "PGT": 600, "SAKT": 660, "MAGT": 660,
    "NCT": 660, "SBT": 660, "VUT": 660, "PETT": 720, "ACWST": 525, "CHAST": 765,
    "CHADT": 825, "CVT": -60, "FKT": -180, "GFT": -180, "GYT": -240,
}  # fmt: skip
_AMERICAN = {"EDT", "EST", "MDT", "MST", "PDT", "PST"}  # as e-mail (RFC 5322) has them
_SEVERAL = {"CST", "CDT", "IST", "BST", "AST", "ADT", "AMT", "GST", "SST", "ECT", "WST",
            "MT", "ET", "PT", "CT", "NST", "LMT", "BDT", "PYT", "ALMT"}  # fmt: skip
_HOURS = re.compile(r"(?:UTC|GMT|UT)?\s?([+\-−])(\d{1,2})(?::?(\d\d))?(?::?(\d\d))?")


def _offset(zone: str) -> int | ZoneInfo:
    """Return the seconds that a zone is ahead of UTC, or the zone of a region."""
    match = _HOURS.fullmatch(zone.upper())
    if match and re.search(r"\D\d{3}\Z", zone):
        raise Refused(f"{zone} may be hours or minutes; write hours, as +05:30")
    if match:
        hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
        ahead = hours * 3600 + minutes * 60 + seconds
        if ahead > 14 * 3600 or minutes > 59 or seconds > 59:
            raise Refused(f"no zone is {zone}")
        return ahead if match[1] == "+" else -ahead
    if "/" not in zone:
        name = zone.upper()
        if name in _SEVERAL:
            raise Refused(f"several zones are called {name}; write hours, as +05:30")
        if name in _OFFSETS:
            return _OFFSETS[name] * 60
        raise Refused(f"the zone {zone!r} isn't known; write hours, as +05:30")
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise Refused(
            f"the zone {zone!r} isn't known; write hours, as +05:30"
        ) from None


def _to_utc(local: int, zone: int | ZoneInfo) -> int:
    if isinstance(zone, int):
        return local - zone * _MICRO
    moment = datetime(1970, 1, 1) + timedelta(microseconds=local)
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    ahead, behind = early.utcoffset() or timedelta(), late.utcoffset() or timedelta()
    if ahead != behind:
        kind = "occurs twice" if ahead > behind else "doesn't occur"
        raise Refused(f"this hour {kind} in {zone.key}; write hours, as +02:00")
    return local - round(ahead.total_seconds()) * _MICRO


# ------------------------------------------------------------------------ spellings

_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_NAME = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|"
    r"t|tember|ober|ember)?\.?"
)
_DATE = (
    r"(?:(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})(?!\d)"
    r"|(?P<jy>\d{4})-?(?P<jd>\d{3})(?=[Tt]|$)|(?P<jy2>\d{4})-(?P<jd2>\d{3})(?=\s)"
    r"|(?P<wy>\d{4})-?W(?P<ww>\d\d)-?(?P<wd>\d)"
    r"|(?P<y8>\d{4})(?P<m8>\d\d)(?P<d8>\d\d)"
    r"|(?P<a>\d{1,2})(?P<ts>[-/.])(?P<b>\d{1,2})(?P=ts)(?P<c>\d{4}|\d\d)(?!\d)"
    rf"|(?P<d1>\d{{1,2}})\.?[-/ ]?(?P<n1>{_NAME})[-/ ,]\s?(?P<y1>\d{{4}}|\d\d)(?!\d)"
    rf"|(?P<n2>{_NAME})[- ]\s*(?P<d2>\d{{1,2}})(?:,\s*|[- ]\s*)(?P<y2>\d{{4}})(?![\d:])"
    rf"|(?P<y3>\d{{4}})[-/ ](?P<n3>{_NAME})[-/ ](?P<d3>\d{{1,2}})(?!\d)"
    rf"|(?P<n4>{_NAME})\s+(?P<d4>\d{{1,2}})(?!\d)"
    rf"|(?P<d5>\d{{1,2}})\s+(?P<n5>{_NAME})(?!\s\d{{4}}))"
)
_AMPM = r"(?:\s*(?P<ap>[ap])\.?\s?m\.?(?![a-z]))?"
_TIME = (
    r"(?:(?P<h>\d{1,2}):(?P<mi>\d\d)(?::(?P<sec>\d\d)(?:[.,](?P<f>\d+))?"
    r"|[.,](?P<mf>\d+))?"
    r"|(?P<h1>\d{1,2})(?=\s*[ap]\.?\s?m)"
    r"|(?P<hc>\d\d)(?:[.,](?P<hf>\d+)|(?P<mc>\d\d)(?:[.,](?P<mcf>\d+)"
    r"|(?P<sc>\d\d)(?:[.,](?P<fc>\d+))?)?)?(?!\d))"
)
_NAMES_OF_ZONES = "|".join(  # where a time leads a line, GET asks for a page
    sorted({*_OFFSETS, *_SEVERAL} - {"Z", "GET"}, key=len, reverse=True)
)
_SMALL = (  # as small letters they are no words, and hardly a computer's name
    "utc|gmt|est|edt|cst|cdt|mst|mdt|pst|pdt|bst|ist|cet|cest|eet|eest|msk|jst|kst|"
    "aest|aedt|nzst|nzdt"
)
_REGION = (
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|"
    r"Etc|Europe|Indian|Mexico|Pacific|US)(?:/[A-Za-z_+\-0-9]+){1,2}"
)
_HOURED = r"(?:(?:UTC|GMT|UT)\s?)?[+\-−]\d{1,2}(?::?\d\d)?(?::?\d\d)?(?!\d|[:.]\d)"
_BRACKETED = (  # [-5] may be anything
    r"(?:UTC|GMT|UT)\s?[+\-−]\d{1,2}(?::?\d\d)?|[+\-−]\d\d:?(?:00|15|30|45)"
)
_ZONE = rf"(?:\s?(?P<zone>Z(?![a-z])|{_HOURED}|[a-z]+/[a-z_+\-0-9/]+|[a-z]{{1,9}}))?"
_ZONE_AHEAD = (
    rf"(?:\s?(?P<zone>[Zz](?![A-Za-z])|{_HOURED}|{_REGION}(?=[\s\]:,;|]|$)"
    rf"|(?:{_NAMES_OF_ZONES}|{_SMALL})(?=\.?(?:[\s\]:,;|]|$))))?"
)
_TAIL = (
    rf"(?:\s*\((?P<named>[a-z /_]+|{_HOURED})\))?"
    rf"(?:\s?\[!?(?P<iana>[a-z_]+(?:/[a-z_+\-0-9]+)*|{_BRACKETED})\])?"
)
_TAIL_AHEAD = (
    rf"(?i:\s*\((?P<named>{_NAMES_OF_ZONES}|{_REGION}|{_HOURED})\))?"
    rf"(?:\s?\[!?(?P<iana>{_NAMES_OF_ZONES}|{_REGION}|{_BRACKETED})\])?"
)
_SEPARATOR = r"(?:(?P<t>t)|_|,?\s+(?:at\s+)?|:)"
_YEAR = r"(?:\s+(?P<y6>\d{4})(?![\d:]))?"
_ZONE_LAST = r"(?:(?<=\s\d{4})" + _ZONE.replace("<zone>", "<last>") + r")?"
_ZONE_LAST_AHEAD = r"(?:(?<=\s\d{4})" + _ZONE_AHEAD.replace("<zone>", "<last>") + r")?"
_MOMENT = re.compile(
    rf"{_WEEKDAY}{_DATE}(?:{_SEPARATOR}{_TIME}{_AMPM}{_ZONE}{_TAIL}{_YEAR}{_ZONE_LAST})?",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    rf"(?i:{_WEEKDAY}{_DATE}{_SEPARATOR}{_TIME}{_AMPM}){_ZONE_AHEAD}{_TAIL_AHEAD}"
    rf"{_YEAR}{_ZONE_LAST_AHEAD}(?=[:.]?(?:[\s\],;|]|$))"
)
_TIME_FIRST = re.compile(
    r"(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*[ap]\.?\s?m\.?)?)"
    r"(?:\s([A-Z]{1,5}|[+-]\d\d:?\d\d))?,?\s+(\S*\d\S*|[A-Za-z]{3}.*)",
    re.IGNORECASE,
)
_MONTHS = [
    "jan", "feb", "mar", "apr", "may", "jun",
    "jul", "aug", "sep", "oct", "nov", "dec",
]  # fmt: skip
_CLOCK_ONLY = re.compile(
    rf"{_TIME}{_AMPM}\s?(?P<zone>Z|{_HOURED}|{_NAMES_OF_ZONES})?", re.IGNORECASE
)
_HALVES = r"上午|下午|午前|午後|오전|오후|[πμ]\.?\s?μ\.?|vorm\.|nachm\."
# what changes a time and isn't understood behind it: the time is refused with it
_MORE_OF_TIME = re.compile(
    r"\s*(?:(?i:[ap]\.?m\.?)(?=\s|$)|(?<=\s)[AP](?=\s|$)|(?<=\s)[+-]\d\S*(?=\s|$)"
    rf"|(?:{_NAMES_OF_ZONES})\d{{1,2}}(?:{_NAMES_OF_ZONES})?(?=\s|$)"
    rf"|\(?(?:{_NAMES_OF_ZONES})(?:/(?:{_NAMES_OF_ZONES})|\+\d[\d:]*|[\-−]\d\d:?\d\d)"
    r"\)?(?=:?(?:\s|$))|\(?DST\)?(?=\s|$)"
    r"|\(?(?:[A-Z][\w.]*\s){1,3}(?:Standard|Daylight|Summer)\sTime\)?"
    r"|\(?(?:[A-Z][a-z]+\s)?(?:European|Eastern|Central|Mountain|Pacific|Atlantic"
    r"|Moscow|Indochina)\sTime\)?"
    rf"|(?:{_HALVES})(?=\s|$))"
)
# the same before it
_LEFT_OF_TIME = re.compile(
    rf"(?<!\S)(?:[AP]M|[AaPp]\.[Mm]\.|{_HALVES}|(?:UTC|GMT)\s?[+\-−]\d[\d:]*"
    rf"|(?!UTC|GMT|UT)(?:{_NAMES_OF_ZONES}))\s+\Z"
)


class _Spelling(NamedTuple):
    """A moment in pieces: `day` is a date, or three numbers whose order is open."""

    day: date | tuple[int, int, str, str]
    yearless: bool
    micros: int  # of the day
    zone: int | ZoneInfo | None
    zone_name: str
    leap: bool


def leading_time(text: str) -> tuple[str, int] | None:
    """Return the time that `text` begins with, all that belongs to it, and its end."""
    match = _AHEAD.match(text)
    if match is None:
        return None
    end = match.end()
    more = _MORE_OF_TIME.match(text, end)
    end = more.end() if more else end
    return text[match.start() : end], end


def left_of_time(before: str) -> str:
    """Return what `before`, the text left of a time, ends with and changes it."""
    match = _LEFT_OF_TIME.search(before)
    return match[0] if match else ""


def leading_time_of_day(text: str) -> str:
    """Return the time of day that `text` begins with, and all that belongs to it."""
    date = "2000-01-01 "  # any
    time = leading_time(date + text)
    return "" if time is None else time[0].removeprefix(date)


def is_time_of_day(text: str) -> bool:
    """Return whether a text is a time without a date, such as 03:04:05 PM or 03:04Z."""
    match = _CLOCK_ONLY.fullmatch(text.strip())
    return match is not None and (match["h"] or match["sc"] or match["ap"]) is not None


def is_half_of_day(text: str) -> bool:
    """Return whether a text says AM or PM and nothing else."""
    return re.fullmatch(r"[ap]\.?\s?m\.?", text.strip(), re.IGNORECASE) is not None


def lacks_zone(text: str) -> bool:
    """Return whether a text is a moment, as `parted` writes it, that names no zone."""
    try:
        return _counted(text) is None and _spelled(text, None).zone is None
    except (ValueError, OverflowError):
        return False


def has_zone(time_of_day: str) -> bool:
    """Return whether a time without a date names its zone."""
    match = _CLOCK_ONLY.fullmatch(time_of_day.strip())
    return match is not None and match["zone"] is not None


@lru_cache(maxsize=8192)
def _spelled(text: str, zone: str | None) -> _Spelling:
    """Return a text in pieces; raises `Refused`. `zone` is for an ambiguous name."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        turned = _TIME_FIRST.fullmatch(text)
        if turned is None or _TIME_FIRST.fullmatch(turned[3]):
            raise Refused(_no_moment(text))
        return _spelled(f"{turned[3]} {turned[1]} {turned[2] or ''}".strip(), zone)
    parts = match.groupdict()
    day, yearless = _day(parts)
    micros, leap = _time(parts)
    name = parts["zone"] or parts["iana"] or parts["named"] or parts["last"] or ""
    if name.upper() in _SEVERAL and zone is not None:
        name = zone
    ahead = _offset(name) if name else None
    return _Spelling(day, yearless, micros, ahead, name, leap)


def _no_moment(text: str) -> str:
    if re.fullmatch(r"\d{1,2}:\d\d[.,]\d+", text):
        return "minutes and seconds without hour and date; a spreadsheet shortened it"
    if is_time_of_day(text):
        return "a time of day without a date"
    if re.search(r"\d{4}", text) and re.search(r"\d:\d\d", text):
        return "the time has a piece that isn't known"
    return ""


def _day(parts: dict[str, Any]) -> tuple[Any, bool]:
    year = parts["y"] or parts["y8"]
    try:
        if year:
            month, day = parts["m"] or parts["m8"], parts["d"] or parts["d8"]
            return date(int(year), int(month), int(day)), False
        if parts["jy"] or parts["jy2"]:
            year = int(parts["jy"] or parts["jy2"])
            days = int(parts["jd"] or parts["jd2"])
            found = date(year, 1, 1) + timedelta(days=days - 1)
            if found.year != year:
                raise Refused("the year has no such day")
            return found, False
        if parts["wy"]:
            week = int(parts["wy"]), int(parts["ww"]), int(parts["wd"])
            return date.fromisocalendar(*week), False
        if parts["a"]:
            return (int(parts["a"]), int(parts["b"]), parts["c"], parts["ts"]), False
        return _named_day(parts)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("there is no such day") from None


def _named_day(parts: dict[str, Any]) -> tuple[date, bool]:
    at = next(i for i in "12345" if parts[f"n{i}"])
    year = parts.get(f"y{at}") or parts["y6"]
    month = _MONTHS.index(parts[f"n{at}"][:3].lower()) + 1
    # 2000 is a leap year: the 29th of February waits for its year
    whole = 2000 if year is None else int(year) + (_century(year))
    return date(whole, month, int(parts[f"d{at}"])), year is None


def _century(year: str) -> int:
    if len(year) == 4:
        return 0
    return 2000 if int(year) < 70 else 1900


def _time(parts: dict[str, Any]) -> tuple[int, bool]:
    """Return the microseconds since midnight, and whether the second is a 60th."""
    hour = parts["h"] or parts["hc"] or parts["h1"]
    if hour is None:
        return 0, False
    if parts["hc"] and not parts["sc"] and not parts["t"] and not parts["mc"]:
        raise Refused("the time has a piece that isn't known")
    hours, minutes = int(hour), int(parts["mi"] or parts["mc"] or 0)
    seconds = int(parts["sec"] or parts["sc"] or 0)
    digits = parts["f"] or parts["fc"] or ""
    fraction = int(digits[:6].ljust(6, "0")) if digits else 0
    tenths = parts["mf"] or parts["mcf"] or parts["hf"]
    if tenths:
        if not parts["t"]:
            raise Refused("minutes and seconds without the hour, or tenths of minutes")
        whole = 3600 if parts["hf"] else 60  # seconds that the last number counts
        fraction = int(tenths[:9].ljust(9, "0")) * whole // 1000
    hours = _half(hours, parts["ap"])
    midnight = hours == 24 and minutes == seconds == fraction == 0
    if (hours > 23 and not midnight) or minutes > 59 or seconds > 60:
        raise Refused("there is no such time of day")
    return ((hours * 60 + minutes) * 60 + seconds) * _MICRO + fraction, seconds == 60


def _half(hours: int, half: str | None) -> int:
    if half is None:
        return hours
    if hours > 12 or hours == 0:
        raise Refused(f"hour {hours} with AM or PM")
    return hours % 12 + (12 if half.lower() == "p" else 0)


# -------------------------------------------------------------------- counted clocks

_COUNT = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3}){3,}(?:\.\d+)?")
_SHORTENED = re.compile(r"[+-]?(\d)(?:[.,](\d*))?[eE]\+?(\d+)")
_DIGITS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
RELATIVE = "seconds from a start, without a date; pass start=, the first moment"
BUDDHIST = "a year of the Buddhist era (2567 is 2024); write it 543 years less"
SERIAL = "a spreadsheet's day number, or seconds; export the time as text"


def _counted(text: str) -> int | None:
    """Return UTC microseconds of a text that counts, None if it doesn't count.

    Raises `Refused` for counts that mean several things, or nothing any more.
    """
    if match := _DOTNET.fullmatch(text):
        return int(match[1]) * 1000
    short = _SHORTENED.fullmatch(text)
    if short:
        return _unshortened(text, short)
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _COUNT.fullmatch(text):
        return None
    whole, _, digits = text.replace(",", ".").partition(".")
    if len(whole) > 30:
        raise Refused("")
    return _since(int(whole), int(digits[:9].ljust(9, "0") or 0))


def parted(text: str) -> str:
    """Return 20240102030405 as 2024-01-02 03:04:05; other texts as they are.

    It may have milliseconds, no seconds, or no time of day.
    """
    if len(text) not in (8, 12, 14, 17) or not text.isdecimal():
        return text
    try:
        moment = datetime.strptime(text[:14], _DIGITS[min(len(text), 14)])
    except ValueError:
        return text
    clock = f" {moment:%H:%M:%S}" if len(text) > 8 else ""
    return f"{moment:%Y-%m-%d}{clock}{text[14:] and '.' + text[14:]}"


def _unshortened(text: str, match: re.Match) -> int | None:
    """Return a moment written as 1.7E+12 if its digits tell the second."""
    digits, power = match[1] + (match[2] or ""), int(match[3])
    if power > 18 or power < 8:
        raise Refused("")
    per_second = 10 ** (power - 9)
    if power not in (9, 12, 15, 18) or len(digits) < 10:
        raise Refused("a spreadsheet shortened the time; export it with all its digits")
    whole = int(digits.ljust(power + 1, "0")[: power + 1])
    return _since(whole // per_second, whole % per_second * 10**9 // per_second)


def _since(whole: int, nanos: int) -> int:
    """Return UTC microseconds of a count; `nanos` is its fraction in 1e-9."""
    if 620 * 10**15 <= whole < 660 * 10**15:
        raise Refused(".NET ticks, or nanoseconds of 1990; write ISO times")
    for per_second in (1, 10**3, 10**6, 10**9):
        if EPOCHS[0] <= whole / per_second < EPOCHS[1]:
            _check_joined(whole)
            if per_second == 1:
                _check_seconds(whole)
                return whole * _MICRO + nanos // 1000
            return (whole * 10**9 + nanos) // per_second // 1000
    for per_second in (10**6, 10**7):  # WebKit, and FILETIME of Windows
        seconds = whole / per_second - _SINCE_1601
        if EPOCHS[0] <= seconds < EPOCHS[1]:
            return (whole - _SINCE_1601 * per_second) * _MICRO // per_second
    if 0 <= whole < EPOCHS[0]:
        raise Refused(RELATIVE)
    raise Refused("")


def _check_joined(whole: int) -> None:
    """Raise `Refused` for 2024010810000012: digits of a date, and a count too."""
    digits = str(whole)
    years = "1980" <= digits[:4] < "2100"  # 1704123123595912 is of 2024, and no date
    if len(digits) in (16, 19) and years and parted(digits[:14]) != digits[:14]:
        raise Refused(
            "YYYYMMDDHHMMSS with decimals, or a count since 1970; write ISO times"
        )


def _check_seconds(whole: int) -> None:
    if whole >= _NTP:
        raise Refused("seconds since 1900, or since 1970 of 2070; write ISO times")
    if not 1980 <= whole // 10**6 < 2100:
        return
    try:
        datetime.strptime(f"{whole}", "%Y%m%d%H")
    except ValueError:
        return
    raise Refused("YYYYMMDDHH, or seconds since 1970 of 2034; write ISO times")


# -------------------------------------------------------------------- a whole column


def read_times(values: Sequence[Any], hints: ClockHints | None = None) -> Times:
    """Read moments of a file; day or month first is decided by all of them.

    Raises `Undecided` where a file doesn't tell, and `ValueError` for bad hints.
    """
    return _Clock(hints or {}).read(values)


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        text = " ".join(value.split()).strip("\"'").removesuffix(":")
        return text[1:].removesuffix("]") if text.startswith("[") else text
    if isinstance(value, float):
        return f"{value:.9f}" if abs(value) < 1e18 else f"{value:.0f}"[:40]
    return str(value) if abs(value) < 10**30 else None


def lacks_halves(moments: np.ndarray) -> bool:
    """Return whether moments in the order of a file look like 1 to 12 without AM or PM.

    No hour is 0 or above 12, and 12:59 is followed by 1:00 somewhere, as in files of
    CIC-IDS2017.
    """
    moments = moments[~np.isnat(moments)].astype("datetime64[s]").astype(np.int64)
    hours = moments // 3600 % 24
    if not len(hours) or hours.min() < 1 or hours.max() != 12:
        return False
    back = moments[:-1] - moments[1:]
    return bool(((back > 10 * 3600) & (back < 12 * 3600)).any())


LACKS_HALVES = (
    "hours run from 1 to 12 and begin again: AM and PM may be lost, and afternoons "
    "read as mornings"
)


class _Clock:
    """One file's clock: what its texts have in common, and what was told of it."""

    def __init__(self, hints: ClockHints):
        self.day_first, self.zone_name = hints.get("day_first"), hints.get("zone")
        self.before = hints.get("before")
        self.year = hints.get("year")
        self.zone: int | ZoneInfo | None = None
        try:
            if self.zone_name is not None:
                self.zone = _offset(self.zone_name)
        except (Refused, AttributeError) as error:
            raise ValueError(f"zone= must name one: {error}") from None
        self.start: int | None = None
        if hints.get("start") is not None:
            start = read_times([str(hints["start"])]).values[0]
            if np.isnat(start):
                raise ValueError(f"start= is no moment: {hints['start']}")
            self.start = int(start.astype(np.int64))
        self.order, self.notes = "", []  # type: ignore[var-annotated]
        self.naive = self.leaps = self.dates = 0
        self.american: set[str] = set()

    def read(self, values: Sequence[Any]) -> Times:
        """Return the moments, reasons and notes of `values`."""
        stamps = np.full(len(values), np.datetime64("NaT", "us"))
        reasons: dict[int, str] = {}
        spellings: dict[int, _Spelling] = {}
        for position, value in enumerate(values):
            text = _as_text(value)
            if not text:
                continue
            try:
                text = parted(text)
                moment = self._counted(text)
                if moment is None:
                    spellings[position] = _spelled(text, self.zone_name)
                else:
                    stamps[position] = np.datetime64(moment, "us")
            except Refused as reason:
                reasons[position] = str(reason)
            except (OverflowError, ValueError):
                reasons[position] = ""
        self._decide(spellings, values)
        self._place(spellings, stamps, reasons)
        out = (stamps < FIRST) | (stamps >= LAST)
        years = stamps.astype("datetime64[Y]").astype(np.int64) + 1970
        stamps[out] = np.datetime64("NaT", "us")
        reasons.update(dict.fromkeys(np.flatnonzero(out).tolist(), ""))
        thai = out & (years >= 2443) & (years < 2643)
        reasons.update(dict.fromkeys(np.flatnonzero(thai).tolist(), BUDDHIST))
        self._name_serials(values, reasons)
        return Times(stamps, reasons, tuple(self.notes + self._told()), self.naive)

    def _counted(self, text: str) -> int | None:
        try:
            return _counted(text)
        except Refused as reason:
            if str(reason) != RELATIVE or self.start is None:
                raise
            whole, _, digits = text.replace(",", ".").partition(".")
            return self.start + int(whole) * _MICRO + int(digits[:6].ljust(6, "0"))

    def _place(
        self, spellings: dict[int, _Spelling], stamps: Any, reasons: dict[int, str]
    ) -> None:
        before = self.before
        for position, one in spellings.items():
            try:
                day = self._day(one, before)
                before = day if one.yearless else before
                stamps[position] = np.datetime64(self._moment(one, day), "us")
            except Refused as reason:
                reasons[position] = str(reason)
            except (OverflowError, ValueError):
                reasons[position] = "there is no such day"

    def _day(self, one: _Spelling, before: date | None) -> date:
        if not isinstance(one.day, date):
            return _ordered(one.day, self.order)
        if not one.yearless:
            return one.day
        if self.year is None:
            raise Refused("the time has no year; let the logger write ISO times")
        if before is None:
            return one.day.replace(year=self.year)
        # the new year has begun where the month falls back by half a year
        behind = before.month - one.day.month
        step = 1 if behind > 6 else -1 if behind < -6 else 0
        return one.day.replace(year=before.year + step)

    def _moment(self, one: _Spelling, day: date) -> int:
        local = (day.toordinal() - date(1970, 1, 1).toordinal()) * _DAY + one.micros
        zone = one.zone
        if zone is None:
            zone = self.zone if self.zone is not None else 0
            self.naive += self.zone is None
        moment = _to_utc(local, zone)
        if one.leap:
            ends = moment % _DAY < _MICRO
            if not (ends or (one.zone is None and one.micros // _MICRO % 900 == 0)):
                raise Refused("a 60th second only ends the last minute of a UTC day")
            self.leaps += 1
        if one.zone_name.upper() in _AMERICAN:
            self.american.add(one.zone_name.upper())
        return moment

    # ------------------------------------------------------------- day or month first

    def _decide(self, spellings: dict[int, _Spelling], values: Sequence[Any]) -> None:
        """Find the one order of day, month and year that all numeric dates allow."""
        days = [
            (position, one.day)
            for position, one in spellings.items()
            if not isinstance(one.day, date)
        ]
        days = [(p, day) for p, day in days if any(_allows(day, o) for o in _ORDERS)]
        if not days:
            self.order = "dmy"
            return
        distinct = {day for _, day in days}
        fits = [o for o in _ORDERS if all(_allows(day, o) for day in distinct)]
        if self.day_first is not None:
            self.order = "dmy" if self.day_first else "mdy"
            self.notes.append(f"{_named(self.order)}, as told")
            return
        first = str(values[days[0][0]]).strip()
        if not fits:
            raise Undecided(f"dates are written in two orders ({_two(days, values)})")
        readings = {tuple(_ordered(day, o) for day in distinct): o for o in fits}
        if len(readings) == 1:
            self.order = fits[0]
            if len(fits) == 1:
                self.notes.append(f"dates such as {first}: {_named(fits[0])}")
            return
        self.order = self._by_habit(days, fits, spellings)
        if not self.order:
            way = "pass day_first=True or day_first=False"
            if "ymd" in fits:
                way += ", or write the year with four digits"
            raise Undecided(f"{first!r} may have the day or the month first; {way}")

    def _by_habit(
        self, days: list, fits: list[str], spellings: dict[int, _Spelling]
    ) -> str:
        """Return the order that dots have, or with which the clock never goes back."""
        if "dmy" in fits and all(day[3] == "." and len(day[2]) == 4 for _, day in days):
            self.notes.append("dates with dots: day first")
            return "dmy"
        back = {}
        for order in fits:
            clock = [
                (_ordered(day, order).toordinal(), spellings[p].micros)
                for p, day in days
            ]
            back[order] = sum(b < a for a, b in pairwise(clock))
        steady = [order for order in fits if not back[order]]
        if len(steady) != 1:
            return ""
        self.notes.append(f"{_named(steady[0])}: else the clock would go back")
        return steady[0]

    # ------------------------------------------------------------------------ telling

    def _name_serials(self, values: Sequence[Any], reasons: dict[int, str]) -> None:
        relative = [p for p, reason in reasons.items() if reason == RELATIVE]
        counts = [float(str(values[p]).strip().replace(",", ".")) for p in relative]
        if counts and all(29_221 <= one < 73_050 for one in counts):
            reasons.update(dict.fromkeys(relative, SERIAL))

    def _told(self) -> list[str]:
        told = []
        if self.american:
            told.append(f"{', '.join(sorted(self.american))} read as zones of America")
        if self.leaps:
            told.append(f"{self.leaps:,} leap seconds read as the second after them")
        return told


_ORDERS = ("dmy", "mdy", "ymd")


def _named(order: str) -> str:
    return {"dmy": "day first", "mdy": "month first", "ymd": "year first"}[order]


def _ordered(day: tuple[int, int, str, str], order: str) -> date:
    one, two, three, _ = day
    if order == "ymd":
        return date(one + _century("00"), two, int(three))
    year = int(three) + _century(three)
    return date(year, two, one) if order == "dmy" else date(year, one, two)


def _allows(day: tuple[int, int, str, str], order: str) -> bool:
    if order == "ymd" and len(day[2]) == 4:
        return False
    try:
        return 1980 <= _ordered(day, order).year < 2100
    except ValueError:
        return False


def _two(days: list, values: Sequence[Any]) -> str:
    """Return two texts that no order reads both."""
    first = days[0]
    for position, day in days:
        for other, before in (first, *days[:50]):
            if not any(_allows(day, o) and _allows(before, o) for o in _ORDERS):
                return f"{values[other]!r} and {values[position]!r}"
    return repr(values[first[0]])
