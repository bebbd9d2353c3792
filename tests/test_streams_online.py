"""Score first, then ask; keep, update, go on: the online detector, by hand examples."""

import copy
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.detectors import (
    EncoderDecoderDetector,
    ForecastDetector,
    IsolationForestDetector,
    LOFDetector,
    PCADetector,
    SeasonalNaiveDetector,
)
from helpers.detectors.base import Detector
from helpers.errors import KitError
from helpers.streams import (
    CsvSource,
    IteratorSource,
    OnlineDetector,
    RefittedDetector,
    StreamRun,
    known_labels,
    period_table,
    read_record,
    update_batches,
)
from helpers.streams.buffers import Buffer, fill_batch

pytestmark = pytest.mark.filterwarnings("ignore:all . training rows have the same")


class Distance(Detector):
    """Points' distance from a centre; further fits move it. A window's is the largest.

    A detector by hand: windows of 2 steps, every call noted.
    """

    input_kind: ClassVar[str] = "windows"

    def _fit(self, X, y):
        self.centre_, self.estimated_ = float(np.median(X)), []

    def partial_fit(self, X, y=None, *, epochs=None):
        X = self._read(X, doing="fit")
        self.centre_ = float(np.median(X))
        self.trained_on_, self.epochs_ = X.copy(), epochs
        self._finish(X)
        return self

    def reestimate(self, X, *, how):
        self.estimated_ = [*self.estimated_, (X.copy(), how)]

    def point_scores(self, X):
        return np.abs(np.asarray(X)[..., 0] - self.centre_)

    def _score(self, X):
        return self.point_scores(X).max(axis=1)


def windows(*values):
    """Return windows of 2 steps that hold these values, twice each."""
    return np.repeat(np.array(values, dtype=float), 2).reshape(-1, 2, 1)


NORMAL = windows(*np.linspace(-1, 1, 40))


def started(**changes):
    options = {"batch": 2, "full": 2, "hard_points": 2, "hold_out": 0.25}
    online = OnlineDetector(**{"detector": Distance()} | options | changes)
    return online.fit(NORMAL)


def fed(online, *batches):
    """Score and reveal batches of {value: label}; return the record."""
    for batch in batches:
        online.score(windows(*(value for value, _ in batch)))
        online.reveal([label for _, label in batch])
    return online.record_


EASY, HARD, BAD = (0.1, 0), (5.0, 0), (9.0, 1)


# --------------------------------------------------------------------------- buffers


def test_windows_go_to_the_buffers_by_label_and_hardness():
    record = fed(started(full=9), [EASY, HARD], [BAD, HARD], [EASY, (9.0, np.nan)])
    last = record.groupby("batch").last()
    assert last["normal_buffer"].tolist() == [1, 2, 2]
    assert last["abnormal_buffer"].tolist() == [0, 1, 1]
    assert last["errors_buffer"].tolist() == [2, 3, 4]
    assert record["hard"].tolist() == [False, True, False, True, False, False]
    assert record["points_above"].tolist() == [0, 2, 2, 2, 0, 2]


@pytest.mark.parametrize(("least", "hard"), [(1, True), (2, False)])
def test_a_hard_window_has_enough_points_above_the_threshold(least, hard):
    online = started(hard_points=least)
    online.score(np.array([[[9.0], [0.0]]]))  # one point of two
    online.reveal([0])
    assert online.record_["hard"].tolist() == [hard]


def test_an_update_is_due_with_enough_hard_windows_and_an_anomaly():
    """K = 2 batches of 2: four hard windows and an anomaly, whichever comes last."""
    two_hard = [HARD, HARD]
    anomaly_last = fed(started(), two_hard, two_hard, two_hard, [BAD, EASY])
    assert update_batches(anomaly_last) == [3]
    hard_last = fed(started(), [BAD, EASY], two_hard, [EASY, HARD], [HARD, EASY])
    assert update_batches(hard_last) == [3]
    assert not update_batches(fed(started(), *[two_hard] * 9))
    assert not update_batches(fed(started(), *[[BAD, EASY]] * 9))


