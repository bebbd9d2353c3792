"""The controls of lesson 03: resampling, thresholds, probabilities."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from imblearn.ensemble import BalancedRandomForestClassifier
from imblearn.over_sampling import SMOTE, SMOTENC, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from numpy.typing import NDArray
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    fbeta_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.claims import claim
from helpers.datasets import load
from helpers.exercises.resampled import at_real_share, smote_then_forest
from helpers.thresholds import cost_threshold

PLAIN = "as it is"


def _build(sampler: Any = None, classifier: Any = None, **options: Any) -> Any:
    words = make_column_selector(dtype_exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(), words), remainder=StandardScaler()
    )
    line = LogisticRegression(max_iter=2000, **options)
    steps = [encode, sampler, line if classifier is None else classifier]
    return make_pipeline(*[step for step in steps if step is not None])


def _lines(seed: int) -> dict[str, Any]:
    """Return the lesson's five ways to feed a logistic regression."""
    return {
        PLAIN: _build(),
        "class weights": _build(class_weight="balanced"),
        "over-sampling": _build(RandomOverSampler(random_state=seed)),
        "under-sampling": _build(RandomUnderSampler(random_state=seed)),
        "SMOTE": _build(SMOTE(random_state=seed)),
    }


def _forest(seed: int, **options: Any) -> RandomForestClassifier:
    return RandomForestClassifier(60, random_state=seed, **options)


def _folds(seed: int) -> StratifiedKFold:
    return StratifiedKFold(5, shuffle=True, random_state=seed)


def _out_of_fold(model: Any, X: Any, y: NDArray, seed: int) -> NDArray:
    cv = _folds(seed)
    return cross_val_predict(model, X, y, cv=cv, method="predict_proba")[:, 1]


def _f2(y: NDArray, alarms: NDArray) -> float:
    return float(fbeta_score(y, alarms, beta=2, zero_division=0))


def _best_f2(y: NDArray, scores: NDArray) -> tuple[float, float]:
    """Return the threshold with the highest F2 on these very labels, and that F2."""
    precision, recall, cuts = precision_recall_curve(y, scores)
    f2 = 5 * precision * recall / np.maximum(4 * precision + recall, 1e-12)
    best = f2[:-1].argmax()
    return float(cuts[best]), float(f2[best])


def _moved_f2(y: NDArray, scores: NDArray, seed: int) -> float:
    """Return F2 where each fold has the threshold that is best on the other four."""
    alarms = np.zeros(len(y), dtype=bool)
    for others, fold in _folds(seed).split(scores, y):
        alarms[fold] = scores[fold] >= _best_f2(y[others], scores[others])[0]
    return _f2(y, alarms)


# -- what balancing changes


def _recall_up_precision_down(found: Mapping[str, float]) -> bool:
    plain = {name: value for name, value in found.items() if PLAIN in name}
    return all(
        value > plain[f"{measure}, {PLAIN}"]
        if measure == "recall"
        else value < plain[f"{measure}, {PLAIN}"]
        for measure, way in (name.split(", ") for name in found)
        if way != PLAIN
        for value in [found[f"{measure}, {way}"]]
    )


def _ap_falls_on_yeast_only(ap: Mapping[str, float]) -> bool:
    changes = {
        name: value - ap[f"{name.split(', ')[0]}, {PLAIN}"]
        for name, value in ap.items()
        if PLAIN not in name
    }
    return all(
        change < 0 if "yeast4" in name else abs(change) < 0.015
        for name, change in changes.items()
    )


def _precision_and_recall(name: str, seed: int) -> dict[str, float]:
    data, found = load(name), {}
    for way, model in _lines(seed).items():
        alarms = _out_of_fold(model, data.X, data.y, seed) > 0.5
        found[f"precision, {way}"] = precision_score(data.y, alarms)
        found[f"recall, {way}"] = recall_score(data.y, alarms)
    return found


_RECALL_RISES = "recall rises and precision falls, whichever way we balance"


@claim(
    says=_RECALL_RISES,
    changed="how the logistic regression is balanced",
    measure="precision and recall at 0.5 on page-blocks0",
    holds=_recall_up_precision_down,
)
def balance_at_a_fixed_cut_page_blocks(seed: int) -> dict[str, float]:
    """Cut five models of page-blocks0 at 0.5."""
    return _precision_and_recall("page-blocks0", seed)


@claim(
    says=_RECALL_RISES,
    changed="how the logistic regression is balanced",
    measure="precision and recall at 0.5 on yeast4",
    holds=_recall_up_precision_down,
)
def balance_at_a_fixed_cut_yeast(seed: int) -> dict[str, float]:
    """Cut five models of yeast4 at 0.5."""
    return _precision_and_recall("yeast4", seed)


