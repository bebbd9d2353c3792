"""The classical family: as scikit-learn computes it, or by hand."""

import tracemalloc

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from benchmarks import published
from helpers import detectors
from helpers.detectors import (
    IQRDetector,
    IsolationForestDetector,
    KNNDetector,
    LOFDetector,
    MADDetector,
    OneClassSVMDetector,
    PCADetector,
    ZScoreDetector,
)

X = np.random.default_rng(0).normal(size=(300, 4)) @ np.diag([1, 5, 0.1, 100]) + 7
NEW = np.random.default_rng(1).normal(size=(50, 4)) @ np.diag([2, 9, 0.3, 150]) + 7


# ------------------------------------------------------------- one feature at a time


def test_the_z_score_is_the_largest_over_features():
    detector = ZScoreDetector().fit(X)
    expected = np.abs((NEW - X.mean(axis=0)) / X.std(axis=0)).max(axis=1)
    np.testing.assert_allclose(detector.decision_function(NEW), expected)


def test_outliers_hide_one_another_from_the_z_score_but_not_from_the_mad():
    values = np.r_[np.random.default_rng(0).normal(size=95), [50.0] * 5][:, np.newaxis]
    assert ZScoreDetector().fit(values).decision_scores_[-1] < 5
    assert MADDetector().fit(values).decision_scores_[-1] > 30


def test_the_modified_z_score_by_hand():
    detector = MADDetector().fit([[1], [2], [3], [4], [5]])  # median 3, MAD 1
    assert detector.decision_function([[8]])[0] == pytest.approx(5 * 0.6745, abs=1e-3)


def test_the_iqr_score_counts_in_boxes():
    detector = IQRDetector().fit([[0], [1], [2], [3], [4]])  # box 1 to 3
    scores = detector.decision_function([[2], [3], [6], [-4]])
    assert scores.tolist() == [-0.5, 0, 1.5, 2.5]


@pytest.mark.parametrize("cls", [ZScoreDetector, MADDetector, IQRDetector])
def test_a_constant_feature_neither_counts_nor_blinds(cls):
    constant = np.column_stack([X, np.full(len(X), 0.1)])
    detector = cls().fit(constant)
    np.testing.assert_allclose(
        detector.decision_scores_, cls().fit(X).decision_scores_, rtol=1e-9
    )
    changed = constant[:1] + np.array([0, 0, 0, 0, 500])
    assert detector.decision_function(changed)[0] > 100


@pytest.mark.parametrize("cls", [MADDetector, IQRDetector])
def test_a_mostly_constant_feature_does_not_drown_the_others(cls):
    rare = np.zeros((300, 1))
    rare[:10] = 1
    scores = cls().fit(np.hstack([X, rare])).decision_scores_
    assert scores.max() < 60


# ---------------------------------------------------------------- as scikit-learn does


def test_lof_is_scikit_learns():
    detector = LOFDetector(n_neighbors=20).fit(X)
    reference = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(X)
    expected = -reference.negative_outlier_factor_
    assert np.array_equal(detector.decision_scores_, expected)
    assert np.array_equal(
        detector.decision_function(NEW), -reference.score_samples(NEW)
    )


def test_the_isolation_forest_is_scikit_learns():
    detector = IsolationForestDetector(random_state=4).fit(X)
    reference = IsolationForest(random_state=4).fit(X)
    assert np.array_equal(
        detector.decision_function(NEW), -reference.score_samples(NEW)
    )
    assert 0 < detector.decision_scores_.min() < detector.decision_scores_.max() < 1


@pytest.mark.parametrize("standardize", [True, False])
def test_the_one_class_svm_is_scikit_learns(standardize):
    detector = OneClassSVMDetector(nu=0.2, standardize=standardize).fit(X)
    scaler = StandardScaler(with_std=standardize).fit(X)
    reference = OneClassSVM(nu=0.2).fit(scaler.transform(X))
    np.testing.assert_allclose(
        detector.decision_function(NEW),
        -reference.decision_function(scaler.transform(NEW)),
        atol=1e-9,
    )
    assert (detector.decision_scores_ > 0).mean() == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("rows", [300, 12], ids=["tall", "wide"])
