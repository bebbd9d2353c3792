"""The checks of lesson 06, network logs."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

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
from helpers.exercises.declared import exercise
from helpers.exercises.outcomes import CannotCheck, NotAttempted, Wrong
from helpers.text import first_line


def _pair_of(answer: object, what: str) -> tuple[object, object]:
    """Return the two things that a function returned; rows of one array are two, too."""
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
    return answer[0], answer[1]


# -- 6.1: what does the label say --------------------------------------------------------

_WORDS = {"normal": 0, "benign": 0, "0": 0, "-": 0, "attack": 1, "malicious": 1, "1": 1}
_CAPITALS = {"Benign": 0, "NORMAL": 0, "ATTACK": 1, "Malicious": 1}
# after the first ones: words that hold a known word, and parts of known words
_STRANGE = ("suspicious", "2", "", "non-attack", "abnormal", "normal?", "10", "mal")


@exercise(
    "6.1",
    "What does the label say?",
    answers=("label",),
    hints=[
        "Seven words are known. word.lower() makes capitals small.",
        "What does a model learn from lines that are called normal, because nobody knew "
        "the word?",
        "0 for the words that mean normal, 1 for those that mean attack, and None for all "
        "others: a missing label is seen, a wrong one is not.",
    ],
)
def check_6_1(label: object) -> str:
    """Check that known words are read, and that unknown ones stay unknown."""
    function = as_function(label, "label")
    known = {word: _meaning(function, word) for word in _WORDS}
    if all(meaning is None for meaning in known.values()):
        raise NotAttempted(
            "label() returns nothing: replace the `...`, or add the missing `return`,"
        )
    _require_words(known)
    if any(_read_or_lost(function, word) != m for word, m in _CAPITALS.items()):
        raise Wrong(
            "capitals",
            'The seven words are right as they stand above, but "ATTACK" or "Benign" is '
            "not understood. The next device writes in capitals.",
        )
    strange = {word: _of_a_strange(function, word) for word in _STRANGE}
    _require_unknown(strange)
    return (
        "A word you don't know stays a question. The report names it, a person decides, "
        "and no model learns from a guess."
    )


def _meaning(function: Callable, word: str) -> float | None:
    """Return 0, 1 or another number; None for None and for missing values."""
    try:
        return _as_label(function(word))
    except CannotCheck:
        raise
    except Exception as error:
        raise CannotCheck(
            f"label({word!r}) raised {type(error).__name__}: {first_line(error)}. It gets "
            "one word, a text, and this is one of the known ones."
        ) from None


def _as_label(answer: object) -> float | None:
    if any(answer is missing for missing in (None, ..., pd.NA, pd.NaT)):
        return None
    if issubclass(type(answer), str | np.str_):
        raise CannotCheck("label should return 0, 1 or None; yours returns a text.")
    try:
        number = float(answer)  # type: ignore[arg-type]
    except Exception:
        raise CannotCheck(
            f"label should return 0, 1 or None; yours returns a {kind(answer)}."
        ) from None
    return None if np.isnan(number) else number


def _read_or_lost(function: Callable, word: str) -> float | None:
    """Return the meaning of a word in capitals; None when it stops the function."""
    try:
        return _as_label(function(word))
    except Exception:
        return None


def _require_words(known: dict[str, float | None]) -> None:
    if known == _WORDS:
        return
    if all(known[word] == 1 - meaning for word, meaning in _WORDS.items()):
        raise Wrong(
            "inverted label",
            "You call normal lines 1 and attacks 0. In this course 1 is the anomaly.",
        )
    if set(known.values()) == {1.0}:
        raise Wrong(
            "every text is true",
            "Everything is an attack, because every text that is not empty is true: "
            'bool("0") as well. Ask whether the word is one of those you know.',
        )
    if set(known.values()) == {0.0}:
        raise Wrong(
            "all normal",
            "Your function calls attacks normal, too. If it asks word == ... or ..., what "
            "stands after the `or` is a text by itself, and every text is true: use in.",
        )
    word = next(word for word in _WORDS if known[word] != _WORDS[word])
    if known[word] is None:
        raise Wrong(
            "a known word",
            f"label({word!r}) gives None, but {word!r} is one of the seven known words. "
            "All of them are texts, digits too, and they come as they stand above as well "
            "as in capitals.",
        )
    told = f"{known[word]:g}"
    raise Wrong(
        "a known word",
        f"label({word!r}) gives {told}. Go through the seven words of the exercise: which "
        "of them mean a normal line?",
    )


def _of_a_strange(function: Callable, word: str) -> float | None:
    try:
        answer = function(word)
        if issubclass(type(answer), str):
            raise Wrong(
                "a text for it",
                f"label({word!r}) gives a text. Honest, but 0, 1 and texts make no column "
                "of numbers. Python has a value of its own for what is missing.",
            )
        return _as_label(answer)
    except (CannotCheck, Wrong):
        raise
    except Exception as error:
        raise Wrong(
            "unknown stops all",
            f"label({word!r}) raises {type(error).__name__}. Nobody is deceived, but one "
            "strange word in line 9,000 stops the whole reading. Say that you don't know, "
            "and read on.",
        ) from None


def _require_unknown(strange: dict[str, float | None]) -> None:
    wrong = {word: meaning for word, meaning in strange.items() if meaning is not None}
    if not wrong:
        return
    word, meaning = next(iter(wrong.items()))
    if len(wrong) == len(strange) and set(wrong.values()) == {0.0}:
        raise Wrong(
            "unknown is normal",
            f"{word!r} becomes 0. Nobody has said that this line is normal, but the model "
            "will learn it as an example of normal. If you don't know, say so.",
        )
    if len(wrong) == len(strange) and set(wrong.values()) == {1.0}:
        raise Wrong(
            "unknown is an attack",
            f"{word!r} becomes 1. Better alarmed than deceived? The model will learn "
            "attacks that nobody has seen. If you don't know, say so.",
        )
    if len(wrong) == len(strange) and not set(wrong.values()) & {0.0, 1.0}:
        raise Wrong(
            "a third class",
            f"{word!r} becomes {meaning:g}. That is a number like 0 and 1, and a model "
            "would learn it as a class of its own. Missing is None.",
        )
    parts = [word for word in _STRANGE[3:] if word in wrong]
    if parts and "2" not in wrong:
        raise Wrong(
            "part of a word",
            f"{parts[0]!r} becomes {wrong[parts[0]]:g}, because part of it is part of a "
            "known word. It means the opposite, or who knows what. Compare whole words.",
        )
    raise Wrong(
        "unknown words",
        f"label({word!r}) gives {meaning:g}, but {word!r} is none of the seven words.",
    )


# -- 6.2: a vectoriser that saw the future -----------------------------------------------


@exercise(
    "6.2",
    "Repair it",
    answers=("prepare",),
    hints=[
        "Which of the two tables is known on the day when the vectoriser is made?",
        "fit learns columns, means and spreads; transform only uses them. How often may "
        "fit happen?",
        "vectorizer = LogVectorizer().fit(first), then transform both and return both.",
    ],
)
def check_6_2(prepare: object) -> str:
    """Check that the state comes from the first part only, by changing the future."""
    function = as_function(prepare, "prepare")
    first, later, other, longer = _parts()
    one, two = _pair(function, first, later)
    if (len(one), len(two)) == (len(later), len(first)):
        raise Wrong(
            "swapped",
            "You return the later part first; the check asks for both in order.",
        )
    if (len(one), len(two)) != (len(first), len(later)):
        raise Wrong(
            "lines lost",
            f"The tables have {len(first)} and {len(later)} lines; yours have {len(one)} "
            f"and {len(two)} rows. One row per line, in their order.",
        )
    _require_past(function, one, two)
    again = _pair(function, first, first)[1]
    _require_order_of_lines(one, again)
    if one.shape[1] != two.shape[1] or not same_values(
        _pair(function, first, longer)[1][: len(later)], two
    ):
        raise Wrong(
            "fitted twice",
            "The later lines get columns, means and spreads of their own. Then 1.0 in a "
            "column means one thing before the border and another one behind it, and a "
            "model that learned the first is lost. One fit, two transforms.",
        )
    # not the first line, which may know who stood before it
    if not same_values(again[1:], one[1:]):
        raise Wrong(
            "not the same by column",
            "Given the same lines twice, prepare returns two different arrays. Both parts "
            "have to pass through one and the same fitted vectoriser.",
        )
    other_one, other_two = _pair(function, other, later)
    alike = len(np.unique(one, axis=0)) < 0.9 * len(one)
    if alike or same_values(other_one, one[: len(other)]):
        raise Wrong(
            "no numbers of the lines",
            "The arrays don't tell the lines apart. Let a LogVectorizer make the numbers.",
        )
    if same_values(other_two, two):
        _require_no_state_outside(function)
    given = first.copy(), later.copy()
    call(function, *given)
    for table, before in zip(given, (first, later), strict=True):
        require_unchanged(table, before, "table")
    return (
        "You can change the future as you like, the past keeps its numbers. That is the "
        "test, for every kind of state."
    )


@cache
def _simulated() -> pd.DataFrame:
    from helpers.logs import read_log
    from helpers.simulation import simulate_network

    log = simulate_network(
        2, 66, attacks=["brute force", "flood"], clean_days=1, rows_per_day=500
    )
    records, _ = read_log(log.to_json_lines())
    return records


def _parts() -> tuple[pd.DataFrame, ...]:
    """Return first lines, later ones, another future, and more of the later ones."""
    records = _simulated()
    first, rest = records[:300], records[300:]
    later, longer = rest[:200], rest[:450]
    other = rest[-200:]
    return tuple(part.copy() for part in (first, later, other, longer))


def _pair(
    function: Callable, first: pd.DataFrame, later: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    answer = _pair_of(call(function, first.copy(), later.copy()), "prepare")
    names = ("the first array of prepare", "the second array of prepare")
    arrays = [
        as_array(one, what, dimensions=2)
        for one, what in zip(answer, names, strict=True)
    ]
    return arrays[0], arrays[1]


def _require_order_of_lines(one: np.ndarray, again: np.ndarray) -> None:
    """Raise `Wrong` where rows are all there, and in another order than the lines."""
    if same_values(_sorted_rows(one), _sorted_rows(again)) and not same_values(
        one, again
    ):
        raise Wrong(
            "order of the lines",
            "All rows are there, but not in the order of the lines. Whoever looks up row 7 "
            "wants line 7: sort and shuffle nothing.",
        )


def _sorted_rows(table: np.ndarray) -> np.ndarray:
    return table[np.lexsort(table.T)]


def _require_no_state_outside(function: Callable) -> None:
    """Raise `Wrong` where numbers come from something that was fitted beforehand."""
    from sklearn.base import BaseEstimator

    try:
        used = inspect.getclosurevars(function)
    except (TypeError, ValueError):  # a callable object, a name not yet bound
        return
    for name, value in (used.globals | used.nonlocals).items():
        if issubclass(type(value), BaseEstimator | pd.DataFrame):
            raise Wrong(
                "state from outside",
                f"The numbers don't change with `first`: they come from `{name}`, which "
                "was there before, and nobody knows what it has seen. Fit inside the "
                "function, on `first`.",
            )


def _require_past(function: Callable, one: np.ndarray, two: np.ndarray) -> None:
    """Raise `Wrong` when the numbers of the first lines depend on the later ones."""
    first, later, other, _ = _parts()
    changed, _ = _pair(function, first, other)
    if same_values(changed, one):
        return
    from helpers.logs import LogVectorizer

    alone = LogVectorizer().fit_transform(later)
    if same_values(alone, two) or same_values(
        LogVectorizer().fit(later).transform(first), one
    ):
        raise Wrong(
            "fitted on the later part",
            "Columns, means and spreads come from the later part: the past is written in "
            "terms of a future that it doesn't know. It is the other way round.",
        )
    raise Wrong(
        "saw the future",
        "The check changed the later lines, and the numbers of the first lines changed "
        "with them. On the day, only the first lines exist: fit on them alone.",
    )


# -- 6.3: windows on both sides of a border ----------------------------------------------

# first lines, steps, border
_BORDERS: tuple[tuple[list[int], int, int], ...] = (
    (list(range(0, 60, 2)), 6, 30),
    (list(range(0, 50, 5)), 5, 20),
    (list(range(0, 40)), 7, 21),
    ([24, 3, 12, 30, 9, 18, 0, 21], 4, 16),
)

Masks = tuple[np.ndarray, np.ndarray]


def _split(starts: np.ndarray, steps: int, border: int) -> Masks:
    return starts + steps <= border, starts >= border


_TWICE = (
    "last line counted twice",
    (
        "The last line of your last earlier window is line `border`, and that is the "
        "first of the later part. A window that begins at s ends with line "
        "s + steps - 1."
    ),
)
_ACROSS = (
    "windows across the border",
    (
        "A window that begins before the border may end behind it. Its last lines are "
        "those of the later part, labels and all: such a window belongs to neither."
    ),
)
_LOST = (
    "window lost at the border",
    (
        "You drop a window that touches the border and does not cross it. A window that "
        "begins at s and has `steps` lines ends just before s + steps."
    ),
)
# masks of a mistake, its name, and the idea behind it
_SPLITS: tuple[tuple[Callable[[np.ndarray, int, int], Masks], str, str], ...] = (
    (lambda s, n, b: (s < b, s >= b), *_ACROSS),
    (lambda s, n, b: (s <= b, s > b), *_ACROSS),
    (lambda s, n, b: (s + n <= b, s + n > b), *_ACROSS),
    (lambda s, n, b: (s + n < b, s + n >= b), *_ACROSS),
    (lambda s, n, b: (s + n // 2 < b, s + n // 2 >= b), *_ACROSS),
    (lambda s, n, b: (s <= b, s >= b), *_ACROSS),
    (lambda s, n, b: (s + n - 1 <= b, s >= b), *_TWICE),
    (lambda s, n, b: (s + n <= b + 1, s > b), *_TWICE),
    (lambda s, n, b: (s + n < b, s >= b), *_LOST),
    (lambda s, n, b: (s + n <= b, s > b), *_LOST),
    (lambda s, n, b: (s + n < b, s > b), *_LOST),
    (lambda s, n, b: (s + n <= b, s >= b + n), *_LOST),
    (
        lambda s, n, b: (s + n > b, s < b),
        "inverted",
        "True and False are swapped: `earlier` is True for a window that lies before the "
        "border.",
    ),
    (
        lambda s, n, b: (s >= b, s + n <= b),
        "swapped",
        "You return the later windows first: a model would train on the future.",
    ),
    (
        lambda s, n, b: (s + n <= b, ~(s + n <= b)),
        *_ACROSS,
    ),
    (
        lambda s, n, b: (np.arange(len(s)) < b, np.arange(len(s)) >= b),
        "windows counted as lines",
        "The border is the number of a line, and you compare it with numbers of windows. "
        "`starts` says at which line each window begins.",
    ),
)


@exercise(
    "6.3",
    "Windows on both sides of a border",
    answers=("split_windows",),
    hints=[
        "Draw it for steps = 3 and border = 6: lines 0 to 5 are early. At which lines may "
        "an early window begin?",
        "The last line of a window is starts + steps - 1. It has to lie before the border.",
        "Earlier: starts + steps <= border. Later: starts >= border. Windows across the "
        "border are neither.",
    ],
)
def check_6_3(split_windows: object) -> str:
    """Check which windows lie wholly before a border, and which wholly behind it."""
    function = as_function(split_windows, "split_windows")
    answers, moved = [], []
    for starts, steps, border in _BORDERS:
        given = np.array(starts)
        answers.append(_as_masks(call(function, given, steps, border), len(starts)))
        moved.append((given, np.array(starts)))
    cases = [(np.array(starts), steps, border) for starts, steps, border in _BORDERS]
    if _alike(answers, _split, cases):
        for given, before in moved:
            require_unchanged(given, before, "array")
        return (
            "No line on both sides, and no window lost without need: those across the "
            "border are the price of an honest split."
        )
    for split, diagnosis, message in _SPLITS:
        if _alike(answers, split, cases):
            raise Wrong(diagnosis, message)
    _require_order(answers, cases)
    raise Wrong(
        "other windows",
        _told(answers, cases),
    )


def _as_masks(answer: object, windows: int) -> Masks:
    earlier, later = _pair_of(answer, "split_windows")
    return _as_mask(earlier, "earlier", windows), _as_mask(later, "later", windows)


def _as_mask(answer: object, what: str, windows: int) -> np.ndarray:
    """Return True and False per window, from such or from positions."""
    array = np.asarray(answer) if _is_array(answer) else None
    if array is not None and array.size == 0:
        return np.zeros(windows, dtype=bool)
    values = as_array(answer, what)
    if len(values) == windows and np.isin(values, (0, 1)).all():
        return values.astype(bool)
    if array is not None and array.dtype.kind == "b":
        raise CannotCheck(
            f"{what} should have one entry per window, {windows}; yours has {len(values)}."
        )
    positions = as_indices(answer, what)
    if len(positions) < len(values) or not positions <= set(range(windows)):
        raise CannotCheck(
            f"{what} should be True or False for each window, or positions of windows; "
            "yours names windows that don't exist, or one twice. (Lines are no windows.)"
        )
    return np.isin(np.arange(windows), list(positions))


def _is_array(answer: object) -> bool:
    return issubclass(type(answer), np.ndarray | list | tuple | pd.Series)


def _alike(answers: list[Masks], split: Callable, cases: list) -> bool:
    return all(
        np.array_equal(given, expected)
        for answer, case in zip(answers, cases, strict=True)
        for given, expected in zip(answer, split(*case), strict=True)
    )


def _require_order(answers: list[Masks], cases: list) -> None:
    for (earlier, later), (starts, steps, border) in zip(answers, cases, strict=True):
        if not earlier.any() or not later.any():
            raise Wrong(
                "empty part",
                f"With steps {steps} and border {border}, one of your parts has no window "
                "at all.",
            )
        if (earlier & later).any():
            start = starts[earlier & later][0]
            raise Wrong(
                "in both parts",
                f"With steps {steps} and border {border}, the window of lines {start} to "
                f"{start + steps - 1} is in both of your parts.",
            )
        if starts[earlier].max() > starts[later].min() + steps:
            raise Wrong(
                "drawn at random",
                "An earlier window of yours begins after a later one. Time decides, and "
                "nothing else: draw nothing, sort nothing.",
            )


def _told(answers: list[Masks], cases: list) -> str:
    """Say for the first case that is wrong which window is in the wrong part."""
    for answer, (starts, steps, border) in zip(answers, cases, strict=True):
        pairs = zip(answer, _split(starts, steps, border), strict=True)
        for name, (given, right) in zip(("earlier", "later"), pairs, strict=True):
            wrong = np.flatnonzero(given != right)
            if len(wrong):
                start = starts[wrong[0]]
                be = "is" if given[wrong[0]] else "is not"
                return (
                    f"With steps {steps} and border {border}, the window of lines {start} "
                    f"to {start + steps - 1} {be} {name} in your answer. Which of its "
                    "lines lie before the border, and which behind it?"
                )
    return "Some windows are in the wrong part."


# -- 6.4: what no line shows -------------------------------------------------------------


@exercise(
    "6.4",
    "What no line shows",
    answers=("connections",),
    hints=[
        "Which lines count together? Those that agree in three things.",
        'records["time"].dt.date is the day. groupby takes a list: the day and two names '
        "of columns.",
        '.groupby([day, "source", "destination"])["time"].transform("size") gives each '
        "line the size of its group.",
    ],
)
def check_6_4(connections: object) -> str:
    """Check a count per line of day, source and destination."""
    function = as_function(connections, "connections")
    records = _visits()
    given = records.copy()
    answer = call(function, given)
    right = _count(records, ["day", *_PAIR])
    listed = not issubclass(type(answer), str | tuple)
    if listed and hasattr(answer, "__len__") and len(answer) != len(records):
        raise Wrong(
            "one number per group",
            f"{len(records)} lines went in, {len(answer)} numbers came out: one per group. "
            "Each line needs the number of its own group: transform, not size.",
        )
    answer = _by_line(answer, records)
    values = as_array(answer, "what connections returns", length=len(records))
    if np.array_equal(values, right):
        require_unchanged(given, records, "table")
        return (
            "No model, no labels: you asked a question about many lines together, and "
            "exfiltration has an answer to no other."
        )
    for mistake, diagnosis, message in _COUNTS:
        if np.array_equal(values, mistake(records)):
            raise Wrong(diagnosis, message)
    if np.array_equal(np.sort(values), np.sort(right)):
        raise Wrong(
            "order of the lines",
            "The numbers are right, but they stand beside other lines. Keep the order of "
            "records.",
        )
    if len(set(zip(values, right, strict=True))) == len(set(right)) == len(set(values)):
        raise Wrong(
            "no longer the count",
            "Lines with equal counts have equal numbers in your answer, and yet they are "
            "no counts any more. Return the count as it is.",
        )
    first = int(np.flatnonzero(values != right)[0])
    line = records.iloc[first]
    raise Wrong(
        "another count",
        f"On {line['time']:%d %B %Y} {line['source']} talks to {line['destination']}; you say "
        f"{values[first]:g} times. Count the lines that share the day and both addresses.",
    )


def _by_line(answer: object, records: pd.DataFrame) -> object:
    """Return a Series that names the lines in another order in theirs."""
    if not issubclass(type(answer), pd.Series) or answer.index.equals(records.index):
        return answer
    named = answer.index.is_unique and set(answer.index) == set(records.index)
    return answer.reindex(records.index) if named else answer


# two neighbours, and days that are a week, a month and a year apart
_DAYS = ["2024-01-08", "2024-01-09", "2024-01-15", "2024-02-08", "2025-01-08"]


@cache
def _visits() -> pd.DataFrame:
    """Return 40 lines of each day; two hosts talk to each other in both directions."""
    rng = np.random.default_rng(6)
    size = 40 * len(_DAYS)
    days = pd.to_datetime(np.repeat(_DAYS, 40), utc=True)
    moments = days + pd.to_timedelta(rng.integers(0, 86_400, size), unit="s")
    hosts = np.array(["10.0.1.1", "10.0.1.2", "10.0.0.2"], dtype=object)
    places = np.array(["10.0.0.2", "192.0.2.7", "10.0.1.1"], dtype=object)
    look_up = rng.random(size) < 0.5
    records = pd.DataFrame(
        {
            "time": moments.sort_values(),
            "source": rng.choice(hosts, size, p=[0.5, 0.2, 0.3]),
            "destination": rng.choice(places, size, p=[0.5, 0.3, 0.2]),
            "protocol": np.where(look_up, "udp", "tcp"),
            "port": pd.array(np.where(look_up, 53, 443), dtype="Int64"),
            "service": np.where(look_up, "dns", "https"),
            "duration": rng.random(size),
            "bytes_sent": pd.array(rng.integers(100, 9_000, size), dtype="Int64"),
            "bytes_received": pd.array(rng.integers(100, 9_000, size), dtype="Int64"),
            "flag": rng.choice(["SF", "REJ"], size),
            "message": np.where(look_up, "name resolved", "TLS session closed"),
        }
    )
    records.index = pd.Index(np.arange(size) + 1, name="line")
    return records


def _keys(records: pd.DataFrame) -> pd.DataFrame:
    time = records["time"]
    return records.assign(
        day=time.dt.floor("D"),
        of_month=time.dt.day,
        of_week=time.dt.day_of_week,
        of_year=time.dt.day_of_year,
        week=time.dt.isocalendar().week,
        week_of_year=time.dt.strftime("%G-%V"),
        month=time.dt.month,
        month_of_year=time.dt.strftime("%Y-%m"),
        one=records[_PAIR].min(axis=1),
        other=records[_PAIR].max(axis=1),
        hour=time.dt.floor("h"),
        minute=time.dt.floor("min"),
        clock=time.dt.hour,
    )


def _count(records: pd.DataFrame, by: list[str], what: str = "size") -> np.ndarray:
    groups = _keys(records).groupby(by, sort=False)["time"]
    if what == "cumcount":
        return groups.cumcount().to_numpy(float) + 1
    return groups.transform("size").to_numpy(float)


_PAIR = ["source", "destination"]
_SUMS = (
    "bytes, not lines",
    (
        "You add up sizes. This one sends little each time; what gives it away is how often "
        "it comes. Count lines."
    ),
)
# a wrong count, its name, and the idea behind it
_COUNTS: tuple[tuple[Callable[[pd.DataFrame], Any], str, str], ...] = (
    (
        lambda r: _count(r, ["day", "source"]),
        "all of a source",
        "That is all that a client does in a day. Busy clients have many lines, and talk to "
        "many hosts; here one of them talks to one host.",
    ),
    (
        lambda r: _count(r, ["day", "destination"]),
        "all of a destination",
        "That is how often a host is visited, by everybody. The name server wins. Count the "
        "lines between the same two.",
    ),
    (
        lambda r: _count(r, _PAIR),
        "all days together",
        "You count over the whole log, so a friend of many days looks like a sudden one, "
        "and the number grows with the log. Count each day for itself.",
    ),
    (
        lambda r: _count(r, ["day"]),
        "all of a day",
        "Those are all lines of the day, whoever talks to whom.",
    ),
    (
        lambda r: _count(r, ["of_month", *_PAIR]),
        "day of the month",
        "dt.day is the day of the month: 8 January and 8 February count together. dt.date "
        "is the day.",
    ),
    (
        lambda r: _count(r, ["of_week", *_PAIR]),
        "day of the week",
        "All Mondays count together. A day has a date: dt.date.",
    ),
    (
        lambda r: _count(r, ["of_year", *_PAIR]),
        "day of the year",
        "8 January 2024 and 8 January 2025 count together. dt.date knows the year as well.",
    ),
    *(
        (
            lambda r, key=key: _count(r, [key, *_PAIR]),
            f"per {key.split('_')[0]}",
            f"All lines of a {key.split('_')[0]} count together. Count each day for "
            "itself: dt.date.",
        )
        for key in ("week", "week_of_year", "month", "month_of_year")
    ),
    (
        lambda r: _count(r, ["day", "one", "other"]),
        "both directions",
        "You also count the lines that go back, from the destination to the source. "
        "Asked are those from the same source to the same destination.",
    ),
    (
        lambda r: _count(r, ["hour", *_PAIR]),
        "per hour",
        "You count each hour for itself. An exfiltration is slow: an hour shows two or "
        "three of its lines, like any visit.",
    ),
    (
        lambda r: _count(r, ["clock", *_PAIR]),
        "per hour",
        "dt.hour is the hour of any day. Count the lines of one date.",
    ),
    (
        lambda r: _count(r, ["time", *_PAIR]),
        "moments, not days",
        "`time` is a moment, to the millisecond; hardly two lines share one. "
        'Group by records["time"].dt.date.',
    ),
    (
        lambda r: _count(r, ["day", *_PAIR], "cumcount"),
        "so far",
        "You count the lines so far: the first line of the exfiltration gets 1, like every "
        "visit. That is what one knows at that moment, and a fair alarm for a live log; "
        "asked is the verdict on a whole day.",
    ),
    (
        lambda r: _count(r, ["day", *_PAIR], "cumcount") - 1,
        "so far",
        "cumcount numbers the lines of a group, beginning with 0: those that came before. "
        "Asked is how many there are in the whole day.",
    ),
    (
        lambda r: _count(r, ["day", *_PAIR]) - 1,
        "the others only",
        "You leave out the line itself. How many lines of that day go there, this one "
        "included?",
    ),
    *(
        (
            lambda r, key=key: _count(r, ["day", *_PAIR, key]),
            "one key too many",
            f"You also group by `{key}`, or what goes with it. An attacker changes it at "
            "will; the two addresses and the day are enough.",
        )
        for key in ("port", "flag")
    ),
    (
        lambda r: _count(r, ["day", *_PAIR]) / len(r),
        "a share",
        "That is a share of all lines, and it shrinks as the log grows. Leave the count.",
    ),
    (
        lambda r: _count(r, ["day", *_PAIR]) * ~r["destination"].str.startswith("10."),
        "outside only",
        "You leave out what stays inside. That is a good score, and the lesson's next "
        "step; asked is the count for each line.",
    ),
    (lambda r: _summed(r, "bytes_sent"), *_SUMS),
    (lambda r: _summed(r, "bytes_received"), *_SUMS),
    (lambda r: _summed(r, "duration"), *_SUMS),
    (
        lambda r: (
            _keys(r)
            .groupby(["day", "source"])["destination"]
            .transform("nunique")
            .to_numpy(float)
        ),
        "distinct hosts",
        "You count different destinations. A port scanner may have many; this attacker has "
        "one, and visits it often.",
    ),
)


def _summed(records: pd.DataFrame, column: str) -> np.ndarray:
    groups = _keys(records).groupby(["day", *_PAIR])[column]
    return groups.transform("sum").to_numpy(float)
