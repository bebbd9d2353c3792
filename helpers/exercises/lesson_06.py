"""The checks of lesson 06, network logs."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from typing import Any, cast

import numpy as np
import pandas as pd

from helpers.exercises.answers import (
    as_array,
    as_function,
    as_indices,
    call,
    kind,
    require_unchanged,
    same_values,
)
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import accuse, judge
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.text import first_line


def _pair_of(answer: Any, what: str) -> Sequence[Any]:
    """Return the two things that a function returned; rows of one array are two, too."""
    if issubclass(type(answer), Iterator):
        answer = tuple(islice(answer, 3))
    if not issubclass(type(answer), tuple | list | np.ndarray):
        raise CannotCheck(
            f"{what} should return two arrays; yours returns a {kind(answer)}."
        )
    if issubclass(type(answer), np.ndarray) and answer.shape[:1] != (2,):
        raise CannotCheck(f"{what} should return two arrays; yours returns one.")
    if len(answer) != 2:
        raise CannotCheck(
            f"{what} should return two arrays; yours returns {len(answer)} things."
        )
    return answer


# -- 6.1: what does the label say --------------------------------------------------------

_WORDS = {"normal": 0, "benign": 0, "0": 0, "-": 0, "attack": 1, "malicious": 1, "1": 1}
_MISSING, _RAISES, _TEXT = "missing", "an error", "a text"
_THIRD = "a number that is neither 0 nor 1"


def _label(word: str) -> int | None:
    return _WORDS.get(word.lower())


def _of_one_meaning(word: str) -> int:
    return 1 if word.lower() in ("attack", "malicious", "1") else 0


def _of_the_other(word: str) -> int:
    return 0 if word.lower() in ("normal", "benign", "0", "-") else 1


def _in_small_letters(word: str) -> int | None:
    return _WORDS.get(word)


def _by_start(word: str) -> int | None:
    begins = [m for known, m in _WORDS.items() if word.lower().startswith(known)]
    return begins[0] if begins else None


def _by_part(word: str) -> int | None:
    found = [m for known, m in _WORDS.items() if known in word.lower()]
    return found[0] if found else None


_PART = (
    "A word that only holds a known word, or begins with one, may mean the opposite, or "
    "who knows what. Compare whole words."
)
_STOPS = (
    "Nobody is deceived, but one strange word in line 9,000 stops the whole reading. Say "
    "that you don't know, and read on."
)
_CAPITALS = (
    "The words are right as they stand above, but not understood in capitals. The next "
    "device writes ATTACK."
)
_ALL_ALIKE = (
    "All words get one answer. If you ask word == ... or ..., what stands after the `or` "
    "is a text by itself, and every text is true: use in."
)
_CLASS = (
    "That is a number like 0 and 1, and a model would learn it as a class of its own. "
    "What is missing is None."
)
_LABEL_MISTAKES = [
    Mistake(
        "unknown is normal",
        "Nobody has said that a line with a strange word is normal, but the model will "
        "learn it as an example of normal. If you don't know, say so.",
        _of_one_meaning,
    ),
    Mistake(
        "unknown is an attack",
        "Better alarmed than deceived? The model will learn attacks that nobody has "
        "seen. If you don't know, say so.",
        _of_the_other,
    ),
    Mistake(
        "every text is true",
        'Every text that is not empty is true, bool("0") as well: all lines become '
        "attacks. Ask whether the word is one of those you know.",
        lambda word: int(bool(word)),
    ),
    *(
        Mistake("one answer for all", _ALL_ALIKE, partial(lambda w, n: n, n=n))
        for n in (0, 1)
    ),
    Mistake(
        "inverted label",
        "You call normal lines 1 and attacks 0. In this course 1 is the anomaly.",
        lambda word: {0: 1, 1: 0, None: None}.get(_label(word)),
    ),
    Mistake("capitals", _CAPITALS, _in_small_letters),
    Mistake("capitals", _CAPITALS, lambda word: _WORDS[word]),
    Mistake("unknown stops all", _STOPS, lambda word: _WORDS[word.lower()]),
    Mistake("a third class", _CLASS, lambda word: _WORDS.get(word.lower(), -1)),
    Mistake(
        "a text for it",
        "Honest, but 0, 1 and texts make no column of numbers. Python has a value of its "
        "own for what is missing.",
        lambda word: _WORDS.get(word.lower(), "unknown"),
    ),
    Mistake("part of a word", _PART, _by_start),
    Mistake("part of a word", _PART, _by_part),
]
# words that hold a known one, parts of known ones, numbers, nothing at all
_STRANGE = (
    ("non-attack", "no attack", "counterattack", "unattacked"),
    ("abnormal", "nonmalicious", "not normal", "subnormal"),
    ("normalised", "attacked?", "benignish", "maliciously"),
    ("mal", "norm", "att", "ben"),
    ("2", "7", "3", "5"),
    ("10", "11", "12", "13"),
    ("suspicious", "unknown", "quarantine", "odd"),
    ("",),
)


def _words(random: np.random.Generator) -> list[tuple[str]]:
    """Draw the known words, in each kind of capitals, and strange ones of each kind."""
    capitals = [
        written(word)
        for word in _WORDS
        if word.isalpha()
        for written in (str.upper, str.title, _with_capitals_at_random(random))
    ]
    strange = [str(random.choice(group)) for group in _STRANGE]
    words = [*_WORDS, *capitals, *strange]
    return [(words[place],) for place in random.permutation(len(words))]


def _with_capitals_at_random(random: np.random.Generator) -> Callable[[str], str]:
    return lambda word: "".join(
        letter.upper() if random.random() < 0.5 else letter for letter in word
    )


@exercise(
    "6.1",
    "What does the label say?",
    answers=("label",),
    reference=_label,
    mistakes=_LABEL_MISTAKES,
    hints=[
        "Seven words are known. word.lower() makes capitals small.",
        "What does a model learn from lines that are called normal, because nobody knew "
        "the word?",
        "0 for the words that mean normal, 1 for those that mean attack, and None for all "
        "others: a missing label is seen, a wrong one is not.",
    ],
)
def check_6_1(label: object, random: np.random.Generator) -> str:
    """Check that known words are read, and that unknown ones stay unknown."""
    function = as_function(label, "label")
    if all(_meaning(function, word) == _MISSING for word in _WORDS):
        raise NotAttempted(
            "label() returns nothing: replace the `...`, or add the missing `return`,"
        )
    judge(
        partial(_meaning, function),
        _words(random),
        partial(_meaning, _label),
        [replace(m, function=partial(_meaning, m.function)) for m in _LABEL_MISTAKES],
        name="label",
        read=lambda meaning: None if meaning == _MISSING else meaning,
        same=lambda ours, theirs: ours == theirs,
    )
    return (
        "A word you don't know stays a question. The report names it, a person decides, "
        "and no model learns from a guess."
    )


def _meaning(function: Callable, word: str) -> float | str:
    """Return the number a function gives for a word; else what it gives, in words.

    What is no label at all is refused where the word is a known one; all numbers that
    are no label are alike where it is not.
    """
    try:
        answer = function(word)
    except Exception as error:
        if word not in _WORDS:
            return _RAISES
        raise CannotCheck(
            f"label({word!r}) raised {type(error).__name__}: {first_line(error)}. It gets "
            "one word, a text, and this is one of the known ones."
        ) from None
    if any(answer is missing for missing in (None, ..., pd.NA, pd.NaT)):
        return _MISSING
    if issubclass(type(answer), str):
        if word not in _WORDS:
            return _TEXT
        raise CannotCheck("label should return 0, 1 or None; yours returns a text.")
    number = _number(answer)
    known = word.lower() in _WORDS or number in (0, 1, _MISSING)
    return number if known else _THIRD


def _number(answer: object) -> float | str:
    try:
        number = np.asarray(answer, dtype=float).item()  # a list of one is one, too
    except Exception:
        raise CannotCheck(
            f"label should return 0, 1 or None; yours returns a {kind(answer)}."
        ) from None
    return _MISSING if np.isnan(number) else number


# -- 6.2: a vectoriser that saw the future -----------------------------------------------


def _fitted_on(choose: Callable, first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    from helpers.logs import LogVectorizer

    vectorizer = LogVectorizer().fit(choose(first, later))
    return vectorizer.transform(first), vectorizer.transform(later)


def _prepare(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    return _fitted_on(lambda first, later: first, first, later)


def _fitted_on_both(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    return _fitted_on(lambda first, later: pd.concat([first, later]), first, later)


def _fitted_on_the_later(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    return _fitted_on(lambda first, later: later, first, later)


def _fitted_twice(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    from helpers.logs import LogVectorizer

    vectorizer = LogVectorizer()
    return vectorizer.fit_transform(first), vectorizer.fit_transform(later)


def _swapped_parts(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    return _prepare(first, later)[::-1]


def _without_the_first(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    one, two = _prepare(first, later)
    return one[1:], two


def _zeros(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    return np.zeros((len(first), 3)), np.zeros((len(later), 3))


def _upside_down(first: pd.DataFrame, later: pd.DataFrame) -> tuple:
    one, two = _prepare(first, later)
    return one[::-1], two


_STATE_MISTAKES = [
    Mistake(
        "saw the future",
        "The check changed the later lines, and the numbers of the first lines changed "
        "with them. On the day, only the first lines exist: fit on them alone.",
        _fitted_on_both,
    ),
    Mistake(
        "fitted on the later part",
        "Columns, means and spreads come from the later part: the past is written in "
        "terms of a future that it doesn't know. It is the other way round.",
        _fitted_on_the_later,
    ),
    Mistake(
        "fitted twice",
        "The later lines get columns, means and spreads of their own. Then 1.0 in a "
        "column means one thing before the border and another one behind it, and a "
        "model that learned the first is lost. One fit, two transforms.",
        _fitted_twice,
    ),
    Mistake(
        "swapped",
        "You return the later part first; the exercise asks for both in order.",
        _swapped_parts,
    ),
    Mistake(
        "lines lost",
        "One row per line is asked for, in the order of the lines, and all lines.",
        _without_the_first,
    ),
    Mistake(
        "order of the lines",
        "All rows are there, but not in the order of the lines. Whoever looks up row 7 "
        "wants line 7: sort and shuffle nothing.",
        _upside_down,
    ),
    Mistake(
        "no numbers of the lines",
        "The arrays don't tell the lines apart. Let a LogVectorizer make the numbers.",
        _zeros,
    ),
]


@exercise(
    "6.2",
    "Repair it",
    points=2,
    answers=("prepare",),
    reference=_prepare,
    mistakes=_STATE_MISTAKES,
    hints=[
        "Which of the two tables is known on the day when the vectoriser is made?",
        "fit learns columns, means and spreads; transform only uses them. How often may "
        "fit happen?",
        "vectorizer = LogVectorizer().fit(first), then transform both and return both.",
    ],
)
def check_6_2(prepare: object, random: np.random.Generator) -> str:
    """Check that the state comes from the first part only, by changing the future."""
    function = as_function(prepare, "prepare")
    first, later, longer = _parts(random)
    given = first.copy(), later.copy()
    one, two = _pair(function, *given)
    _require_lines(one, two, first, later)
    past, future = _pair(function, first.copy(), longer.copy())
    begun, tail = _pair(function, first.copy(), longer[_SKIPPED:].copy())
    same, again = _pair(function, first.copy(), first.copy())
    if not all(same_values(each, one) for each in (past, begun, same)):
        raise accuse(_STATE_MISTAKES, _fitted_on_what(one, two, first, later))
    _require_order_of_lines(one, again)
    if one.shape[1] != two.shape[1] or not same_values(future[: len(later)], two):
        raise accuse(_STATE_MISTAKES, "fitted twice")
    _require_same_columns(one, again)
    other_one, other_two = _pair(function, longer.copy(), later.copy())
    _require_numbers_of_lines(one, other_one)
    if not same_values(future[_SKIPPED:][_PAST:], tail[_PAST:]):
        raise accuse(_STATE_MISTAKES, "fitted twice")
    if same_values(other_two, two):
        _require_no_state_outside(function)
    for table, before in zip(given, (first, later), strict=True):
        require_unchanged(table, before, "table")
    return (
        "You can change the future as you like, the past keeps its numbers. That is the "
        "test, for every kind of state."
    )


_SKIPPED = (
    110  # lines of the longer future that another future leaves out: all of `later`
)
_PAST = 40  # so many lines before a line may have a say in its numbers
_DIFFERENT = 3  # so many different rows at least tell lines apart


@cache
def _simulated() -> pd.DataFrame:
    from helpers.logs import read_log
    from helpers.simulation import simulate_network

    log = simulate_network(
        2, 66, attacks=["brute force", "flood"], clean_days=1, rows_per_day=300
    )
    records, _ = read_log(log.to_json_lines())
    return records


def _parts(random: np.random.Generator) -> tuple[pd.DataFrame, ...]:
    """Return first lines, later ones, and a longer future that begins with these.

    Drawn: where they are cut, and the unit of sizes; the lines are always the same.
    """
    records = _simulated().copy()
    for name in ("bytes_sent", "bytes_received"):
        records[name] = records[name] * int(random.integers(1, 9))
    cut = 150 + int(random.integers(50))
    first, rest = records[:cut], records[cut:]
    return first.copy(), rest[:100].copy(), rest[:250].copy()


def _pair(
    function: Callable, first: pd.DataFrame, later: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    answer = _pair_of(call(function, first, later), "prepare")
    names = ("the first array of prepare", "the second array of prepare")
    arrays = [
        as_array(one, what, dimensions=2)
        for one, what in zip(answer, names, strict=True)
    ]
    return arrays[0], arrays[1]


def _require_lines(
    one: np.ndarray, two: np.ndarray, first: pd.DataFrame, later: pd.DataFrame
) -> None:
    """Raise `Wrong` where there is not one row per line."""
    if (len(one), len(two)) == (len(later), len(first)):
        raise accuse(_STATE_MISTAKES, "swapped")
    if (len(one), len(two)) != (len(first), len(later)):
        detail = (
            f"The tables have {len(first)} and {len(later)} lines; yours have {len(one)} "
            f"and {len(two)} rows."
        )
        raise accuse(_STATE_MISTAKES, "lines lost", detail)


def _require_order_of_lines(one: np.ndarray, again: np.ndarray) -> None:
    """Raise `Wrong` where rows are all there, and in another order than the lines.

    `one` and `again` are of the same lines; the first line may know who stood before.
    """
    if one.shape == again.shape and not same_values(one[1:], again[1:]):
        reordered = _shared_rows(one, again) >= len(one) - 2
        if reordered:
            raise accuse(_STATE_MISTAKES, "order of the lines")


def _require_same_columns(one: np.ndarray, again: np.ndarray) -> None:
    """Raise `Wrong` where the same lines get other numbers in the second place.

    Not the first line, which may know who stood before it.
    """
    if not same_values(again[1:], one[1:]):
        raise Wrong(
            "not the same by column",
            "Given the same lines twice, prepare returns two different arrays. Both parts "
            "have to pass through one and the same fitted vectoriser.",
        )


def _require_numbers_of_lines(one: np.ndarray, other: np.ndarray) -> None:
    """Raise `Wrong` where rows don't differ, or where `other` lines have the same."""
    alike = len(np.unique(one, axis=0)) < _DIFFERENT
    if alike or same_values(other[: len(one)], one[: len(other)]):
        raise accuse(_STATE_MISTAKES, "no numbers of the lines")