@pytest.mark.parametrize("n_components", [1, 2, 0.6, 0.95])
@pytest.mark.parametrize("standardize", [True, False])
def test_pca_rebuilds_as_scikit_learn_does(rows, n_components, standardize):
    train = X[:rows] @ np.random.default_rng(2).normal(size=(4, 4))
    scaler = StandardScaler(with_std=standardize).fit(train)
    pca = PCA(n_components=n_components, svd_solver="full").fit(scaler.transform(train))
    if pca.n_components_ == 4:
        pca = PCA(n_components=3, svd_solver="full").fit(scaler.transform(train))
    scaled = scaler.transform(NEW)
    rebuilt = pca.inverse_transform(pca.transform(scaled))
    detector = PCADetector(
        n_components=n_components, score_type="reconstruction", standardize=standardize
    ).fit(train)
    np.testing.assert_allclose(
        detector.decision_function(NEW), ((scaled - rebuilt) ** 2).mean(axis=1)
    )
    np.testing.assert_allclose(
        detector.reconstruct(NEW), scaler.inverse_transform(rebuilt), rtol=1e-6
    )


def rebuilding(**options):
    return PCADetector(score_type="reconstruction", **options)


def test_pca_always_leaves_something_out():
    assert len(rebuilding(n_components=0.9999).fit(X).components_) == 3
    constant = np.column_stack([X, np.ones(len(X))])
    assert len(rebuilding(n_components=0.9999).fit(constant).components_) == 3
    assert len(np.unique(rebuilding().fit(constant).decision_scores_)) > 100
    one_feature = rebuilding().fit(X[:, :1])
    assert one_feature.components_.shape == (0, 1)
    assert one_feature.decision_function([[500.0]])[0] > 10


@pytest.mark.parametrize("rows", [300, 6, 3], ids=["tall", "wide", "wider"])
@pytest.mark.parametrize("n_components", [None, 1, 2])
@pytest.mark.parametrize("standardize", [True, False])
def test_pca_divides_by_the_sd_of_each_axis(rows, n_components, standardize):
    train = X[:rows] @ np.random.default_rng(2).normal(size=(4, 4))
    scaler = StandardScaler(with_std=standardize).fit(train)
    variances, axes = np.linalg.eigh(np.cov(scaler.transform(train).T, bias=True))
    sd, axes = np.sqrt(np.maximum(variances[::-1], 0)), axes[:, ::-1]
    sd = np.maximum(sd, 0.3 * sd[0])
    sd[n_components or 4 :] = 0.3 * sd[0]
    squares = (scaler.transform(NEW) @ axes) ** 2
    detector = PCADetector(n_components=n_components, standardize=standardize)
    np.testing.assert_allclose(
        detector.fit(train).decision_function(NEW), (squares / sd).sum(axis=1)
    )


def test_what_is_odd_along_a_strong_axis_costs_something():
    along = np.random.default_rng(0).normal(size=(300, 1)) @ np.ones((1, 4))
    rows = along + np.random.default_rng(1).normal(0, 0.1, (300, 4))
    rebuilt = rebuilding(n_components=1, standardize=False).fit(rows)
    far = rows.mean(axis=0) + 20 * rebuilt.components_
    assert PCADetector().fit(rows).predict(far) == 1
    assert rebuilt.predict(far) == 0