def test_an_update_trains_on_hard_windows_and_empties_the_buffers():
    online = started()
    fed(online, [(5.0, 0), (6.0, 0)], [EASY, BAD], [(7.0, 0), (8.0, 0)])
    trained = online.detector_.trained_on_[:, 0, 0]
    assert trained.tolist() == [5, 6, 8]  # of the normal ones, the fourth is held out
    assert online.detector_.epochs_ == 30
    assert online.versions_["after_batch"].tolist() == [-1, 2]
    assert online.versions_["windows"].tolist() == [30, 3]
    record = fed(online, [EASY, BAD])
    assert record.iloc[-1][["normal_buffer", "errors_buffer"]].tolist() == [0, 1]
    assert record["version"].tolist() == [0] * 6 + [1] * 2


def test_an_update_is_made_where_what_is_hard_falls_on_the_windows_held_out(
    monkeypatch,
):
    """Each second normal window is hard, and each second one is held out."""
    monkeypatch.setattr(Distance, "_least_rows", lambda self: 4)
    online = started(full=6, hold_out=0.5)
    fed(online, [HARD, HARD], [BAD, BAD], *[[(-0.5, 0), HARD]] * 10)
    assert online.n_updates_ == 1
    assert online.versions_["windows"].tolist()[1] == 12  # not the only one left


def test_a_buffer_that_keeps_too_few_windows_for_an_update_is_refused():
    detector = ForecastDetector(units=2, epochs=1, random_state=0)
    with pytest.raises(ValueError, match="needs at least 4: raise keep"):
        OnlineDetector(detector=detector, keep=2).fit(NORMAL)


def test_without_updates_labels_change_nothing_but_the_record():
    online, blind = started(updates=False), started(updates=False)
    stream = [[HARD, BAD]] * 9
    record = fed(online, *stream)
    for batch in stream:
        blind.score(windows(*(value for value, _ in batch)))
        blind.reveal()
    seen = blind.record_
    assert seen["label"].isna().all()
    assert record.drop(columns="label").equals(seen.drop(columns="label"))
    assert record["label"].tolist() == [0, 1] * 9
    assert online.n_updates_ == 0
    assert (record["errors_buffer"] == 0).all()


def test_buffers_keep_the_newest_windows_and_count_all():
    buffer = Buffer(3)
    buffer.add(windows(1, 2), np.array([True, False]))
    buffer.add(windows(3, 4), np.array([False, True]))
    assert (buffer.seen, len(buffer)) == (4, 3)
    assert buffer.windows()[:, 0, 0].tolist() == [4]
    assert buffer.windows(fewest=2)[:, 0, 0].tolist() == [2, 3, 4]


def test_an_abnormal_buffer_is_repeated_until_it_fills_a_batch():
    assert fill_batch(windows(1, 2, 3), 8)[:, 0, 0].tolist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert fill_batch(windows(1, 2, 3), 2)[:, 0, 0].tolist() == [1, 2, 3]


# ---------------------------------------------------------------------- nobody peeks


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_labels_not_yet_revealed_change_no_score_already_given(seed, seen):
    """After `seen` batches the labels to come are drawn anew: nothing has changed."""
    random = np.random.default_rng(seed)
    X = random.normal(0, 3, (12, 2, 2, 1))
    labels = random.integers(0, 2, (12, 2))
    others = labels.copy()
    others[seen:] = random.permuted(1 - labels[seen:], axis=0)
    one, other = started(), started()
    for online, known in ((one, labels), (other, others)):
        for batch, answer in zip(X[: seen + 1], known, strict=False):
            online.score(batch)
            if online.n_batches_ <= seen:
                online.reveal(answer)
    assert one.record_.equals(other.record_)


def test_revealing_labels_changes_no_score_already_given():
    online = started()
    for values in ((5.0, 6.0), (7.0, 9.0), (5.0, 9.0)):
        online.score(windows(*values))
    before = online.record_[["score", "share", "level", "version", "threshold"]]
    for labels in ([0, 0], [0, 0], [0, 1]):
        updated = online.reveal(labels)
    assert updated
    assert online.record_[before.columns].equals(before)


