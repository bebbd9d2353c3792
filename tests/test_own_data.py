"""Your own data: messy files read or refused in a line, reasons, and the page."""

import csv
import gzip
import io
import re
import warnings
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import plots
from helpers.detectors import KNNDetector, PCADetector, ZScoreDetector
from helpers.errors import KitError
from helpers.own_data import (
    QUESTIONS,
    agreement,
    alert_costs,
    alerts,
    compare,
    drawable,
    fit_detectors,
    named_share,
    own_answers,
    own_thresholds,
    plant,
    read_own,
    reasons_picture,
    rebuilt_errors,
    replaced,
    responsible,
    split_own,
    write_examples,
    write_own_report,
)

SIMPLE = {
    "largest z-score": ZScoreDetector,
    "PCA": lambda: PCADetector(score_type="reconstruction"),
    "5 nearest neighbours": KNNDetector,
}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=1+1",
    "$a_b$",
    "\u202egnp.exe",
    "名前",
    "_hidden",
    "a,b;c",
    "&amp;",
    "",
    "\x07bell",
    "💥",
]


def written(folder, text, name="own.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def table(rows=80, seed=0, **columns):
    random = np.random.default_rng(seed)
    made = {name: random.normal(size=rows).round(4) for name in ("a", "b", "c")}
    return pd.DataFrame(made | columns)


def told(data):
    return " ".join(data.found)


# -- what is met in files


def test_a_plain_table_is_read_as_it_is(tmp_path):
    ours = table()
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    pd.testing.assert_frame_equal(data.table, ours)
    assert data.labels is None
    assert data.times is None
    assert data.lines.tolist() == list(range(2, 82))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_separators_and_encodings_give_the_same_table(tmp_path, separator, encoding):
    ours = table().rename(columns={"a": "größe"})
    text = ours.to_csv(index=False, sep=separator).encode(encoding)
    data = read_own(written(tmp_path, text))
    np.testing.assert_array_equal(data.table.to_numpy(), ours.to_numpy())
    assert data.columns == ["größe", "b", "c"]
    assert ("Latin-1" in told(data)) == (encoding == "latin-1")


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_and_thousands_are_numbers(tmp_path, separator):
    ours = table() * 10_000
    text = ours.map(lambda n: f"{n:,.3f}".translate(str.maketrans(",.", ".,")))
    data = read_own(written(tmp_path, text.to_csv(index=False, sep=separator)))
    np.testing.assert_allclose(data.table.to_numpy(), ours.to_numpy(), atol=1e-3)
    assert "decimal comma" in told(data)


def test_marks_for_thousands_and_units_are_taken_off_and_told(tmp_path):
    ours = table()
    ours["a"] = [f"{n:,.1f}" for n in range(1000, 161_000, 2000)]
    ours["b"] = ours["b"].map("{:.2f} kW".format)
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert data.table["a"].iloc[-1] == 159_000
    assert data.table["b"].dtype == float
    assert "numbers in kW" in told(data)
    assert "thousands" in told(data)


def test_gaps_and_infinite_values_are_counted_with_their_line(tmp_path):
    ours = table().astype(object)
    ours.loc[3, "a"], ours.loc[4, "a"], ours.loc[5, "b"] = "n/a", "inf", "err"
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert np.isnan(data.table["a"]).sum() == 2
    assert "a: 1 cell not usable, infinite or too large a number (line 6" in told(data)
    assert "b: 1 cell not usable, no number (line 7: 'err')" in told(data)
    assert "a: 2 values missing" in told(data)


def test_what_tells_nothing_is_left_out_and_told(tmp_path):
    ours = table(
        id=range(80), constant="x", empty="", note=[f"text {i * i}" for i in range(80)]
    )
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert data.columns == ["a", "b", "c"]
    for name in ("id", "constant", "empty", "note"):
        assert f"{name} left out" in told(data)
    kept = read_own(written(tmp_path, ours.to_csv(index=False)), keep=["id", "note"])
    assert kept.columns == ["a", "b", "c", "id", "note"]


def test_doubled_and_empty_names_become_different_ones(tmp_path):
    text = table(d=1.5 * np.arange(80) % 7).to_csv(index=False)
    body = text.split("\n", 1)[1]
    data = read_own(written(tmp_path, f"x,x,,x (2)\n{body}"))
    assert data.columns == ["x", "x (2)", "column 3", "x (2) (2)"]


def test_rows_of_other_lengths_are_told_never_shifted(tmp_path):
    lines = table().to_csv(index=False).splitlines()
    lines[5] += ",9"
    lines[9] = lines[9].rsplit(",", 1)[0]
    data = read_own(written(tmp_path, "\n".join(lines)))
    assert len(data) == 79
    assert 6 not in data.lines
    assert np.isnan(data.table["c"]).sum() == 1
    assert "too many cells set aside (line 6)" in told(data)


def test_a_file_without_names_is_numbered(tmp_path):
    data = read_own(written(tmp_path, table().to_csv(index=False, header=False)))
    assert data.columns == ["column 1", "column 2", "column 3"]
    assert len(data) == 80


def test_comments_above_the_table_are_left_out_and_told(tmp_path):
    text = "# made by a machine\nsep=;\n" + table().to_csv(index=False, sep=";")
    data = read_own(written(tmp_path, text))
    assert data.columns == ["a", "b", "c"]
    assert "made by a machine" in told(data)
    assert data.lines[0] == 4


def test_a_huge_file_is_read_from_its_beginning_and_that_is_told(tmp_path):
    data = read_own(written(tmp_path, table(500).to_csv(index=False)), rows=100)
    assert len(data) == 100
    assert "the first 100 of 500" in told(data)


def test_a_packed_file_is_unpacked(tmp_path):
    text = gzip.compress(table().to_csv(index=False).encode())
    assert len(read_own(written(tmp_path, text, "own.csv.gz"))) == 80


# -- labels


@pytest.mark.parametrize(
    ("words", "anomalies"),
    [
        ([0, 1], 8),
        (["normal", "attack"], 8),
        (["ok", "broken"], 8),
        ([True, False], 72),
    ],
)
def test_labels_are_found_and_their_meaning_is_told(tmp_path, words, anomalies):
    ours = table(label=[words[i % 10 == 0] for i in range(80)])
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert data.labels.sum() == anomalies
    assert "label" not in data.columns
    assert "means anomaly" in told(data)


def test_the_user_says_what_means_anomaly(tmp_path):
    ours = table(kind=[["x", "y", "z", ""][i % 4] for i in range(80)])
    path = written(tmp_path, ours.to_csv(index=False))
    data = read_own(path, label="kind", anomaly=["y", "z"])
    assert np.nansum(data.labels) == 40
    assert np.isnan(data.labels).sum() == 20
    with pytest.raises(KitError, match=r"say which mean anomaly: anomaly=\[...\]"):
        read_own(path, label="kind")
    with pytest.raises(KitError, match="no value 'q'"):
        read_own(path, label="kind", anomaly="q")
    assert "kind" in read_own(path, label=False).columns


def test_a_label_with_many_kinds_is_no_feature(tmp_path):
    ours = table(label=[f"kind {i % 5}" for i in range(80)])
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert "label" not in data.columns
    assert data.labels is None
    assert "anomaly=[...]" in told(data)


# -- time


DAYS = pd.date_range("2024-03-20", periods=80, freq="6h")


@pytest.mark.parametrize(
    "pattern",
    ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
     "%Y-%m-%dT%H:%M:%S+02:00", "%d %b %Y %H:%M", "%m/%d/%Y %I:%M %p"],
)  # fmt: skip
def test_dates_are_read_in_the_ways_people_write_them(tmp_path, pattern):
    ours = table(when=DAYS.strftime(pattern))
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    shift = pd.Timedelta("2h") if "+02" in pattern else pd.Timedelta(0)
    assert (data.times == DAYS - shift).all()


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1000), ("ns", 10**9)])
def test_numbers_of_a_clock_are_moments(tmp_path, unit, factor):
    seconds = (DAYS - pd.Timestamp(0)) // pd.Timedelta("1s")
    data = read_own(written(tmp_path, table(time=seconds * factor).to_csv(index=False)))
    assert (data.times == DAYS).all()
    assert "since 1970" in told(data)