def _shared_rows(one: np.ndarray, two: np.ndarray) -> int:
    """Return how many rows of `one` are also rows of `two`."""
    rows = {row.tobytes() for row in np.round(two, 9) + 0.0}
    return sum(row.tobytes() in rows for row in np.round(one, 9) + 0.0)


def _require_no_state_outside(function: Callable) -> None:
    """Raise `Wrong` where numbers come from something that was fitted beforehand."""
    from sklearn.base import BaseEstimator

    try:
        used = inspect.getclosurevars(function)
    except (TypeError, ValueError):  # a callable object, a name not yet bound
        return
    for name, value in {**used.globals, **used.nonlocals}.items():
        if issubclass(type(value), BaseEstimator | pd.DataFrame):
            raise Wrong(
                "state from outside",
                "The numbers don't change with `first`: they come from something that "
                "was there before, and nobody knows what it has seen. Fit inside the "
                "function, on `first`.",
                f"It is `{name}`.",
            )


def _fitted_on_what(
    one: np.ndarray, two: np.ndarray, first: pd.DataFrame, later: pd.DataFrame
) -> str:
    """Return the diagnosis of first numbers that depend on the later lines."""
    theirs, alone = _fitted_on_the_later(first, later)
    alike = same_values(alone, two) or same_values(theirs, one)
    return "fitted on the later part" if alike else "saw the future"