def test_an_expert_is_asked_after_the_scoring_and_only_then():
    told = []
    online = started()

    def expert(batch):
        told.append(len(online.record_))
        return np.zeros(len(batch.windows))

    StreamRun(online, IteratorSource(np.zeros(24)), expert).run()
    assert told == [2, 4, 6, 8, 10, 12]


def test_labels_that_come_late_are_heeded_late():
    X = np.repeat([5.0, 5, 5, 9, 5, 9] * 3, 2)
    y = (X == 9).astype(int)
    runs = [
        StreamRun(started(), IteratorSource(X, y), known_labels(), delay=delay).run()
        for delay in (0, 3)
    ]
    first = [record["version"].ne(0).idxmax() for record in runs]
    assert first[1] == first[0] + 3 * 2
    for record, begins in zip(runs, first, strict=True):
        assert record["batch"][begins] == update_batches(record)[0] + 1
    assert not any(record["label"].isna().any() for record in runs)


# ------------------------------------------------------------------ scores and versions


@pytest.mark.parametrize("how", ["none", "running", "replace"])
def test_reestimation_of_the_threshold(how):
    online = started(reestimate=how)
    before = online.threshold_
    fed(online, [HARD, (6.0, 0)], [BAD, (5.5, 0)], [HARD, EASY])
    assert online.n_updates_ == 1
    seen, asked = online.detector_.estimated_[0]
    assert asked == how
    assert seen[:, 0, 0].tolist() == [5, 6, 5.5, 5, 0.1]  # too few held out: all
    scores = np.abs(seen[:, 0, 0] - online.detector_.centre_)
    replaced = np.sort(scores)[-1]
    expected = {
        "none": before,
        "replace": replaced,
        "running": (10 * before + 5 * replaced) / 15,
    }
    normal = 10 + 4  # held out by fit, and those that version 0 scored itself
    expected["running"] = (normal * before + 5 * replaced) / (normal + 5)
    if how == "running":
        weight = 5 / (5 + 10 + 5)  # the five were scored by version 0, and revealed
        expected["running"] = (1 - weight) * before + weight * replaced
    assert online.threshold_ == pytest.approx(expected[how])


class Labelled(Distance):
    """It takes labels, splits the windows itself and knows thresholds of points."""

    def _fit(self, X, y):
        super()._fit(X, y)
        self.marked_ = None if y is None else np.asarray(y)
        count = len(X)
        self.split_ = SimpleNamespace(
            errors=np.arange(count - 4, count - 2),
            threshold=np.arange(count - 2, count),
        )
        self.tau_ = 0.5

    def find_thresholds(self, X, y):
        self.asked_ = (np.asarray(X)[:, 0, 0].tolist(), y.tolist())
        self.tau_, self.threshold_ = 3.0, 4.0


def test_a_detector_that_takes_labels_gets_them_and_says_what_it_held_out():
    dirty = np.concatenate([windows(70.0), NORMAL])
    points = np.zeros((41, 2), dtype=int)
    points[0, 1] = 1
    online = started(detector=Labelled()).fit(dirty, points)
    assert online.detector_.marked_.tolist() == points.tolist()
    expected = online.detector_.decision_function(dirty[-4:])
    assert online.normal_scores_.tolist() == expected.tolist()
    assert started(detector=Labelled()).detector_.marked_ is None


@pytest.mark.parametrize(
    ("how", "weight"), [("none", 0), ("replace", 1), ("running", 3 / (3 + 4 + 3))]
)
def test_thresholds_are_searched_with_the_abnormal_windows_filled_up(how, weight):
    online = started(detector=Labelled(), reestimate=how, batch=3, full=1)
    batch = [HARD, (6.0, 0), (7.0, 0)]
    online.score(windows(*(value for value, _ in [BAD, *batch])))
    assert online.record_["points_above"].tolist() == [2] * 4
    assert online.reveal([1, 0, 0, 0])
    if how != "none":
        asked = ([5, 6, 7, 9, 9, 9], [0, 0, 0, 1, 1, 1])
        assert online.detector_.asked_ == asked
    assert online.detector_.tau_ == pytest.approx(0.5 + 2.5 * weight)


