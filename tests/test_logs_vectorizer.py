"""The transformer: columns, state from training lines only, scikit-learn's rules."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from helpers.logs import LogVectorizer, read_log, split_by_time
from helpers.simulation import simulate_network

LOG = simulate_network(2, rows_per_day=600, clients=8)
TRAIN, TEST, Y_TRAIN, Y_TEST = split_by_time(LOG.records, LOG.y, at="2024-01-09")


def column(vectorizer, array, name):
    return array[:, vectorizer.get_feature_names_out().tolist().index(name)]


def test_the_array_by_hand():
    lines = [
        "time,src,dst,proto,port,bytes_sent,message",
        '2024-01-08 06:00:00Z,10.0.0.1,8.8.8.8,udp,53,0,"ask 1"',
        '2024-01-08 06:00:00Z,10.0.0.1,8.8.8.8,udp,53,6,"ask 2"',
        '2024-01-08 18:00:00Z,9.9.9.9,8.8.8.8,tcp,,,"login failed 12345"',
    ]
    records = read_log(lines)[0]
    vectorizer = LogVectorizer(min_lines=2, time_of_day=True)
    array = vectorizer.fit_transform(records)
    names = vectorizer.get_feature_names_out().tolist()
    assert array.shape == (3, len(names)) == (3, len(set(names)))
    table = pd.DataFrame(array, columns=names)
    assert table["bytes_sent"].tolist() == [-1, 1, 0]  # log 1 and log 7; a missing one
    assert table["gap"].tolist() == [0, -1, 1]  # the first line has none before it
    assert table["same_source"].tolist() == [0, 1, 0]
    assert table["same_destination"].tolist() == [0, 1, 1]
    assert table["source_inside"].tolist() == [1, 1, 0]
    assert table["destination_inside"].tolist() == [0, 0, 0]
    assert table["protocol=udp"].tolist() == [1, 1, 0]
    assert table["protocol=other"].tolist() == [0, 0, 1]  # on one line only: rare
    assert table["port=53"].tolist() == [1, 1, 0]
    assert table["port=other"].tolist() == [0, 0, 1]  # missing
    assert table["service=other"].tolist() == [1, 1, 1]
    assert table["message:ask"].tolist() == [1, 1, 0]
    assert table["message:other words"].tolist() == [0.5, 0.5, 1]
    assert table["time_sin"].round(9).tolist() == [1, 1, -1]
    assert vectorizer.unseen_["message"] == {
        "1": 1,
        "2": 1,
        "login": 1,
        "failed": 1,
        "#": 1,
    }
    assert vectorizer.unseen_["protocol"] == {"tcp": 1}


def test_numbers_are_standardised_on_training_lines():
    vectorizer = LogVectorizer().fit(TRAIN)
    array = vectorizer.transform(TRAIN)
    assert np.allclose(array[:, :3].mean(axis=0), 0)
    assert np.allclose(array[:, :3].std(axis=0), 1)
    flags = [name for name in vectorizer.get_feature_names_out() if "flag=" in name]
    assert (sum(column(vectorizer, array, name) for name in flags) == 1).all()


def test_new_values_go_to_other_and_are_counted():
    vectorizer = LogVectorizer().fit(TRAIN)
    new = TEST.head(4).assign(service=["gopher", "gopher", "dns", ""], port=7)
    array = vectorizer.transform(new)
    assert column(vectorizer, array, "service=other").tolist() == [1, 1, 0, 1]
    assert column(vectorizer, array, "service=dns").tolist() == [0, 0, 1, 0]
    assert vectorizer.unseen_["service"] == {"gopher": 2, "(missing)": 1}
    assert vectorizer.unseen_["port"] == {"7": 4}
    vectorizer.transform(TEST[TEST["service"] == "dns"])
    assert "service" not in vectorizer.unseen_


def test_limits_and_switches():
    small = LogVectorizer(
        max_categories=2, message_words=0, previous_line=False, inside=[]
    ).fit(TRAIN)
    names = small.get_feature_names_out().tolist()
    assert [len(values) for values in small.categories_.values()] == [2, 2, 2, 2]
    assert not any(
        "message" in name or "same" in name or name == "gap" for name in names
    )
    array = small.transform(TEST)
    assert array.shape == (len(TEST), len(names))
    assert not column(small, array, "source_inside").any()
    shuffled = TEST.sample(frac=1, random_state=0)  # no line depends on another now
    assert np.array_equal(
        small.transform(shuffled), array[TEST.index.get_indexer(shuffled.index)]
    )


def test_one_line_a_backward_clock_and_names_as_hosts():
    vectorizer = LogVectorizer().fit(TRAIN)
    assert vectorizer.transform(TEST.head(1)).shape[0] == 1
    backwards = TEST.iloc[::-1].assign(source="printer.local", destination="fd00::1")
    array = vectorizer.transform(backwards)
    assert np.isfinite(array).all()
    assert not column(vectorizer, array, "source_inside").any()
    assert column(vectorizer, array, "destination_inside").all()


def test_in_a_pipeline_a_grid_search_and_with_pandas_output():
    model = make_pipeline(LogVectorizer(), LogisticRegression(max_iter=300))
    grid = GridSearchCV(
        model,
        {"logvectorizer__message_words": [0, 40]},
        cv=TimeSeriesSplit(2),
        scoring="neg_log_loss",
    )
    y = (TRAIN["service"] == "dns").astype(int)
    assert grid.fit(TRAIN, y).predict(TEST).shape == (len(TEST),)
    table = clone(LogVectorizer()).set_output(transform="pandas").fit_transform(TRAIN)
    assert table.index.equals(TRAIN.index)
    assert "service=dns" in table.columns


class OfNumbers(LogVectorizer):
    """The vectorizer behind a matrix of numbers, for checks that bring their own."""

    def fit(self, X, y=None):
        X = validate_data(self, X, dtype=float)
        kept = {name: getattr(self, name) for name in NAMES_IN if hasattr(self, name)}
        super().fit(self._lines(X))
        del self.feature_names_in_
        vars(self).update(kept)
        return self

    def transform(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        return super().transform(self._lines(X))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.allow_nan = tags.input_tags.string = False
        return tags

    @staticmethod
    def _lines(X):
        lines = pd.concat([TRAIN.head(1)] * len(X), ignore_index=True)
        text = [f"{value:.0f}" for value in X[:, 0]]
        return lines.assign(
            duration=np.abs(X[:, -1]), service=text, message=text, bytes_sent=X.sum(1)
        )


NAMES_IN = ("n_features_in_", "feature_names_in_")


@parametrize_with_checks([OfNumbers(previous_line=False, min_lines=1)])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((3, 4)), "X must be a table of log lines"),
        (TEST.drop(columns=["port", "flag"]), "X has no column port, flag"),
        (TEST.head(0), "X has no lines"),
        (TEST.assign(time="now"), "time is no time"),
        (TEST.assign(bytes_sent="many"), "X has no numbers in bytes_sent"),
        (TEST.assign(time=pd.NaT), "time is no time"),
        (pd.concat([TEST, TEST[["port"]]], axis=1), "two columns of one name"),
        (TEST.assign(port=np.inf), "infinite numbers in port"),
        (TEST.assign(bytes_sent=-np.inf), "infinite numbers in bytes_sent"),
        (TEST.assign(port=80.5), "fractions in port"),
        (TEST.assign(duration=1j), "no numbers in duration"),
    ],
)
def test_other_tables_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        LogVectorizer().fit(X)
    with pytest.raises(ValueError, match=message):
        LogVectorizer().fit(TRAIN).transform(X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_categories": 0}, "max_categories must be"),
        ({"message_words": -1}, "message_words must be"),
        ({"min_lines": 0}, "min_lines must be"),
        ({"inside": "10.0.0.0/8"}, "inside is a list of networks"),
        ({"inside": ["here"]}, "inside must hold networks"),
        ({"inside": None}, "inside must hold networks"),
        ({"inside": 10}, "inside must hold networks"),
        ({"previous_line": "no"}, "previous_line must be True or False"),
        ({"time_of_day": None}, "time_of_day must be True or False"),
    ],
)
def test_impossible_parameters_are_refused_by_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        LogVectorizer(**parameters).fit(TRAIN)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["category", "string", object])
def test_missing_text_of_any_kind_is_missing(kind):
    gaps = TEST["service"].where(np.arange(len(TEST)) % 3 > 0)
    vectorizer = LogVectorizer().fit(TRAIN)
    expected = vectorizer.transform(TEST.assign(service=gaps.fillna("")))
    array = vectorizer.transform(TEST.assign(service=gaps.astype(kind)))
    assert np.array_equal(array, expected)
    vectorizer.transform(TEST.assign(flag=np.nan))


def test_not_fitted():
    with pytest.raises(NotFittedError):
        LogVectorizer().transform(TRAIN)
