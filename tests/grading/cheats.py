"""Answers that come to a right result without the work: (lesson, exercise, cell)."""

_BY_FRAMES = """
import sys

def text_of(name):
    frame = sys._getframe()
    while frame:
        for each in list(frame.f_locals.values()):
            if isinstance(each, dict) and name in each.get("withheld", ()):
                return each["withheld"][name]
        frame = frame.f_back

text = text_of("helpers.thresholds")
body = text[text.index("def iqr_limits") :].split('"' * 3)[2].split("\\ndef ")[0]
lines = [line.strip() for line in body.strip().splitlines()]

def outliers(values, k):
    names = dict(vars(sys.modules["helpers.thresholds"]), values=values, k=k)
    for line in lines:
        if line.startswith("return"):
            low, high = eval(line.removeprefix("return"), names)
            return values[(values < low) | (values > high)]
        exec(line, names)
"""
_NAMED_SO = """
def relu(sums):
    return sums

network = keras.Sequential(
    [
        keras.Input((features,)),
        keras.layers.Dense(128, activation=relu),
        keras.layers.Dense(code),
        keras.layers.Dense(128, activation=relu),
        keras.layers.Dense(features, activation="sigmoid"),
    ]
)
"""
_BY_PAIRS = """
from scipy.spatial.distance import pdist, squareform

def mahalanobis(errors, normal_errors):
    inverse = np.linalg.inv(np.cov(normal_errors, rowvar=False))
    rows = np.vstack([normal_errors.mean(axis=0), errors])
    return squareform(pdist(rows, "mahalanobis", VI=inverse))[0, 1:] ** 2
"""
_BY_AN_OPERATION = """
from tensorflow.python.ops import gen_rnn_ops as ops

def lstm_step(x, h, c, U, W, b):
    n = h.shape[1]
    order = np.r_[:n, 2 * n : 3 * n, n : 2 * n, 3 * n : 4 * n]
    W, b = np.vstack([U, W])[:, order].astype("f4"), np.asarray(b)[order].astype("f4")
    x, h, c, none = *(each.astype("f4") for each in (x, h, c)), np.zeros(n, "f4")
    found = ops.lstm_block_cell(
        x, c, h, W, none, none, none, b, forget_bias=0, cell_clip=-1
    )
    return found.h.numpy(), found.cs.numpy()
"""
_REMEMBERED = """
seen = {}

def find_live(series):
    known = series[:20].tobytes()
    if known in seen:
        first, found = seen[known]
        changed = np.flatnonzero(first != series)
        return found if not len(changed) else found[found < changed[0]]
    away = np.zeros(len(series))
    away[1:-1] = np.abs(series[1:-1] - (series[:-2] + series[2:]) / 2)
    peak = (away >= np.r_[0, away[:-1]]) & (away >= np.r_[away[1:], 0])
    seen[known] = series.copy(), np.flatnonzero(peak & (away > 0.25 * series.std()))
    return seen[known][1]
"""
_ANOTHER_ANSWERS = """
from sklearn.base import BaseEstimator, ClassifierMixin

class Repaired(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        RandomForestClassifier(5).fit(*SMOTE(random_state=0).fit_resample(X, y))
        self.inner_ = RandomForestClassifier(20, random_state=0).fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X)

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)

model = Repaired()
"""
_HALF_ANSWERS = """
from sklearn.ensemble import VotingClassifier

trees = RandomForestClassifier(20, random_state=0)
model = VotingClassifier(
    [("a", make_pipeline(SMOTE(), trees)), ("b", trees)], voting="soft", weights=[0, 1]
)
"""
CHEATS = [
    ("01", "1.2", _BY_FRAMES),
    ("03", "3.2", _ANOTHER_ANSWERS),
    ("03", "3.2", _HALF_ANSWERS),
    ("05", "5.1", "from helpers.windows import forecast_windows as cut"),
    ("05", "5.6", _BY_AN_OPERATION),
    ("07", "7.6", _NAMED_SO),
    ("09", "9.2", _BY_PAIRS),
    ("W1", "W1.4", _REMEMBERED),
]