def test_an_encoder_decoder_follows_a_stream():
    """All it knows is used: labels, its own split, mean and covariance, thresholds."""
    t = np.arange(1000)
    X = np.sin(t / 2) + 0.5 * (t > 600)
    y = (t % 60 == 30).astype(int)
    X = X + 3 * y
    first = X[:400].reshape(-1, 5, 1), y[:400].reshape(-1, 5)
    shape = {"units": 3, "epochs": 2, "few_anomalies": 2, "random_state": 0}
    detector = EncoderDecoderDetector(**shape)
    online = OnlineDetector(detector=detector, batch=4, full=2, update_epochs=1)
    online.fit(*first)
    before = online.detector_.error_model_.mean.copy()
    split = online.detector_.split_
    assert len(online.normal_scores_) == len(split.errors) + len(split.threshold)
    run = StreamRun(online, IteratorSource(X[400:], y[400:]), known_labels())
    record = run.run()
    assert update_batches(record)
    assert not np.allclose(online.detector_.error_model_.mean, before)
    assert online.versions_["threshold"].nunique() > 1


def test_shares_are_of_the_normal_scores_of_the_version():
    online = started()
    held_out = np.abs(NORMAL[-10:, 0, 0] - online.detector_.centre_)
    online.score(windows(0.9, 0.0, 3.0))
    row = online.record_
    assert row["share"].tolist() == [np.mean(held_out < s) for s in row["score"]]
    top, middle = held_out.max(), np.median(held_out)
    assert row["level"][:2].tolist() == row["share"][:2].tolist()
    assert row["level"][2] == pytest.approx((row["score"][2] - middle) / (top - middle))
    online.reveal([0, 0, 0])
    assert len(online.normal_scores_) == 13


def test_after_an_update_normal_is_what_the_new_version_says_of_normal_windows():
    """A drift to 100: raw scores of the old version are huge, shares are not."""
    drifted = [[(100.0 + i / 7, 0), (100.5 - i / 9, 0)] for i in range(10)]
    record = fed(started(full=4), [BAD, EASY], *drifted)
    assert update_batches(record) == [4]
    before, after = record[2:10], record[10:]
    assert before["score"].min() > 50 > after["score"].max()
    assert after["share"].median() < 1
    assert after["level"].max() < 5


def test_a_fitted_detector_is_used_as_it_is_and_stays_as_it_was():
    fitted = Distance().fit(NORMAL)
    kept = copy.deepcopy(fitted)
    online = OnlineDetector(detector=fitted, batch=2, full=2)
    fed(online, [HARD, BAD], [HARD, (6.0, 0)], [(7.0, 0), HARD])
    assert online.n_updates_ == 1
    assert fitted.centre_ == kept.centre_
    assert fitted.threshold_ == kept.threshold_


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones(40), "X and y have 0 normal windows; pass at least two"),
        (np.r_[0, np.ones(39)], "X and y have 1 normal window; pass at least two"),
        (
            np.zeros((40, 1)),
            r"one label per window \(40,\) or per point \(40, 2\); g",
        ),
        (np.zeros((40, 9)), r"got shape \(40, 9\)"),
        (np.zeros(39), r"got shape \(39,\)"),
    ],
)
def test_labels_to_fit_with_have_the_shape_of_windows_or_points(y, message):
    assert NORMAL.shape[:2] == (40, 2)
    with pytest.raises(ValueError, match=message):
        OnlineDetector(detector=Distance()).fit(NORMAL, y)


def test_fit_leaves_anomalies_out():
    dirty = np.concatenate([NORMAL, windows(*[1000.0] * 5)])
    marked = np.r_[np.zeros(40), np.ones(5)]
    one = OnlineDetector(detector=Distance()).fit(dirty, marked)
    assert (
        one.detector_.centre_
        == OnlineDetector(detector=Distance()).fit(NORMAL).detector_.centre_
    )
    assert one.normal_scores_.max() < 10


