"""`workshop stream`: end to end, settings that count, errors in a line."""

import inspect
import shutil
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from optional import needs_kafka
from typer.testing import CliRunner

from helpers.cli import app
from helpers.datasets.streams import Settings, Stream, read_stream, write_stream
from helpers.detectors.base import Detector
from helpers.errors import KitError
from helpers.locks import only_one_in
from helpers.streams import StreamRun, read_record
from helpers.streams.cli import _write_settings
from helpers.streams.search import best_of, error_ratios
from helpers.streams.settings import change_settings, read_settings


class Size(Detector):
    """How large a window is, on average."""

    input_kind: ClassVar[str] = "windows"

    def _fit(self, X, y):
        pass

    def _score(self, X):
        return X.mean(axis=(1, 2))


def stream(*arguments, **options):
    return CliRunner().invoke(app, ["stream", *map(str, arguments)], **options)


def small_stream():
    """Return 1 500 rows of two features: a wave that drifts, with spikes."""
    random = np.random.default_rng(0)
    t = np.arange(1500)
    X = np.column_stack([np.sin(t / 3) + (t > 900) * np.cos(t / 2), t % 5])
    X = X + random.normal(0, 0.02, X.shape)
    y = (t % 97 == 94).astype(int)
    X[y == 1] += 4
    settings = Settings(
        window=5, batch=4, hidden=3, initial=500, hard_points=1, trigger=3
    )
    kinds = np.where(y, "spike", "wave").astype(object)
    return Stream("satellite", "a wave", X, y, ("wave", "saw"), kinds, settings)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Return a folder with a small stream, quick settings and a fitted detector."""
    folder = tmp_path_factory.mktemp("work") / "satellite"
    write_stream(small_stream(), folder)
    _write_settings(small_stream(), folder)
    text = (folder / "settings.toml").read_text()
    text = text.replace('"EncoderDecoderDetector"', '"ForecastDetector"')
    text = text.replace("epochs = 100", "epochs = 2")
    (folder / "settings.toml").write_text(text)
    change_settings(folder / "settings.toml", {"online.update_epochs": 1})
    done = stream("init", "satellite", "--folder", folder)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def folder(prepared, tmp_path):
    """Return a copy of the prepared folder, to be changed."""
    return shutil.copytree(prepared, tmp_path / "satellite")


def run(folder, *options):
    done = stream("run", "satellite", "--folder", folder, *options)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_line_starts_without_scikit_learn():
    code = (
        "import sys, helpers.cli\n"
        "print(sorted({'sklearn', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_all_names_of_the_package_can_be_had():
    from helpers import streams

    assert all(hasattr(streams, name) for name in streams.__all__)
    assert not any(inspect.ismodule(getattr(streams, name)) for name in streams.__all__)
    assert not hasattr(streams, "no_such_name")


def test_prepare_writes_a_stream_and_settings_with_published_values(tmp_path):
    done = stream("prepare", "power_demand", "--folder", tmp_path / "p")
    if "unavailable" in done.output.lower() or done.exit_code:
        pytest.skip(done.output or str(done.exception))
    settings = (tmp_path / "p" / "settings.toml").read_text()
    assert "full = 9" in settings
    assert "published: 9" in settings
    published = read_settings(tmp_path / "p" / "published.toml")
    assert published.initial.parameters["score_type"] == "published_code"
    assert published.online.reestimate == "running"
    assert len(read_stream(tmp_path / "p")) == 4284


def test_prepare_keeps_settings_that_were_edited(tmp_path):
    folder = tmp_path / "s"
    assert stream("prepare", "satellite", "--folder", folder).exit_code == 0
    change_settings(folder / "settings.toml", {"online.batch": 3})
    assert stream("prepare", "satellite", "--folder", folder).exit_code == 0
    assert read_settings(folder / "settings.toml").online.batch == 3
    assert not (folder / "published.toml").exists()


def test_power_labels_take_the_place_of_the_published_days(tmp_path):
    labels = tmp_path / "days.csv"
    labels.write_text("date\n1997-12-25\n")
    options = ("--folder", tmp_path / "p", "--power-labels", labels)
    done = stream("prepare", "power_demand", *options)
    if done.exit_code and "power" in str(done.exception):
        pytest.skip(str(done.exception))
    assert int(read_stream(tmp_path / "p").y.sum()) == 12
    done = stream("prepare", "satellite", *options)
    assert isinstance(done.exception, KitError)
    assert "no option" in str(done.exception)


def test_an_anomaly_can_become_normal(tmp_path):
    kept = []
    for options in ((), ("--becomes-normal", "cotton crop")):
        folder = ("--folder", tmp_path / f"s{len(options)}")
        done = stream("prepare", "satellite", *folder, *options)
        assert done.exit_code == 0, done.exception
        kept.append(read_stream(folder[1]))
    crop = kept[1].kinds == "cotton crop"
    assert kept[0].y[crop].all()
    assert 0 < kept[1].y[crop].mean() < 1
    assert (kept[0].y[~crop] == kept[1].y[~crop]).all()


def test_a_calendar_stands_behind_the_values_and_is_known(tmp_path):
    folder = tmp_path / "p"
    options = ("--folder", folder, "--calendar")
    done = stream("prepare", "power_demand", *options)
    if done.exit_code:
        pytest.skip(str(done.exception))
    kept = read_stream(folder)
    assert kept.feature_names[0] == "demand"
    weeks = kept.X[:, 1:].reshape(51, 84, 4)
    assert np.abs(weeks - weeks[0]).max() < 1e-9
    assert len(np.unique(weeks[0].round(9), axis=0)) == 84
    settings = read_settings(folder / "settings.toml")
    assert settings.initial.parameters["known_features"] == 4
    assert settings.initial.parameters["feed"] == "constant"
    done = stream("prepare", "satellite", *options)
    assert "has no times" in str(done.exception)


def test_a_run_prints_and_keeps_its_table(folder):
    told = run(folder)
    assert "windows of 5, batch 4, hard from 1 points, update at 2 batches" in told
    table = pd.read_csv(folder / "adaptive" / "periods.csv", index_col="period")
    record = read_record(folder / "adaptive" / "record.csv")
    updates = pd.read_csv(folder / "adaptive" / "versions.csv")
    assert table.loc["all", "windows"] == len(record) == 200
    assert len(table) == 1 + len(updates) == 1 + record["version"].nunique() > 2
    assert f"{table.loc['all', 'auc']:.4f}" in told
    stationary = run(folder, "--stationary")
    assert "no updates" in stationary
    assert "0 updates in 0.0 s" in stationary
    cut = pd.read_csv(folder / "stationary" / "periods.csv", index_col="period")
    assert cut["windows"].tolist() == table["windows"].tolist()
    same = ["auc", "tpr", "fpr"]
    assert cut.loc["period 1", same].equals(table.loc["period 1", same])
    assert cut["auc_adaptive"].tolist() == table["auc"].tolist()
    run(folder)
    beside = pd.read_csv(folder / "adaptive" / "periods.csv", index_col="period")
    assert beside["auc_stationary"].tolist() == cut["auc"].tolist()


def test_changing_one_setting_changes_the_run_and_the_run_says_it(folder):
    run(folder)
    change_settings(folder / "settings.toml", {"online.full": 5})
    done = stream("run", "satellite", "--folder", folder)
    assert isinstance(done.exception, KitError)
    assert "was made with full=2, not 5" in str(done.exception)
    told = run(folder, "--anew")
    assert "update at 5 batches of hard windows" in told


def test_what_a_run_has_reached_is_kept_where_it_can_not_begin_anew(folder):
    run(folder)
    (folder / "initial.detector").unlink()
    assert stream("run", "satellite", "--folder", folder, "--anew").exit_code == 1
    assert (folder / "adaptive" / "stream.checkpoint").is_file()
    assert (folder / "adaptive" / "record.csv").is_file()


def test_a_run_that_was_killed_while_writing_does_not_spoil_the_other_one(folder):
    run(folder)
    path = folder / "adaptive" / "record.csv"
    path.write_bytes(path.read_bytes()[:-9])
    assert "auc_adaptive" in run(folder, "--stationary")


def test_a_run_goes_on_with_rows_that_came_later(folder, tmp_path):
    """The file grows between two runs, torn in the middle of a line."""
    later = shutil.copytree(folder, tmp_path / "later")
    rows = (later / "stream.csv").read_bytes()
    (later / "stream.csv").write_bytes(rows[: len(rows) * 2 // 3])
    told = run(later, "--follow", "0.01")
    assert "workshop: " in told
    assert "its last line has no line end yet" in told
    assert "200 windows" not in told
    (later / "stream.csv").write_bytes(rows)
    assert "200 windows" in run(later, "--follow", "0.01")
    run(folder)
    records = [read_record(one / "adaptive/record.csv") for one in (folder, later)]
    pd.testing.assert_frame_equal(*records, check_exact=True)


@needs_kafka
def test_a_topic_is_followed_as_the_file_is(folder, tmp_path):
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = producer.list_topics(timeout=10).brokers.values()
    address = ("--kafka", f"{broker.host}:{broker.port}", "--topic", "wave")
    sent = stream("send", "satellite", "--folder", folder, *address)
    assert "1,000 rows sent to topic wave" in sent.output, sent.exception
    other = shutil.copytree(folder, tmp_path / "other")
    run(folder)
    run(other, *address)
    records = [read_record(one / "adaptive/record.csv") for one in (folder, other)]
    pd.testing.assert_frame_equal(*records, check_exact=True)


def test_a_detector_of_other_settings_is_not_used(folder):
    change_settings(folder / "settings.toml", {"initial.parameters.units": 4})
    done = stream("run", "satellite", "--folder", folder)
    assert "was fitted with other settings" in str(done.exception)
    assert stream("init", "satellite", "--folder", folder).exit_code == 0
    run(folder, "--anew")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "nothing"), "has no stream; write one: workshop stream prepare noth"),
        (("prepare", "nothing"), "No stream is called 'nothing'"),
        (("search", "satellite", "--lengths", "a"), "--lengths wants whole numbers"),
        (("search", "satellite", "--hidden", "3,3"), "--hidden wants whole numbers"),
        (("search", "satellite", "--lengths", "400"), "no window length leaves"),
        (("run", "satellite", "--settings", "no.toml"), "no.toml can't be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(folder, monkeypatch, arguments, message):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "streams").symlink_to(folder.parent)
    done = stream(*arguments)
    assert done.exit_code == 1
    assert isinstance(done.exception, KitError)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


@pytest.mark.parametrize(
    ("rows", "message"),
    [(4, "is less than one window of 5"), (9999, "is more than the")],
)
def test_an_initialisation_that_does_not_fit_the_stream_is_refused(
    folder, rows, message
):
    change_settings(folder / "settings.toml", {"initial.rows": rows})
    for command in ("init", "run", "search"):
        done = stream(command, "satellite", "--folder", folder)
        assert f"initial.rows = {rows} {message}" in str(done.exception)


def test_ctrl_c_leaves_with_130_and_says_how_to_go_on(folder, monkeypatch):
    def stopped(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(StreamRun, "run", stopped)
    done = stream("run", "satellite", "--folder", folder)
    assert done.exit_code == 130
    assert "the same command goes on from the last checkpoint" in done.output


@pytest.mark.parametrize("option", [(), ("--anew",)])
def test_a_second_run_in_the_folder_is_refused_and_removes_nothing(folder, option):
    place = folder / "adaptive"
    place.mkdir()
    (place / "record.csv").write_text("of the first")
    with only_one_in(place):
        done = stream("run", "satellite", "--folder", folder, *option)
        assert sorted(path.name for path in place.iterdir())[1:] == ["record.csv"]
    assert isinstance(done.exception, KitError)
    assert f"{place} is in use: another run writes there" in str(done.exception)
    assert (place / "record.csv").read_text() == "of the first"


def test_init_comes_before_run(folder):
    (folder / "initial.detector").unlink()
    done = stream("run", "satellite", "--folder", folder)
    assert "fit one: workshop stream init satellite" in str(done.exception)


# ------------------------------------------------------------------------- the search


def test_search_writes_cells_picture_and_the_best_settings(folder):
    path = folder / "settings.toml"
    before = path.read_text()
    options = ("--lengths", "5,10", "--hidden", "2,4", "--epochs", "1")
    done = stream("search", "satellite", "--folder", folder, *options)
    assert done.exit_code == 0, done.output
    cells = pd.read_csv(folder / "search.csv", index_col="window")
    assert cells.shape == (2, 2)
    cells.columns = cells.columns.astype(int)
    length, size, ratio = best_of(cells)
    assert f"Best: window {length}, hidden {size}: {ratio:.3f}" in done.output
    assert (folder / "search.png").read_bytes().startswith(b"\x89PNG")
    settings = read_settings(path)
    assert (settings.window, settings.initial.parameters["units"]) == (length, size)
    after = path.read_text()
    assert before.count("#") == after.count("#") > 5


def test_the_ratio_is_of_held_out_normal_windows():
    """A detector that says how large a window is: 4 of anomalies over 2 held out."""
    rows = np.r_[np.ones(16), 2 * np.ones(4), 4 * np.ones(4)][:, np.newaxis]
    labels = np.r_[np.zeros(20), np.ones(4)].astype(int)
    table = error_ratios(
        (rows, labels), lambda size, k: Size(), lengths=[2, 30], hidden=[1]
    )
    assert table.loc[2, 1] == 2
    assert np.isnan(table.loc[30, 1])
    assert best_of(table) == (2, 1, 2.0)


# ----------------------------------------------------------------------- settings files

GOOD = """# mine
window = 5 # rows
[initial]
rows = 500
detector = "ForecastDetector"
[initial.parameters]
units = 3   # small
[online]
batch = 4
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "batch = 4",
            "batch = 0",
            "online.batch must be greater than or equal to 1; g",
        ),
        ("batch = 4", 'batch = "4"', "online.batch must be a valid integer; got '4'"),
        ("batch = 4", "btach = 4", "online.btach is no setting; there are batch, hard"),
        (
            "batch = 4",
            'reestimate = "x"',
            "must be 'none', 'running' or 'replace'; got",
        ),
        ("batch = 4", "hold_out = 0.7", "hold_out must be less than or equal to 0.5"),
        ("window = 5", "", "window is missing"),
        ("window = 5", "window = ", "s.toml is no TOML"),
        (
            "[online]",
            "[onlin]",
            "onlin is no setting; there are window, initial and on",
        ),
        ("Forecast", "Forecats", "initial.detector must be one of"),
        ("ForecastDetector", "LOFDetector", "initial.detector must be one of"),
        ("units = 3", "unist = 3", "initial.parameters.unist is no parameter of Forec"),
        ("units = 3", "units = 0", "initial.parameters.units must be a whole number"),
        ("batch = 4", '"a\\nb" = 4', "'online.a\\nb' is no setting; there are batch"),
        ("units = 3", '"a\\nb" = 4', "initial.parameters.'a\\nb' is no parameter of"),
        ("[online]\nbatch = 4", "[[online]]\nbatch = 4", "online must be a table; got"),
    ],
)
def test_a_mistake_in_a_settings_file_names_file_key_and_rule(
    tmp_path, old, new, message
):
    path = tmp_path / "s.toml"
    path.write_text(GOOD)
    assert read_settings(path).online.batch == 4
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(KitError) as caught:
        read_settings(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_value_is_told_in_a_short_line(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace("batch = 4", f"batch = '{'x' * 5000}'"))
    with pytest.raises(
        KitError, match=r"online\.batch must be a valid integer"
    ) as caught:
        read_settings(path)
    assert len(str(caught.value)) < 300 + len(str(path))


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert read_settings(path).window == 5


def test_a_value_is_changed_in_its_section_and_comments_stay(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(GOOD)
    change_settings(path, {"window": 7, "initial.parameters.units": 9})
    expected = GOOD.replace("window = 5", "window = 7").replace(
        "units = 3", "units = 9"
    )
    assert path.read_text() == expected
    for changes, message in [
        ({"online.full": 3}, "has no line full = ..."),
        ({"online.batch": 0}, "online.batch must be greater"),
    ]:
        with pytest.raises(KitError, match=message):
            change_settings(path, changes)
    assert path.read_text() == expected
