"""Lesson 06: right answers in unusual forms, and wrong ones beside those it lists."""

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.answers import is_fitted
from helpers.logs import LogVectorizer

COULD_NOT = "could not check"


def found(number, *answers):
    outcome = check(number, *answers)
    return outcome.diagnosis or outcome.status


NORMAL, ATTACK = ("normal", "benign", "0", "-"), ("attack", "malicious", "1")
MEANING = dict.fromkeys(NORMAL, 0) | dict.fromkeys(ATTACK, 1)


def starts_of_words(word):
    if word.lower().startswith(ATTACK):
        return 1
    return 0 if word.lower().startswith(NORMAL) else None


def parts_of_words(word):
    word = word.lower()
    if any(one in word for one in ("attack", "malicious", "1")):
        return 1
    return (
        0 if any(one in word for one in NORMAL if one != "-") or word == "-" else None
    )


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        (lambda w: MEANING.get(w.casefold()), "correct"),
        (lambda w: MEANING.get(w.lower(), np.nan), "correct"),
        (lambda w: MEANING.get(w.lower(), pd.NA), "correct"),
        (lambda w: {0: False, 1: True}.get(MEANING.get(w.lower())), "correct"),
        (lambda w: {0: 1, 1: 0}.get(MEANING.get(w.lower())), "inverted label"),
        (lambda w: MEANING.get(w.lower(), -1), "a third class"),
        (lambda w: 0, "all normal"),
        (lambda w: 1 if w else 0, "every text is true"),
        (lambda w: MEANING.get(w.lower(), pd.NaT), "correct"),
        (parts_of_words, "part of a word"),
        (starts_of_words, "part of a word"),
        (lambda w: next((m for one, m in MEANING.items() if w and w.lower() in one),
                        None), "part of a word"),
        (lambda w: int(w) if w.isdigit() else MEANING.get(w.lower()), "unknown words"),
        (lambda w: MEANING.get(w.lower(), "unknown"), "a text for it"),
        (lambda w: MEANING.get(w.lower(), []), COULD_NOT),
        (lambda w: {"0": None}.get(w, MEANING.get(w.lower())), "a known word"),
        (lambda w: str(MEANING.get(w.lower())), COULD_NOT),
        (lambda w: w.str.lower().map(MEANING), COULD_NOT),
        (lambda: 0, COULD_NOT),
        (lambda w: MEANING.get(w.lower(), 0 if not w else None), "unknown words"),
        (lambda w: MEANING.get(w.lower()) if w != "-" else None, "a known word"),
        (lambda w: MEANING[w], "capitals"),
        (lambda w: int(w), COULD_NOT),
        (lambda w: "attack", COULD_NOT),
        (lambda w: None, "not attempted"),
        (MEANING, COULD_NOT),
    ],
)  # fmt: skip
def test_labels(label, outcome):
    assert found("6.1", label) == outcome


def fitted_on(choose, **options):
    """Return a `prepare` that fits on what `choose` takes of the two tables."""

    def prepare(first, later):
        vectorizer = LogVectorizer(**options).fit(choose(first, later))
        return vectorizer.transform(first), vectorizer.transform(later)

    return prepare


def scaled_apart(first, later):
    vectorizer = LogVectorizer().fit(first)
    one, two = vectorizer.transform(first), vectorizer.transform(later)
    return one - one.mean(axis=0), two - two.mean(axis=0)


def shortened(first, later):
    one, two = fitted_on(lambda first, later: first)(first, later)
    return one[1:], two


def together(first, later):
    """Transform both parts as one table, so that the first later line has a past."""
    both = LogVectorizer().fit(first).transform(pd.concat([first, later]))
    return both[: len(first)], both[len(first) :]


BEFORE = LogVectorizer()


def fitted_before(first, later):
    if not is_fitted(BEFORE):
        BEFORE.fit(pd.concat([first, later]))
    return BEFORE.transform(first), BEFORE.transform(later)


def sizes(first, later):
    names = ["bytes_sent", "bytes_received", "duration"]
    return tuple(np.log1p(part[names].to_numpy(float)) for part in (first, later))


def numbered(first, later):
    return tuple(np.arange(2.0 * len(part)).reshape(-1, 2) for part in (first, later))