@claim(
    says="ROC-AUC rises on page-blocks0, on every split",
    changed="how the logistic regression is balanced",
    measure="ROC-AUC on page-blocks0",
    holds=lambda auc: all(auc[way] > auc[PLAIN] for way in auc if way != PLAIN),
)
def balance_and_ranking_page_blocks(seed: int) -> dict[str, float]:
    """Rank page-blocks0 by five models."""
    data = load("page-blocks0")
    return {
        way: roc_auc_score(data.y, _out_of_fold(model, data.X, data.y, seed))
        for way, model in _lines(seed).items()
    }


@claim(
    says="In both tables AP hardly moves; on yeast4 it is lower whichever way we "
    "balance",
    changed="how the logistic regression is balanced",
    measure="AP",
    holds=_ap_falls_on_yeast_only,
)
def balance_and_average_precision(seed: int) -> dict[str, float]:
    """Rank all three data sets by five models."""
    found = {}
    for name in ("page-blocks0", "abalone19", "yeast4"):
        data = load(name)
        for way, model in _lines(seed).items():
            scores = _out_of_fold(model, data.X, data.y, seed)
            found[f"{name}, {way}"] = average_precision_score(data.y, scores)
    return found


@claim(
    says="Class weights do what over-sampling does, without a copied row.",
    changed="whether anomalies are copied or weighted",
    measure="AP and ROC-AUC",
    holds=lambda found: all(
        abs(value - found[name.replace("weights", "copies")]) < 0.015
        for name, value in found.items()
        if "weights" in name
    ),
)
def weights_and_copies(seed: int) -> dict[str, float]:
    """Weigh and copy the anomalies of all three data sets."""
    found = {}
    for name in ("page-blocks0", "yeast4", "abalone19"):
        data, models = load(name), _lines(seed)
        for told, way in (("weights", "class weights"), ("copies", "over-sampling")):
            scores = _out_of_fold(models[way], data.X, data.y, seed)
            found[f"{name} AP, {told}"] = average_precision_score(data.y, scores)
            found[f"{name} ROC-AUC, {told}"] = roc_auc_score(data.y, scores)
    return found


@claim(
    says="To keep them together hardly changes the AP:",
    changed="whether repeated rows may fall into two folds",
    measure="AP on page-blocks0",
    holds=lambda ap: all(
        abs(ap[f"{kind}, apart"] - ap[f"{kind}, together"]) < 0.015
        for kind in ("line", "forest")
    ),
)
def repeated_rows_of_page_blocks(seed: int) -> dict[str, float]:
    """Cross-validate a line and a forest, with and without repeated rows together."""
    data, cut = load("page-blocks0"), {"n_splits": 5, "shuffle": True}
    same = data.X.groupby(list(data.X.columns), sort=False).ngroup()
    splits = {
        "apart": StratifiedKFold(**cut, random_state=seed),
        "together": StratifiedGroupKFold(**cut, random_state=seed),
    }
    found = {}
    for kind, model in (("line", _build()), ("forest", _build(None, _forest(seed)))):
        for told, cv in splits.items():
            groups = same if told == "together" else None
            folds = list(cv.split(data.X, data.y, groups))
            ways = {"cv": folds, "method": "predict_proba"}
            p = cross_val_predict(model, data.X, data.y, **ways)[:, 1]
            found[f"{kind}, {told}"] = average_precision_score(data.y, p)
    return found


# -- a threshold instead


@claim(
    says="There no threshold brings the plain line to what SMOTE has at 0.5.",
    changed="balance by SMOTE, or the threshold",
    measure="F2 of the logistic regression on page-blocks0",
    holds=lambda f2: f2["SMOTE, 0.5"] > f2["plain, best of all thresholds (oracle)"],
)
def line_page_blocks(seed: int) -> dict[str, float]:
    """Give the plain line its best threshold, chosen honestly and by an oracle."""
    data = load("page-blocks0")
    plain = _out_of_fold(_build(), data.X, data.y, seed)
    smote = _out_of_fold(_lines(seed)["SMOTE"], data.X, data.y, seed)
    return {
        "plain, 0.5": _f2(data.y, plain > 0.5),
        "plain, moved threshold": _moved_f2(data.y, plain, seed),
        "plain, best of all thresholds (oracle)": _best_f2(data.y, plain)[1],
        "SMOTE, 0.5": _f2(data.y, smote > 0.5),
    }


