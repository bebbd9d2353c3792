"""From log lines to one numeric array; all it knows it learned from training lines."""

import ipaddress
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from helpers._arrays import Floats, as_count, coded
from helpers.logs.fields import COLUMNS

__all__ = ["LogVectorizer"]

NUMBERS = ("duration", "bytes_sent", "bytes_received")
CATEGORIES = ("protocol", "service", "port", "flag")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")  # RFC 1918


class LogVectorizer(TransformerMixin, BaseEstimator):
    """Turn the lines of a log, in their order, into an array (lines, features).

    - `duration`, `bytes_sent`, `bytes_received`: log(1 + x), standardised with mean and
      spread of the training lines; a missing number becomes 0, the training mean
    - `protocol`, `service`, `port`, `flag`: one column for each frequent value of the
      training lines, and one, `service=other`, for all that is rare, missing or new
    - `message`: one 0/1 column for each of the most frequent training words, and the
      share of other words
    - `source_inside`, `destination_inside`: 1 for an address in one of the networks
      `inside`, else 0; host names count as outside
    - `previous_line`: log of the seconds since the line before, and whether source and
      destination are those of the line before: the order of lines, without a model
    - `time_of_day`: sine and cosine. Off by default: a network for sequences learns
      order, not the calendar, and a date it has not seen says nothing

    The label is never looked at. A column that the training lines decide is decided
    by them alone: lines given to `transform` change nothing for each other, but for
    the features of `previous_line`. `transform` treats its first line as one without a
    line before it.

    Parameters: `max_categories` columns per category beside "other", each for a value
    on at least `min_lines` training lines; `message_words` words, of which the same is
    asked; 0 leaves the message out.

    After `fit`: `categories_` (column -> values), `vocabulary_` (words), `scaler_`.
    `unseen_` counts, for the lines last transformed, values without a column of their
    own: {"port": {"6881": 12}}.

    Raises `ValueError` when X is no table from `read_log`, or has no lines.
    """

    def __init__(
        self,
        *,
        max_categories: int = 20,
        message_words: int = 40,
        min_lines: int = 5,
        previous_line: bool = True,
        time_of_day: bool = False,
        inside: Sequence[str] = PRIVATE,
    ):
        self.max_categories = max_categories
        self.message_words = message_words
        self.min_lines = min_lines
        self.previous_line = previous_line
        self.time_of_day = time_of_day
        self.inside = inside

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """Learn columns, words, means and spreads from training lines; ignore `y`."""
        self._check_parameters()
        X = _as_log(X)
        self.feature_names_in_ = np.asarray(COLUMNS, dtype=object)
        self.n_features_in_ = len(COLUMNS)
        self.categories_ = {
            column: _frequent(_as_words(X[column]), self.max_categories, self.min_lines)
            for column in CATEGORIES
        }
        self.vocabulary_ = self._learn_words(X["message"])
        numbers = self._numbers(X)
        numbers[:, np.isnan(numbers).all(axis=0)] = 0  # never there: nothing to learn
        self.scaler_ = StandardScaler().fit(numbers)
        self.unseen_: dict[str, dict[str, int]] = {}
        return self

    def transform(self, X: pd.DataFrame) -> Floats:
        """Return (lines, features), one row per line, without missing values."""
        check_is_fitted(self)
        X = _as_log(X)
        unseen: dict[str, dict[str, int]] = {}
        parts = [
            np.nan_to_num(self.scaler_.transform(self._numbers(X))),
            *(self._flags_of(X)),
            *(self._one_hot(X[column], column, unseen) for column in CATEGORIES),
        ]
        if self.message_words:
            parts.append(self._words(X["message"], unseen))
        self.unseen_ = unseen
        return np.hstack(parts)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns of the array, such as `service=dns`."""
        check_is_fitted(self)
        names = list(NUMBERS)
        names += ["gap"] * self.previous_line
        names += ["source_inside", "destination_inside"]
        names += ["same_source", "same_destination"] * self.previous_line
        names += ["time_sin", "time_cos"] * self.time_of_day
        for column, values in self.categories_.items():
            names += [f"{column}={value}" for value in (*values, "other")]
        if self.message_words:
            names += [f"message:{word}" for word in (*self.vocabulary_, "other words")]
        return np.asarray(names, dtype=object)

    def __sklearn_tags__(self):
        """Say that X is a table with named columns of several kinds, not an array."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags

    def _check_parameters(self) -> None:
        as_count(self.max_categories, "max_categories", least=1)
        as_count(self.message_words, "message_words", least=0)
        as_count(self.min_lines, "min_lines", least=1)
        for name in ("previous_line", "time_of_day"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise ValueError(
                    f"{name} must be True or False; got {getattr(self, name)!r}"
                )
        _networks(self.inside)

    def _learn_words(self, messages: pd.Series) -> tuple[str, ...]:
        if not self.message_words:
            return ()
        counts: Counter[str] = Counter()
        codes, distinct = coded(messages.tolist())
        for message, lines in zip(distinct, np.bincount(codes).tolist(), strict=True):
            counts.update(dict.fromkeys(_split(message), lines))
        return _most(counts, self.message_words, self.min_lines)

    def _numbers(self, X: pd.DataFrame) -> Floats:
        """Return log(1 + x) of the numbers, and of the gap; NaN where unknown."""
        columns = [X[name].to_numpy(np.float64, na_value=np.nan) for name in NUMBERS]
        if self.previous_line:
            columns.append(X["time"].diff().dt.total_seconds().to_numpy(np.float64))
        with np.errstate(invalid="ignore"):
            return np.log1p(np.maximum(np.column_stack(columns), 0))

    def _flags_of(self, X: pd.DataFrame) -> list[Floats]:
        """Return the columns that need nothing learned."""
        networks = _networks(self.inside)
        parts = [_inside(X[name], networks) for name in ("source", "destination")]
        if self.previous_line:
            for name in ("source", "destination"):
                parts.append((X[name] == X[name].shift()).to_numpy(np.float64))
        if self.time_of_day:
            midnight = X["time"].dt.normalize()
            day = (X["time"] - midnight).dt.total_seconds().to_numpy() / 86_400
            parts += [np.sin(2 * np.pi * day), np.cos(2 * np.pi * day)]
        return [part[:, np.newaxis] for part in parts]

    def _one_hot(self, values: pd.Series, column: str, unseen: dict) -> Floats:
        known = self.categories_[column]
        words = _as_words(values)
        codes = pd.Index(known, dtype=object).get_indexer(words)
        others = words[(codes < 0) & (words != "other")]
        if len(others):
            unseen[column] = dict(Counter(others.tolist()).most_common())
        return np.eye(len(known) + 1)[codes]  # -1, unknown, is the last column

    def _words(self, messages: pd.Series, unseen: dict) -> Floats:
        """Return 0/1 for the words of the vocabulary, and the share of other words."""
        places = {word: place for place, word in enumerate(self.vocabulary_)}
        codes, distinct = coded(messages.tolist())
        rows = np.zeros((len(distinct), len(places) + 1))
        others: Counter = Counter()
        lines = np.bincount(codes, minlength=len(distinct))
        for row, message, count in zip(rows, distinct, lines.tolist(), strict=True):
            words = _split(message)
            unknown = [word for word in words if word not in places]
            row[[places[word] for word in words if word in places]] = 1
            row[-1] = len(unknown) / max(len(words), 1)
            others.update(dict.fromkeys(unknown, count))
        if others:
            unseen["message"] = dict(others.most_common())
        return rows[codes]


def _as_log(X: Any) -> pd.DataFrame:
    """Return the columns of a canonical table; missing text becomes ""."""
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            "X must be a table of log lines, as read_log returns it; "
            f"got {type(X).__name__}"
        )
    missing = [name for name in COLUMNS if name not in X]
    if missing:
        raise ValueError(
            f"X has no column {', '.join(missing)}; pass a table as read_log returns it"
        )
    if len(set(X.columns)) < len(X.columns):
        raise ValueError("X has two columns of one name; drop one of them")
    if X.empty:
        raise ValueError("X has no lines; pass at least one")
    X = X[list(COLUMNS)]
    _check_kinds(X)
    texts = ["source", "destination", "protocol", "service", "flag", "message"]
    return X.assign(
        **{name: X[name].astype(object).fillna("").astype(str) for name in texts}
    )


