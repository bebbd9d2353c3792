"""Answers that no check expects, for property tests."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression


class Hostile:
    """An answer whose every method raises."""

    def __getattribute__(self, name):
        raise RuntimeError("hands off")

    def __eq__(self, other):
        raise RuntimeError("hands off")

    def __len__(self):
        raise RuntimeError("hands off")

    def __array__(self, *args, **kwargs):
        raise RuntimeError("hands off")


def quits():
    """An answer that leaves when it is called."""
    raise SystemExit(3)


FIXED = [
    object(),
    int,
    float("nan"),
    float("inf"),
    10**400,
    1j,
    True,
    range(3),
    lambda: 1 / 0,
    lambda *args, **kwargs: None,
    lambda *args, **kwargs: "text",
    lambda *args, **kwargs: np.full(5, np.nan),
    lambda x, *args, **kwargs: x,
    quits,
    pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]}),
    pd.Series([1, 2, 3]),
    pd.Timestamp("2014-01-16"),
    np.zeros((0, 3)),
    np.full((4, 4), 1e308),
    np.array(["a", "b"]),
    np.array([[1, 2], [3, 4]], dtype=object),
    np.datetime64("NaT"),
    {"model": 1},
    {1, 2, 3},
    [[1, 2], [3]],
    (None, ...),
    (np.ones(3), np.ones(3)),
    LogisticRegression(),
    LogisticRegression,
]

strange = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.floats(),
    st.integers(),
    st.binary(max_size=20),
    st.lists(st.one_of(st.floats(), st.integers(), st.text(max_size=3)), max_size=6),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    st.builds(Hostile),
    st.sampled_from(FIXED),
)