def with_a_column(first, later):
    first["late"], later["late"] = 0, 1
    return fitted_on(lambda first, later: first)(first, later)


@pytest.mark.parametrize(
    ("prepare", "outcome"),
    [
        (fitted_on(lambda first, later: first), "correct"),
        (fitted_on(lambda first, later: first, message_words=0), "correct"),
        (lambda a, b: list(map(LogVectorizer().fit(a).transform, (a, b))), "correct"),
        (lambda a, b: [pd.DataFrame(LogVectorizer().fit(a).transform(x))
                       for x in (a, b)], "correct"),
        (fitted_on(lambda a, b: b), "fitted on the later part"),
        (fitted_on(lambda a, b: pd.concat([a, b])), "saw the future"),
        (fitted_on(lambda a, b: pd.concat([b, a]), max_categories=5),
         "saw the future"),
        (lambda a, b: [LogVectorizer().fit_transform(x) for x in (a, b)],
         "fitted twice"),
        (together, "correct"),
        (sizes, "correct"),
        (fitted_before, "state from outside"),
        (with_a_column, "changed its input"),
        (numbered, "no numbers of the lines"),
        (lambda a, b: (sizes(a, b)[0][::-1], sizes(a, b)[1]), "order of the lines"),
        (lambda a, b: [x.astype(str) for x in sizes(a, b)], COULD_NOT),
        (lambda a, b: np.vstack(sizes(a, b)), COULD_NOT),
        (lambda a, b: (sizes(a, b)[0], None), "not attempted"),
        (scaled_apart, "fitted twice"),
        (shortened, "lines lost"),
        (lambda a, b: fitted_on(lambda a, b: a)(a, b)[::-1], "swapped"),
        (lambda a, b: (np.zeros((len(a), 3)), np.zeros((len(b), 3))),
         "no numbers of the lines"),
        (lambda a, b: (a, b), COULD_NOT),
        (lambda a, b: LogVectorizer().fit(a), COULD_NOT),
        (LogVectorizer(), COULD_NOT),
    ],
)  # fmt: skip
def test_the_state_of_the_vectoriser(prepare, outcome):
    assert found("6.2", prepare) == outcome


def halved(starts, steps, border):
    earlier = np.arange(len(starts)) < len(starts) // 2
    return earlier, ~earlier


def added_in_place(starts, steps, border):
    starts += steps
    return starts <= border, starts - steps >= border


@pytest.mark.parametrize(
    ("split", "outcome"),
    [
        (lambda s, n, b: [list(s + n <= b), list(s >= b)], "correct"),
        (lambda s, n, b: (np.flatnonzero(s + n <= b), np.flatnonzero(s >= b)),
         "correct"),
        (lambda s, n, b: ((s + n - 1 < b).astype(int), (s > b - 1).astype(int)),
         "correct"),
        (lambda s, n, b: np.array([s + n <= b, s >= b]), "correct"),
        (lambda s, n, b: (np.where(s + n <= b), np.where(s >= b)), "correct"),
        (added_in_place, "changed its input"),
        (lambda s, n, b: (s + n > b, s < b), "inverted"),
        (lambda s, n, b: (s >= 0, s >= 0), "in both parts"),
        (lambda s, n, b: (s < b, s + n > b), "in both parts"),
        (lambda s, n, b: [x.astype(int).astype(str) for x in (s + n <= b, s >= b)],
         COULD_NOT),
        (lambda s, n, b: {"earlier": s + n <= b, "later": s >= b}, COULD_NOT),
        (lambda s, n, b: (s + n <= b, ...), "not attempted"),
        (lambda s, n, b: (s < b, ~(s < b)), "windows across the border"),
        (lambda s, n, b: (s + n <= b, ~(s + n <= b)), "windows across the border"),
        (lambda s, n, b: (s + n <= b, s > b), "window lost at the border"),
        (lambda s, n, b: (s + n <= b + 1, s >= b), "last line counted twice"),
        (lambda s, n, b: (s >= b, s + n <= b), "swapped"),
        (lambda s, n, b: (s + n <= b - n, s >= b), "other windows"),
        (lambda s, n, b: (s < 0, s >= b), "empty part"),
        (halved, "drawn at random"),
        (lambda s, n, b: s + n <= b, COULD_NOT),
        (lambda s, n, b: (s[s + n <= b], s[s >= b]), COULD_NOT),
        (lambda s, n, b: [i + n <= b for i in s], COULD_NOT),
    ],
)  # fmt: skip
def test_windows_at_a_border(split, outcome):
    assert found("6.3", split) == outcome


