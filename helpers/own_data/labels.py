"""A column that says which rows are anomalies, and how it says so."""

from collections import Counter
from typing import NamedTuple

import numpy as np

from helpers._arrays import Floats
from helpers.errors import KitError
from helpers.logs.fields import label_of
from helpers.own_data.names import short
from helpers.own_data.numbers import is_gap
from helpers.text import count, listed, percent, some

__all__ = ["NAMES", "OwnLabels", "as_own_labels"]

NAMES = frozenset(
    ("label", "labels", "anomaly", "is_anomaly", "anomalous", "outlier", "is_outlier",
     "class", "target", "y", "attack", "is_attack", "fraud", "is_fraud", "fault",
     "is_fault", "failure", "defect", "ground_truth", "truth", "verdict")
)  # fmt: skip


class OwnLabels(NamedTuple):
    """Labels (n,): 0 normal, 1 anomaly, NaN unknown; None where it can't be told."""

    values: Floats | None
    found: list[str]


def as_own_labels(
    cells: list[str], name: str, anomaly: object, *, asked: bool
) -> OwnLabels:
    """Return labels from a column of words.

    `anomaly` is the word (or the list of words) that means anomaly; None lets the words
    tell, else the rarer of two. `asked` says that the user named the column. Raises
    `KitError` where it can't be told and the user named it, or named no such word.
    """
    words = [_as_label(cell) for cell in cells]
    counts = Counter(word for word in words if word)
    unknown = len(words) - sum(counts.values())
    found: list[str] = []
    odd: set[str] | None
    if anomaly is not None:
        odd = _named(anomaly, counts, name)
    else:
        odd = _told_by_words(counts) or _rarer(counts, name, found)
    if odd is None:
        told = f"{name} has {count(len(counts), 'value')}: {_some(counts)}"
        if asked:
            raise KitError(f"{told}; say which mean anomaly: anomaly=[...]")
        way_out = "It is left out; say which of them mean anomaly: anomaly=[...]."
        if len(counts) < 2:
            way_out = "It tells nothing apart, and is left out."
        return OwnLabels(None, [f"{told}. {way_out}"])
    values = np.array([np.nan if not w else float(w in odd) for w in words])
    anomalies = sum(counts[word] for word in odd)
    known = max(sum(counts.values()), 1)
    found.insert(
        0,
        f"Labels are in {name}: {_told(odd)} anomaly, "
        f"{count(anomalies, 'row')} ({percent(anomalies / known)}).",
    )
    if not asked:
        found.append("If these are no labels, say label=False.")
    if anomalies > known / 2:
        found.append("More than half are anomalies: is it the other word? anomaly=...")
    if unknown:
        found.append(f"{count(unknown, 'row')} without a label: neither one nor other.")
    return OwnLabels(values, found)


def _as_label(cell: str) -> str:
    """Return a word, "" for a gap; a dash is a word: in logs it means normal."""
    word = " ".join(cell.split())
    return "" if is_gap(word) and word != "-" else word


def _told(words: set[str]) -> str:
    told = [short(word) for word in sorted(words)]
    verb = "means" if len(told) == 1 else "mean"
    return f"{listed(told) if len(told) < 5 else some(told, 4)} {verb}"


def _named(anomaly: object, counts: Counter, name: str) -> set[str]:
    several = isinstance(anomaly, list | tuple | set | frozenset | np.ndarray)
    wanted = [_word(each) for each in (anomaly if several else [anomaly])]  # type: ignore
    by_word = {_word(word): word for word in counts}
    missing = [word for word in wanted if word not in by_word]
    if missing or not wanted:
        raise KitError(
            f"{name} has no value {short(missing[0]) if missing else ''!r} that could "
            f"mean anomaly; it has {_some(counts)}"
        )
    if len(set(wanted)) == len(by_word):
        raise KitError(f"anomaly names all values of {name}; leave the normal one out")
    return {by_word[word] for word in wanted}


def _word(value: object) -> str:
    """Return a value as it may stand in the file: 1, 1.0 and True alike."""
    text = " ".join(str(value).split())
    try:
        return f"{float(text):g}"
    except ValueError:
        return {"True": "1", "False": "0"}.get(text, text)


def _told_by_words(counts: Counter) -> set[str] | None:
    """Return the words for an anomaly, where the kit knows all words, or "normal"."""
    known = {word: label_of(word) for word in counts}
    normal = {word for word, label in known.items() if label == 0}
    if not normal or len(normal) == len(known):
        return None
    names_it = any(word.strip("0. ") != "" for word in normal)
    if all(label is not None for label in known.values()) or names_it:
        return set(known) - normal
    return None


def _rarer(counts: Counter, name: str, found: list[str]) -> set[str] | None:
    if len(counts) != 2:
        return None
    (usual, often), (rare, seldom) = counts.most_common(2)
    tie = ", which is as frequent" if often == seldom else ", the rarer one"
    found.append(
        f"Nothing says what {short(rare)!r} and {short(usual)!r} mean; anomaly is "
        f"taken to be {short(rare)!r}{tie}. If not: anomaly={short(usual)!r}."
    )
    return {rare}


def _some(counts: Counter) -> str:
    told = [f"{short(word)!r} ({often:,})" for word, often in counts.most_common()]
    return some(told, 5)