@claim(
    says="At 0.5 SMOTE has the higher F2 in all four rows. Most of that is the cut: "
    "where both move their threshold, SMOTE is clearly ahead in the first row only",
    changed="balance by SMOTE; both at 0.5, or both with a threshold of their own",
    measure="F2 that SMOTE gains; clearly means more than 0.035",
    holds=lambda gain: (
        gain["page-blocks0, line, moved"] > 0.035
        and all(
            value > 0 if "0.5" in name else value <= 0.035
            for name, value in gain.items()
            if name != "page-blocks0, line, moved"
        )
    ),
)
def both_move_their_threshold(seed: int) -> dict[str, float]:
    """Compare plain and balanced models, first at 0.5, then where both choose."""
    gain = {}
    for name in ("page-blocks0", "yeast4"):
        for kind, model in (("line", None), ("forest", _forest(seed))):
            y, plain, smote = _plain_and_smote(name, model, seed)
            gain[f"{name}, {kind}, 0.5"] = _f2(y, smote > 0.5) - _f2(y, plain > 0.5)
            moved = _moved_f2(y, smote, seed) - _moved_f2(y, plain, seed)
            gain[f"{name}, {kind}, moved"] = moved
    return gain


def _plain_and_smote(name: str, model: Any, seed: int) -> tuple[NDArray, ...]:
    """Return labels, and the scores of a model out of fold, plain and with SMOTE."""
    data, sampler = load(name), SMOTE(random_state=seed)
    plain = _out_of_fold(_build(None, model), data.X, data.y, seed)
    return data.y, plain, _out_of_fold(_build(sampler, model), data.X, data.y, seed)


@claim(
    says="The balanced forest has a higher ROC-AUC than the plain one. But a plain "
    "forest with large leaves has about the same",
    changed="which rows a tree sees, or how few rows a leaf may hold",
    measure="ROC-AUC on abalone19",
    holds=lambda auc: (
        auc["forest"] + 0.05 < min(auc["balanced forest"], auc["large leaves"])
        and abs(auc["balanced forest"] - auc["large leaves"]) < 0.05
    ),
)
def balance_or_large_leaves(seed: int) -> dict[str, float]:
    """Grow sixty trees on all rows, on balanced draws, and with leaves of 20 rows."""
    data = load("abalone19")
    models = {
        "forest": _forest(seed),
        "balanced forest": BalancedRandomForestClassifier(60, random_state=seed),
        "large leaves": _forest(seed, min_samples_leaf=20),
    }
    return {
        name: roc_auc_score(
            data.y, _out_of_fold(_build(None, model), data.X, data.y, seed)
        )
        for name, model in models.items()
    }


# -- samplers


