"""The checks of lesson 02, supervised baselines."""

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.exercises.answers import (
    as_estimator,
    as_flags,
    as_indices,
    as_number,
    kind,
)
from helpers.exercises.comparison import (
    compared,
    comparison_mistakes,
    drawn_folds,
    kind_of_draw,
    require_comparison,
)
from helpers.exercises.costs import (
    Costs,
    Parts,
    Scored,
    drawn_parts,
    known_of,
    require_cheapest,
    threshold_mistakes,
)
from helpers.exercises.declared import ANYTHING, MODEL, VALUES, Mistake, exercise
from helpers.exercises.heart import (
    ALLOWED,
    HIDDEN,
    KINDS,
    NUMBERS,
    YES_NO,
    heart_pipeline,
    table_of_heart,
)
from helpers.exercises.judging import accuse, recognise
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.exercises.pipelines import (
    PIPELINE_MISTAKES,
    drawn_patients,
    require_honest_pipeline,
)

# -- 2.1: the label ---------------------------------------------------------------------


def _with_heart(table: pd.DataFrame) -> dict[str, Any]:
    """Return the names that lesson 02 has for a table of patients and its parts."""
    X, y = table.drop(columns="target"), (table["target"] == 0).to_numpy().astype(int)
    heart = SimpleNamespace(X=X, y=y, extra={"table": table})
    return {"table": table, "heart": heart, "people": X}


def _some_patients(random: np.random.Generator) -> dict[str, Any]:
    """Draw 200 rows of the heart table in another order, the twins among them.

    Both shares are others than in the whole table.
    """
    whole = table_of_heart()
    twins = whole.duplicated(keep=False).to_numpy()
    while True:
        others = random.permutation(np.flatnonzero(~twins))[: 200 - twins.sum()]
        rows = random.permutation(np.r_[np.flatnonzero(twins), others])
        table = whole.iloc[rows].reset_index(drop=True)
        if np.abs(np.subtract(_ill(table)[1:], _ill(whole)[1:])).min() > 0.015:
            return _with_heart(table)


def _ill(table: pd.DataFrame) -> tuple[NDArray, float, float]:
    """Return 1 for the ill (n,), and the share of the ill among women and men."""
    ill = (table["target"] == 0).to_numpy().astype(int)
    woman = (table["sex"] == 0).to_numpy()
    return ill, ill[woman].mean(), ill[~woman].mean()


def _counts(table: pd.DataFrame) -> NDArray:
    """Return how many women and how many men are ill."""
    ill = _ill(table)[0]
    woman = (table["sex"] == 0).to_numpy()
    return np.array([ill[woman].sum(), ill[~woman].sum()])


_ILL_MISTAKES = [
    Mistake(
        "inverted label",
        "By your label, patients whose chest hurts in exercise and in whom more vessels "
        "show up are the healthy ones. Compare exang, oldpeak and ca for both values of "
        "target.",
        lambda table: (table["target"].to_numpy(), ANYTHING, ANYTHING),
    ),
    Mistake(
        "sexes swapped",
        "Right shares, wrong people: sex is 1 for a man.",
        lambda table: (_ill(table)[0], _ill(table)[2], _ill(table)[1]),
    ),
    Mistake(
        "inverted label",
        "Your ill is right, but these are the shares of the healthy.",
        lambda table: (_ill(table)[0], 1 - _ill(table)[1], 1 - _ill(table)[2]),
    ),
    Mistake(
        "share of the ill",
        "Those two add up to 1: they say who the ill are. The question is the other "
        "way round: of the women, how many are ill?",
        lambda table: (_ill(table)[0], *_counts(table) / _counts(table).sum()),
    ),
    Mistake(
        "share of everybody",
        "That is divided by all patients. Of the women means: divided by the women.",
        lambda table: (_ill(table)[0], *_counts(table) / len(table)),
    ),
    Mistake(
        "counts",
        "Those are numbers of patients; divide by how many women, how many men.",
        lambda table: (_ill(table)[0], *_counts(table)),
    ),
    Mistake(
        "percent",
        "Shares are numbers between 0 and 1, not per cent.",
        lambda table: (_ill(table)[0], *(100 * share for share in _ill(table)[1:])),
    ),
]