# -- 6.3: windows on both sides of a border ----------------------------------------------

Masks = tuple[np.ndarray, np.ndarray]
_WINDOWS = 24  # in each case


def _right_split(starts: np.ndarray, steps: int, border: int) -> Masks:
    return starts + steps <= border, starts >= border


def _at_random(starts: np.ndarray, steps: int, border: int) -> Masks:
    earlier = np.random.default_rng(0).random(len(starts)) < 0.5
    return earlier, ~earlier


def _halved(starts: np.ndarray, steps: int, border: int) -> Masks:
    earlier = np.arange(len(starts)) < len(starts) // 2
    return earlier, ~earlier


_ACROSS = (
    "windows across the border",
    "A window that begins before the border may end behind it. Its last lines are those "
    "of the later part, labels and all: such a window belongs to neither.",
)
_TWICE = (
    "last line counted twice",
    "The last line of your last earlier window is line `border`, and that is the first of "
    "the later part. A window that begins at s ends with line s + steps - 1.",
)
_LOST = (
    "window lost at the border",
    "You drop a window that touches the border and does not cross it. A window that "
    "begins at s and has `steps` lines ends just before s + steps.",
)
_RANDOMLY = (
    "not by time",
    "An earlier window of yours begins after a later one. The place of a window's lines "
    "decides, and nothing else: draw nothing, count no windows.",
)
_SPLIT_MISTAKES = [
    Mistake(*_ACROSS, lambda s, n, b: (s < b, s >= b)),
    Mistake(*_ACROSS, lambda s, n, b: (s <= b, s > b)),
    Mistake(*_ACROSS, lambda s, n, b: (s + n <= b, s + n > b)),
    Mistake(*_ACROSS, lambda s, n, b: (s + n < b, s + n >= b)),
    Mistake(*_TWICE, lambda s, n, b: (s + n - 1 <= b, s >= b)),
    Mistake(*_TWICE, lambda s, n, b: (s + n - 1 <= b, s > b)),
    Mistake(*_LOST, lambda s, n, b: (s + n < b, s >= b)),
    Mistake(*_LOST, lambda s, n, b: (s + n <= b, s > b)),
    Mistake(*_LOST, lambda s, n, b: (s + n < b, s > b)),
    Mistake(*_LOST, lambda s, n, b: (s + n <= b, s >= b + n)),
    Mistake(
        "inverted",
        "True and False are swapped: `earlier` is True for a window that lies before the "
        "border.",
        lambda s, n, b: (s + n > b, s < b),
    ),
    Mistake(
        "swapped",
        "You return the later windows first: a model would train on the future.",
        lambda s, n, b: (s >= b, s + n <= b),
    ),
    Mistake(
        "windows counted as lines",
        "The border is the number of a line, and you compare it with numbers of windows. "
        "`starts` says at which line each window begins.",
        lambda s, n, b: (np.arange(len(s)) < b, np.arange(len(s)) >= b),
    ),
    Mistake(*_RANDOMLY, _at_random),
    Mistake(*_RANDOMLY, _halved),
]