@pytest.mark.parametrize("detector", [PCADetector(n_components=2), rebuilding()])
@pytest.mark.parametrize("rows", [30, 500], ids=["wide", "tall"])
def test_the_axes_lie_in_memory_as_a_file_keeps_them(detector, rows, tmp_path):
    mixed = np.random.default_rng(1).normal(size=(rows, 7))
    mixed = mixed @ np.random.default_rng(2).normal(size=(7, 7))
    detector.fit(mixed).save(tmp_path / "pca")
    loaded = PCADetector.load(tmp_path / "pca")
    assert detector.components_.flags.c_contiguous
    for method in ("decision_function", "reconstruct"):
        before, after = (getattr(d, method)(mixed) for d in (detector, loaded))
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("detector", [PCADetector(), rebuilding()])
def test_pca_notices_a_change_in_what_never_changed(detector):
    constant = np.column_stack([X[:, 0], X[:, 0] * 2, np.full(len(X), 3.0)])
    detector.fit(constant)
    changed = constant[:1] + np.array([0, 0, 9])
    assert detector.decision_function(changed)[0] > detector.decision_scores_.max()


# ------------------------------------------------------------------------ neighbours


@pytest.mark.parametrize(
    ("method", "reduce"),
    [("largest", np.max), ("mean", np.mean), ("median", np.median)],
)
def test_knn_distances_do_not_count_the_row_itself(method, reduce):
    detector = KNNDetector(n_neighbors=4, method=method).fit(X)
    distances = np.sort(np.linalg.norm(X[:, np.newaxis] - X, axis=2), axis=1)[:, 1:5]
    np.testing.assert_allclose(detector.decision_scores_, reduce(distances, axis=1))
    new = NearestNeighbors(n_neighbors=4).fit(X).kneighbors(NEW)[0]
    np.testing.assert_allclose(detector.decision_function(NEW), reduce(new, axis=1))


def test_knn_finds_the_duplicate_of_a_row():
    twice = np.vstack([X, X[:1]])
    detector = KNNDetector(n_neighbors=1).fit(twice)
    assert detector.decision_scores_[[0, -1]].tolist() == [0, 0]
    assert detector.decision_scores_[1] > 0


@pytest.mark.parametrize("cls", [KNNDetector, LOFDetector])
def test_a_sample_of_reference_rows_still_excludes_the_row_itself(cls):
    detector = cls(n_neighbors=3, max_samples=100, random_state=0).fit(X)
    rows = detector.reference_rows_
    assert len(np.unique(rows)) == 100
    alone = cls(n_neighbors=3).fit(X[rows])
    assert np.array_equal(detector.decision_scores_[rows], alone.decision_scores_)
    others = np.setdiff1d(np.arange(300), rows)
    expected = alone.decision_function(X[others])
    np.testing.assert_allclose(detector.decision_scores_[others], expected)


def test_lof_by_hand():
    points = np.array(published.FOUR_POINTS)
    detector = LOFDetector(n_neighbors=2, contamination=0.4).fit(points)
    factors = np.array(published.FOUR_FACTORS)
    np.testing.assert_allclose(detector.decision_scores_, -factors)
    assert detector.labels_.tolist() == [0, 0, 0, 1]


def test_the_38_integers():
    values = np.array(published.INTEGERS)[:, np.newaxis]
    detector = IQRDetector().fit(values)
    assert (detector.lower_quartile_, detector.upper_quartile_) == (4, 6)
    assert sorted(values[detector.decision_scores_ > 1.5, 0]) == [0, 10]


def test_more_samples_than_rows_is_all_rows_and_scikit_learn_says_so():
    greedy = IsolationForestDetector(max_samples=10_000, random_state=0)
    exact = IsolationForestDetector(max_samples=len(X), random_state=0)
    with pytest.warns(UserWarning, match="is greater than the total number of samples"):
        scores = greedy.fit(X).decision_scores_
    assert np.array_equal(scores, exact.fit(X).decision_scores_)