@exercise(
    "2.1",
    "Which value means disease?",
    answers=("ill", "ill_women", "ill_men"),
    kind=VALUES,
    draws=2,
    given=_some_patients,
    reference=_ill,
    mistakes=_ILL_MISTAKES,
    hints=[
        'table.groupby("target")[["exang", "oldpeak", "ca"]].mean() puts the bad signs '
        "side by side.",
        "Those for whom the signs are worse are the ill; ill is 1 for them, whatever "
        "their target is called.",
        'The share of the ill among the women: ill[table["sex"] == 0].mean().',
    ],
)
def check_2_1(
    ill: object, ill_women: object, ill_men: object, table: pd.DataFrame
) -> str:
    """Check the label 1 = disease and the share of the ill among women and men."""
    answers = (
        as_flags(ill, "ill", length=len(table)).astype(int),
        as_number(ill_women, "ill_women"),
        as_number(ill_men, "ill_men"),
    )
    recognise(
        answers,
        {"table": table},
        _ill,
        _ILL_MISTAKES,
        others=[
            (
                "label",
                "Your ill differs from both readings of target. It needs no model: one "
                "of the two values of target means disease.",
            ),
            ("shares", f"ill is right, ill_women is not: {_OF_ONE_SEX}"),
            ("shares", f"ill is right, ill_men is not: {_OF_ONE_SEX}"),
        ],
        same=lambda a, b: bool(np.allclose(a, b, rtol=0, atol=6e-3)),
    )
    return (
        f"Of the women {answers[1]:.0%} are ill, of the men {answers[2]:.0%}. Read target "
        f"as it sounds, and {1 - answers[1]:.0%} of the women would be."
    )


_OF_ONE_SEX = "take the rows of one sex alone, and ask which share of them has ill = 1."


# -- 2.2: what the table hides ----------------------------------------------------------


def _table_with_holes(random: np.random.Generator) -> dict[str, Any]:
    """Draw a heart table with other holes, and another patient entered twice.

    As in the lesson's, the twins have a hole, and no row has two. But the codes are not
    the rarest values of their columns.
    """
    table = _distinct_rows()
    table = table.iloc[random.permutation(len(table))].reset_index(drop=True)
    complete = ~_holes(table).any(axis=1)
    new = random.permutation(np.flatnonzero(complete))[: random.integers(46, 52)]
    table.loc[new[:20], "thal"] = 0
    table.loc[new[20:], "ca"] = 4
    twin = table.iloc[[random.choice(np.flatnonzero(_holes(table).any(axis=1)))]]
    place = int(random.integers(len(table)))
    table = pd.concat([table[:place], twin, table[place:]], ignore_index=True)
    return _with_heart(table)


@cache
def _distinct_rows() -> pd.DataFrame:
    return table_of_heart().drop_duplicates()


def _holes(table: pd.DataFrame) -> NDArray:
    """Return which rows (n, 2) have which of the hidden codes."""
    return table[list(HIDDEN)].to_numpy() == list(HIDDEN.values())


def _code_counts(table: pd.DataFrame) -> dict[str, int]:
    return dict(zip(HIDDEN, _holes(table).sum(axis=0).tolist(), strict=True))


def _hidden(table: pd.DataFrame) -> tuple[dict[str, int], int, list[int]]:
    """Return the codes, the number of rows with one of them, and the twins."""
    return HIDDEN, int(_holes(table).any(axis=1).sum()), _twins(table)


def _twins(table: pd.DataFrame, keep: Any = False) -> list[int]:
    return np.flatnonzero(table.duplicated(keep=keep)).tolist()


def _with(answer: str, function: Callable[[pd.DataFrame], Any]) -> Any:
    """Return a mistake in one of the answers of 2.2."""

    def answers(table: pd.DataFrame) -> tuple:
        wrong = {answer: function(table)}
        return tuple(wrong.get(name, ANYTHING) for name in _NAMES)

    return answers


