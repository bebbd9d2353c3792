"""A folder of two models, trained once on made-up rows of KDD99's width."""

import numpy as np
import pandas as pd
import pytest

from helpers.serving import training
from helpers.serving.tables import Parts

COLUMNS = [f"f_{number}" for number in range(18)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models `pca` and `ocsvm`; 80 of the 400 labelled rows are anomalies."""
    random = np.random.default_rng(0)
    train = pd.DataFrame(random.normal(size=(300, 18)), columns=COLUMNS)
    X = pd.DataFrame(random.normal(size=(400, 18)), columns=COLUMNS)
    X.iloc[:80] += 6 * random.normal(size=(80, 18))
    data = Parts("made", train, X, (np.arange(400) < 80).astype(int))
    out = tmp_path_factory.mktemp("models")
    for name in ("pca", "ocsvm"):
        training.train_one(name, data, out)
    training.write_rows(data, out)
    return out