@claim(
    says="on abalone19 a logistic regression has no higher AP with SMOTENC",
    changed="whether SMOTE knows that the sex is a code",
    measure="AP on abalone19",
    holds=lambda ap: ap["SMOTENC"] < ap["SMOTE"] + 0.001,
)
def codes_for_smote(seed: int) -> dict[str, float]:
    """Over-sample abalone19 with the sex as 0/1 columns, and as a code."""
    data = load("abalone19")
    numbers = make_column_selector(dtype_include="number")
    scale = make_column_transformer(
        (StandardScaler(), numbers),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    sampler = SMOTENC(["sex"], random_state=seed)
    models = {
        "SMOTE": _build(SMOTE(random_state=seed)),
        "SMOTENC": make_pipeline(scale, sampler, *_build().named_steps.values()),
    }
    return {
        name: average_precision_score(data.y, _out_of_fold(model, data.X, data.y, seed))
        for name, model in models.items()
    }


@claim(
    says="rows made of the same anomaly fall on both sides. Where SMOTE is applied to "
    "both sides, each by itself, the forest is near chance",
    changed="whether SMOTE comes before the folds, after them on both sides, or after "
    "them on the training side",
    measure="ROC-AUC of a forest on coin flips",
    holds=lambda auc: (
        auc["before"] > 0.99
        and all(0.3 < auc[name] < 0.7 for name in ("each side", "training side"))
    ),
)
def smote_before_the_folds(seed: int) -> dict[str, float]:
    """Cross-validate a forest on noise, over-sampled before the folds and after."""
    random = np.random.default_rng(seed)
    X, y = random.normal(size=(1200, 20)), (random.random(1200) < 0.03).astype(int)
    X_made, y_made = SMOTE(random_state=seed).fit_resample(X, y)
    before = _out_of_fold(_forest(seed), X_made, y_made, seed)
    inside = _out_of_fold(smote_then_forest(trees=60), X, y, seed)
    return {
        "before": roc_auc_score(y_made, before),
        "each side": _each_side_apart(X, y, seed),
        "training side": roc_auc_score(y, inside),
    }


def _each_side_apart(X: NDArray, y: NDArray, seed: int) -> float:
    """Return the mean ROC-AUC where SMOTE never mixes rows of two sides."""
    found = []
    for train, test in _folds(seed).split(X, y):
        sides = [
            SMOTE(random_state=seed, k_neighbors=min(5, y[side].sum() - 1))
            for side in (train, test)
        ]
        forest = _forest(seed).fit(*sides[0].fit_resample(X[train], y[train]))
        X_test, y_test = sides[1].fit_resample(X[test], y[test])
        found.append(roc_auc_score(y_test, forest.predict_proba(X_test)[:, 1]))
    return float(np.mean(found))


# -- costs and probabilities


def _parts(seed: int) -> tuple[NDArray, ...]:
    """Return X and y of half of page-blocks0, a validation and a test quarter."""
    data = load("page-blocks0")
    options = {"test_size": 0.5, "random_state": seed}
    X, X_rest, y, y_rest = train_test_split(data.X, data.y, stratify=data.y, **options)
    X_val, X_test, y_val, y_test = train_test_split(
        X_rest, y_rest, stratify=y_rest, **options
    )
    return X, y, X_val, y_val, X_test, y_test


@claim(
    says="On the mean of five splits it costs far less than 0.5, and about as much as "
    "the choice on validation rows",
    changed="where the threshold comes from",
    measure="cost on a test part of page-blocks0, 20 a miss and 1 a false alarm",
    holds=lambda cost: (
        0.75 < cost["1 / (1 + 20)"] / cost["validation rows"] < 1.33
        and cost["1 / (1 + 20)"] < min(cost["training rows"], 0.7 * cost["0.5"])
    ),
)
def where_a_threshold_comes_from(seed: int) -> dict[str, float]:
    """Return the mean cost of four thresholds over five splits."""
    found = [_costs_of_thresholds(split) for split in range(5 * seed, 5 * seed + 5)]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def _costs_of_thresholds(seed: int) -> dict[str, int]:
    """Price four thresholds of one forest on rows that had no say in them."""
    X, y, X_val, y_val, X_test, y_test = _parts(seed)
    forest = _forest(seed).fit(X, y)
    scores = [forest.predict_proba(part)[:, 1] for part in (X, X_val, X_test)]
    cuts = {
        "0.5": 0.5,
        "training rows": cost_threshold(y, scores[0], 20, 1),
        "1 / (1 + 20)": 1 / 21,
        "validation rows": cost_threshold(y_val, scores[1], 20, 1),
    }
    alarms = {name: scores[2] > cut for name, cut in cuts.items()}
    return {
        name: int(20 * (y_test[~alarm] == 1).sum() + (y_test[alarm] == 0).sum())
        for name, alarm in alarms.items()
    }


def _repaired(classifier: Any, seed: int) -> dict[str, float]:
    """Return the Brier score of a model balanced by SMOTE, before and after repair."""
    X, y, _, _, X_test, y_test = _parts(seed)
    model = _build(SMOTE(random_state=seed), classifier).fit(X, y)
    p = model.predict_proba(X_test)[:, 1]
    return {
        "SMOTE": brier_score_loss(y_test, p),
        "SMOTE, repaired": brier_score_loss(y_test, at_real_share(p, y.mean())),
    }


@claim(
    says="The line is repaired: its mean probability is near the share again, its "
    "Brier score near that of the plain model.",
    changed="whether the odds are multiplied by share / (1 - share)",
    measure="mean probability and Brier score of a logistic regression on page-blocks0",
    holds=lambda found: (
        abs(found["mean, SMOTE, repaired"] - found["share"])
        < 0.2 * (found["mean, SMOTE"] - found["share"])
        and abs(found["Brier, SMOTE, repaired"] - found["Brier, as it is"])
        < 0.3 * (found["Brier, SMOTE"] - found["Brier, as it is"])
    ),
)
def repair_of_a_line(seed: int) -> dict[str, float]:
    """Repair the probabilities of a balanced logistic regression."""
    X, y, _, _, X_test, y_test = _parts(seed)
    plain = _build().fit(X, y).predict_proba(X_test)[:, 1]
    smote = _build(SMOTE(random_state=seed)).fit(X, y).predict_proba(X_test)[:, 1]
    ways = {
        PLAIN: plain,
        "SMOTE": smote,
        "SMOTE, repaired": at_real_share(smote, y.mean()),
    }
    means = {f"mean, {name}": p.mean() for name, p in ways.items()}
    briers = {f"Brier, {name}": brier_score_loss(y_test, p) for name, p in ways.items()}
    return {"share": y_test.mean()} | means | briers


@claim(
    says="With trees of two levels the repair helps a forest, with fully grown ones it "
    "harms",
    changed="the depth of the trees",
    measure="Brier score of a forest on page-blocks0",
    holds=lambda brier: (
        brier["two levels, SMOTE, repaired"] < brier["two levels, SMOTE"]
        and brier["fully grown, SMOTE, repaired"] > brier["fully grown, SMOTE"]
    ),
)
def repair_of_a_forest(seed: int) -> dict[str, float]:
    """Repair the probabilities of balanced forests of shallow and of full trees."""
    depths = {"two levels": 2, "fully grown": None}
    return {
        f"{name}, {state}": value
        for name, depth in depths.items()
        for state, value in _repaired(_forest(seed, max_depth=depth), seed).items()
    }