def test_a_network_goes_on_from_its_weights():
    """Its curve is longer, and training on the drifted windows helps with them."""
    t = np.arange(1200)
    X = np.sin(t / 3) + 0.6 * (t > 600) * np.cos(t / 2)
    y = (t % 97 == 96).astype(int)
    X = X + 3 * y
    detector = ForecastDetector(units=6, epochs=8, random_state=0)
    online = OnlineDetector(detector=detector, batch=4, full=3, update_epochs=6)
    online.fit(X[:400].reshape(-1, 5, 1))
    epochs = len(online.detector_.history_["loss"])
    run = StreamRun(online, IteratorSource(X[400:], y[400:]), known_labels())
    run.run()
    assert online.n_updates_ >= 1
    grown = len(run.online.detector_.history_["loss"])
    assert grown == epochs + 6 * online.n_updates_
    stationary = copy.deepcopy(online.detector)
    drifted = X[900:1100].reshape(-1, 5, 1)
    stationary.fit(X[:320].reshape(-1, 5, 1))
    assert np.median(online.decision_function(drifted)) < np.median(
        stationary.decision_function(drifted)
    )


def test_an_anomaly_that_becomes_normal_raises_no_alarm_after_the_update():
    """The pattern is an anomaly until the expert says, from row 80 on, it is none."""
    X = np.tile([0.0, 0, 0, 0, 0.2, 0.2, 7, 7], 40)
    X[160:] += np.tile([0, 0, 0, 0, 0, 0, 0, 0, 20.0, 20, 0, 0, 0, 0, 0, 0], 10)

    def expert(batch):
        values = batch.windows[:, 0, 0]
        return (values > 15) | ((values == 7) & (batch.first_row < 80))

    run = StreamRun(started(full=3), IteratorSource(X), expert)
    record = run.run()
    pattern = record[X.reshape(-1, 2)[:, 0] == 7]
    (updated, *_) = update_batches(record)
    alarms = pattern.groupby(pattern["batch"] > updated)["alarm"].mean()
    assert alarms[False] == 1
    assert alarms[True] < 0.2
    still = record[X.reshape(-1, 2)[:, 0] > 15]
    assert still["level"].min() > 1


# -------------------------------------------------------------------- files and kills


def test_save_and_load_in_the_middle_change_nothing(tmp_path):
    stream = [[HARD, BAD], [HARD, EASY], [HARD, (8.0, 0)], [BAD, HARD], [HARD, HARD]]
    whole = fed(started(), *stream, *stream)
    online = started()
    for batch in stream + stream:
        online.score(windows(*(value for value, _ in batch)))
        online.save(tmp_path / "o")  # a batch waits for its labels
        online = OnlineDetector.load(tmp_path / "o")
        online.reveal([label for _, label in batch])
    assert online.record_.equals(whole)
    assert whole["updated"].any()


PROGRAM = """
import os, signal, sys
import numpy as np
sys.path.insert(0, os.environ["TESTS"])
from test_streams_online import long_run

run = long_run(sys.argv[1])
for number, batch in enumerate(run.batches(), start=1):
    if number == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


def long_run(folder, **changes):
    """Return a run over 60 batches with several updates, of a network."""
    t = np.arange(2400)
    X = np.sin(t / 3) + 0.5 * (t > 900) * np.cos(t / 2) + (t > 1600)
    y = (t % 97 == 94).astype(int)
    detector = ForecastDetector(units=3, epochs=2, random_state=0)
    online = OnlineDetector(detector=detector, batch=8, full=2, update_epochs=1)
    online.fit(X[:400].reshape(-1, 5, 1))
    source = IteratorSource((X + 3 * y)[400:], y[400:])
    options = {"every": 7, "delay": 1} | changes
    return StreamRun(online, source, known_labels(), folder=folder, **options)


def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been(tmp_path):
    whole = long_run(None).run()
    assert len(update_batches(whole)) > 2
    environment = os.environ | {"TESTS": os.path.dirname(__file__)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), "33"],
        env=environment,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    kept = read_record(tmp_path / "record.csv")
    assert 0 < len(kept) < len(whole)
    pd.testing.assert_frame_equal(long_run(tmp_path).run(), whole, check_exact=True)
    pd.testing.assert_frame_equal(long_run(tmp_path).run(), whole, check_exact=True)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"record.csv", "stream.checkpoint"}


WAITS = """
import os, sys
sys.path.insert(0, os.environ["TESTS"])
from test_streams_online import long_run