_NAMES = ("codes", "incomplete", "twins")
_HIDDEN_MISTAKES = [
    Mistake(
        "only what pandas knows",
        "isna() finds only what is written as missing. Somebody typed a number where "
        "nothing was known: look for values that the code book doesn't allow.",
        _with("codes", lambda table: {}),
    ),
    Mistake(
        "counts, not codes",
        "That is how many rows have the code. codes should hold the code itself, the "
        "value that stands in those rows.",
        _with("codes", _code_counts),
    ),
    Mistake(
        "zero is a finding",
        "A zero that the code book allows is a finding. A code for 'not known' is a "
        "value that can't be true.",
        _with("codes", lambda table: {"ca": 0, "thal": 0}),
    ),
    Mistake(
        "allowed value",
        "A value that is in the code book may well be true. Rare or frequent doesn't "
        "matter: look for values that aren't allowed.",
        _with("codes", lambda table: HIDDEN | {"restecg": 2}),
    ),
    Mistake(
        "extreme is not missing",
        "A measurement may be unusual and true. A hidden hole is a value that the code "
        "book rules out.",
        _with("codes", lambda table: HIDDEN | {"chol": table["chol"].max()}),
    ),
    Mistake(
        "one code missing",
        "Right so far, but another column has a value that the code book doesn't know. "
        "Look at both ends of each range.",
        _with("codes", lambda table: {"ca": 4}),
    ),
    Mistake(
        "a twin left out",
        "One row less than there are: the twins have a hole too, and the question is "
        "about rows of this table, before anything is dropped.",
        _with("incomplete", lambda table: _hidden(table.drop_duplicates())[1]),
    ),
    Mistake(
        "one column only",
        "That counts the rows of one of the two codes. A row is incomplete when it has "
        "the one or the other.",
        _with("incomplete", lambda table: (table["ca"] == 4).sum()),
    ),
    Mistake(
        "one column only",
        "That counts the rows of one of the two codes. A row is incomplete when it has "
        "the one or the other.",
        _with("incomplete", lambda table: (table["thal"] == 0).sum()),
    ),
    Mistake(
        "complete rows",
        "Those are the rows without a hole.",
        _with("incomplete", lambda table: len(table) - _hidden(table)[1]),
    ),
    Mistake(
        "none",
        "isna() sees none of them, and no row has both codes at once. Compare the "
        "columns with the codes you found, and count the one or the other.",
        _with("incomplete", lambda table: 0),
    ),
    Mistake(
        "counting from one",
        "Right rows, counted from 1; Python begins at 0.",
        _with("twins", lambda table: [row + 1 for row in _twins(table)]),
    ),
    Mistake(
        "half a pair",
        "duplicated() marks only one of two equal rows, so that dropping it keeps the "
        "other. It takes two to be twins: keep=False marks both.",
        _with("twins", lambda table: _twins(table, keep="first")),
    ),
    Mistake(
        "half a pair",
        "duplicated() marks only one of two equal rows, so that dropping it keeps the "
        "other. It takes two to be twins: keep=False marks both.",
        _with("twins", lambda table: _twins(table, keep="last")),
    ),
]


@exercise(
    "2.2",
    "What the table hides",
    answers=_NAMES,
    kind=VALUES,
    points=2,
    given=_table_with_holes,
    reference=_hidden,
    mistakes=_HIDDEN_MISTAKES,
    hints=[
        "Hold smallest and largest of each column against the code book: which values "
        "does it not know?",
        "Two columns hold a value that is not allowed. Each occurs in a handful of "
        "rows.",
        "table.duplicated() marks the second of two equal rows; keep=False marks both.",
    ],
)
def check_2_2(
    codes: object, incomplete: object, twins: object, table: pd.DataFrame
) -> str:
    """Check the two coded missing values, the rows they touch, and the repeated row."""
    _require_codes(_as_codes(codes, table), table)
    answers = (HIDDEN, as_number(incomplete, "incomplete"), _as_rows(twins, len(table)))
    recognise(
        answers,
        {"table": table},
        _hidden,
        _HIDDEN_MISTAKES,
        others=[
            ("codes", "codes is not right."),
            (
                "incomplete",
                "incomplete is not right: count the rows in which at least one of the "
                "two codes stands.",
            ),
            (
                "not twins",
                "These are not two rows that agree in all 14 columns, to the last "
                "value. There is one such pair.",
            ),
        ],
        same=_same_answer,
    )
    return (
        f"isna() would have said none, and the models would have believed all "
        f"{answers[1]:.0f}. Both twins are among them: the same hole, entered twice."
    )


def _same_answer(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, set):
        return ours == set(theirs)
    return bool(ours == theirs)


def _as_codes(answer: object, table: pd.DataFrame) -> dict[str, set[float]]:
    if isinstance(answer, pd.Series):
        answer = answer.to_dict()
    if not isinstance(answer, Mapping):
        raise CannotCheck(
            f"codes should be a dict {{column: value}}; yours is a {kind(answer)}."
        )
    unknown = [name for name in answer if str(name) not in table.columns]
    if unknown:
        raise CannotCheck(
            f"codes should have names of columns as keys; {str(unknown[0])[:40]!r} is none."
        )
    found = {}
    for name, value in answer.items():
        several = isinstance(value, list | tuple | set) or np.ndim(value) == 1
        values = list(value) if several else [value]
        found[str(name)] = {as_number(v, f"codes[{str(name)!r}]") for v in values}
    return {name: values for name, values in found.items() if values}


