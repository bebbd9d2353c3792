"""Small tables with many anomalies, drawn from larger ones."""

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

# table -> where its rows come from, its kind of anomalies, rows, share of anomalies
SMALL = {
    f"{base}: {rows} rows, {share:.0%} {kind}": (base, kind, rows, share)
    for base, kind, rows, share in (
        ("yeast4", "own", 500, 0.10),
        ("page-blocks0", "own", 400, 0.35),
        ("digits, 1 rare", "own", 300, 0.20),
        ("digits, 8 rare", "own", 200, 0.05),
        ("forest, 4 rare", "own", 400, 0.35),
        ("forest, 7 rare", "own", 300, 0.10),
        ("abalone19", "global", 300, 0.10),
        ("digits, 4 rare", "global", 200, 0.20),
        ("forest, 5 rare", "global", 500, 0.05),
        ("page-blocks0", "global", 400, 0.35),
        ("yeast4", "clustered", 400, 0.20),
        ("digits, 8 rare", "clustered", 300, 0.05),
        ("forest, 4 rare", "clustered", 200, 0.10),
        ("page-blocks0", "clustered", 500, 0.35),
    )
}
_MARGIN = 0.05  # "global" anomalies reach this share of the range beyond it
_FARTHER = 3.0  # "clustered" ones lie so many times as far out as normal rows


def small_table(
    X: NDArray, y: NDArray, which: str, seed: int
) -> tuple[NDArray, NDArray]:
    """Return the table `which` of SMALL, drawn from X (n, features) and its labels y.

    Anomalies are the set's own; or "global", uniform over the range of the normal rows
    and a little beyond; or "clustered", drawn from a mixture of three Gaussians that
    was fitted to the normal rows, its means moved out (both after ADBench, Han et al.,
    2022). Columns that do not vary are left out.
    """
    _, kind, rows, share = SMALL[which]
    count = round(rows * share)
    random = np.random.default_rng(seed)
    normal = X[random.choice(np.flatnonzero(y == 0), rows - count, False)]
    if kind == "own":
        odd = X[random.choice(np.flatnonzero(y == 1), count, False)]
    elif kind == "global":
        odd = _anywhere(normal, count, random)
    else:
        odd = _in_clusters(normal, count, seed)
    both = np.r_[normal, odd]
    labels = np.repeat([0, 1], [rows - count, count])
    return both[:, both.std(axis=0) > 0], labels


def _anywhere(normal: NDArray, count: int, random: np.random.Generator) -> NDArray:
    low, high = normal.min(axis=0), normal.max(axis=0)
    margin = _MARGIN * (high - low)
    return random.uniform(low - margin, high + margin, (count, normal.shape[1]))


def _in_clusters(normal: NDArray, count: int, seed: int) -> NDArray:
    mean, sd = normal.mean(axis=0), normal.std(axis=0)
    sd[sd == 0] = 1
    mixture = GaussianMixture(
        3, covariance_type="diag", random_state=seed, reg_covar=1e-3
    ).fit((normal - mean) / sd)
    mixture.means_ = _FARTHER * mixture.means_
    return mixture.sample(count)[0] * sd + mean