PAIR = ["source", "destination"]


def counted(*keys, how="size", column="time"):
    def connections(records):
        day = {"date": records["time"].dt.date, "floor": records["time"].dt.floor("D"),
               "day": records["time"].dt.day, "hour": records["time"].dt.floor("h"),
               "weekday": records["time"].dt.day_name(),
               "week": records["time"].dt.isocalendar().week,
               "month": records["time"].dt.month,
               "birthday": records["time"].dt.strftime("%d.%m.")}  # fmt: skip
        by = [day.get(key, records.get(key, key)) for key in keys]
        return records.groupby(by)[column].transform(how)

    return connections


def merged(records):
    day = records["time"].dt.date.rename("day")
    sizes = records.groupby([day, *PAIR]).size().rename("count").reset_index()
    return records.assign(day=day).merge(sizes, on=["day", *PAIR])["count"]


def resorted(records):
    return np.sort(counted("date", *PAIR)(records))


def of_sorted(records):
    return counted("date", *PAIR)(records.sort_values(PAIR))


def with_a_day(records):
    records["day"] = records["time"].dt.date
    return records.groupby(["day", *PAIR])["time"].transform("size")


def both_directions(records):
    ends = np.sort(records[PAIR].to_numpy(str), axis=1)
    table = pd.DataFrame(ends, records.index).assign(day=records["time"].dt.date)
    return table.groupby([0, 1, "day"])["day"].transform("size")


@pytest.mark.parametrize(
    ("connections", "outcome"),
    [
        (counted("date", *PAIR), "correct"),
        (counted("floor", *PAIR, how="count", column="flag"), "correct"),
        (lambda r: counted("date", *PAIR)(r).tolist(), "correct"),
        (lambda r: counted("date", *PAIR)(r).to_numpy().astype(float), "correct"),
        (merged, "correct"),
        (counted("date", "destination"), "all of a destination"),
        (counted("date"), "all of a day"),
        (counted("day", *PAIR), "day of the month"),
        (counted("weekday", *PAIR), "day of the week"),
        (counted("hour", *PAIR), "per hour"),
        (counted("time", *PAIR), "moments, not days"),
        (counted("date", *PAIR, "port"), "one key too many"),
        (counted("date", *PAIR, how="sum", column="bytes_sent"), "bytes, not lines"),
        (counted("date", "source", how="nunique", column="destination"),
         "distinct hosts"),
        (lambda r: counted("date", *PAIR)(r) - 1, "the others only"),
        (lambda r: counted("date", *PAIR)(r) / len(r), "a share"),
        (lambda r: counted("date", *PAIR)(r) * ~r["destination"].str.match("10"),
         "outside only"),
        (lambda r: r.groupby([r["time"].dt.date, *PAIR]).cumcount(), "so far"),
        (resorted, "order of the lines"),
        (of_sorted, "correct"),
        (lambda r: of_sorted(r).to_numpy(), "order of the lines"),
        (with_a_day, "changed its input"),
        (both_directions, "both directions"),
        (counted("week", *PAIR), "per week"),
        (counted("month", *PAIR), "per month"),
        (counted("birthday", *PAIR), "day of the year"),
        (counted("date", *PAIR, "service"), "one key too many"),
        (counted("date", *PAIR, "protocol"), "one key too many"),
        (counted("date", *PAIR, "flag"), "one key too many"),
        (lambda r: counted("date", *PAIR)(r).astype(str), COULD_NOT),
        (lambda r: (counted("date", *PAIR)(r), 1), COULD_NOT),
        (lambda r: counted("date", *PAIR)(r) ** 2, "no longer the count"),
        (lambda r: counted("date", *PAIR)(r) + (r["port"] == 53), "another count"),
        (lambda r: r.groupby(PAIR), "one number per group"),
        (lambda r: 7, COULD_NOT),
        (lambda r: r["nothing"], COULD_NOT),
    ],
)  # fmt: skip
def test_counts_of_connections(connections, outcome):
    assert found("6.4", connections) == outcome
