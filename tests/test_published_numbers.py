"""Numbers that the reference course published, reproduced on its own data.

The facts are in its saved notebooks: three rules and two clusterings on one CPU series
of the Numenta Anomaly Benchmark, and DBSCAN on the ODDS smtp set.
"""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.neighbors import LocalOutlierFactor

from helpers import thresholds
from helpers.detectors import IQRDetector, LOFDetector, ZScoreDetector

BY_THREE_SIGMA = [
    98, 156, 446, 735, 992, 1018, 1148, 1226, 1307, 1502, 1514, 1520, 1592, 1730, 1883,
    2075, 2168, 2225, 2456, 2468, 2522, 2666, 2672, 2678, 2684, 2732, 2750, 3038, 3321,
    3368, 3609, 3901,
]  # fmt: skip
BY_LOF = [53, 67, 74, 80, 152, 155, 223, 247, 283]
BY_DBSCAN = [62, 67, 74, 80, 152, 155, 223]


@pytest.fixture
def cpu(load_or_skip):
    """Return the CPU series (4032,): 14 days of 288 five-minute values."""
    values = np.asarray(load_or_skip("nab_ec2_cpu_53ea38").X, dtype=float).ravel()
    assert len(values) == 14 * 288
    return values


@pytest.fixture
def two_days(cpu):
    """Return the pairs (day 4, day 5) of the CPU series (288, 2)."""
    return cpu.reshape(14, 288)[[4, 5]].T


def test_three_sigma_flags_32_points_of_the_cpu_series(cpu):
    low, high = thresholds.sigma_limits(cpu)
    assert (low, high) == pytest.approx((1.5251812, 2.1339289), abs=1e-7)
    assert np.flatnonzero(cpu > high).tolist() == BY_THREE_SIGMA
    assert not (cpu < low).any()
    detector = ZScoreDetector().fit(cpu[:, np.newaxis])
    assert np.flatnonzero(detector.decision_scores_ > 3).tolist() == BY_THREE_SIGMA


@pytest.mark.parametrize(
    ("k", "above", "below"), [(1.5, 208, 3), (2.5, 40, 0), (3, 24, 0)]
)
def test_the_box_plot_flags_40_points_of_the_cpu_series(cpu, k, above, below):
    low, high = thresholds.iqr_limits(cpu, k)
    assert ((cpu > high).sum(), (cpu < low).sum()) == (above, below)
    if k == 2.5:
        assert (low, high) == pytest.approx((1.516, 2.116))
        detector = IQRDetector().fit(cpu[:, np.newaxis])
        assert (detector.decision_scores_ > k).sum() == above


def test_lof_flags_nine_moments_of_two_days(two_days):
    published = LocalOutlierFactor(n_neighbors=20, contamination=0.03).fit(two_days)
    assert published.offset_ == pytest.approx(-2.0054, abs=1e-4)
    detector = LOFDetector(n_neighbors=20, contamination=0.03).fit(two_days)
    scores = detector.decision_scores_
    assert np.flatnonzero(scores > 2.0054).tolist() == BY_LOF
    assert scores[BY_LOF] == pytest.approx(
        [2.5980, 2.0251, 2.6098, 2.6211, 7.3331, 5.6043, 2.7597, 2.0640, 2.0620],
        abs=0.01,
    )
    # 3 % of 288 is 8.64 rows: scikit-learn flags nine, we never more than promised
    assert set(np.flatnonzero(detector.labels_)) == set(BY_LOF) - {67}


def test_dbscan_flags_seven_moments_of_two_days(two_days):
    labels = DBSCAN(eps=0.05, min_samples=2).fit(two_days).labels_
    assert np.flatnonzero(labels == -1).tolist() == BY_DBSCAN
    assert sorted(np.bincount(labels[labels >= 0])) == [2, 279]


def test_dbscan_finds_three_blobs_and_one_noise_point():
    centers, deviations = [(1, 0.5), (2, 2), (1, -1)], [0.1, 0.4, 0.3]
    points, _ = make_blobs(
        1000, centers=centers, cluster_std=deviations, random_state=0
    )
    labels = DBSCAN(eps=0.4, min_samples=2).fit(points).labels_
    assert sorted(np.bincount(labels[labels >= 0])) == [332, 333, 334]
    assert points[labels == -1] == pytest.approx(np.array([[3.0105, 2.7080]]), abs=1e-4)


def test_lof_of_four_points():
    points = np.array([[0, 0], [0, 1], [1, 1], [3, 0]])
    published = LocalOutlierFactor(n_neighbors=2, contamination=0.4).fit(points)
    factors = [-0.9267767, -1.17157288, -0.9267767, -2.16885037]
    assert published.negative_outlier_factor_ == pytest.approx(factors)
    assert published.offset_ == pytest.approx(-1.1226136)
    ours = LOFDetector(n_neighbors=2, contamination=0.4).fit(points)
    assert -ours.decision_scores_ == pytest.approx(factors)


def test_cosine_is_pearson_after_z_scoring():
    a, b = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7], [5, 5, 6, 6, 7, 7, 8, 8, 8, 9]
    first, second = (np.array(v) - np.mean(v) for v in (a, b))
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert cosine == pytest.approx(0.95548199, abs=1e-8)
    assert cosine == pytest.approx(np.corrcoef(a, b)[0, 1])


def test_dbscan_on_smtp(load_or_skip):
    data = load_or_skip("krm_smtp")
    _, X, _, y = train_test_split(
        np.asarray(data.X, dtype=float), data.y, test_size=0.33, random_state=42
    )
    # equal rows once, with their number as weight: the same clusters, much sooner
    rows, inverse, counts = np.unique(
        X, axis=0, return_inverse=True, return_counts=True
    )
    clusters = DBSCAN(eps=0.5, min_samples=2).fit(rows, sample_weight=counts)
    noise = clusters.labels_[inverse] == -1
    assert confusion_matrix(y, noise).ravel().tolist() == [31383, 10, 6, 3]