def _check_kinds(X: pd.DataFrame) -> None:
    if not pd.api.types.is_datetime64_any_dtype(X["time"]) or X["time"].isna().any():
        raise ValueError("X has lines whose time is no time; read the log by read_log")
    for name in (*NUMBERS, "port"):
        types = pd.api.types
        if not types.is_numeric_dtype(X[name]) or types.is_complex_dtype(X[name]):
            raise ValueError(f"X has no numbers in {name}; read the log by read_log")
        numbers = X[name].to_numpy(np.float64, na_value=np.nan)
        if np.isinf(numbers).any():
            raise ValueError(f"X has infinite numbers in {name}; make them missing")
    if (numbers % 1 > 0).any():
        raise ValueError("X has fractions in port; ports are whole numbers")


def _as_words(values: pd.Series) -> np.ndarray:
    """Return categories as words; a missing one is "(missing)"."""
    if pd.api.types.is_numeric_dtype(values):
        values = values.astype("Int64").astype(object)
        return np.array(
            ["(missing)" if pd.isna(one) else str(one) for one in values], dtype=object
        )
    return np.array([one or "(missing)" for one in values], dtype=object)


def _frequent(words: np.ndarray, most: int, least: int) -> tuple[str, ...]:
    counts = Counter(words.tolist())
    counts.pop("(missing)", None)
    counts.pop("other", None)  # has its column anyway
    return _most(counts, most, least)


def _most(counts: Counter, most: int, least: int) -> tuple[str, ...]:
    """Return the words on `least` lines or more, the frequent first, ties by name."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(word for word, count in ranked[:most] if count >= least)


_WORD = re.compile(r"[^\W_]+")


def _split(message: str) -> list[str]:
    """Return the distinct words of a message; long numbers are all "#"."""
    words = _WORD.findall(message.casefold())
    words = ["#" if word.isdigit() and len(word) > 3 else word for word in words]
    return list(dict.fromkeys(words))


def _networks(inside: Sequence[str]) -> list:
    if isinstance(inside, str):
        raise ValueError(f"inside is a list of networks; write [{inside!r}]")
    try:
        return [ipaddress.ip_network(one) for one in inside]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"inside must hold networks like 10.0.0.0/8: {error}"
        ) from None


def _inside(hosts: pd.Series, networks: list) -> Floats:
    codes, distinct = pd.factorize(hosts)
    known = np.array([_is_inside(host, networks) for host in distinct], dtype=float)
    return known[codes]


def _is_inside(host: str, networks: list) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in networks)
