"""What krmonline/AnomalyDetection published, reproduced on its own data.

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

from benchmarks import published
from helpers import thresholds
from helpers.detectors import IQRDetector, LOFDetector, ZScoreDetector


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


def sizes(labels):
    """Return the sizes of clusters, noise left out, the largest first."""
    return tuple(sorted(np.bincount(labels[labels >= 0]), reverse=True))


def test_three_sigma_flags_32_points_of_the_cpu_series(cpu):
    low, high = thresholds.sigma_limits(cpu)
    assert (low, high) == pytest.approx(
        (1.5251812, published.THREE_SIGMA_LIMIT), abs=1e-7
    )
    assert np.flatnonzero(cpu > high).tolist() == published.BY_THREE_SIGMA
    assert not (cpu < low).any()
    detector = ZScoreDetector().fit(cpu[:, np.newaxis])
    assert (
        np.flatnonzero(detector.decision_scores_ > 3).tolist()
        == published.BY_THREE_SIGMA
    )


@pytest.mark.parametrize(
    ("k", "above", "below"), [(1.5, 208, 3), (2.5, *published.BY_BOX_PLOT), (3, 24, 0)]
)
def test_the_box_plot_flags_40_points_of_the_cpu_series(cpu, k, above, below):
    low, high = thresholds.iqr_limits(cpu, k)
    assert ((cpu > high).sum(), (cpu < low).sum()) == (above, below)
    if k == 2.5:
        assert (low, high) == pytest.approx(published.BOX_PLOT_LIMITS)
        detector = IQRDetector().fit(cpu[:, np.newaxis])
        assert (detector.decision_scores_ > k).sum() == above


def test_lof_flags_nine_moments_of_two_days(two_days):
    reference = LocalOutlierFactor(n_neighbors=20, contamination=0.03).fit(two_days)
    assert reference.offset_ == pytest.approx(-2.0054, abs=1e-4)
    detector = LOFDetector(n_neighbors=20, contamination=0.03).fit(two_days)
    scores = detector.decision_scores_
    assert np.flatnonzero(scores > 2.0054).tolist() == published.BY_LOF
    assert scores[published.BY_LOF] == pytest.approx(
        -np.array(published.LOF_FACTORS), abs=0.01
    )
    # 3 % of 288 is 8.64 rows: scikit-learn flags nine, we never more than promised
    assert set(np.flatnonzero(detector.labels_)) == set(published.BY_LOF) - {67}


def test_dbscan_flags_seven_moments_of_two_days(two_days):
    labels = DBSCAN(eps=0.05, min_samples=2).fit(two_days).labels_
    assert np.flatnonzero(labels == -1).tolist() == published.BY_DBSCAN
    assert sizes(labels) == published.DBSCAN_SIZES


def test_dbscan_finds_three_blobs_and_one_noise_point():
    centers, deviations = [(1, 0.5), (2, 2), (1, -1)], [0.1, 0.4, 0.3]
    points, _ = make_blobs(
        1000, centers=centers, cluster_std=deviations, random_state=0
    )
    labels = DBSCAN(eps=0.4, min_samples=2).fit(points).labels_
    assert sizes(labels) == published.BLOB_SIZES
    assert points[labels == -1] == pytest.approx(np.array([[3.0105, 2.7080]]), abs=1e-4)


def test_lof_of_four_points():
    points, factors = np.array(published.FOUR_POINTS), published.FOUR_FACTORS
    reference = LocalOutlierFactor(n_neighbors=2, contamination=0.4).fit(points)
    assert reference.negative_outlier_factor_ == pytest.approx(factors)
    assert reference.offset_ == pytest.approx(published.FOUR_OFFSET)
    ours = LOFDetector(n_neighbors=2, contamination=0.4).fit(points)
    assert -ours.decision_scores_ == pytest.approx(factors)


def test_cosine_is_pearson_after_z_scoring():
    a, b = published.COSINE_PAIR
    first, second = (np.array(v) - np.mean(v) for v in (a, b))
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert cosine == pytest.approx(published.COSINE, abs=1e-8)
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
    assert tuple(confusion_matrix(y, noise).ravel()) == published.SMTP_CONFUSION