# ------------------------------------------------------------------------ parameters


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (KNNDetector(n_neighbors=0), "n_neighbors must be a whole number"),
        (KNNDetector(n_neighbors=2.5), "n_neighbors must be a whole number"),
        (KNNDetector(method="min"), "one of 'largest', 'mean', 'median'; got 'min'"),
        (KNNDetector(max_samples=5), "max_samples must be .* at least 6"),
        (KNNDetector(n_neighbors=300), "needs at least 301"),
        (KNNDetector(n_neighbors=10**30), "n_neighbors must be at most"),
        (LOFDetector(n_neighbors=-1), "n_neighbors must be a whole number"),
        (OneClassSVMDetector(nu=0), "nu must be a number above 0"),
        (OneClassSVMDetector(nu=1.5), "below 1; got 1.5"),
        (OneClassSVMDetector(gamma="big"), "gamma must be a number above 0"),
        (OneClassSVMDetector(max_samples=1), "max_samples must be"),
        (IsolationForestDetector(n_estimators=0), "n_estimators must be"),
        (IsolationForestDetector(max_samples="all"), "max_samples"),
        (IsolationForestDetector(max_samples=True), "max_samples must be"),
        (KNNDetector(method=[]), "method must be one of"),
        (OneClassSVMDetector(nu=1), "nu must be below 1; got 1"),
        (OneClassSVMDetector(gamma=np.ones(2)), "gamma must be a number"),
        (OneClassSVMDetector(standardize="no"), "standardize must be True or False"),
        (PCADetector(standardize="no"), "standardize must be True or False"),
        (PCADetector(n_components=0), "share of the variance between 0 and 1; got 0"),
        (PCADetector(n_components=1.0), "between 0 and 1; got 1.0"),
        (PCADetector(n_components="mle"), "got 'mle'"),
        (PCADetector(n_components=5), "5 of 4 features leaves none .* at most 4"),
        (rebuilding(n_components=4), "4 of 4 features leaves nothing .* at most 3"),
        (PCADetector(score_type="both"), "score_type must be"),
    ],
    ids=str,
)
def test_parameters_are_checked_in_fit(detector, message):
    with pytest.raises(ValueError, match=message) as error:
        detector.fit(X)
    assert "\n" not in str(error.value)
    assert not hasattr(detector, "n_features_in_")


# ---------------------------------------------------------------------------- memory


@pytest.mark.parametrize(
    "name", ["ZScoreDetector", "MADDetector", "IQRDetector", "PCADetector"]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_big_table_is_not_copied_often(name, dtype):
    table = np.random.default_rng(0).normal(size=(300_000, 10)).astype(dtype)
    tracemalloc.start()
    try:
        detector = getattr(detectors, name)().fit(table)
        detector.decision_function(table)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * table.nbytes  # with the table itself: below 3 times


@pytest.mark.parametrize("share", ["2", "", 1.5, 0.0, -0.5, np.nan, np.inf, 2.0, [1]])
def test_a_share_of_rows_is_above_0_and_at_most_1(share):
    with pytest.raises(ValueError, match="max_samples ") as error:
        IsolationForestDetector(max_samples=share).fit(np.eye(9))
    assert "IsolationForest must" not in str(error.value)


@pytest.mark.parametrize("number", [float, np.float32, np.float64])
def test_a_share_may_be_a_number_of_numpy(number):
    X = np.random.default_rng(0).normal(size=(60, 3))
    for cls, name in (
        (IsolationForestDetector, "max_samples"),
        (
            PCADetector,
            "n_components",
        ),
    ):
        random = {"random_state": 0} if cls is IsolationForestDetector else {}
        plain = cls(**{name: 0.5}, **random).fit(X)
        scores = cls(**{name: number(0.5)}, **random).fit(X).decision_function(X)
        np.testing.assert_array_equal(scores, plain.decision_function(X))


def test_the_smallest_share_is_one_row():
    X = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.warns(UserWarning, match="same score"):
        tiny = IsolationForestDetector(max_samples=1e-9, random_state=0).fit(X)
    assert tiny.forest_.max_samples_ == 1
