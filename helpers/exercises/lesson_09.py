"""The checks of lesson 09, sequence autoencoders."""

from collections.abc import Callable
from functools import partial

import numpy as np

from helpers.exercises.answers import alike, as_array, as_number
from helpers.exercises.declared import Mistake, exercise
from helpers.exercises.judging import judge

# -- 9.1: one fault, one detection --------------------------------------------------------


def _detections(
    scores: np.ndarray,
    threshold: float,
    window: int,
    *,
    above: Callable = np.greater,
    end: bool = False,
    shift: int | None = None,
) -> np.ndarray:
    """Return the marks of runs of windows; or those that a mistake makes of them."""
    flags = np.r_[False, above(scores, threshold), False].astype(int)
    edges = np.flatnonzero(np.diff(flags) == (-1 if end else 1)) - end
    return edges + (window - 1 if shift is None else shift)


def _every_window(scores: np.ndarray, threshold: float, window: int) -> np.ndarray:
    return np.flatnonzero(scores > threshold) + window - 1


def _middle(scores: np.ndarray, threshold: float, window: int) -> np.ndarray:
    return _detections(scores, threshold, window, shift=window // 2)


def _one_too_far(scores: np.ndarray, threshold: float, window: int) -> np.ndarray:
    return _detections(scores, threshold, window, shift=window)


def _worst(scores: np.ndarray, threshold: float, window: int) -> np.ndarray:
    starts = _detections(scores, threshold, window, shift=0)
    ends = _detections(scores, threshold, window, end=True, shift=0)
    pairs = zip(starts, ends, strict=True)
    worst = [start + scores[start : end + 1].argmax() for start, end in pairs]
    return np.array(worst, dtype=int) + window - 1


def _first_lost(scores: np.ndarray, threshold: float, window: int) -> np.ndarray:
    flags = (scores > threshold).astype(int)
    return np.flatnonzero(np.diff(flags) == 1) + window


_RUN_MISTAKES = [
    Mistake(
        "every window",
        "A fault lies in several windows, and you ring for each of them. Windows in a "
        "row that are above the threshold are one detection.",
        _every_window,
    ),
    Mistake(
        "start of the window",
        "Your mark is where the first window of a run begins. When the alarm begins, the "
        "point that has just come in is the last one of that window.",
        partial(_detections, shift=0),
    ),
    Mistake(
        "end of the run",
        "You mark the last window of a run. By then the fault is leaving the windows; the "
        "first window of the run is the one that first saw it.",
        partial(_detections, end=True),
    ),
    Mistake(
        "worst window of the run",
        "You mark the worst window of a run. Which one that is, is known when the run is "
        "over; the alarm began with the first.",
        _worst,
    ),
    Mistake(
        "at the threshold itself",
        "A score that equals the threshold is no alarm: it rings above it.",
        partial(_detections, above=np.greater_equal),
    ),
    Mistake(
        "middle of the window",
        "Your mark is the middle of the first window of a run. That point had come in "
        "before, and no alarm rang: the last point of the window is the new one.",
        _middle,
    ),
    Mistake(
        "one point too far",
        "Your marks are one too high. A window that begins at s holds the points from s "
        "to s + window - 1.",
        _one_too_far,
    ),
    Mistake(
        "first run lost",
        "A run that begins with the very first window has no window before it. Yours "
        "needs one, and loses it.",
        _first_lost,
    ),
]


def _runs(random: np.random.Generator) -> list[tuple]:
    """Draw (scores, threshold, window): runs of 1 to 5, at both ends, ties, none."""
    cases = []
    patterns = ("0110001000=0", "100=11000001^1", "00000=00", "11^11000100000=1")
    windows = random.permutation(np.arange(4, 9))  # no length twice
    for pattern, window in zip(patterns, windows, strict=False):
        threshold = float(random.integers(2, 40)) / 4
        draw = {
            "0": lambda limit=threshold: limit * random.uniform(0.05, 0.9),
            "1": lambda limit=threshold: limit * random.uniform(1.2, 9),
            "^": lambda limit=threshold: limit * random.uniform(10, 12),
            "=": lambda limit=threshold: limit,
        }
        scores = np.array([draw[mark]() for mark in pattern])
        cases.append((scores, threshold, int(window)))
    return cases


def _as_marks(answer: object) -> np.ndarray:
    """Read positions; an empty list is none."""
    return as_array(answer, "what detections returns")


@exercise(
    "9.1",
    "One fault, one detection",
    points=2,
    answers=("detections",),
    reference=_detections,
    mistakes=_RUN_MISTAKES,
    may_not_call=("helpers.evaluation.events_from_labels",),
    hints=[
        "Which windows are above the threshold? Of these, you want those whose neighbour "
        "to the left is not, or that have none.",
        "The first window of the series has no neighbour: put a False before the flags. A "
        "window that begins at s ends at s + window - 1.",
        "flags = scores > threshold; before = np.r_[False, flags[:-1]]; return "
        "np.flatnonzero(flags & ~before) + window - 1.",
    ],
)
def check_9_1(detections: object, random: np.random.Generator) -> str:
    """Check the marks of runs of windows above a threshold."""
    judge(
        detections,
        _runs(random),
        _detections,
        _RUN_MISTAKES,
        name="detections",
        read=_as_marks,
        changes="scores",
    )
    return (
        "One mark per run, where the point came in that began it. The fault itself is "
        "that point or one before it."
    )


# -- 9.2: how unusual is an error? --------------------------------------------------------


def _mahalanobis(
    errors: np.ndarray,
    normal_errors: np.ndarray,
    *,
    centre: bool = True,
    weights: Callable = np.linalg.inv,
    show: Callable = lambda squares: squares,
) -> np.ndarray:
    """Return (e - mu)' Sigma^-1 (e - mu) per row, or what a mistake makes of it."""
    mean = normal_errors.mean(axis=0) if centre else 0
    off = errors - mean
    matrix = weights(np.cov(normal_errors, rowvar=False))
    return show((off @ matrix * off).sum(axis=1))


def _fitted_to_itself(errors: np.ndarray, normal_errors: np.ndarray) -> np.ndarray:
    return _mahalanobis(errors, errors)


_GAUSSIAN_MISTAKES = [
    Mistake(
        "not inverted",
        "You multiply by the covariance where you should divide by it. An error in a "
        "feature that is always badly rebuilt now counts most; it should count least.",
        partial(_mahalanobis, weights=lambda covariance: covariance),
    ),
    Mistake(
        "mean not subtracted",
        "Errors are not 0 on average, not even normal ones. How far is this error from "
        "the usual one? Subtract the mean of the normal errors.",
        partial(_mahalanobis, centre=False),
    ),
    Mistake(
        "judged by itself",
        "Mean and covariance come from the errors that you judge. Then the anomalies are "
        "part of what is usual: learn both from the normal errors.",
        _fitted_to_itself,
    ),
    Mistake(
        "square root taken",
        "That is the distance itself, the square root. It ranks alike, but its "
        "thresholds are others: leave it squared.",
        partial(_mahalanobis, show=np.sqrt),
    ),
    Mistake(
        "features one by one",
        "You divide each feature by its own variance. Errors of two features often come "
        "together, and then they are one surprise, not two: use the whole covariance.",
        partial(
            _mahalanobis,
            weights=lambda covariance: np.diag(1 / np.diag(covariance)),
        ),
    ),
    Mistake(
        "not weighed at all",
        "That is the plain squared distance from the mean: the feature with the largest "
        "unit decides alone. Divide by the covariance.",
        partial(_mahalanobis, weights=lambda covariance: np.eye(len(covariance))),
    ),
    Mistake(
        "mean over the features",
        "You take the mean over the features. The score is the sum: it has the number of "
        "features as its average where all is normal.",
        lambda errors, normal_errors: (
            _mahalanobis(errors, normal_errors) / errors.shape[1]
        ),
    ),
]


def _error_tables(random: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Draw errors to judge and normal ones, of 2 and 3 features that go together."""
    cases = []
    for features in (2, 3):
        mixed = np.eye(features) + 0.6 * np.tri(features, k=-1)
        mixed = mixed * random.permutation([0.3, 2.0, 5.0])[:features]
        normal = np.abs(random.normal(size=(80, features))) @ mixed + 1
        judged = np.abs(random.normal(size=(6, features))) @ mixed * 2 + 0.5
        cases.append((judged, normal))
    return cases


@exercise(
    "9.2",
    "How unusual is an error?",
    points=2,
    answers=("mahalanobis",),
    reference=_mahalanobis,
    mistakes=_GAUSSIAN_MISTAKES,
    may_not_call=(
        "helpers.detectors.error_models.ErrorModel.of",
        "scipy.spatial.distance.mahalanobis",
        "scipy.spatial.distance.cdist",
        "scipy.spatial.distance.pdist",
    ),
    hints=[
        "Two things are learned from normal_errors: normal_errors.mean(axis=0) and "
        "np.cov(normal_errors, rowvar=False).",
        "off = errors - mean. np.linalg.inv of the covariance stands between two of them.",
        "(off @ np.linalg.inv(covariance) * off).sum(axis=1) is one number a row.",
    ],
)
def check_9_2(mahalanobis: object, random: np.random.Generator) -> str:
    """Check squared Mahalanobis distances of errors from normal errors."""
    judge(
        mahalanobis,
        _error_tables(random),
        _mahalanobis,
        _GAUSSIAN_MISTAKES,
        name="mahalanobis",
        read=partial(as_array, what="what mahalanobis returns"),
        # the covariance may be divided by n or n - 1: 80 rows, 1.3 %
        same=partial(alike, tolerance=0.02),
        changes="errors",
    )
    return "Where all is normal, the score is about the number of features."


# -- 9.3: who may know about holidays? ----------------------------------------------------


def _right_surprise(
    days: np.ndarray, weekday: np.ndarray, holiday: np.ndarray, learn: np.ndarray
) -> np.ndarray:
    """Return how far each day is from the median of normal, learned days like it."""
    return _from_profiles(days, weekday, learn & (holiday == 0))


def _from_profiles(
    days: np.ndarray, group: np.ndarray, teach: np.ndarray, middle: Callable = np.median
) -> np.ndarray:
    scores = np.empty(len(days))
    for each in np.unique(group):
        own = group == each
        expected = middle(days[own & teach], axis=0)
        scores[own] = np.abs(days[own] - expected).mean(axis=1)
    return scores


def _label_told(
    days: np.ndarray, weekday: np.ndarray, holiday: np.ndarray, learn: np.ndarray
) -> np.ndarray:
    return _from_profiles(days, np.where(holiday == 1, 7, weekday), learn)


def _as_sundays(
    days: np.ndarray, weekday: np.ndarray, holiday: np.ndarray, learn: np.ndarray
) -> np.ndarray:
    sundays = np.where(holiday == 1, 6, weekday)
    return _from_profiles(days, sundays, learn & (holiday == 0))


def _sundays_and_holidays(
    days: np.ndarray, weekday: np.ndarray, holiday: np.ndarray, learn: np.ndarray
) -> np.ndarray:
    return _from_profiles(days, np.where(holiday == 1, 6, weekday), learn)


_PROFILE_MISTAKES = [
    Mistake(
        "label told",
        "Holidays have a profile of their own in yours, so a holiday is what it is "
        "expected to be, and nothing rings. The holiday is what we look for: it may keep "
        "days out of the lesson, but never say what to expect.",
        _label_told,
    ),
    *(
        Mistake(
            "label told",
            "You expect a Sunday on a holiday. That is a good forecast and a blind "
            "detector: it was told the answer.",
            function,
        )
        for function in (_as_sundays, _sundays_and_holidays)
    ),
    Mistake(
        "weekday ignored",
        "All days have one profile in yours, and a holiday looks like any Sunday. What "
        "makes it odd is the weekday it falls on.",
        lambda days, weekday, holiday, learn: _from_profiles(
            days, np.zeros(len(days)), learn & (holiday == 0)
        ),
    ),
    Mistake(
        "holidays teach",
        "Holidays are among the days that you learn from. Normal days only.",
        lambda days, weekday, holiday, learn: _from_profiles(days, weekday, learn),
    ),
    Mistake(
        "days to judge teach",
        "You learn from all normal days, also from those that you are to judge. Learn "
        "from those that `learn` names.",
        lambda days, weekday, holiday, learn: _from_profiles(
            days, weekday, holiday == 0
        ),
    ),
    Mistake(
        "mean profile",
        "You take the mean of the days; one heat wave moves it. The median was asked for.",
        lambda days, weekday, holiday, learn: _from_profiles(
            days, weekday, learn & (holiday == 0), np.mean
        ),
    ),
]


def _calendar(random: np.random.Generator) -> list[tuple]:
    """Draw twelve weeks of days of six values, with holidays that are like Sundays."""
    weekday = np.tile(np.arange(7), 12)
    level = np.where(weekday >= 5, 3.0, 6.0) + random.normal(0, 0.2, 7)[weekday]
    holiday = np.zeros(84, dtype=int)
    holiday[random.choice(np.flatnonzero(weekday < 5), 9, replace=False)] = 1
    holiday[[0, 14]] = 1  # always one that would teach
    level = np.where(holiday == 1, 3.0, level)
    learn = np.repeat(np.arange(12) % 2 == 0, 7)
    learn[holiday.nonzero()[0][::2]] = True
    days = level[:, np.newaxis] + random.gamma(1.0, 0.3, (84, 6))
    return [(days * random.uniform(0.5, 3), weekday, holiday, learn)]


@exercise(
    "9.3",
    "Who may know about holidays?",
    points=2,
    answers=("surprise",),
    reference=_right_surprise,
    mistakes=_PROFILE_MISTAKES,
    hints=[
        "Two questions, two answers: which days teach (learn, and no holidays), and which "
        "of these a day is compared with (those of its weekday).",
        "For each weekday k: the rows with weekday == k, and among them those with learn "
        "and holiday == 0. np.median(..., axis=0) is the profile.",
        "teach = learn & (holiday == 0); for each k: own = weekday == k; scores[own] = "
        "np.abs(days[own] - np.median(days[own & teach], axis=0)).mean(axis=1).",
    ],
)
def check_9_3(surprise: object, random: np.random.Generator) -> str:
    """Check distances from the profile of a weekday, learned from normal days."""
    judge(
        surprise,
        _calendar(random),
        _right_surprise,
        _PROFILE_MISTAKES,
        name="surprise",
        read=partial(as_array, what="what surprise returns"),
        changes="days",
    )
    return (
        "The label decided who teaches, and nothing else. Every day, holiday or not, is "
        "compared with normal days of its weekday."
    )


# -- 9.4: a budget of weeks ----------------------------------------------------------------


def _weekly_threshold(scores: np.ndarray, week: np.ndarray, budget: int) -> float:
    """Return the lowest threshold above which days of `budget` weeks at most lie."""
    return _of_weeks(scores, week, budget)


def _of_weeks(
    scores: np.ndarray,
    week: np.ndarray,
    position: int,
    reduction: Callable = np.max,
) -> float:
    """Return the score of a week at a position, the largest first."""
    told = [reduction(scores[week == each]) for each in np.unique(week)]
    return float(np.sort(told)[::-1][position])


_BUDGET_MISTAKES = [
    Mistake(
        "days counted",
        "You count days. A hot spell of five days is one episode, and takes the whole "
        "budget: count each week once, by its largest score.",
        lambda scores, week, budget: np.sort(scores)[::-1][budget],
    ),
    Mistake(
        "days counted",
        "You count days, and one too few: count weeks, each by its largest score.",
        lambda scores, week, budget: np.sort(scores)[::-1][budget - 1],
    ),
    Mistake(
        "one week too few",
        "An alarm rings above the threshold, not at it. A week whose largest score is the "
        "threshold stays silent, so your budget is not spent: go one week further down.",
        lambda scores, week, budget: _of_weeks(scores, week, budget - 1),
    ),
    Mistake(
        "one week too many",
        "One week more than the budget allows has a score above yours.",
        lambda scores, week, budget: _of_weeks(scores, week, budget + 1),
    ),
    Mistake(
        "mean of a week",
        "You count a week by its mean. It rings as soon as one of its days does: its "
        "largest score decides.",
        lambda scores, week, budget: _of_weeks(scores, week, budget, np.mean),
    ),
    Mistake(
        "from the quiet end",
        "You count from the quietest week. Nearly every week rings then: the budget is "
        "spent by those with the largest scores.",
        lambda scores, week, budget: _of_weeks(scores, week, -budget - 1),
    ),
    Mistake(
        "largest score of all",
        "Nothing held out lies above the largest score of all, so nothing of the budget "
        "is spent. A lower threshold finds more.",
        lambda scores, week, budget: np.max(scores),
    ),
]


def _held_out_weeks(random: np.random.Generator) -> list[tuple]:
    """Draw weeks of 5 to 7 days in any order; the budget's weeks are odd on all days."""
    cases = []
    for budget in (2, 3, 1):
        weeks = int(random.integers(8, 14))
        names = random.permutation(np.arange(1, 53, 4)[:weeks])
        week = np.repeat(names, random.integers(5, 8, size=weeks))
        scores = random.gamma(2.0, 0.1, size=len(week))
        for level, hot in enumerate(names[:budget], start=2):
            days = week == hot
            scores[days] = random.uniform(level, level + 1, size=days.sum())
        shuffled = random.permutation(len(week))
        scale = random.uniform(0.5, 3)
        cases.append((scale * scores[shuffled], week[shuffled], budget))
    return cases


@exercise(
    "9.4",
    "A budget of weeks",
    points=2,
    answers=("weekly_threshold",),
    reference=_weekly_threshold,
    mistakes=_BUDGET_MISTAKES,
    hints=[
        "When does a week ring at all? As soon as the largest score of its days lies above "
        "the threshold: so each week is one number.",
        "pd.Series(scores).groupby(week).max() has one number per week. Sorted from the "
        "largest, how many of them may lie above the threshold?",
        "worst = pd.Series(scores).groupby(week).max().to_numpy(); return "
        "np.sort(worst)[::-1][budget].",
    ],
)
def check_9_4(weekly_threshold: object, random: np.random.Generator) -> str:
    """Check the lowest threshold above which at most so many weeks have a day."""
    judge(
        weekly_threshold,
        _held_out_weeks(random),
        _weekly_threshold,
        _BUDGET_MISTAKES,
        name="weekly_threshold",
        read=partial(as_number, what="what weekly_threshold returns"),
        changes="scores",
    )
    return "An episode costs one alarm, however many days it lasts."


# -- 9.5: what is an alarm worth? ---------------------------------------------------------


def _alarm_precision(recall: float, false_alarm_rate: float, share: float) -> float:
    """Return the share of alarms that are right."""
    found, false = recall * share, false_alarm_rate * (1 - share)
    return found / (found + false)


_RATE_MISTAKES = [
    Mistake(
        "base rate forgotten",
        "You weigh both rates alike, as if half of the days were holidays. Normal days "
        "are many more, so a small share of them is many alarms.",
        lambda recall, rate, share: recall / (recall + rate),
    ),
    Mistake(
        "complement of the false alarms",
        "1 minus the false-alarm rate is the share of normal days that stay silent. That "
        "says nothing yet about what an alarm is worth.",
        lambda recall, rate, share: 1 - rate,
    ),
    Mistake(
        "false alarms of all days",
        "The false-alarm rate is a share of the normal days, not of all: multiply it by "
        "1 - share.",
        lambda recall, rate, share: recall * share / (recall * share + rate),
    ),
    Mistake(
        "share of false alarms",
        "That is the share of alarms that are false.",
        lambda recall, rate, share: 1 - _alarm_precision(recall, rate, share),
    ),
    Mistake(
        "found per day",
        "That is how often a day is a holiday that is found. Divide by how often an alarm "
        "rings at all, false ones included.",
        lambda recall, rate, share: recall * share,
    ),
    Mistake(
        "alarms per day",
        "That is how often an alarm rings. Which part of these is right?",
        lambda recall, rate, share: recall * share + rate * (1 - share),
    ),
]


@exercise(
    "9.5",
    "What is an alarm worth?",
    points=1,
    answers=("alarm_precision",),
    reference=_alarm_precision,
    mistakes=_RATE_MISTAKES,
    hints=[
        "Imagine 1,000 days. How many are holidays, how many of these ring? How many of "
        "the others ring?",
        "right = recall * share; wrong = false_alarm_rate * (1 - share).",
        "right / (right + wrong)",
    ],
)
def check_9_5(alarm_precision: object, random: np.random.Generator) -> str:
    """Check the precision that follows from two rates and the share of anomalies."""
    draws = random.uniform([0.3, 0.02, 0.01], [0.95, 0.3, 0.35], size=(5, 3))
    judge(
        alarm_precision,
        [tuple(map(float, draw)) for draw in draws],
        _alarm_precision,
        _RATE_MISTAKES,
        name="alarm_precision",
        read=partial(as_number, what="what alarm_precision returns"),
    )
    return "The same detector is worth less where anomalies are rarer."
