"""All detectors of the kit and PyOD's on the ODDS sets, as they come.

Protocol of PyOD's published benchmark: 60 % of the rows to fit, without labels, 40 % to
score, stratified; columns standardised by the training part; each detector with its
defaults; ROC-AUC and AP of the test part, several random splits. And, with the same
test part, what else people do: the normal rows alone are fitted, or normal rows with a
known share of anomalies among them. Sets come from the kit or, if it does not bundle
them, from ADBench's copy (Han et al., 2022) of ODDS.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from benchmarks import odds_table
from benchmarks.odds_table import ALL, CLEAN
from benchmarks.peers import DEEP, PEERS, make_peer, why_absent
from benchmarks.results import Table, Units, code_of
from benchmarks.training import seconds
from helpers.datasets import DatasetUnavailable, fetch, load, names
from helpers.detectors import Detector, PCADetector, all_detectors
from helpers.text import first_line

DEPENDS_ON = ("benchmarks.peers",)

SETS = (
    "breastw", "cardio", "cover", "glass", "http", "Ionosphere", "letter", "mnist",
    "optdigits", "Pima", "satellite", "satimage-2", "shuttle", "smtp", "WBC", "WDBC",
    "wine",
)  # fmt: skip
SHARES = {"0 %": 0.0, "1 %": 0.01, "5 %": 0.05, "10 %": 0.1}
# training rows -> how many seeds
REPEATS = {ALL: 5, CLEAN: 5, **dict.fromkeys(SHARES, 2)}
# the same for what takes up to a minute on each split
REPEATS_OF_SLOW: dict[str, dict[str, int]] = {
    "BiGANDetector": {ALL: 2, CLEAN: 2, **dict.fromkeys(SHARES, 1)},
    "PyOD VAE": {ALL: 3, CLEAN: 3},
    "Seq2SeqDetector": {ALL: 1, CLEAN: 1},
}
LEAST_MIXED = 200  # rows with 10 % of anomalies that a set must allow
PROCESSES = 2
MOST_TO_FIT, MOST_TO_SCORE = 5_000, 10_000

Parts = tuple[NDArray, NDArray, NDArray]  # what to fit, what to score, its labels


def table(units: Units) -> dict[str, Table]:
    """Return the tables of means and ranks, of shares, of twins, and of all sets.

    What is missing, a data set or PyOD, and what fails is left out, and told on the
    console and in the notes.
    """
    kit = tabular_detectors()
    deep = [name for name, kind in kit.items() if is_deep(kind)]
    absent = missing_peers() | missing_sets()
    results = odds_table.Results(
        MOST_TO_FIT, MOST_TO_SCORE, [*deep, *DEEP], absent=absent
    )
    below = {name: code_of(kind.__module__) for name, kind in kit.items()}
    below |= dict.fromkeys(PEERS.keys() - absent.keys(), code_of("pyod", "torch"))
    sets = [data for data in SETS if data not in absent]
    works = [(work, below[work["method"]]) for work in all_works(sets, sorted(below))]
    answers = units.get_all(works, attempt, processes=PROCESSES)
    for work, found in tqdm(answers, "odds", len(works)):
        remember(results, work, found)
    return odds_table.tables(results)


def all_works(sets: Sequence[str], methods: Sequence[str]) -> list[dict[str, Any]]:
    """Return the parameters of all units, seed by seed, the slow ones last."""
    works = [
        {"data": data, "method": method, "seed": seed, "training": training}
        for data in sets
        for training in (ALL, CLEAN, *SHARES)
        if training not in SHARES or allows_shares(data)
        for seed in range(REPEATS[training])
        for method in methods
        if seed < REPEATS_OF_SLOW.get(method, REPEATS).get(training, 0)
    ]
    return sorted(
        works, key=lambda work: (work["seed"], work["method"] in REPEATS_OF_SLOW)
    )


def allows_shares(data: str) -> bool:
    """Say whether a set has enough anomalies for training rows with 10 % of them."""
    y = loaded_set(source(data))[1]
    return bool(0.6 * y.sum() >= max(SHARES.values()) * LEAST_MIXED)


def missing_peers() -> dict[str, str]:
    """Return the peers that can't run here, and why, which the console hears once."""
    missing = {name: why for name in PEERS if (why := why_absent(name))}
    for why in sorted({*missing.values()}):
        print(f"PyOD left out: {why}")
    return missing


def missing_sets() -> dict[str, str]:
    """Return the sets that are not here, and why; the console hears how to get them."""
    missing = {}
    for data in SETS:
        try:
            fetch(source(data))
        except DatasetUnavailable as error:
            print(f"{data}: left out: {error}")
            missing[data] = str(error).partition(": ")[0]  # beyond it are paths
    return missing


def remember(
    results: odds_table.Results, work: Mapping[str, Any], found: dict[str, Any] | str
) -> None:
    """Add what one unit found to the results, or why it found nothing."""
    data, method = work["data"], work["method"]
    if not isinstance(found, str):
        results.found.append({**work, "copy": source(data), **found})
    elif (data, method) not in results.failed:
        results.failed[data, method] = found
        tqdm.write(f"{method} on {data}: no figure: {found}")


