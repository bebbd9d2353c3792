"""Lesson 06: right answers in unusual forms, and wrong ones that no list has."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from helpers.exercises import check
from helpers.exercises.answers import is_fitted
from helpers.exercises.declared import find
from helpers.exercises.engine import ask_drawn
from helpers.logs import LogVectorizer

COULD_NOT, OTHER = "could not check", "other"


def found(number, answer):
    """Return what a check says of an answer, the same under three keys."""
    outcomes = [
        ask_drawn(find(number), lambda given: (answer,), key)
        for key in (b"one", b"two", b"three")
    ]
    said = {outcome.diagnosis or outcome.status for outcome in outcomes}
    assert len(said) == 1, said
    return said.pop()


# -- 6.1

NORMAL, ATTACK = ("normal", "benign", "0", "-"), ("attack", "malicious", "1")
MEANING = dict.fromkeys(NORMAL, 0) | dict.fromkeys(ATTACK, 1)


def by_index(word):
    return [*NORMAL, *ATTACK].index(word.lower()) // 4


def matched(word):
    match word.lower():
        case "normal" | "benign" | "0" | "-":
            return np.int8(0)
        case "attack" | "malicious" | "1":
            return np.int8(1)


def three_ways(word):
    try:
        return MEANING[word.lower()]
    except KeyError:
        return float("nan")


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        (lambda w: MEANING.get(w.casefold()), "correct"),
        (lambda w: MEANING.get(w.lower(), np.nan), "correct"),
        (lambda w: MEANING.get(w.strip().lower(), pd.NA), "correct"),
        (lambda w: MEANING.get(w.lower(), pd.NaT), "correct"),
        (lambda w: {0: False, 1: True}.get(MEANING.get(w.lower())), "correct"),
        (lambda w: pd.Series(MEANING, dtype=float).get(w.lower()), "correct"),
        (matched, "correct"),
        (three_ways, "correct"),
        (lambda w: (w.lower() in ATTACK) or (None if w.lower() not in NORMAL else 0),
         "correct"),
        (lambda w: int(w) if w.isdigit() else MEANING.get(w.lower()), OTHER),
        (lambda w: MEANING.get(w.lower()) if w != "-" else None, OTHER),
        (lambda w: MEANING.get(w.lower()) or None, OTHER),  # 0 is false
        (lambda w: MEANING.get(w.lower(), 0 if not w else None), OTHER),
        (by_index, "unknown stops all"),
        (lambda w: int(w.lower() in ATTACK), "unknown is normal"),
        (lambda w: 1 - (w.lower() in NORMAL), "unknown is an attack"),
        (lambda w: MEANING.get(w.capitalize()), OTHER),
        (lambda w: MEANING.get(w if not w.isupper() else w.lower()), OTHER),
        (lambda w: MEANING.get(w.lower(), -99), "a third class"),
        (lambda w: MEANING.get(w.lower(), np.inf), "a third class"),
        (lambda w: MEANING.get(w.lower(), "?"), "a text for it"),
        (lambda w: MEANING.get(w.lower(), []), COULD_NOT),
        (lambda w: str(MEANING.get(w.lower())), COULD_NOT),
        (lambda w: w.str.lower().map(MEANING), COULD_NOT),
        (lambda: 0, COULD_NOT),
        (lambda w: int(w), COULD_NOT),
        (lambda w: "attack", COULD_NOT),
        (lambda w: None, "not attempted"),
        (MEANING, COULD_NOT),
    ],
)  # fmt: skip
def test_labels(label, outcome):
    assert found("6.1", label) == outcome


# -- 6.2


def fitted_on(choose, **options):
    """Return a `prepare` that fits on what `choose` takes of the two tables."""

    def prepare(first, later):
        vectorizer = LogVectorizer(**options).fit(choose(first, later))
        return vectorizer.transform(first), vectorizer.transform(later)

    return prepare


RIGHT = fitted_on(lambda first, later: first)


def scaled_apart(first, later):
    one, two = RIGHT(first, later)
    return one - one.mean(axis=0), two - two.mean(axis=0)


def scaled_by_the_first(first, later):
    one, two = RIGHT(first, later)
    scaler = StandardScaler().fit(one)
    return scaler.transform(one), scaler.transform(two)


def scaled_by_both(first, later):
    one, two = RIGHT(first, later)
    scaler = StandardScaler().fit(np.vstack([one, two]))
    return scaler.transform(one), scaler.transform(two)


def together(first, later):
    """Transform both parts as one table, so that the first later line has a past."""
    both = LogVectorizer().fit(first).transform(pd.concat([first, later]))
    return both[: len(first)], both[len(first) :]


def all_at_once(first, later):
    array = LogVectorizer().fit_transform(pd.concat([first, later]))
    return array[: len(first)], array[len(first) :]


GLOBAL = LogVectorizer()


def fitted_at_each_call(first, later):
    GLOBAL.fit(first)
    return GLOBAL.transform(first), GLOBAL.transform(later)


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
    return RIGHT(first, later)


def sorted_in_place(first, later):
    result = RIGHT(first, later)
    later.loc[:, "bytes_sent"] = later["bytes_sent"].sort_values().array
    return result


def dummies(first, later):
    names = ["protocol", "service", "flag"]
    one = pd.get_dummies(first[names])
    two = pd.get_dummies(later[names]).reindex(columns=one.columns, fill_value=0)
    return one.to_numpy(float), two.to_numpy(float)


def numbered_by_appearance(first, later):
    names = ["protocol", "service", "flag", "source"]
    return [part[names].apply(lambda column: pd.factorize(column)[0])
            for part in (first, later)]  # fmt: skip


def with_means_of_20(first, later):
    means = [pd.DataFrame(x).rolling(20, min_periods=1).mean()
             for x in RIGHT(first, later)]  # fmt: skip
    return [np.hstack(pair) for pair in zip(RIGHT(first, later), means, strict=True)]


def hours_of_each(first, later):
    arrays = RIGHT(first, later)
    hours = [(part["time"] - part["time"].min()).dt.total_seconds() / 3600
             for part in (first, later)]  # fmt: skip
    return [np.c_[pair] for pair in zip(arrays, hours, strict=True)]


def in_another_order(first, later):
    one, two = RIGHT(first, later)
    return one[np.argsort(first["bytes_sent"])], two


@pytest.mark.parametrize(
    ("prepare", "outcome"),
    [
        (fitted_on(lambda first, later: first, message_words=0), "correct"),
        (fitted_on(lambda first, later: first.head(120)), "correct"),
        (lambda a, b: list(map(LogVectorizer().fit(a).transform, (a, b))), "correct"),
        (lambda a, b: map(LogVectorizer().fit(a).transform, (a, b)), "correct"),
        (lambda a, b: [pd.DataFrame(x) for x in RIGHT(a, b)], "correct"),
        (lambda a, b: [x.tolist() for x in RIGHT(a, b)], "correct"),
        (scaled_by_the_first, "correct"),
        (fitted_at_each_call, "correct"),
        (together, "correct"),
        (sizes, "correct"),
        (dummies, "correct"),
        (with_means_of_20, "correct"),
        (all_at_once, "saw the future"),
        (fitted_on(lambda a, b: pd.concat([a, b.head(1)])), "saw the future"),
        (fitted_on(lambda a, b: pd.concat([a, b.head(50)])), "saw the future"),
        (fitted_on(lambda a, b: b.head(60)), "saw the future"),
        (numbered_by_appearance, "fitted twice"),
        (hours_of_each, "fitted twice"),
        (scaled_by_both, "saw the future"),
        (fitted_on(lambda a, b: pd.concat([b, a]), max_categories=5),
         "saw the future"),
        (scaled_apart, "fitted twice"),
        (fitted_before, "state from outside"),
        (with_a_column, "changed its input"),
        (sorted_in_place, "changed its input"),
        (in_another_order, "order of the lines"),
        (numbered, "no numbers of the lines"),
        (lambda a, b: (RIGHT(a, b)[0], RIGHT(a, b)[1][:-1]), "lines lost"),
        (lambda a, b: [x.astype(str) for x in sizes(a, b)], COULD_NOT),
        (lambda a, b: np.vstack(sizes(a, b)), COULD_NOT),
        (lambda a, b: (sizes(a, b)[0], None), "not attempted"),
        (lambda a, b: (a, b), COULD_NOT),
        (lambda a, b: LogVectorizer().fit(a), COULD_NOT),
        (lambda a: LogVectorizer().fit_transform(a), COULD_NOT),
        (LogVectorizer(), COULD_NOT),
    ],
)  # fmt: skip
def test_the_state_of_the_vectoriser(prepare, outcome):
    assert found("6.2", prepare) == outcome


# -- 6.3


def added_in_place(starts, steps, border):
    starts += steps
    return starts <= border, starts - steps >= border


def by_sets(starts, steps, border):
    lines = [set(range(s, s + steps)) for s in starts]
    before = [max(each) < border for each in lines]
    return before, [min(each) >= border for each in lines]


def from_the_nearest_start(starts, steps, border):
    near = starts[np.argmin(abs(starts - border))]
    return starts + steps <= near, starts >= near


def sorted_first(starts, steps, border):
    starts = np.sort(starts)
    return starts + steps <= border, starts >= border


@pytest.mark.parametrize(
    ("split", "outcome"),
    [
        (lambda s, n, b: [list(s + n <= b), list(s >= b)], "correct"),
        (lambda s, n, b: (np.flatnonzero(s + n <= b), np.flatnonzero(s >= b)),
         "correct"),
        (lambda s, n, b: ((s + n - 1 < b).astype(int), (s > b - 1).astype(float)),
         "correct"),
        (lambda s, n, b: np.array([s + n <= b, s >= b]), "correct"),
        (lambda s, n, b: (np.where(s + n <= b), np.where(s >= b)), "correct"),
        (lambda s, n, b: (m for m in (s + n <= b, s >= b)), "correct"),
        (lambda s, n, b: pd.Series(s).pipe(lambda x: (x + n <= b, x >= b)), "correct"),
        (lambda s, n, b: ([i + n <= b for i in s], (i >= b for i in s)), "correct"),
        (lambda s, n, b: (s <= b - n, ~(s < b)), "correct"),
        (by_sets, "correct"),
        (lambda s, n, b: [{i for i, x in enumerate(s) if x + n <= b},
                          {i for i, x in enumerate(s) if x >= b}], "correct"),
        (from_the_nearest_start, OTHER),
        (added_in_place, "changed its input"),
        (sorted_first, OTHER),
        (lambda s, n, b: (s >= 0, s >= 0), OTHER),
        (lambda s, n, b: (s + n <= b - n, s >= b), OTHER),
        (lambda s, n, b: (s < 0, s >= b), OTHER),
        (lambda s, n, b: (s + n // 2 < b, s + n // 2 >= b), OTHER),
        (lambda s, n, b: ([], []), OTHER),
        (lambda s, n, b: (s < b, ~(s < b)), "windows across the border"),
        (lambda s, n, b: (s + n <= b, ~(s + n <= b)), "windows across the border"),
        (lambda s, n, b: (s + n <= b + 1, s >= b), "last line counted twice"),
        (lambda s, n, b: [x.astype(int).astype(str) for x in (s + n <= b, s >= b)],
         COULD_NOT),
        (lambda s, n, b: {"earlier": s + n <= b, "later": s >= b}, COULD_NOT),
        (lambda s, n, b: (s + n <= b, ...), "not attempted"),
        (lambda s, n, b: s + n <= b, COULD_NOT),
        (lambda s, n, b: (s[s + n <= b] + 999, s[s >= b]), COULD_NOT),
        (lambda s, n, b: (s + n <= b and s >= b, s >= b), COULD_NOT),
    ],
)  # fmt: skip
def test_windows_at_a_border(split, outcome):
    assert found("6.3", split) == outcome


def test_a_counter_example_shows_where_long_answers_differ():
    outcome = check("6.3", lambda s, n, b: (s + n / 2 < b, s + n / 2 >= b))
    assert "At position" in outcome.message


# -- 6.4

PAIR = ["source", "destination"]


def counted(*keys, how="size", column="time"):
    def connections(records):
        time = records["time"].dt
        day = {"date": time.date, "floor": time.floor("D"), "iso": time.strftime("%F"),
               "week": time.isocalendar().week, "month": time.month,
               "day": time.day, "day of the year": time.day_of_year}  # fmt: skip
        by = [day.get(key, records.get(key, key)) for key in keys]
        return records.groupby(by)[column].transform(how)

    return connections


RIGHT_COUNT = counted("date", *PAIR)


def merged(records):
    day = records["time"].dt.date.rename("day")
    sizes = records.groupby([day, *PAIR]).size().rename("count").reset_index()
    return records.assign(day=day).merge(sizes, on=["day", *PAIR])["count"]


def looped(records):
    keys = list(zip(records["time"].dt.date, *(records[name] for name in PAIR),
                    strict=True))  # fmt: skip
    return [keys.count(key) for key in keys]


def joined_texts(records):
    text = (
        records["time"].dt.strftime("%F") + records["source"] + records["destination"]
    )
    return text.map(text.value_counts())


def of_sorted(records):
    return RIGHT_COUNT(records.sort_values(PAIR))


def with_a_day(records):
    records["day"] = records["time"].dt.date
    return records.groupby(["day", *PAIR])["time"].transform("size")


@pytest.mark.parametrize(
    ("connections", "outcome"),
    [
        (counted("floor", *PAIR, how="count", column="flag"), "correct"),
        (counted("iso", *PAIR[::-1]), "correct"),
        (lambda r: RIGHT_COUNT(r).tolist(), "correct"),
        (lambda r: RIGHT_COUNT(r).to_numpy().astype(float), "correct"),
        (lambda r: iter(RIGHT_COUNT(r)), "correct"),
        (lambda r: RIGHT_COUNT(r).to_frame(), "correct"),
        (lambda r: RIGHT_COUNT(r).reset_index(drop=True), "correct"),
        (merged, "correct"),
        (looped, "correct"),
        (joined_texts, "correct"),
        (of_sorted, "correct"),
        (with_a_day, "changed its input"),
        (lambda r: np.sort(RIGHT_COUNT(r)), OTHER),
        (counted("date"), OTHER),
        (counted("week", *PAIR), OTHER),
        (counted("date", *PAIR, how="sum", column="duration"), OTHER),
        (counted("date", "source", how="nunique", column="destination"), OTHER),
        (lambda r: RIGHT_COUNT(r) / len(r), OTHER),
        (lambda r: RIGHT_COUNT(r) ** 2, OTHER),
        (counted("date", *PAIR, "service"), "one key too many"),
        (counted("month", *PAIR), OTHER),
        (counted("day of the year", *PAIR), "days together"),
        (counted("month", "day", *PAIR), "days together"),
        (lambda r: r.groupby([r["time"].dt.date, *PAIR]).count(),
         "one number per group"),
        (lambda r: r.groupby(PAIR).size().reset_index(), "one number per group"),
        (lambda r: RIGHT_COUNT(r)[r["destination"].str.startswith("192")],
         "lines left out"),
        (lambda r: RIGHT_COUNT(r).astype(str), COULD_NOT),
        (lambda r: (RIGHT_COUNT(r), 1), COULD_NOT),
        (lambda r: r.groupby(PAIR), COULD_NOT),
        (lambda r: 7, COULD_NOT),
        (lambda r: r["nothing"], COULD_NOT),
        (lambda r: None, "not attempted"),
    ],
)  # fmt: skip
def test_counts_of_connections(connections, outcome):
    assert found("6.4", connections) == outcome