def _require_codes(codes: dict[str, set[float]], table: pd.DataFrame) -> None:
    if codes == {name: {code} for name, code in HIDDEN.items()}:
        return
    if not codes:
        raise accuse(_HIDDEN_MISTAKES, "only what pandas knows")
    counts = {name: {float(rows)} for name, rows in _code_counts(table).items()}
    if codes == counts:
        raise accuse(_HIDDEN_MISTAKES, "counts, not codes")
    for name, values in codes.items():
        for value in sorted(values):
            _require_impossible(name, value, table)
    raise accuse(_HIDDEN_MISTAKES, "one code missing")


def _require_impossible(name: str, value: float, table: pd.DataFrame) -> None:
    """Raise `Wrong` for a code that the column lacks or that the code book allows."""
    if HIDDEN.get(name) == value:
        return
    rows = int((table[name] == value).sum())
    have = "row has" if rows == 1 else "rows have"
    told = f"{rows} {have} {name} = {value:g}."
    if not rows:
        idea = "No row has this value. Look again at both ends of the column."
        raise Wrong("no such value", idea, told)
    if name in ALLOWED and value == 0:
        raise accuse(_HIDDEN_MISTAKES, "zero is a finding", told)
    if name in ALLOWED:
        raise accuse(_HIDDEN_MISTAKES, "allowed value", told)
    raise accuse(_HIDDEN_MISTAKES, "extreme is not missing", told)


def _as_rows(answer: Any, length: int) -> set[int]:
    if isinstance(answer, pd.DataFrame):
        answer = answer.index
    if isinstance(answer, pd.Series | np.ndarray | list):
        values = np.asarray(answer)
        if values.shape == (length,) and np.isin(values, (0, 1)).all():
            answer = np.flatnonzero(values)
    if not hasattr(answer, "__iter__"):
        raise CannotCheck(
            f"twins should be two positions, like [3, 17]; yours is a {kind(answer)}."
        )
    return as_indices(answer, "twins")


# -- 2.3: the pipeline ------------------------------------------------------------------


def _patients_and_columns(random: np.random.Generator) -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegression

    columns = {"numbers": list(NUMBERS), "kinds": list(KINDS), "yes_no": list(YES_NO)}
    logistic = LogisticRegression(max_iter=1000)
    return drawn_patients(random) | columns | {"logistic": logistic}