def attempt(**work: Any) -> dict[str, Any] | str:
    """Return what `unit` finds, or in one line why it finds nothing."""
    try:
        return unit(**work)
    except Exception as error:  # one detector's trouble is not the others'
        return first_line(error)


@cache
def tabular_detectors() -> dict[str, type[Detector]]:
    """Return the kit's detectors that read a table, by name; found by being there."""
    kinds = (kind for kind in all_detectors() if kind.input_kind == "tabular")
    return {kind.__name__: kind for kind in kinds}


def is_deep(kind: type[Detector]) -> bool:
    """Return whether a detector of the kit trains a network."""
    return any(base.__module__ == "helpers.detectors.neural" for base in kind.__mro__)


def unit(*, data: str, method: str, seed: int, training: str) -> dict[str, Any]:
    """Return ROC-AUC, AP, sizes and the time ratio of one detector on one split."""
    X, X_test, y_test = parts(data, seed, training)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters ends in the scores
        warm_up(method)
        time, scores = fit_and_score(make(method, seed), X, X_test)
    if not np.isfinite(scores).all():
        raise ValueError("its scores are not finite")
    simple = min(fit_and_score(PCADetector(), X, X_test)[0] for _ in range(3))
    return {
        "ROC-AUC": float(roc_auc_score(y_test, scores)),
        "AP": float(average_precision_score(y_test, scores)),
        "chance AP": float(y_test.mean()),
        "rows to fit": len(X),
        "rows to score": len(X_test),
        "seconds": time,
        "times PCA": time / simple,
    }


def fit_and_score(detector: Any, X: NDArray, X_test: NDArray) -> tuple[float, NDArray]:
    """Return the CPU seconds to fit on X and to score X_test, and these scores."""
    scores = []
    time = seconds(detector.fit, X)
    time += seconds(lambda: scores.append(detector.decision_function(X_test)))
    return time, scores[0]


@lru_cache(maxsize=1)
def parts(data: str, seed: int, training: str) -> Parts:
    """Return the standardised parts of one random split, cut to the rows allowed.

    The rows to score are the same whatever the training rows are.
    """
    X, y = loaded_set(source(data))
    share = {"stratify": y, "random_state": seed}
    to_fit, to_score = train_test_split(np.arange(len(y)), test_size=0.4, **share)
    score = _at_most(MOST_TO_SCORE, to_score, y, seed)
    if training in SHARES:
        fit = mixed(to_fit, y, SHARES[training], seed)
    else:
        fit = _at_most(MOST_TO_FIT, to_fit, y, seed)
        fit = fit[y[fit] == 0] if training == CLEAN else fit
    scaler = StandardScaler().fit(X[fit])
    return scaler.transform(X[fit]), scaler.transform(X[score]), y[score]


def mixed(rows: NDArray, y: NDArray, share: float, seed: int) -> NDArray:
    """Return normal ones of the `rows`, and as many anomalies as make their share.

    The normal rows are the same for every share, and so many that the anomalies make
    the largest one; the anomalies of a smaller share are among those of a larger.
    """
    random = np.random.default_rng(seed)
    normal, odd = (random.permutation(rows[y[rows] == label]) for label in (0, 1))
    most = max(SHARES.values())
    count = min(len(normal), int(len(odd) * (1 - most) / most))
    count = min(count, int(MOST_TO_FIT * (1 - most)))
    return np.sort(np.r_[normal[:count], odd[: round(count * share / (1 - share))]])


@lru_cache(maxsize=2)
def loaded_set(name: str) -> tuple[NDArray, NDArray]:
    """Return X (n, features) and y (n,); raises `DatasetUnavailable`."""
    loaded = load(name)
    return loaded.X.to_numpy(dtype=float), loaded.y


def source(data: str) -> str:
    """Return the name to load: the bundled copy, or else ADBench's."""
    return data if data in names() else f"adbench_{data}"


def make(method: str, seed: int) -> Any:
    """Return a detector of the kit or of PyOD, with its defaults, seeded."""
    if method in PEERS:
        return make_peer(method, seed=seed)
    detector = tabular_detectors()[method]()
    known = detector.get_params()
    wanted = {"random_state": seed, "progress": False}
    return detector.set_params(**{k: v for k, v in wanted.items() if k in known})


@cache
def warm_up(method: str) -> None:
    """Fit and score once on a small table: a library's first call is no measure."""
    X = np.random.default_rng(0).normal(size=(200, 4))
    fit_and_score(make(method, 0), X, X)


def _at_most(most: int, rows: NDArray, y: NDArray, seed: int) -> NDArray:
    """Return `rows`, or a random `most` of them with as many anomalies in 100."""
    if len(rows) <= most:
        return rows
    share = {"train_size": most, "stratify": y[rows], "random_state": seed}
    return train_test_split(rows, **share)[0]