def _borders(random: np.random.Generator) -> list[tuple[np.ndarray, int, int]]:
    """Draw (starts, steps, border): dense windows, side by side, and out of order.

    All begin somewhere in a log. Two windows of each case touch the border, but for the
    last: there it is the second line of a window.
    """
    cases = []
    for ordered, stride, off in (
        (True, 1, 0),
        (True, None, 0),
        (False, 2, 0),
        (1, 3, 1),
    ):
        steps = 2 * int(random.integers(2, 5))
        stride = stride or steps
        starts = stride * np.arange(_WINDOWS) + int(random.integers(100))
        border = off + int(starts[_WINDOWS // 2 + random.integers(-3, 4)])
        cases.append((starts if ordered else random.permutation(starts), steps, border))
    return cases


@exercise(
    "6.3",
    "Windows on both sides of a border",
    points=2,
    answers=("split_windows",),
    reference=_right_split,
    mistakes=_SPLIT_MISTAKES,
    hints=[
        "Draw it for steps = 3 and border = 6: lines 0 to 5 are early. At which lines may "
        "an early window begin?",
        "The last line of a window is starts + steps - 1. It has to lie before the border.",
        "Earlier: starts + steps <= border. Later: starts >= border. Windows across the "
        "border are neither.",
    ],
)
def check_6_3(split_windows: object, random: np.random.Generator) -> str:
    """Check which windows lie wholly before a border, and which wholly behind it."""
    judge(
        split_windows,
        _borders(random),
        _right_split,
        _SPLIT_MISTAKES,
        name="split_windows",
        read=_as_masks,
        changes="array",
    )
    return (
        "No line on both sides, and no window lost without need: those across the "
        "border are the price of an honest split."
    )


def _as_masks(answer: object) -> Masks:
    earlier, later = _pair_of(answer, "split_windows")
    return _as_mask(earlier, "earlier"), _as_mask(later, "later")


def _as_mask(answer: object, what: str) -> np.ndarray:
    """Return True and False per window, from such or from positions."""
    if issubclass(type(answer), set | frozenset):
        answer = list(cast("set[object]", answer))
    array = np.asarray(answer) if _is_array(answer) else None
    if array is not None and array.size == 0:
        return np.zeros(_WINDOWS, dtype=bool)
    values = as_array(answer, what)
    if len(values) == _WINDOWS and np.isin(values, (0, 1)).all():
        return values.astype(bool)
    if array is not None and array.dtype.kind == "b":
        raise CannotCheck(
            f"{what} should have one entry per window, {_WINDOWS}; yours has {len(values)}."
        )
    positions = as_indices(values, what)
    if len(positions) < len(values) or not positions <= set(range(_WINDOWS)):
        raise CannotCheck(
            f"{what} should be True or False for each window, or positions of windows; "
            "yours names windows that don't exist, or one twice. (Lines are no windows.)"
        )
    return np.isin(np.arange(_WINDOWS), list(positions))


def _is_array(answer: object) -> bool:
    return issubclass(type(answer), np.ndarray | list | tuple | pd.Series)


# -- 6.4: what no line shows -------------------------------------------------------------

_PAIR = ["source", "destination"]
# two neighbours, two of a week day, two of one day of the month, and two of one of the year
_DAYS = ["2024-01-08", "2024-01-09", "2024-01-15", "2024-02-08", "2025-01-08"]
_LINES = 40 * len(_DAYS)


def _per(records: pd.DataFrame, *keys: Any) -> np.ndarray:
    """Return for each line how many lines agree with it in `keys`."""
    return records.groupby(list(keys))["time"].transform("size").to_numpy()


def _connections(records: pd.DataFrame) -> np.ndarray:
    return _per(records, records["time"].dt.date, *_PAIR)


def _both_directions(records: pd.DataFrame) -> np.ndarray:
    one, other = np.sort(records[_PAIR].to_numpy(str)).T
    return _per(records, records["time"].dt.date, one, other)


def _so_far(records: pd.DataFrame) -> pd.Series:
    return records.groupby([records["time"].dt.date, *_PAIR]).cumcount()


def _summed(records: pd.DataFrame) -> pd.Series:
    groups = records.groupby([records["time"].dt.date, *_PAIR])
    return groups["bytes_sent"].transform("sum")


_GROUPS = (
    "one number per group",
    "There is one number per group, not one per line. Each line needs the number of its "
    "own group: transform, not size.",
)
_COUNT_SO_FAR = (
    "so far",
    "You count the lines so far, so the first line of the exfiltration looks like any "
    "visit. That is what one knows at that moment, and a fair alarm for a live log; asked "
    "is the verdict on a whole day.",
)
_PER_HOUR = (
    "per hour",
    "You count each hour for itself. An exfiltration is slow: an hour shows two or three "
    "of its lines, like any visit. Count the lines of one date.",
)
_MANY_DAYS = (
    "days together",
    "Several dates count together, so a friend of many days looks like a sudden one. A "
    "day has a date: dt.date.",
)
_ONE_KEY = (
    "one key too many",
    "You also group by something that an attacker changes at will; the two addresses and "
    "the day are enough.",
)
_COUNT_MISTAKES = [
    Mistake(
        "all of a source",
        "That is all that a client does in a day. Busy clients have many lines, and talk "
        "to many hosts; here one of them talks to one host.",
        lambda r: _per(r, r["time"].dt.date, "source"),
    ),
    Mistake(
        "all of a destination",
        "That is how often a host is visited, by everybody. The name server wins. Count "
        "the lines between the same two.",
        lambda r: _per(r, r["time"].dt.date, "destination"),
    ),
    Mistake(
        "all days together",
        "You count over the whole log, so a friend of many days looks like a sudden one, "
        "and the number grows with the log. Count each day for itself.",
        lambda r: _per(r, *_PAIR),
    ),
    Mistake(*_MANY_DAYS, lambda r: _per(r, r["time"].dt.day, *_PAIR)),
    Mistake(*_MANY_DAYS, lambda r: _per(r, r["time"].dt.day_of_week, *_PAIR)),
    Mistake(*_MANY_DAYS, lambda r: _per(r, r["time"].dt.day_of_year, *_PAIR)),
    Mistake(*_PER_HOUR, lambda r: _per(r, r["time"].dt.floor("h"), *_PAIR)),
    Mistake(*_COUNT_SO_FAR, _so_far),
    Mistake(*_COUNT_SO_FAR, lambda r: _so_far(r) + 1),
    Mistake(
        "the others only",
        "You leave out the line itself. How many lines of that day go there, this one "
        "included?",
        lambda r: _connections(r) - 1,
    ),
    Mistake(*_ONE_KEY, lambda r: _per(r, r["time"].dt.date, *_PAIR, "port")),
    Mistake(
        "outside only",
        "You leave out what stays inside. That is a good score, and the lesson's next "
        "step; asked is the count for each line.",
        lambda r: _connections(r) * ~r["destination"].str.startswith("10."),
    ),
    Mistake(
        "bytes, not lines",
        "You add up sizes. This one sends little each time; what gives it away is how "
        "often it comes. Count lines.",
        _summed,
    ),
    Mistake(*_GROUPS, lambda r: r.groupby([r["time"].dt.date, *_PAIR]).size()),
    Mistake(
        "both directions",
        "You also count the lines that go back, from the destination to the source. "
        "Asked are those from the same source to the same destination.",
        _both_directions,
    ),
    Mistake(
        "order of the lines",
        "The numbers are right, but they stand beside other lines. Keep the order of "
        "records.",
        lambda r: _connections(r.sort_values(_PAIR)),
    ),
]


@exercise(
    "6.4",
    "What no line shows",
    points=2,
    answers=("connections",),
    reference=_connections,
    mistakes=_COUNT_MISTAKES,
    may_not_call=("helpers.logs.counts.daily_connections",),
    hints=[
        "Which lines count together? Those that agree in three things.",
        'records["time"].dt.date is the day. groupby takes a list: the day and two names '
        "of columns.",
        '.groupby([day, "source", "destination"])["time"].transform("size") gives each '
        "line the size of its group.",
    ],
)
def check_6_4(connections: object, random: np.random.Generator) -> str:
    """Check a count per line of day, source and destination."""
    judge(
        connections,
        [(_visits(random),)],
        _connections,
        _COUNT_MISTAKES,
        name="connections",
        read=_per_line,
        changes="table",
    )
    return (
        "No model, no labels: a count of many lines together can show what none of them "
        "shows alone."
    )


def _per_line(answer: Any) -> np.ndarray:
    """Return one number per line; a Series that names the lines is put in their order."""
    lines = pd.RangeIndex(1, _LINES + 1)
    named = issubclass(type(answer), pd.Series)
    if named and set(answer.index) < set(lines):
        raise Wrong(
            "lines left out",
            "A number for each line is asked for; some lines have none.",
            f"{_LINES} lines went in, {len(answer)} came out.",
        )
    listed = issubclass(type(answer), pd.Series | pd.DataFrame | np.ndarray | list)
    if listed and np.shape(answer)[:1] not in ((), (_LINES,)):
        raise Wrong(*_GROUPS, f"{_LINES} lines went in, {len(answer)} came out.")
    if named and set(answer.index) == set(lines):
        answer = answer.reindex(lines)
    return as_array(answer, "what connections returns", length=_LINES)


@cache
def _some_visits() -> pd.DataFrame:
    """Return 40 lines of each day; two hosts talk to each other in both directions."""
    rng = np.random.default_rng(6)
    days = pd.to_datetime(np.repeat(_DAYS, 40), utc=True)
    moments = days + pd.to_timedelta(rng.integers(0, 86_400, _LINES), unit="s")
    places = [("A", "S"), ("A", "X"), ("S", "A"), ("B", "S"), ("B", "X"), ("A", "S")]
    ends = np.array(places)[rng.integers(len(places), size=_LINES)]
    look_up = rng.random(_LINES) < 0.5
    return pd.DataFrame(
        {
            "time": moments.sort_values(),
            "source": ends[:, 0],
            "destination": ends[:, 1],
            "protocol": np.where(look_up, "udp", "tcp"),
            "port": pd.array(np.where(look_up, 53, 443), dtype="Int64"),
            "service": np.where(look_up, "dns", "https"),
            "duration": rng.random(_LINES),
            "bytes_sent": pd.array(rng.integers(100, 9_000, _LINES), dtype="Int64"),
            "bytes_received": pd.array(rng.integers(100, 9_000, _LINES), dtype="Int64"),
            "flag": rng.choice(["SF", "REJ"], _LINES),
            "message": np.where(look_up, "name resolved", "TLS session closed"),
        }
    )


def _visits(random: np.random.Generator) -> pd.DataFrame:
    """Draw a log: other addresses, other moments of the same days, the lines shuffled."""
    records = _some_visits()
    inside = [f"10.0.{random.integers(9)}.{n}" for n in random.permutation(250)[:3] + 1]
    outside = f"192.0.2.{random.integers(1, 250)}"
    names = dict(zip("ABSX", [*inside, outside], strict=True))
    order = random.permutation(_LINES)
    drawn = records.iloc[order].assign(
        source=records["source"].map(names).iloc[order],
        destination=records["destination"].map(names).iloc[order],
    )
    drawn["time"] = records["time"].array
    drawn.index = pd.RangeIndex(1, _LINES + 1, name="line")
    return drawn
