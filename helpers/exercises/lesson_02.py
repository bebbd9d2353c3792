"""The checks of lesson 02, supervised baselines."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from helpers.exercises.answers import (
    as_array,
    as_estimator,
    as_flags,
    as_indices,
    as_number,
    kind,
)
from helpers.exercises.costs import Costs, Scored, labelled_scores, require_cheapest
from helpers.exercises.declared import MODEL, VALUES, exercise
from helpers.exercises.heart import ALLOWED, HIDDEN, table_of_heart
from helpers.exercises.outcomes import CannotCheck, Wrong
from helpers.exercises.pipelines import require_honest_pipeline

Mistake = tuple[object, str, str]  # the value or values it gives, diagnosis, sentence


def _recognise(mistakes: list[Mistake], is_answer: Callable[..., bool]) -> None:
    """Raise `Wrong` for the first known mistake that gives the answer."""
    for given, diagnosis, sentence in mistakes:
        values = given if isinstance(given, list) else [given]
        if any(is_answer(value) for value in values):
            raise Wrong(diagnosis, sentence)


# -- 2.1 and 2.2: the table -------------------------------------------------------------


@exercise(
    "2.1",
    "Which value means disease?",
    answers=(
        "ill",
        "ill_women",
        "ill_men",
    ),
    kind=VALUES,
    hints=[
        'table.groupby("target")[["exang", "oldpeak", "ca"]].mean() puts the bad signs '
        "side by side.",
        "Those for whom the signs are worse are the ill; y is 1 for them, whatever their "
        "target is called.",
        'The share of the ill among the women: y[table["sex"] == 0].mean().',
    ],
)
def check_2_1(ill: object, ill_women: object, ill_men: object) -> str:
    """Check the label 1 = disease and the share of the ill among women and men."""
    table = table_of_heart()
    truth, woman = (table["target"] == 0).to_numpy(), (table["sex"] == 0).to_numpy()
    answer = as_flags(ill, "ill", length=len(table))
    if (answer == ~truth).all():
        raise Wrong(
            "inverted label",
            "By your label, patients whose chest hurts in exercise and whose vessels are "
            "full of narrow places are the healthy ones. Compare exang, oldpeak and ca "
            "for both values of target.",
        )
    if not (answer == truth).all():
        raise Wrong(
            "label",
            f"Your ill differs from both readings of target in at least "
            f"{min((answer != truth).sum(), (answer == truth).sum())} rows. It needs no model: "
            "one of the two values of target means disease.",
        )
    _require_shares(
        (as_number(ill_women, "ill_women"), as_number(ill_men, "ill_men")), truth, woman
    )
    return (
        "Of the women a quarter is ill, of the men more than half. Read target as it "
        "sounds, and three of four women would be."
    )


def _require_shares(answer: tuple[float, float], ill: np.ndarray, woman: np.ndarray):
    women, men = ill[woman].mean(), ill[~woman].mean()
    both = np.array([(ill & woman).sum(), (ill & ~woman).sum()])

    def is_answer(pair: object) -> bool:
        return np.allclose(answer, pair, atol=6e-3)

    if is_answer((women, men)):
        return
    mistakes = [
        (
            (100 * women, 100 * men),
            "percent",
            "Shares are numbers between 0 and 1, not per cent.",
        ),
        (
            both,
            "counts",
            "Those are numbers of patients; divide by how many women, how many men.",
        ),
        (
            (men, women),
            "sexes swapped",
            "Right shares, wrong people: sex is 1 for a man.",
        ),
        (
            (1 - women, 1 - men),
            "inverted label",
            "Your ill is right, but these are the shares of the healthy.",
        ),
        (
            both / ill.sum(),
            "share of the ill",
            "Those two add up to 1: they say who the ill are. The question is the other "
            "way round: of the women, how many are ill?",
        ),
        (
            both / len(ill),
            "share of everybody",
            "That is divided by all patients. Of the women means: divided by the women.",
        ),
    ]
    _recognise(mistakes, is_answer)
    right = {"women": women, "men": men}
    pairs = zip(right, answer, strict=True)
    who, value = next(p for p in pairs if not np.isclose(p[1], right[p[0]], atol=6e-3))
    raise Wrong(
        "shares",
        f"ill is right, but ill_{who} = {value:.3g} is not its mean among the {who}. Take "
        "the rows of one sex alone, and ask which share of them has ill = 1.",
    )


@exercise(
    "2.2",
    "What the table hides",
    answers=(
        "codes",
        "incomplete",
        "twins",
    ),
    kind=VALUES,
    hints=[
        "Hold smallest and largest of each column against the code book: which values does "
        "it not know?",
        "Two columns hold a value that is not allowed. Each occurs in a handful of rows.",
        "table.duplicated() marks the second of two equal rows; keep=False marks both.",
    ],
)
def check_2_2(codes: object, incomplete: object, twins: object) -> str:
    """Check the two coded missing values, the rows they touch, and the repeated row."""
    table = table_of_heart()
    _require_codes(_as_codes(codes, table), table)
    _require_incomplete(as_number(incomplete, "incomplete"), table)
    _require_twins(_as_rows(twins, len(table)), table)
    return (
        "isna() would have said none, and the models would have believed all seven. Both "
        "twins are among them: the same hole, entered twice."
    )


def _as_codes(answer: object, table: pd.DataFrame) -> dict[str, set[float]]:
    if isinstance(answer, pd.Series):
        answer = answer.to_dict()
    if not issubclass(type(answer), Mapping):
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
    if codes == {name: {value} for name, value in HIDDEN.items()}:
        return
    if not codes:
        raise Wrong(
            "only what pandas knows",
            "isna() finds only what is written as missing. Somebody typed a number where "
            "nothing was known: look for values that the code book doesn't allow.",
        )
    counts = {
        name: {float((table[name] == value).sum())} for name, value in HIDDEN.items()
    }
    if codes == counts:
        raise Wrong(
            "counts, not codes",
            "That is how many rows have the code. codes should hold the code itself, the "
            "value that stands in those rows.",
        )
    for name, values in codes.items():
        for value in sorted(values):
            _require_impossible(name, value, table)
    raise Wrong(
        "one code missing",
        f"Right for {' and '.join(codes)}, but another column has a value that the code "
        "book doesn't know. Look at both ends of each range.",
    )


def _require_impossible(name: str, value: float, table: pd.DataFrame) -> None:
    """Raise `Wrong` for a code that the column lacks or that the code book allows."""
    if HIDDEN.get(name) == value:
        return
    rows = int((table[name] == value).sum())
    if not rows:
        raise Wrong("no such value", f"No row has {name} = {value:g}. Look again.")
    if value == 0:
        raise Wrong(
            "zero is a finding",
            f"{name} = 0 is a finding, and the code book allows it: {rows} patients have "
            "it. A code for 'not known' is a value that can't be true.",
        )
    if name in ALLOWED:
        raise Wrong(
            "allowed value",
            f"{name} = {value:g} is in the code book, so it may well be true. Rare or "
            "frequent doesn't matter: look for values that aren't allowed.",
        )
    raise Wrong(
        "extreme is not missing",
        f"{name} = {value:g} may be unusual, but it is a measurement. A hidden hole is a "
        "value that the code book rules out.",
    )


def _require_incomplete(answer: float, table: pd.DataFrame) -> None:
    holes = pd.DataFrame({name: table[name] == value for name, value in HIDDEN.items()})
    touched = holes.any(axis=1)
    rows, once = touched.sum(), touched[~table.duplicated()].sum()

    def is_answer(value: float) -> bool:
        return bool(np.isclose(answer, value, atol=1e-3))

    if is_answer(rows):
        return
    mistakes = [
        (len(table) - rows, "complete rows", "Those are the rows without a hole."),
        (
            [rows / len(table), 100 * rows / len(table)],
            "share",
            "That is a share; incomplete counts rows.",
        ),
        (
            once,
            "a twin left out",
            "One row less than there are: the twins have a hole too, and the question is "
            "about rows of this table, before anything is dropped.",
        ),
        (
            holes.sum().tolist(),
            "one column only",
            "That counts the rows of one of the two codes. A row is incomplete when it "
            "has the one or the other.",
        ),
        (
            0,
            "only what pandas knows",
            "isna() sees none of them, and no row has both codes at once. Compare the "
            "columns with the codes you found, and count the one or the other.",
        ),
    ]
    _recognise(mistakes, is_answer)
    raise Wrong(
        "incomplete",
        f"incomplete = {answer:g} is too {'many' if answer > rows else 'few'}: count the "
        "rows in which at least one of the two codes stands.",
    )


def _as_rows(answer: object, length: int) -> set[int]:
    if np.ndim(answer) == 0 and not isinstance(answer, set | frozenset):
        raise CannotCheck(
            f"twins should be two positions, like [3, 17]; yours is a {kind(answer)}."
        )
    if isinstance(answer, pd.DataFrame):
        answer = answer.index
    positions = answer
    if not isinstance(answer, set | frozenset):
        values = np.asarray(answer)
        if values.shape == (length,) and np.isin(values, (0, 1)).all():
            positions = np.flatnonzero(values)
    return as_indices(positions, "twins")


def _require_twins(answer: set[int], table: pd.DataFrame) -> None:
    twins = set(table.index[table.duplicated(keep=False)])
    if answer == twins:
        return
    if answer == {position + 1 for position in twins}:
        raise Wrong(
            "counting from one", "Right rows, counted from 1; Python begins at 0."
        )
    if len(answer) == 1 and answer < twins:
        raise Wrong(
            "half a pair",
            "duplicated() marks only one of two equal rows, so that dropping it keeps the "
            "other. It takes two to be twins: keep=False marks both.",
        )
    if not answer:
        raise Wrong(
            "no twins", "There is one pair: compare whole rows, all 14 columns."
        )
    if twins < answer:
        raise Wrong(
            "not only twins",
            f"{len(answer)} rows, and the twins are among them; only two rows agree in "
            "all 14 columns.",
        )
    if len(answer) > 2:
        raise Wrong(
            "not twins",
            f"{len(answer)} rows; only two of the table agree in all 14 columns.",
        )
    if len(answer) == 1:
        raise Wrong("not twins", "That is one row, and no other row is equal to it.")
    raise Wrong(
        "not twins",
        "These rows don't agree in all 14 columns, and a twin does, to the last value.",
    )


# -- 2.3: the pipeline ------------------------------------------------------------------


@exercise(
    "2.3",
    "A pipeline that can't leak",
    answers=("model",),
    kind=MODEL,
    hints=[
        "Two small pipelines, one for numbers (fill, scale) and one for kinds (fill, "
        "encode); make_column_transformer sends each list of columns to its own.",
        'remainder="passthrough" keeps the yes/no columns, which otherwise are dropped; '
        'OneHotEncoder(handle_unknown="ignore") gets over kinds it has not seen.',
        "make_pipeline(prepare, LogisticRegression(max_iter=1000)), and no fit(): "
        "whoever splits the rows calls that, on the training part.",
    ],
)
def check_2_3(model: object) -> str:
    """Check an unfitted pipeline by what it does: to holes, kinds, rare kinds, scales."""
    as_estimator(model, "model", "fit", "predict", "get_params")
    require_honest_pipeline(model)
    return (
        "It fills, scales and encodes with what its training rows taught it, treats a "
        "patient alone as it does among others, and gets over a kind it has never met. "
        "Whoever splits can't do it wrong any more."
    )


# -- 2.4: better or luckier -------------------------------------------------------------


@exercise(
    "2.4",
    "Is A better than B?",
    answers=(
        "gain",
        "luck",
        "better",
    ),
    kind=VALUES,
    hints=[
        "Subtract the two arrays: 30 differences, one for each split that both met.",
        "Five folds: four parts train and one tests, so n_test / n_train is 1/4.",
        "luck = difference.std(ddof=1) * np.sqrt(1 / 30 + 1 / 4), and better is "
        "gain > 2 * luck.",
    ],
)
def check_2_4(gain: object, luck: object, better: object, accuracy: object) -> str:
    """Check a paired comparison with the corrected standard error of repeated folds."""
    first, second = _fold_scores(accuracy)
    difference = first - second
    _require_gain(as_number(gain, "gain"), difference)
    honest = difference.std(ddof=1) * np.sqrt(1 / len(first) + 1 / 4)
    _require_luck(as_number(luck, "luck"), first, second)
    if issubclass(type(better), np.ndarray) and better.ndim == 0:
        better = better[()]
    if not issubclass(type(better), bool | np.bool_):
        raise CannotCheck(f"better should be True or False; yours is a {kind(better)}.")
    ratio = difference.mean() / honest
    if bool(better) != (ratio > 2):
        raise Wrong(
            "verdict",
            f"gain and luck are right, and gain is {ratio:.1f} times luck. Twice would be "
            f"the least to believe in it, so {bool(better)} doesn't follow.",
        )
    naive = difference.mean() / difference.std(ddof=1) * np.sqrt(len(first))
    return (
        f"The gain is {ratio:.1f} times what luck does. Taken for independent tests, the "
        f"same {len(first)} differences would have given {naive:.1f} times, a 'proof'."
    )


def _fold_scores(accuracy: object) -> tuple[np.ndarray, np.ndarray]:
    names = ("logistic regression", "random forest")
    if isinstance(accuracy, pd.DataFrame):
        accuracy = dict(accuracy)
    if not isinstance(accuracy, dict) or any(name not in accuracy for name in names):
        raise CannotCheck(
            "accuracy should be the dict of the cell above; run that cell again."
        )
    first = as_array(accuracy[names[0]], f"the accuracy of {names[0]}")
    second = as_array(
        accuracy[names[1]], f"the accuracy of {names[1]}", length=len(first)
    )
    if len(first) < 2 or np.ptp(first - second) == 0:
        raise CannotCheck("the accuracies don't scatter; run the cell above again.")
    return first, second


def _require_gain(answer: float, difference: np.ndarray) -> None:
    def is_answer(value: float) -> bool:
        return bool(np.isclose(answer, value, rtol=0.01, atol=6e-4))

    gain = difference.mean()
    if is_answer(gain):
        return
    mistakes = [
        (
            -gain,
            "the other way round",
            "That is forest minus logistic regression; the sign says who is ahead.",
        ),
        (100 * gain, "percent", "Those are points of a hundred; accuracy is a share."),
        (
            round(gain, 2),
            "rounded",
            "Rounded too early: the gain is so small that two digits can't hold it.",
        ),
        (
            difference.sum(),
            "sum",
            "That is the sum of the differences; the mean is asked for.",
        ),
        (
            np.abs(difference).mean(),
            "no sign",
            "Without their signs, wins and losses add up. Let them cancel each other.",
        ),
    ]
    _recognise(mistakes, is_answer)
    raise Wrong(
        "gain",
        f"gain = {answer:.3g} is not the mean of the {len(difference)} differences, "
        "accuracy of logistic regression minus accuracy of the forest.",
    )


def _require_luck(answer: float, first: np.ndarray, second: np.ndarray) -> None:
    def is_answer(value: float) -> bool:
        return bool(np.isclose(answer, value, rtol=0.02, atol=5e-5))

    folds, s = len(first), (first - second).std(ddof=1)
    luck = s * np.sqrt(1 / folds + 1 / 4)
    if is_answer(luck):
        return
    if answer <= 0:
        raise Wrong("not positive", "A standard error is a spread, so it is above 0.")
    _recognise(_mistaken_luck(first, second), is_answer)
    direction = "large" if answer > luck else "small"
    raise Wrong(
        "luck",
        f"luck = {answer:.3g} is too {direction}. Take the standard deviation of the "
        f"differences times the root of 1/{folds} + n_test / n_train.",
    )


def _mistaken_luck(first: np.ndarray, second: np.ndarray) -> list[Mistake]:
    folds, s = len(first), (first - second).std(ddof=1)
    root = np.sqrt(1 / folds + 1 / 4)
    luck = s * root
    factors = (1, root, 1 / np.sqrt(folds))
    alone = [first.std(ddof=1), second.std(ddof=1)]
    return [
        (
            s / np.sqrt(folds),
            "independent folds",
            f"That takes the {folds} splits for independent tests. They share their "
            "patients: repeat a thousand times, and this number goes to zero although "
            "nobody new has come to the clinic.",
        ),
        (
            s,
            "spread of one fold",
            f"That is how far a single difference scatters. A mean of {folds} is steadier, "
            "if not by as much as the square root promises.",
        ),
        (
            [np.hypot(*alone) * factor for factor in factors],
            "unpaired",
            "That treats the two models as if each had met splits of its own. They met the "
            "same ones, and an easy fold is easy for both: take the spread of the "
            "differences.",
        ),
        (
            [one * factor for one in alone for factor in factors],
            "one model only",
            "That is the scatter of one model. The question is how the difference scatters.",
        ),
        (
            [s * factor for factor in (root**2, s, s * root, s * root**2)],
            "no root",
            "A root is missing: variance and its square root are mixed.",
        ),
        (
            [s * np.sqrt(1 / folds + share) for share in (4, 5, 1 / 5, 4 / 5)],
            "which share",
            "n_test / n_train: of five parts one tests and four train. Which quotient is "
            "that?",
        ),
        (
            s * np.sqrt(1 / folds + 76 / 226),
            "the other test part",
            "X_test has no part in this: n_test and n_train are the sizes of one fold and "
            "of the other four.",
        ),
        (
            100 * s * root,
            "percent",
            "Those are points of a hundred; accuracy is a share.",
        ),
        (
            2 * luck,
            "twice",
            "That is twice the luck already; the factor 2 belongs to the comparison.",
        ),
        (
            s / 2,
            "half of the root",
            "That leaves out the part of the root that counts the splits.",
        ),
    ]


# -- 2.5: what a miss costs -------------------------------------------------------------


@exercise(
    "2.5",
    "The cheapest threshold, and its price",
    answers=(
        "threshold",
        "test_cost",
    ),
    kind=VALUES,
    hints=[
        "Write the cost first, for any labels, scores and threshold: misses * 10 + false "
        "alarms * 1.",
        "The candidates are the validation scores themselves: np.unique(validation_scores). "
        "Keep the one that is cheapest for y_train.",
        "test_cost is the same function, once, with y_test, test_scores and the threshold "
        "you have.",
    ],
)
def check_2_5(
    threshold: object, test_cost: object, validation: object, test: object
) -> str:
    """Check the cheapest threshold on validation scores and its cost on the test part."""
    chosen, costs = as_number(threshold, "threshold"), Costs(miss=10, false_alarm=1)
    price = as_number(test_cost, "test_cost")
    on_validation = labelled_scores(validation, "validation")
    on_test = labelled_scores(test, "test")
    require_cheapest(chosen, on_validation, on_test, costs, tolerance=1.03)
    _require_price(price, chosen, on_validation, on_test, costs)
    per_patient = on_validation.cost(chosen, costs) / len(on_validation.y)
    return (
        f"Chosen at {per_patient:.2f} per validation patient, it costs "
        f"{price / len(on_test.y):.2f} per test patient: {price:.0f} in all, and 0.5 would "
        f"have cost {on_test.cost(0.5, costs):.0f}. It misses {on_test.misses(chosen)} and "
        f"rings for {on_test.false_alarms(chosen)} healthy ones."
    )


def _require_price(
    price: float, chosen: float, on_validation: Scored, on_test: Scored, costs: Costs
) -> None:
    def is_answer(value: float) -> bool:
        return bool(np.isclose(price, value, atol=6e-3))

    cost = on_test.cost(chosen, costs)
    if is_answer(cost):
        return
    mistakes = [
        (
            on_validation.cost(chosen, costs),
            "price of the choice",
            "That is the cost on the very patients the threshold was chosen for, where it "
            "is at its best. Ask the test part, which had no say.",
        ),
        (
            on_test.cost(chosen, costs.swapped()),
            "costs swapped",
            "The threshold is right; in test_cost a false alarm costs 10 and a miss 1.",
        ),
        (
            [10 * on_test.misses(chosen), on_test.false_alarms(chosen)],
            "one kind only",
            "That is the price of one kind of mistake. Misses and false alarms both cost.",
        ),
        (
            on_test.misses(chosen) + on_test.false_alarms(chosen),
            "mistakes, not costs",
            "That counts the mistakes as if all were alike. A miss counts ten times.",
        ),
        (
            cost / len(on_test.y),
            "per patient",
            "That is the cost per patient; the total is asked for.",
        ),
        (
            on_test.cost(0.5, costs),
            "price of 0.5",
            "That is what 0.5 costs on the test part, not your threshold.",
        ),
        (
            on_test.lowest_cost(costs),
            "threshold on test labels",
            "That is the lowest cost possible on the test part. To reach it you would need "
            "the test labels when choosing.",
        ),
    ]
    _recognise(mistakes, is_answer)
    raise Wrong(
        "price",
        f"The threshold is right, but on the test part it doesn't cost {price:g}. Count "
        "misses and false alarms there, and weigh them 10 and 1.",
    )
