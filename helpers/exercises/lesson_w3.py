"""The checks of workshop W3, your own data."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.exercises.answers import as_array, as_number, call
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import judge

# -- W3.1: numbers out of a messy column -----------------------------------------------

GAPS = ("", "-", "n/a")


def numbers_of(cells: list[str]) -> NDArray:
    """Return cells with decimal commas, dots for thousands and gaps as numbers."""
    return np.array(
        [
            np.nan if cell in GAPS else float(cell.replace(".", "").replace(",", "."))
            for cell in cells
        ]
    )


def _each(read: Callable[[str], float]) -> Callable[[list[str]], NDArray]:
    return lambda cells: np.array([read(cell) for cell in cells])


def _no_gap(cell: str, value: float = np.nan) -> float:
    return value if cell in GAPS else float(cell.replace(".", "").replace(",", "."))


_NUMBER_MISTAKES = [
    Mistake(
        "a gap became 0",
        "Nobody measured a zero there. A detector would learn it as a value, and the "
        "mean would follow it; NaN says that there is none.",
        _each(lambda cell: _no_gap(cell, 0.0)),
    ),
    Mistake(
        "gaps dropped",
        "Without the gaps the column has fewer entries than the table has rows, and "
        "each later one stands in the wrong row. Keep their places with NaN.",
        lambda cells: numbers_of([cell for cell in cells if cell not in GAPS]),
    ),
    Mistake(
        "comma dropped",
        "The comma marks the decimals here: without it each number is ten or a hundred "
        "times as large. Dots go, the comma becomes a dot.",
        _each(
            lambda cell: (
                np.nan
                if cell in GAPS
                else float(cell.replace(".", "").replace(",", ""))
            )
        ),
    ),
    Mistake(
        "dots kept",
        "float() reads one dot only, as decimals. Here dots mark thousands: they have to "
        "go before the comma becomes a dot.",
        _each(lambda cell: np.nan if cell in GAPS else float(cell.replace(",", "."))),
    ),
    Mistake(
        "thousands became gaps",
        "The numbers from a thousand on are missing in your answer: their dot was not "
        "expected. They are the largest ones, and perhaps the anomalies.",
        _each(
            lambda cell: (
                np.nan if cell in GAPS or "." in cell else float(cell.replace(",", "."))
            )
        ),
    ),
]


def _written(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(".,", ",."))


def _messy_columns(random: np.random.Generator) -> list[tuple[list[str]]]:
    cases = []
    for _ in range(3):
        numbers = [*random.uniform(-40, 90, 4), *random.uniform(1_000, 9_000_000, 3)]
        cells = [*map(_written, numbers), *GAPS, str(random.integers(2, 90))]
        cases.append(([cells[i] for i in random.permutation(len(cells))],))
    return cases


def _as_column(answer: object) -> NDArray:
    return as_array(answer, "what to_numbers returns", finite=False)


@exercise(
    "W3.1",
    "Numbers out of a messy column",
    answers=("to_numbers",),
    reference=numbers_of,
    mistakes=_NUMBER_MISTAKES,
    hints=[
        "One cell at a time: is it a gap? If not, which signs have to go, and which one "
        "has to become a dot?",
        'cell.replace(".", "") takes the dots away; a second replace turns the comma '
        "into a dot; float() does the rest.",
        'np.array([np.nan if cell in ("", "-", "n/a") else ... for cell in cells])',
    ],
)
def check_w3_1(to_numbers: object, random: np.random.Generator) -> str:
    """Check a reader of decimal commas, thousands and gaps."""
    judge(
        to_numbers,
        _messy_columns(random),
        numbers_of,
        _NUMBER_MISTAKES,
        name="to_numbers",
        read=_as_column,
    )
    return "Right: every cell in its place, and a gap is a gap."


# -- W3.2: a threshold for what a team can read ----------------------------------------


def threshold_for(normal_scores: NDArray, alerts: int, rows: int) -> float:
    """Return the score that a share alerts / rows of the normal scores exceeds."""
    above = round(alerts * len(normal_scores) / rows)
    return float(np.sort(normal_scores)[len(normal_scores) - above - 1])


_BUDGET_MISTAKES = [
    Mistake(
        "alerts among these scores",
        "So many of the validation scores lie above it. But the budget is for another "
        "number of rows: what carries over is the share, alerts by rows.",
        lambda normal_scores, alerts, rows: np.sort(normal_scores)[-alerts - 1],
    ),
    Mistake(
        "wrong end",
        "Nearly every row lies above this threshold. High scores are the anomalies: the "
        "share has to lie above it, so ask for the quantile 1 - share.",
        lambda normal_scores, alerts, rows: np.quantile(normal_scores, alerts / rows),
    ),
    Mistake(
        "per cent",
        "You take the alerts for per cent. They are so many among so many rows: the "
        "share is alerts / rows.",
        lambda normal_scores, alerts, rows: np.quantile(
            normal_scores, 1 - alerts / 100
        ),
    ),
    Mistake(
        "the largest score",
        "Above the largest score nothing rings: the team has time for alerts, and gets "
        "none.",
        lambda normal_scores, alerts, rows: np.max(normal_scores),
    ),
]


def _budgets(random: np.random.Generator) -> list[tuple[NDArray, int, int]]:
    """Return (scores, alerts, rows), such that whole rows lie above the threshold."""
    cases = []
    for times in (2, 4, 5):
        rows = int(random.choice([2000, 4000]))
        above = int(random.integers(12, 15))
        scores = random.lognormal(1, 0.5, rows // times)
        cases.append((scores, above * times, rows))
    return cases


def _rang(threshold_of: Any, scores: NDArray, alerts: int, rows: int) -> int:
    """Return how many of the scores ring above the threshold that is given back."""
    cut = as_number(call(threshold_of, scores, alerts, rows), "the threshold")
    return int(np.sum(scores > cut))


def _as_count(answer: object) -> float:
    return as_number(answer, "the number of alarms")


def _nearly(ours: float, theirs: float) -> bool:
    """Return whether two thresholds differ by a row at most: quantiles are several."""
    return abs(ours - theirs) <= 1


@exercise(
    "W3.2",
    "A threshold for a budget",
    answers=("budget_cut",),
    reference=threshold_for,
    mistakes=_BUDGET_MISTAKES,
    hints=[
        "Which share of all rows may ring?",
        "The same share of the normal scores should lie above the threshold: that is a "
        "quantile.",
        "np.quantile(normal_scores, 1 - alerts / rows)",
    ],
)
def check_w3_2(budget_cut: object, random: np.random.Generator) -> str:
    """Check a threshold by the alarms that it raises."""
    judge(
        budget_cut,
        _budgets(random),
        threshold_for,
        _BUDGET_MISTAKES,
        name="budget_cut",
        read=_as_count,
        same=_nearly,
        use=_rang,
        changes="scores",
    )
    return "Right: as many alarms as the team can read, on rows like these."


# -- W3.3: the feature that made an alert ----------------------------------------------

Score = Callable[[NDArray], NDArray]


def feature_of(score: Score, row: NDArray, usual: NDArray) -> int:
    """Return the feature without which the score falls most."""
    changed = np.tile(np.asarray(row, dtype=float), (len(row), 1))
    np.fill_diagonal(changed, usual)
    return int(np.argmin(score(changed)))


def _falls_with(score: Score, row: NDArray, values: NDArray) -> NDArray:
    changed = np.tile(np.asarray(row, dtype=float), (len(row), 1))
    np.fill_diagonal(changed, values)
    return np.asarray(score(changed))


def _alone(score: Score, row: NDArray, usual: NDArray) -> int:
    return int(np.argmax(_falls_with(score, usual, row)))


_FEATURE_MISTAKES = [
    Mistake(
        "largest difference",
        "That is the feature farthest from its usual value, in its own units. Metres and "
        "millimetres can't be compared; the score knows what is far. Ask it again.",
        lambda score, row, usual: int(np.argmax(np.abs(row - usual))),
    ),
    Mistake(
        "largest value",
        "That is the largest number in the row. A feature can be large and usual.",
        lambda score, row, usual: int(np.argmax(row)),
    ),
    Mistake(
        "wrong end",
        "Without this feature the score stays highest: it gave least. The one that made "
        "the alert is the one without which the score falls most.",
        lambda score, row, usual: int(np.argmax(_falls_with(score, row, usual))),
    ),
    Mistake(
        "replaced by 0",
        "You put 0 in its place. Zero may be stranger than what stood there; the usual "
        "value is the one that says nothing.",
        lambda score, row, usual: int(
            np.argmin(_falls_with(score, row, np.zeros(len(row))))
        ),
    ),
    Mistake(
        "one alone",
        "You put one strange value into a usual row. That asks whether it is strange "
        "alone; in this row it may be strange because of the others. Take the row, and "
        "put one usual value into it.",
        _alone,
    ),
]


def _scoring(inverse: NDArray, centre: NDArray) -> Score:
    """Return a squared Mahalanobis distance, as a function of a table."""

    def score(X: NDArray) -> NDArray:
        away = np.atleast_2d(np.asarray(X, dtype=float)) - centre
        return np.einsum("ij,jk,ik->i", away, inverse, away)

    return score


def _an_alert(random: np.random.Generator) -> tuple[Score, NDArray, NDArray]:
    """Return score, row and usual values for which every mistake names another one."""
    while True:
        size = 5
        units = 10.0 ** random.uniform(-1, 2, size)
        turned = np.linalg.qr(random.normal(size=(size, size)))[0]
        shape = turned @ np.diag(random.uniform(0.05, 1, size)) @ turned.T
        usual = units * random.uniform(2, 6, size)
        row = usual + units * random.normal(0, 2.5, size)
        inverse = np.linalg.inv(shape) / np.outer(units, units)
        case = _scoring(inverse, usual), row, usual
        right = feature_of(*case)
        others = [each.function(*case) for each in _FEATURE_MISTAKES]
        if right not in others:
            return case


def _some_alerts(random: np.random.Generator) -> list[tuple[Score, NDArray, NDArray]]:
    """Return alerts on which no two mistakes name the same features throughout."""
    while True:
        cases = [_an_alert(random) for _ in range(6)]
        named = {
            tuple(each.function(*case) for case in cases) for each in _FEATURE_MISTAKES
        }
        if len(named) == len(_FEATURE_MISTAKES):
            return cases


def _as_position(answer: object) -> float:
    return as_number(answer, "what blamed returns")


@exercise(
    "W3.3",
    "The feature that made an alert",
    answers=("blamed",),
    points=2,
    reference=feature_of,
    mistakes=_FEATURE_MISTAKES,
    hints=[
        "Give the row back one usual value, and ask for the score again. Do so for each "
        "feature, from the original row each time.",
        "A copy of the row per feature: changed = np.tile(row, (len(row), 1)), and in "
        "copy i feature i gets usual[i].",
        "np.fill_diagonal(changed, usual); then np.argmin(score(changed)).",
    ],
)
def check_w3_3(blamed: object, random: np.random.Generator) -> str:
    """Check who is named for alerts of a score that looks at features together."""
    judge(
        blamed,
        _some_alerts(random),
        feature_of,
        _FEATURE_MISTAKES,
        name="blamed",
        read=_as_position,
        changes="row or the usual values",
    )
    return (
        "Right: you asked the score itself, so units and the other features are in it."
    )