def test_mixed_formats_and_unreadable_dates_are_told(tmp_path):
    when = list(DAYS.strftime("%Y-%m-%d %H:%M:%S"))
    when[10:14] = DAYS[10:14].strftime("%d.%m.%Y %H:%M")
    when[20] = "yesterday"
    data = read_own(written(tmp_path, table(when=when).to_csv(index=False)))
    assert len(data) == 79
    assert "2 formats" in told(data)
    assert "(the first is line 22: 'yesterday')" in told(data)


def test_unsorted_doubled_and_missing_steps_are_told_and_sorted(tmp_path):
    ours = table(when=DAYS.strftime("%Y-%m-%d %H:%M:%S"))
    ours = pd.concat([ours[:30], ours[40:], ours[30:35], ours[:1]])
    data = read_own(written(tmp_path, ours.to_csv(index=False)))
    assert data.times.is_monotonic_increasing
    assert len(data) == 75
    for words in ("goes back", "1 row repeats another one", "1 gap among them"):
        assert words in told(data)


def test_day_and_month_that_cant_be_told_apart_are_asked(tmp_path):
    days = pd.date_range("2024-01-01", periods=12, freq="MS").repeat(7)[:80]
    ours = table(date=days.strftime("%d/%m/%Y"))
    ours["date"] = ours["date"].str.replace("01/", "07/", n=1)
    path = written(tmp_path, ours.to_csv(index=False))
    with pytest.raises(KitError, match="'07/01/2024' may have the day or the month"):
        read_own(path)
    assert "time" in told(read_own(path, day_first=True))