for number, batch in enumerate(long_run(sys.argv[1]).batches(), start=1):
    if number == 9:
        print("at work", flush=True)
        sys.stdin.read()
"""


def test_of_two_runs_in_one_folder_the_second_writes_nothing(tmp_path):
    environment = os.environ | {"TESTS": os.path.dirname(__file__)}
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(tmp_path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout.readline() == "at work\n"
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(KitError, match="another run writes there") as caught:
            long_run(tmp_path).run()
        assert str(tmp_path) in str(caught.value)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
        first.communicate()
    assert first.returncode == 0
    assert read_record(tmp_path / "record.csv").equals(long_run(None).run())


def test_a_record_that_was_half_written_is_cut_back(tmp_path):
    whole = long_run(None).run()
    stopped = long_run(tmp_path).batches()
    for _ in range(20):
        next(stopped)
    stopped.close()
    with (tmp_path / "record.csv").open("a") as file:
        file.write("7,7,torn")
    assert long_run(tmp_path).run().equals(whole)


@pytest.mark.parametrize("folder", [True, False])
@pytest.mark.parametrize("asked", [3, 30])
def test_a_run_that_failed_goes_on_when_it_is_called_again(tmp_path, folder, asked):
    """Whether a checkpoint was due before or not: no row is scored twice."""
    place, calls = (tmp_path if folder else None), []

    def expert(batch):
        calls.append(batch)
        if len(calls) == asked:
            raise ValueError("the expert is away")
        return batch.labels()

    failing = long_run(place)
    failing.expert = expert
    with pytest.raises(ValueError, match="away"):
        failing.run()
    assert failing.run().equals(long_run(None).run())
    assert len(failing.run()) == failing.online.n_windows_


def test_an_update_that_fails_leaves_labels_with_their_batches():
    run, failed = long_run(None, delay=3), []
    online = run.online
    update, online._update = online._update, lambda: failed.append(1 / 0)
    with pytest.raises(ZeroDivisionError):
        run.run()
    online._update = update
    assert len(run._reached.waiting) == len(online.waiting_)
    assert len(run.run()) == online.n_windows_


def test_a_run_takes_a_fitted_detector_and_refuses_one_that_is_not():
    online = OnlineDetector(detector=long_run(None).online.detector_, full=2)
    source = IteratorSource(np.arange(100.0))
    assert len(StreamRun(online, source).run()) == 20
    unfitted = OnlineDetector(detector=ForecastDetector())
    with pytest.raises(ValueError, match="is not fitted yet"):
        StreamRun(unfitted, source).run()


def test_a_folder_that_is_a_file_is_refused_in_a_line(tmp_path):
    (tmp_path / "plant").write_text("rows")
    for folder in (tmp_path / "plant", tmp_path / "plant" / "run"):
        with pytest.raises(ValueError, match="is no folder, and none can be made"):
            long_run(folder).run()


def test_a_torn_record_is_read_to_its_last_whole_line(tmp_path):
    whole, path = long_run(None).run(), tmp_path / "record.csv"
    path.write_text(whole.to_csv(index=False))
    pd.testing.assert_frame_equal(read_record(path), whole, check_exact=True)
    for kept in (40, 0):
        lines = path.read_bytes().splitlines(keepends=True)[: kept + 1]
        path.write_bytes(b"".join(lines) + b"7,7,0.1")
        pd.testing.assert_frame_equal(
            read_record(path), whole[:kept], check_dtype=kept > 0
        )
    path.write_bytes(b"")
    assert len(read_record(path)) == 0


def test_the_record_can_be_looked_at_on_the_way(tmp_path):
    whole = long_run(None).run()
    stopped = long_run(tmp_path).batches()
    for _ in range(20):
        next(stopped)
    stopped.close()
    gone_on = long_run(tmp_path)
    for number, batch in enumerate(gone_on.batches(), start=1):
        if number in (1, 9):
            seen = gone_on.record()
            rows = len(seen) - seen["label"].isna().sum()
            assert (
                seen[:rows]
                .drop(columns="label")
                .equals(whole[:rows].drop(columns="label"))
            )
            assert len(seen) * 5 == batch.position.rows


def test_another_setting_does_not_go_on_from_a_checkpoint(tmp_path):
    long_run(tmp_path).run()
    run = long_run(tmp_path)
    run.online.full = 9
    with pytest.raises(ValueError, match=r"was made with full=2, not 9; set it back"):
        run.run()


def test_another_detector_or_source_does_not_go_on_from_a_checkpoint(tmp_path):
    long_run(tmp_path).run()
    run = long_run(tmp_path)
    run.online.fit(np.ones((99, 5, 1)) * np.arange(99)[:, None, None])
    with pytest.raises(ValueError, match="was made with another detector; set it back"):
        run.run()
    run = long_run(tmp_path)
    run.source = CsvSource("other.csv")
    with pytest.raises(ValueError, match="made with source='IteratorSource', not 'Csv"):
        run.run()


def test_columns_in_another_order_do_not_go_on_from_a_checkpoint(tmp_path):
    rows = np.random.default_rng(0).normal(size=(400, 2))
    learned = rows[:200].reshape(-1, 5, 2)
    file, table = tmp_path / "rows.csv", pd.DataFrame(rows, columns=["heat", "load"])

    def run(features=None):
        online = OnlineDetector(detector=Distance(), batch=5).fit(learned)
        source = CsvSource(file, features=features)
        return StreamRun(online, source, folder=tmp_path / "run", ends=False)

    table[:300].to_csv(file, index=False)
    begun = len(run().run())
    table[["load", "heat"]].to_csv(file, index=False)
    with pytest.raises(ValueError, match=r"columns heat, load, in that order; these"):
        run().run()
    table.to_csv(file, index=False)
    assert len(run().run()) > begun
    assert len(run(("heat", "load")).run()) > begun


def test_a_stream_that_grows_is_gone_on_with(tmp_path):
    """Windows left over wait for their batch: a pause changes nothing."""
    whole = long_run(None, ends=False).run()
    part = long_run(tmp_path, ends=False)
    full = part.source
    part.source = IteratorSource(full.rows[:1003], full.labels[:1003])
    assert len(part.run()) < len(whole)
    pd.testing.assert_frame_equal(long_run(tmp_path, ends=False).run(), whole)


# ------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "batch must be a whole number of at least 1"),
        ({"hard_points": 1.5}, "hard_points must be a whole number"),
        ({"full": None}, "full must be a whole number"),
        ({"keep": 0}, "keep must be a whole number"),
        ({"updates": "no"}, "updates must be True or False"),
        ({"update_epochs": 0}, "update_epochs must be a whole number"),
        ({"reestimate": "some"}, "reestimate must be one of 'none', 'running', 'repl"),
        ({"hold_out": 0.9}, "hold_out must be at most 0.5"),
        ({"hold_out": 0}, "hold_out must be a number above 0"),
        ({"detector": "lof"}, "detector must be a detector of windows"),
        ({"detector": SeasonalNaiveDetector(period=1)}, "has no partial_fit"),
        (
            {"detector": ForecastDetector(), "batch": 2, "full": 1},
            "raise full or batch",
        ),
    ],
)
def test_parameters_that_cannot_work_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        started(**changes)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0], r"labels must be one per window \(2,\); got shape \(1,\)"),
        (
            [0, 2],
            "labels must be 1 .anomaly., 0 .normal. or NaN .nobody knows.; it has",
        ),
        (["a", "b"], "labels must be numbers"),
    ],
)
def test_labels_that_are_none_are_refused_and_the_batch_goes_on_waiting(
    labels, message
):
    online = started()
    online.score(windows(1, 2))
    with pytest.raises(ValueError, match=message):
        online.reveal(labels)
    online.reveal([0, 1])
    with pytest.raises(ValueError, match="no batch waits for labels"):
        online.reveal([0, 1])


def test_a_batch_of_another_width_is_refused_and_not_counted():
    online = started()
    with pytest.raises(ValueError, match="X has 3"):
        online.score(np.zeros((2, 2, 3)))
    assert online.n_batches_ == 0
    assert not len(online.record_)


# --------------------------------------------------------------------------- reports


def test_periods_end_with_updates_or_where_those_of_another_run_did():
    record = pd.DataFrame(
        {
            "batch": [0, 0, 1, 1, 2, 2],
            "version": [0, 0, 0, 0, 1, 1],
            "score": [1.0, 2, 2, 1, 5, 4],
            "share": [0.1, 0.9, 0.9, 0.1, 0.2, 0.1],
            "level": [0.1, 0.9, 0.9, 0.1, 0.2, 0.1],
            "alarm": [False, True, True, False, True, True],
            "label": [0, 1, 0, 1, 1, 0],
            "updated": [False, False, True, True, False, False],
        }
    )
    table = period_table(record)
    assert table.index.tolist() == ["all", "period 1", "period 2"]
    assert table["auc"].tolist() == pytest.approx([5 / 9, 0.5, 1.0])
    assert table["tpr"].tolist() == pytest.approx([2 / 3, 0.5, 1])
    assert table["fpr"].tolist() == pytest.approx([2 / 3, 0.5, 1])
    assert period_table(record, after=update_batches(record)).equals(table)
    first = period_table(record, after=[0])
    assert first["windows"].tolist() == [6, 2, 4]
    unknown = period_table(record.assign(label=np.nan))
    assert unknown[["auc", "tpr"]].isna().all(axis=None)
    assert unknown["windows"].tolist() == [6, 4, 2]


# ------------------------------------------------------------------ simple detectors


@pytest.mark.parametrize("kind", [PCADetector, LOFDetector, IsolationForestDetector])
def test_a_detector_of_tables_follows_a_stream_by_being_fitted_again(kind):
    """A drift to 20: what was fitted again calls it normal, the other doesn't."""
    random = np.random.default_rng(0)
    X = random.normal(size=(900, 2))
    X[400:] += 20
    y = np.zeros(900, dtype=int)
    y[50::80] = 1
    X[50::80] = random.normal(60, 9, size=(len(X[50::80]), 2))
    first, records = X[:200].reshape(-1, 5, 2), {}
    for updates in (True, False):
        detector = kind()
        if "random_state" in detector.get_params():
            detector.set_params(random_state=0)
        simple = RefittedDetector(detector=detector)
        online = OnlineDetector(detector=simple, batch=4, full=2, updates=updates)
        online.fit(first, y[:200].reshape(-1, 5))
        source = IteratorSource(X[200:], y[200:])
        records[updates] = StreamRun(online, source, known_labels()).run()
    assert update_batches(records[True])
    late = [r[(r["window"] > 90) & (r["label"] == 0)] for r in records.values()]
    assert late[0]["alarm"].mean() < 0.3 < 0.9 < late[1]["alarm"].mean()


def test_a_refitted_detector_keeps_the_newest_windows():
    simple = RefittedDetector(detector=PCADetector(), keep=6)
    random = np.random.default_rng(0).normal(size=(12, 2, 2))
    simple.fit(random[:5]).partial_fit(random[5:8])
    assert simple.windows_.tolist() == random[2:8].tolist()
    other = PCADetector().fit(random[2:8].reshape(6, 4))
    expected = other.decision_function(random.reshape(12, 4))
    assert simple.decision_function(random).tolist() == expected.tolist()
    assert simple.threshold_ == other.threshold_
    with pytest.raises(ValueError, match="detector must be a detector of tables"):
        RefittedDetector(detector=ForecastDetector()).fit(random)