def _honest_pipeline(**_: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return heart_pipeline(LogisticRegression(max_iter=1000))


@exercise(
    "2.3",
    "A pipeline that can't leak",
    answers=("model",),
    kind=MODEL,
    points=3,
    given=_patients_and_columns,
    reference=_honest_pipeline,
    mistakes=PIPELINE_MISTAKES,
    hints=[
        "Two small pipelines, one for numbers (fill, scale) and one for kinds (fill, "
        "encode); make_column_transformer sends each list of columns to its own.",
        'remainder="passthrough" keeps the yes/no columns, which otherwise are dropped; '
        'OneHotEncoder(handle_unknown="ignore") gets over kinds it has not seen.',
        "make_pipeline(prepare, LogisticRegression(max_iter=1000)), and no fit(): "
        "whoever splits the rows calls that, on the training part.",
    ],
)
def check_2_3(model: object, X: pd.DataFrame, y: NDArray, numbers: list[str]) -> str:
    """Check an unfitted pipeline by what it does: to holes, kinds, rare kinds, units."""
    as_estimator(model, "model", "fit", "predict", "get_params")
    require_honest_pipeline(model, X, y, numbers)
    return (
        "It fills, scales and encodes with what its training rows taught it, treats a "
        "patient alone as it does among others, and gets over a kind it has never met. "
        "Whoever splits can't do it wrong any more."
    )


# -- 2.4: better or luckier -------------------------------------------------------------

_RIVALS = ("logistic regression", "random forest")


def _accuracy(random: np.random.Generator, draw: int = 0) -> dict[str, Any]:
    """Draw the accuracies of two models on 30 splits; a third scatters beside them.

    Of four draws in a row the first model is ahead in two and behind in two, each time
    once by more than twice its luck.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold

    proven, behind = kind_of_draw(draw)
    first, second = drawn_folds(random, folds=30, proven=proven)
    if behind:
        first, second = second, first
    third = random.permutation(second) - 0.01
    rivals = dict(zip(_RIVALS, (first, second), strict=True))
    return {
        "accuracy": rivals | {"15 nearest neighbours": third},
        "repeated": RepeatedStratifiedKFold(n_splits=5, n_repeats=6, random_state=0),
        "y_train": random.permutation(np.arange(226) < 104).astype(int),
    }


def _folds(accuracy: Mapping[str, NDArray], **_: Any) -> tuple[NDArray, NDArray]:
    return accuracy[_RIVALS[0]], accuracy[_RIVALS[1]]


_COMPARISON_MISTAKES = comparison_mistakes(_folds)


@exercise(
    "2.4",
    "Is A better than B?",
    answers=("gain", "luck", "better"),
    kind=VALUES,
    points=2,
    draws=6,
    given=_accuracy,
    reference=lambda accuracy: compared(*_folds(accuracy)),
    mistakes=_COMPARISON_MISTAKES,
    hints=[
        "Subtract the two arrays: 30 differences, one for each split that both met.",
        "Five folds: four parts train and one tests, so n_test / n_train is 1/4.",
        "luck = difference.std(ddof=1) * np.sqrt(1 / 30 + 1 / 4), and better is "
        "gain > 2 * luck.",
    ],
)
def check_2_4(
    gain: object, luck: object, better: object, accuracy: Mapping[str, NDArray]
) -> str:
    """Check a paired comparison with the corrected standard error of repeated folds."""
    if not isinstance(accuracy, Mapping | pd.DataFrame) or any(
        name not in accuracy for name in _RIVALS
    ):
        raise CannotCheck(
            "accuracy should be the dict of the cell above; run that cell again."
        )
    given = {"accuracy": accuracy}
    answers = (gain, luck, better)
    require_comparison(answers, given, _folds, _COMPARISON_MISTAKES)
    difference = np.subtract(*_folds(accuracy))
    times = difference.mean() / compared(*_folds(accuracy))[1]
    naive = difference.mean() / difference.std(ddof=1) * np.sqrt(len(difference))
    return (
        f"The gain is {times:.1f} times what luck does. Taken for independent tests, the "
        f"same {len(difference)} differences would have given {naive:.1f} times, a "
        "'proof'."
    )


# -- 2.5: what a miss costs -------------------------------------------------------------

COSTS = Costs(miss=10, false_alarm=1)


def _heart_parts(
    y_train: NDArray,
    training_scores: NDArray,
    validation_scores: NDArray,
    y_test: NDArray,
    test_scores: NDArray,
    **_: Any,
) -> Parts:
    return Parts(
        Scored.of(y_train, training_scores),
        Scored.of(y_train, validation_scores),
        Scored.of(y_test, test_scores),
        COSTS,
    )


def _scored_patients(random: np.random.Generator) -> dict[str, Any]:
    """Draw scores of training rows, out of fold and not, and of test rows.

    Every listed price is another number. `scores` has those out of fold by model, as
    the lesson has.
    """
    while True:
        drawn = drawn_parts(random, COSTS, share=0.3, out_of_fold=True)
        given: dict[str, Any] = {
            "y_train": drawn.training.y.astype(int),
            "training_scores": drawn.training.scores,
            "validation_scores": drawn.validation.scores,
            "y_test": drawn.test.y.astype(int),
            "test_scores": drawn.test.scores,
            "scores": {"logistic regression": drawn.validation.scores},
        }
        threshold, cost = _cheapest(**given)
        prices = [cost, *(price(threshold, drawn) for _, _, price in _PRICES)]
        if len(np.unique(np.round(prices, 3))) == len(prices):
            return given


def _cheapest(**given: Any) -> tuple[float, float]:
    """Return the cheapest threshold on validation scores, and its cost on the test."""
    parts = _heart_parts(**given)
    threshold = parts.validation.cheapest(COSTS)
    return threshold, parts.test.cost(threshold, COSTS)


Price = Callable[[float, Parts], float]  # of a threshold

_PRICES: list[tuple[str, str, Price]] = [
    (
        "price of the choice",
        "That is the cost on the very patients the threshold was chosen for, where it "
        "is at its best. Ask the test part, which had no say.",
        lambda t, parts: parts.validation.cost(t, COSTS),
    ),
    (
        "price of another threshold",
        "That is the lowest cost that any threshold has on the test part, and yours is "
        "another. To choose by the test part would make it a part of the training.",
        lambda t, parts: known_of(parts).least_on_test,
    ),
    (
        "at the threshold itself",
        "The threshold is right; in test_cost the alarm rings at the threshold, too. It "
        "rings above it.",
        lambda t, parts: parts.test.cost(float(np.nextafter(t, -np.inf)), COSTS),
    ),
    (
        "costs swapped",
        "The threshold is right; in test_cost the two costs are exchanged.",
        lambda t, parts: parts.test.cost(t, COSTS.swapped()),
    ),
    (
        "mistakes, not costs",
        "That counts the mistakes as if all were alike. A miss costs more.",
        lambda t, parts: parts.test.cost(t, Costs(1, 1)),
    ),
    (
        "one kind only",
        "That is the price of one kind of mistake. Misses and false alarms both cost.",
        lambda t, parts: COSTS.miss * parts.test.misses(t),
    ),
    (
        "one kind only",
        "That is the price of one kind of mistake. Misses and false alarms both cost.",
        lambda t, parts: COSTS.false_alarm * parts.test.false_alarms(t),
    ),
    (
        "per patient",
        "That is the cost per patient; the total is asked for.",
        lambda t, parts: parts.test.cost(t, COSTS) / len(parts.test.y),
    ),
    (
        "price of 0.5",
        "That is what 0.5 costs on the test part, not your threshold.",
        lambda t, parts: parts.test.cost(0.5, COSTS),
    ),
]


def _price_mistake(diagnosis: str, says: str, price: Price) -> Mistake:
    """Return the mistake of the right threshold and a wrong price."""

    def answers(**given: Any) -> tuple[float, float]:
        threshold = _cheapest(**given)[0]
        return threshold, price(threshold, _heart_parts(**given))

    return Mistake(diagnosis, says, answers)


_PRICE_MISTAKES = [_price_mistake(*each) for each in _PRICES]
_CUT_MISTAKES = threshold_mistakes(_heart_parts, then=(ANYTHING,))


@exercise(
    "2.5",
    "The cheapest threshold, and its price",
    answers=("threshold", "test_cost"),
    kind=VALUES,
    points=2,
    draws=2,
    given=_scored_patients,
    reference=_cheapest,
    mistakes=[*_CUT_MISTAKES, *_PRICE_MISTAKES],
    hints=[
        "Write the cost first, for any labels, scores and threshold: misses * 10 + "
        "false alarms * 1.",
        "Which scores did the model give to patients that it had not seen, and which "
        "of these may be used for a choice? Their values are the candidates: "
        "np.unique().",
        "test_cost is the same function, once, with y_test, test_scores and the "
        "threshold you have.",
    ],
)
def check_2_5(
    threshold: object,
    test_cost: object,
    y_train: NDArray,
    training_scores: NDArray,
    validation_scores: NDArray,
    y_test: NDArray,
    test_scores: NDArray,
) -> str:
    """Check the cheapest threshold on validation scores and its cost on the test part."""
    chosen = as_number(threshold, "threshold")
    price = as_number(test_cost, "test_cost")
    parts = _heart_parts(
        y_train, training_scores, validation_scores, y_test, test_scores
    )
    require_cheapest(chosen, parts, _CUT_MISTAKES)
    _require_price(price, chosen, parts)
    test = parts.test
    per_patient = parts.validation.cost(chosen, COSTS) / len(parts.validation.y)
    return (
        f"Chosen at {per_patient:.2f} per validation patient, it costs "
        f"{price / len(test.y):.2f} per test patient: {price:.0f} in all, and 0.5 would "
        f"have cost {test.cost(0.5, COSTS):.0f}. It misses {test.misses(chosen)} and "
        f"rings for {test.false_alarms(chosen)} healthy ones."
    )


def _require_price(price: float, chosen: float, parts: Parts) -> None:
    """Raise `Wrong` unless this is what the chosen threshold costs on the test part."""
    near = parts.test.scores[
        np.isclose(parts.test.scores, chosen, rtol=1e-6, atol=1e-9)
    ]
    exact = near[near == chosen] if chosen in near else near  # float32 isn't exact
    prices = [parts.test.cost(float(cut), COSTS) for cut in (chosen, *exact)]
    if any(_same_price(price, ours) for ours in prices):
        return
    for diagnosis, says, wrong in _PRICES:
        if _same_price(price, wrong(chosen, parts)):
            raise Wrong(diagnosis, says)
    raise Wrong(
        "price",
        "The threshold is right, but that isn't what it costs on the test part. Count "
        "misses and false alarms there, and weigh them 10 and 1.",
    )


def _same_price(ours: float, theirs: float) -> bool:
    return bool(np.isclose(ours, theirs, rtol=0, atol=6e-3))