# -- refused in one line


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\x00\x01\x02\x03", "no text"),
        (b"<html><body>hello</body></html>", "web page"),
        (b'{"a": 1}', "JSON"),
        (b"a,b\n1,2\n", "1 row; at least 60"),
        (b"just one line", "0 rows"),
        (b'a,b\n"open,1\n' + b"2,3\n" * 60_000, "does not end, from line 2"),
        (b"a,b\n" + b"1,2\n" * 80, "no column that tells rows apart"),
        (b"a,b\n" + b"1,2\n3,4,5,6\n" * 80, None),
        (b"\x1f\x8b\x08broken", "damaged gzip"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_line(tmp_path, content, words):
    with pytest.raises(KitError) as refused:
        read_own(written(tmp_path, content))
    assert "\n" not in str(refused.value)
    assert words is None or words in str(refused.value)


def test_paths_and_names_that_arent_there_are_refused(tmp_path):
    path = written(tmp_path, table().to_csv(index=False))
    for call, words in [
        (lambda: read_own(tmp_path), "is a folder"),
        (lambda: read_own(tmp_path / "no.csv"), "not there"),
        (lambda: read_own(path, time="when"), "no column 'when'; it has 'a', 'b', 'c'"),
        (lambda: read_own(path, time="a", label=False), None),
        (lambda: read_own(path, label="z"), "no column 'z'"),
    ]:
        if words:
            with pytest.raises(KitError, match=re.escape(words)):
                call()
    for wrong in ({"rows": 3}, {"time": 5}, {"keep": 3}, {"header": "yes"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            read_own(path, **wrong)


CELL = st.one_of(
    st.floats(width=32).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(
        ["", "n/a", "1,5", "1.234,5", "inf", "-", "2024-01-31", "31.01.2024 10:00",
         "12:00", "true", "5 kW", '"', "x", "0", "1", "1e999", "٣", "\u2028", "NaT"]
    ),
    st.text(max_size=6),
)  # fmt: skip
COLUMN = st.lists(CELL, min_size=1, max_size=8)


def tried(function, *arguments, **options):
    """Return what a function returns, or what it says when it refuses."""
    try:
        return function(*arguments, **options), None
    except KitError as refused:
        return None, str(refused)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    columns=st.lists(COLUMN, min_size=1, max_size=4),
    names=st.lists(st.text(max_size=5) | st.sampled_from(["label", "time", "id"]),
                   min_size=4, max_size=4),
    separator=st.sampled_from(",;\t| "),
    rows=st.sampled_from([1, 60, 130]),
    noise=st.binary(max_size=30),
    options=st.sampled_from([{}, {"time": True}, {"time": False}, {"header": False},
                             {"label": False}, {"rows": 60}]),
)  # fmt: skip
def test_any_file_ends_in_a_result_or_in_one_line(
    tmp_path_factory, columns, names, separator, rows, noise, options
):
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator)
    writer.writerow(names[: len(columns)])
    for row in range(rows):
        writer.writerow([cells[row % len(cells)] for cells in columns])
    content = file.getvalue().encode("utf-8", "replace") + noise
    path = written(tmp_path_factory.getbasetemp(), content, "drawn.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data, refused = tried(read_own, path, **options)
        assert refused is None or len(refused.splitlines()) == 1
        if data is None:
            return
        for column in data.columns:
            values = data.table[column]
            assert values.dtype == object or not np.isinf(values).any()
        assert all("\n" not in sentence for sentence in data.found)
        parts, refused = tried(split_own, data)
        assert refused is None or len(refused.splitlines()) == 1
        if parts is None:
            return
        for part in (parts.train, parts.validation, parts.test):
            assert np.isfinite(part.X).all()


# -- parts: what is learned where


def wide(folder, rows=600, seed=0, **columns):
    return read_own(written(folder, table(rows, seed, **columns).to_csv(index=False)))


def test_twins_stay_in_one_part(tmp_path):
    ours = pd.concat([table(100)] * 3)
    parts = split_own(read_own(written(tmp_path, ours.to_csv(index=False))))
    seen = [set(map(tuple, parts.data.table.to_numpy()[part.rows])) for part in
            (parts.train, parts.validation, parts.test)]  # fmt: skip
    assert not (seen[0] & seen[1])
    assert not (seen[0] & seen[2])
    assert not (seen[1] & seen[2])


def test_windows_of_a_series_share_no_row_between_parts(tmp_path):
    when = pd.date_range("2024-01-01", periods=600, freq="h").strftime("%Y-%m-%d %H:%M")
    parts = split_own(wide(tmp_path, when=when), window=10)
    assert parts.train.X.shape[1:] == (10, 3)
    assert parts.train.rows.max() < (parts.validation.rows - 9).min()
    assert parts.validation.rows.max() < (parts.test.rows - 9).min()


def test_the_future_teaches_nothing(tmp_path):
    when = pd.date_range("2024-01-01", periods=600, freq="h").strftime("%Y-%m-%d %H:%M")
    ours = table(600, when=when)
    ours.loc[5, "a"] = np.nan
    changed = ours.copy()
    changed.loc[450:, ["a", "b"]] *= 100
    parts = [
        split_own(read_own(written(tmp_path, each.to_csv(index=False)))) for each in
        (ours, changed)
    ]  # fmt: skip
    np.testing.assert_array_equal(parts[0].train.X, parts[1].train.X)


def test_anomalies_and_unknown_rows_teach_nobody(tmp_path):
    labels = [["0", "1", ""][(i % 10 == 0) + 2 * (i % 10 == 1)] for i in range(600)]
    parts = split_own(wide(tmp_path, label=labels))
    assert (parts.train.labels == 0).all()
    assert parts.can_judge
    assert np.isnan(parts.test.labels).any()


def test_windows_dont_reach_across_a_gap_in_time(tmp_path):
    when = pd.date_range("2024-01-01", periods=700, freq="h").delete(range(100, 200))
    parts = split_own(wide(tmp_path, when=when.strftime("%Y-%m-%d %H:%M")), window=5)
    assert not set(range(100, 104)) & set(parts.train.rows.tolist())
    assert "for 4 rows after a gap" in parts.report()


# -- judging and reasons


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    random = np.random.default_rng(1)
    mixed = random.normal(size=(900, 2)) @ random.normal(size=(2, 6))
    mixed += 0.3 * random.normal(size=mixed.shape)
    odd = np.arange(900) % 15 == 0
    mixed[odd] += 4 * random.choice((-1, 1), (odd.sum(), 6))
    ours = pd.DataFrame(mixed.round(3), columns=HOSTILE[:6]).assign(
        colour=random.choice(["red", "blue"], 900), label=odd.astype(int)
    )
    data = read_own(written(folder, ours.to_csv(index=False), "<b>&.csv"))
    parts = split_own(data)
    return parts, fit_detectors(parts, SIMPLE)


def test_with_labels_each_detector_stands_beside_chance(study):
    parts, judged = study
    quality = compare(parts, judged, budget=10)
    assert (quality["AP"][list(SIMPLE)] > 2 * quality.loc["chance", "AP"]).all()
    assert quality.loc["random numbers", "AP"] < 2 * quality.loc["chance", "AP"]


def test_agreement_of_random_numbers_is_near_chance(study):
    parts, judged = study
    table = agreement(parts, judged, SIMPLE, budget=20)
    assert table.loc["random numbers", "with others"] < 4 * table["chance"].iloc[0]
    assert (table.loc[list(SIMPLE), "with others"] > 0.3).all()
    assert (table <= 1).all(axis=None)


def test_thresholds_keep_their_promise_on_validation_rows(study):
    parts, judged = study
    each = judged["PCA"]
    cuts = own_thresholds(parts, each, 0.02)
    normal = each.validation[parts.validation.normal]
    assert np.mean(normal > cuts.loc["quantile", "threshold"]) <= 0.02
    assert cuts.loc["quantile", "alarms"] == np.sum(
        each.test > cuts.loc["quantile", "threshold"]
    )


def test_costs_are_counted_for_a_thousand_rows(study):
    parts, _judged = study
    flags = parts.test.labels == 1
    costs = alert_costs(parts, {"perfect": flags}, miss=10, alarm=1)
    share = 1000 * flags.mean()
    assert costs.loc["never ring", "total"] == round(10 * share)
    assert costs.loc["always ring", "total"] == 1000
    assert costs.loc["perfect", "total"] == round(share)


def test_the_planted_column_is_named_far_more_often_than_chance(study):
    parts, judged = study
    named = named_share(parts, judged, rows=30, seeds=(0, 1, 2))
    assert (named["replaced"] > 0.8).all()
    assert named.loc["PCA", "rebuilt"] > 3 * named["chance"].iloc[0]
    assert named["chance"].iloc[0] == pytest.approx(1 / 7)


def test_what_is_planted_changes_one_value_by_its_size(study):
    parts, _ = study
    X, columns = plant(parts, rows=20, size=5, random_state=3)
    usual = parts.test.X[:, -1, :]
    for window, column in zip(X, columns, strict=True):
        nearest = np.sort(np.abs(usual - window[-1]), axis=1)
        assert (nearest[:, :-1].max(axis=1) == 0).any()
        assert parts.data.table.iloc[:, column].dtype == float


def test_replacing_a_column_of_words_replaces_all_its_features(study):
    parts, judged = study
    X = parts.test.X[:3]
    falls = replaced(parts, judged["5 nearest neighbours"], X)
    assert falls.shape == (3, len(parts.columns))
    place = parts.columns.index("colour")
    changed = X.copy()
    own = parts.of_feature == place
    assert own.sum() == 2
    changed[:, :, own] = parts.usual[own]
    knn = judged["5 nearest neighbours"]
    np.testing.assert_allclose(falls[:, place], knn.score(X) - knn.score(changed))


def test_only_what_rebuilds_has_an_error_of_its_own(study):
    parts, judged = study
    errors = rebuilt_errors(parts, judged["PCA"], parts.test.X[:4])
    assert errors.shape == (4, 7)
    assert (errors >= 0).all()
    rows = parts.test.X[:4, 0]
    missed = np.square(rows - judged["PCA"].detector.reconstruct(rows))
    np.testing.assert_allclose(errors.sum(axis=1), missed.sum(axis=1))
    colour = parts.of_feature == parts.columns.index("colour")
    np.testing.assert_allclose(errors[:, -1], missed[:, colour].sum(axis=1))
    with pytest.raises(ValueError, match="rebuilds nothing"):
        rebuilt_errors(parts, judged["5 nearest neighbours"], parts.test.X[:4])


def test_a_run_of_alarms_in_a_series_is_one_alert(tmp_path):
    when = pd.date_range("2024-01-01", periods=400, freq="h").strftime("%Y-%m-%d %H:%M")
    ours = table(400, when=when)
    ours.loc[350:353, "a"] = 50
    parts = split_own(read_own(written(tmp_path, ours.to_csv(index=False))), window=4)
    judged = fit_detectors(parts, {"largest z-score": ZScoreDetector})
    found = alerts(parts, judged["largest z-score"], 20.0)
    assert len(found) == 1
    assert found["rows"].iloc[0] == 7
    assert found["line"].iloc[0] in range(352, 360)
    steps = replaced(
        parts, judged["largest z-score"], parts.test.X[found["row"]], by="step"
    )
    assert steps.shape == (1, 4)


# -- pictures and the page


class Tags(HTMLParser):
    """Collects the tags, their attributes, and the text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture
def page(study, tmp_path):
    parts, judged = study
    each = judged["PCA"]
    cuts = own_thresholds(parts, each, 0.05)
    top = alerts(parts, each, cuts.loc["quantile", "threshold"], most=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = reasons_picture(responsible(parts, each, top["row"]))
        tables = {
            "agreement": agreement(parts, judged, SIMPLE, budget=10),
            "own_thresholds": cuts,
            "compare": compare(parts, judged, budget=10),
            "alert_costs": alert_costs(parts, {"PCA": each.test > 1}, miss=9, alarm=1),
        }
        answers = own_answers(
            parts, "PCA", 0.05, normal="<i>all</i> & more", tables=tables
        )
        told = top.assign(by=HOSTILE[: len(top)])
        path = tmp_path / "page.html"
        write_own_report(path, parts.data, answers, told, pictures=[ax],
                         limits=["<script>x</script>"])  # fmt: skip
        first = path.read_bytes()
        write_own_report(path, parts.data, answers, told, pictures=[ax],
                         limits=["<script>x</script>"])  # fmt: skip
    plt.close("all")
    assert path.read_bytes() == first
    return path.read_text(encoding="utf-8")


def test_the_page_holds_names_as_text_and_no_script(page):
    tags = Tags(page)
    assert not {"script", "i", "b", "iframe", "link", "object"} & set(tags.tags)
    assert tags.tags.count("img") == 1
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    shown = " ".join(tags.texts)
    assert "<script>alert(1)</script>" in shown
    assert "<i>all</i> & more" in shown
    assert "\u202e" not in page


def test_the_page_loads_nothing_and_answers_five_questions(page):
    tags = Tags(page)
    links = [value for name, value in tags.attributes if name in ("src", "href")]
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert "url(" not in page
    assert "@import" not in page
    shown = " ".join(tags.texts)
    assert all(question in shown for question in QUESTIONS)


def test_a_page_with_an_answer_missing_is_refused_and_none_is_written(study, tmp_path):
    parts, _ = study
    path = tmp_path / "page.html"
    for answers, words in (
        (["a"] * 4, "five questions need five"),
        ({QUESTIONS[0]: "a"}, "answers has none for"),
        ("text", "list of five"),
    ):
        with pytest.raises(ValueError, match=words):
            write_own_report(path, parts.data, answers, pd.DataFrame())
    with pytest.raises(KitError, match="can't be written"):
        write_own_report(tmp_path / "no" / "p.html", parts.data, ["a"] * 5,
                         pd.DataFrame())  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_drawn_without_a_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plots.series_with_anomalies(np.arange(5.0), name=drawable(name))
        ax.set_title(drawable(name * 40))
        ax.figure.savefig(io.BytesIO(), format="png")
    plt.close(ax.figure)


# -- the examples


def test_both_examples_are_read_with_what_was_made_worse(tmp_path):
    pages, demand = write_examples(tmp_path)
    blocks = read_own(pages)
    for words in ("decimal comma", "block no left out", "resolution left out",
                  "40 values missing", "semicolons"):  # fmt: skip
        assert words in told(blocks)
    assert blocks.labels.sum() == 559
    series = read_own(demand)
    assert series.times[0] == pd.Timestamp("2014-01-01")
    assert "numbers in °C" in told(series)
    assert "1 gap" in told(series)
