"""Right answers in other ways than the lessons' own: (lesson, exercise, cell)."""

OTHER_WAYS = [
    (
        "02",
        "2.3",
        "from sklearn.compose import ColumnTransformer\n"
        "from sklearn.pipeline import Pipeline\n"
        "model = Pipeline([('prepare', ColumnTransformer([\n"
        "    ('numbers', Pipeline([('fill', SimpleImputer(strategy='mean')),\n"
        "        ('scale', StandardScaler())]), list(numbers)),\n"
        "    ('kinds', Pipeline([('fill', SimpleImputer(strategy='most_frequent')),\n"
        "        ('code', OneHotEncoder(handle_unknown='ignore', "
        "sparse_output=False))]), list(kinds)),\n"
        "], remainder='passthrough', n_jobs=2)),\n"
        "('model', LogisticRegression(max_iter=500, C=0.5))])",
    ),
    (
        "03",
        "3.2",
        "from imblearn.over_sampling import BorderlineSMOTE\n"
        "model = make_pipeline(BorderlineSMOTE(random_state=1), "
        "RandomForestClassifier(n_estimators=25, random_state=1, n_jobs=-1))",
    ),
    (
        "04",
        "4.2",
        "network = keras.Sequential(name='heart')\n"
        "network.add(keras.layers.InputLayer(shape=(13,)))\n"
        "for units in (64, 32):\n"
        "    network.add(keras.layers.Dense(units))\n"
        "    network.add(keras.layers.Activation('sigmoid'))\n"
        "network.add(keras.layers.Dense(2))\n"
        "network.add(keras.layers.Softmax())",
    ),
    (
        "04",
        "4.2",
        "network = keras.Sequential([\n"
        "    keras.Input(shape=(13,)),\n"
        "    keras.layers.Dense(64, 'sigmoid', kernel_initializer="
        "keras.initializers.GlorotUniform(seed=1234567)),\n"
        "    keras.layers.Dense(32, keras.activations.sigmoid),\n"
        "    keras.layers.Dense(2, activation='softmax'),\n"
        "])\n"
        "network.compile('adam', 'sparse_categorical_crossentropy', "
        "metrics=['accuracy'])\n"
        "network.summary()",
    ),
    (
        "04",
        "4.6",
        "class ReluUnits(keras.layers.Layer):\n"
        "    def __init__(self, units, **more):\n"
        "        super().__init__(**more)\n"
        "        self.units = units\n\n"
        "    def build(self, shape):\n"
        "        self.kernel = self.add_weight(shape=(shape[-1], self.units), "
        "initializer='glorot_uniform', trainable=True, name='kernel')\n"
        "        self.bias = self.add_weight(shape=(self.units,), "
        "initializer=keras.initializers.Zeros(), name='bias')\n"
        "        super().build(shape)\n\n"
        "    def call(self, x):\n"
        "        return keras.ops.maximum(keras.ops.matmul(x, self.kernel) + "
        "self.bias, 0)",
    ),
    (
        "07",
        "7.1",
        "def row_errors(X, rebuilt, scale):\n"
        "    return np.array([np.mean([((a - b) / s) ** 2 for a, b, s in "
        "zip(row, other, scale)]) for row, other in zip(X, rebuilt)])",
    ),
    (
        "07",
        "7.2",
        "normal = X_train[np.asarray(y_train) == 0]\n"
        "detector = autoencoder(4, seed=3)\n"
        "detector.fit(normal)\n"
        "print(detector.threshold_)",
    ),
    (
        "07",
        "7.6",
        "inputs = keras.Input((features,), name='x')\n"
        "hidden = keras.layers.Dense(128, activation='relu')(inputs)\n"
        "coded = keras.layers.Dense(code, activation='linear')(hidden)\n"
        "back = keras.layers.ReLU()(keras.layers.Dense(128)(coded))\n"
        "outputs = keras.layers.Dense(features, activation='sigmoid')(back)\n"
        "network = keras.Model(inputs, outputs)",
    ),
    (
        "07",
        "7.6",
        "encoder = keras.Sequential([keras.Input((features,)), "
        "keras.layers.Dense(128, activation='relu'), keras.layers.Dense(code)])\n"
        "decoder = keras.Sequential([keras.Input((code,)), "
        "keras.layers.Dense(128, activation='relu'), "
        "keras.layers.Dense(features, activation='sigmoid')])\n"
        "network = keras.Sequential([keras.Input((features,)), encoder, decoder])",
    ),
    (
        "08",
        "8.1",
        "def judge(detector, X_train, y_train, X_validation, y_validation, X_test):\n"
        "    normal = X_train.loc[y_train == 0]\n"
        "    model = detector.fit(normal)\n"
        "    calm = model.decision_function(X_validation)[y_validation == 0]\n"
        "    return model.decision_function(X_test), np.percentile(calm, 99)",
    ),
    (
        "08",
        "8.2",
        "def vae_loss(X, rebuilt, mean, log_variance, weight):\n"
        "    total = 0.0\n"
        "    for x, r, m, v in zip(X, rebuilt, mean, log_variance):\n"
        "        kl = 0.5 * sum(a**2 + np.exp(b) - 1 - b for a, b in zip(m, v))\n"
        "        total += ((x - r) ** 2).sum() + weight * kl\n"
        "    return total / len(X)",
    ),
    (
        "08",
        "8.3",
        "def choose(runs):\n"
        "    best = sorted(range(len(runs)), key=lambda i: min(runs[i]['val_loss']))\n"
        "    return best[0]",
    ),
    (
        "09",
        "9.3",
        "import pandas as pd\n"
        "def surprise(days, weekday, holiday, learn):\n"
        "    table = pd.DataFrame(np.asarray(days))\n"
        "    taught = np.asarray(learn, bool) & ~np.asarray(holiday, bool)\n"
        "    profiles = table[taught].groupby(np.asarray(weekday)[taught]).median()\n"
        "    usual = profiles.loc[weekday].to_numpy()\n"
        "    return np.abs(table.to_numpy() - usual).mean(axis=1)",
    ),
    (
        "10",
        "10.1",
        "def follow(batches, score, ask, learn):\n"
        "    def one(batch):\n"
        "        found = np.asarray(score(batch))\n"
        "        learn(batch, ask(batch))\n"
        "        return found\n"
        "    return np.hstack([one(batch) for batch in batches])",
    ),
    (
        "10",
        "10.2",
        "def sort_in(labels, points_above, hard_points):\n"
        "    anomalous = np.array([x == 1 for x in labels])\n"
        "    normal = np.array([x == 0 for x in labels])\n"
        "    many = np.array([n >= hard_points for n in points_above])\n"
        "    return anomalous, normal, normal & many",
    ),
    (
        "11",
        "11.2",
        "def rates(wrong, per_segment):\n"
        "    out, start = [], 0\n"
        "    while start + per_segment <= len(wrong):\n"
        "        out.append(np.mean(wrong[start : start + per_segment]))\n"
        "        start += per_segment\n"
        "    return np.array(out)",
    ),
    (
        "06",
        "6.1",
        "def label(word):\n"
        "    match word.casefold():\n"
        "        case 'normal' | 'benign' | '0' | '-':\n            return 0\n"
        "        case 'attack' | 'malicious' | '1':\n            return 1\n"
        "        case _:\n            return None",
    ),
    (
        "06",
        "6.2",
        "def prepare(first, later):\n"
        "    v = LogVectorizer()\n"
        "    return v.fit_transform(first), v.transform(later)",
    ),
    (
        "06",
        "6.4",
        "def connections(records):\n"
        "    keys = list(zip(records['time'].dt.normalize(), records['source'], "
        "records['destination']))\n"
        "    from collections import Counter\n"
        "    count = Counter(keys)\n"
        "    return [count[key] for key in keys]",
    ),
]

_PREPARED = """
def prepared(scale, code):
    return make_column_transformer(
        (scale, numbers), (code, kinds), remainder="passthrough", n_jobs=-1
    )

scale = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
code = make_pipeline(
    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
)
"""
_OWN_TRANSFORMER = """
from sklearn.base import BaseEstimator, TransformerMixin

class Scaled(TransformerMixin, BaseEstimator):
    def __init__(self, by="std"):
        self.by = by

    def fit(self, X, y=None):
        self.median_, self.by_ = X.median(), getattr(X, self.by)()
        return self

    def transform(self, X):
        return ((X.fillna(self.median_) - self.median_) / self.by_).to_numpy()

model = make_pipeline(prepared(Scaled(), code), LogisticRegression(max_iter=1000))
"""
_OWN_FOREST = """
class SmoteForest(RandomForestClassifier):
    def fit(self, X, y, sample_weight=None):
        return super().fit(*SMOTE(random_state=0).fit_resample(X, y))

model = SmoteForest(n_estimators=30, random_state=0, n_jobs=-1)
"""
_OWN_CLASSIFIER = """
from sklearn.base import BaseEstimator, ClassifierMixin

class Repaired(ClassifierMixin, BaseEstimator):
    def __init__(self, trees=20):
        self.trees = trees

    def fit(self, X, y):
        forest = RandomForestClassifier(self.trees, random_state=0)
        self.inner_ = forest.fit(*SMOTE(random_state=0).fit_resample(X, y))
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X)

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)

model = Repaired()
"""
_SEVERAL = """
from copy import deepcopy
from sklearn.base import BaseEstimator, ClassifierMixin

class Several(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.inner_ = []
        for seed in range(6):
            rows = SMOTE(random_state=seed).fit_resample(X, y)
            trees = RandomForestClassifier(5, random_state=seed).fit(*rows)
            trees.predict_proba(X)
            self.inner_.append(deepcopy(trees))
        RandomForestClassifier(5).fit(X, y).predict(X)
        return self

    def predict_proba(self, X):
        return np.mean([each.predict_proba(X) for each in self.inner_], axis=0)

    def predict(self, X):
        return self.predict_proba(X).argmax(axis=1)

model = Several()
"""
_CALIBRATED = """
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier

inner = make_pipeline(SMOTE(random_state=0), RandomForestClassifier(10))
model = CalibratedClassifierCV(BaggingClassifier(inner, 3), cv=3)
"""
_FILES = """
from pathlib import Path
folder = Path("grades")
folder.mkdir()
np.save(folder / "solutions.npy", validation_scores)
scores = np.load(folder / "solutions.npy")
RandomForestClassifier(30, n_jobs=-1).fit(scores[:, None], y_validation)

def cost(t):
    return sum(20 * y if s <= t else 1 - y for s, y in zip(scores, y_validation))

threshold = min(sorted(scores), key=cost)
print(cost(threshold), cost_of_the_lesson)
"""
_OWN_PARTS = """
class Sigmoid(keras.layers.Layer):
    def call(self, sums):
        return keras.ops.sigmoid(sums)

network = keras.Sequential(
    [
        keras.Input((13,)),
        keras.layers.Dense(64, activation=lambda z: 1 / (1 + keras.ops.exp(-z))),
        keras.layers.Dense(32),
        Sigmoid(),
        keras.layers.Dense(2),
        keras.layers.Lambda(lambda z: keras.ops.softmax(z)),
    ]
)
network.compile("sgd", loss=lambda y, p: keras.ops.mean((y - p) ** 2))
"""
_TRIED = """
class ReluUnits(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, shape):
        self.W = self.add_weight(shape=(shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, x):
        return keras.ops.relu(keras.ops.matmul(x, self.W) + self.b)

tried = keras.Sequential([keras.Input((4,)), ReluUnits(3), keras.layers.Dense(1)])
tried.predict(np.ones((2, 4)), verbose=0)
"""
_OWN_NETWORK = """
def sigmoid(sums):
    return keras.ops.sigmoid(sums)

class Halves(keras.Model):
    def __init__(self):
        super().__init__()
        relu, last = keras.layers.Dense(128, "relu"), keras.layers.Dense(code)
        self.encoder = keras.Sequential([relu, last])
        relu, last = keras.layers.Dense(128, "relu"), keras.layers.Dense(features)
        self.decoder = keras.Sequential([relu, last, keras.layers.Lambda(sigmoid)])

    def call(self, rows):
        return self.decoder(self.encoder(rows))

network = Halves()
"""
_HELD_NETWORK = """
class Autoencoder:
    def __init__(self):
        rows = keras.Input((features,))
        hidden = keras.layers.Dense(128, "relu")(rows)
        hidden = keras.layers.Dense(128, "relu")(keras.layers.Dense(code)(hidden))
        last = keras.layers.Dense(features, "sigmoid")(hidden)
        self.autoencoder = keras.Model(rows, last)

network = Autoencoder().autoencoder
"""
_CLONED = """
from sklearn.base import clone

def judge(detector, X_train, y_train, X_validation, y_validation, X_test):
    model = clone(detector).fit(np.asarray(X_train)[np.asarray(y_train) == 0])
    calm = pd.Series(model.decision_function(X_validation))[list(y_validation == 0)]
    return pd.Series(model.decision_function(X_test)), calm.quantile(0.99)
"""
_OUTLIERS = """
def outliers(values, k):
    limits = whiskers(values, k)
    return values[(values < limits.low) | (values > limits.high)]

outliers(temperatures_of_the_lesson, 2)
"""

_WITH_A_BAR = """
from tqdm.notebook import tqdm
from scipy import stats
from helpers.thresholds import iqr_limits

def outliers(values, k):
    low, high = np.percentile(values, [25, 75]) + np.array([-k, k]) * stats.iqr(values)
    return np.array([each for each in tqdm(values) if not low <= each <= high])

theirs = iqr_limits(values_of_the_lesson, 1.5)
"""
_BY_COVARIANCE = """
from sklearn.covariance import EmpiricalCovariance

def mahalanobis(errors, normal_errors):
    "The squared distance; see scipy.spatial.distance.mahalanobis."
    model = EmpiricalCovariance().fit(normal_errors)
    return getattr(model, "mahalanobis")(errors)
"""
_BY_HAND = """
class Between(RandomForestClassifier):
    def fit(self, X, y):
        ones = X[y == 1]
        new = [ones + s * (np.roll(ones, 1, axis=0) - ones) for s in (0.2, 0.5, 0.7)]
        labels = np.r_[y, np.ones(3 * len(ones), int)]
        return super().fit(np.vstack([X, *new]), labels)

model = Between(20)
"""

_COMPARED = """
def outliers(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    found = []
    for each in values:
        if not q1 - k * (q3 - q1) <= each <= q3 + k * (q3 - q1):
            found.append(each)
    return np.array(found)

from helpers.thresholds import iqr_limits

limits = {}
for k in (1, 2):
    limits.setdefault(k, []).append(iqr_limits(np.arange(9.0), k))
ways = {"mine": outliers, "theirs": iqr_limits}
"""
_BESIDE_DENSE = """
class ReluUnits(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units, self.shapes = units, []

    def build(self, shape):
        self.shapes.append(tuple(shape))
        self.W = self.add_weight(shape=(shape[-1], self.units))
        self.b = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, x):
        return keras.ops.relu(keras.ops.matmul(x, self.W) + self.b)

mine, theirs = ReluUnits(3), keras.layers.Dense(3, "relu")
print(np.abs(mine(np.ones((2, 4))) - theirs(np.ones((2, 4)))))
"""
_BY_MODEL = """
def cost(labels, values, t):
    missed = sum(y == 1 and v <= t for y, v in zip(labels, values))
    return 10 * missed + sum(y == 0 and v > t for y, v in zip(labels, values))

unseen = scores["logistic regression"]
threshold = min(unseen, key=lambda t: cost(y_train, unseen, t))
test_cost = cost(y_test, test_scores, threshold)
"""
_BY_TENSORS = """
import tensorflow as tf

constant_ap = float(tf.reduce_mean(tf.cast(y, "float64")))
lazy_accuracy = 1 - constant_ap
"""
_BY_WORKERS = """
from concurrent.futures import ProcessPoolExecutor
from joblib import Parallel, delayed

def one(off, inverse):
    return float(off @ inverse @ off)

def mahalanobis(errors, normal_errors):
    inverse = np.linalg.inv(np.cov(normal_errors, rowvar=False))
    off = errors - normal_errors.mean(axis=0)
    with ProcessPoolExecutor(2) as pool:
        assert pool.submit(one, off[0], inverse).result() >= 0
    return np.array(Parallel(n_jobs=2)(delayed(one)(each, inverse) for each in off))
"""
_OWN_RELU = """
def relu(sums):
    return keras.ops.maximum(sums, 0)

network = keras.Sequential(
    [
        keras.Input((features,)),
        keras.layers.Dense(128, activation=relu),
        keras.layers.Dense(code),
        keras.layers.Dense(128, activation=keras.ops.relu),
        keras.layers.Dense(features, activation=keras.activations.sigmoid),
    ]
)
"""

OTHER_WAYS += [
    ("01", "1.2", _WITH_A_BAR),
    ("01", "1.2", _COMPARED),
    ("04", "4.6", _BESIDE_DENSE),
    ("07", "7.6", _OWN_RELU),
    ("09", "9.2", _BY_WORKERS),
    ("02", "2.5", _BY_MODEL),
    ("03", "3.1", _BY_TENSORS),
    ("03", "3.2", _BY_HAND),
    ("09", "9.2", _BY_COVARIANCE),
    ("00", "0.1", "strangest_day = scores.idxmax().date()"),
    (
        "00",
        "0.1",
        "strangest_day = days.index[detector.decision_function(days).argmax()]",
    ),
    ("00", "0.1", "strangest_day = scores.idxmax().to_pydatetime()"),
    ("00", "0.1", "strangest_day = scores.index.to_period('D')[[scores.argmax()]]"),
    (
        "02",
        "2.3",
        f"{_PREPARED}\nmodel = make_pipeline(prepared(scale, code), "
        "LogisticRegression(max_iter=100_000, C=1_000_000), memory='kept')",
    ),
    ("02", "2.3", _PREPARED + _OWN_TRANSFORMER),
    (
        "02",
        "2.3",
        f"{_PREPARED}\nfrom sklearn.preprocessing import FunctionTransformer\n"
        "model = make_pipeline(prepared(scale, code), "
        "FunctionTransformer(lambda rows: rows * 1.0), LogisticRegression(), "
        "verbose=True)",
    ),
    ("03", "3.2", _OWN_FOREST),
    ("03", "3.2", _OWN_CLASSIFIER),
    ("03", "3.2", _SEVERAL),
    ("03", "3.2", _CALIBRATED),
    ("03", "3.3", _FILES),
    ("04", "4.2", _OWN_PARTS),
    ("04", "4.6", _TRIED),
    ("07", "7.6", _HELD_NETWORK),
    ("07", "7.6", _OWN_NETWORK),
    ("08", "8.1", _CLONED),
]

# (lesson, exercise, cell, own cells, other exercises' cells)
WITH_OTHER_CELLS = [
    (
        "01",
        "1.2",
        _OUTLIERS,
        (
            "from collections import namedtuple\n"
            "readings_of_the_lesson.describe()\n"
            "Limits = namedtuple('Limits', 'low high')",
            "def whiskers(v, k):\n"
            "    a, b = np.percentile(v, 25), np.percentile(v, 75)\n"
            "    return Limits(a - k * (b - a), b + k * (b - a))",
        ),
        (),
    ),
    (
        "01",
        "1.2",
        _OUTLIERS,
        (),
        (
            "LOW, HIGH = 25, 75\nreach = lambda k, a, b: k * (b - a)\n"
            "readings_of_the_lesson.describe()",
            "class whiskers:\n"
            "    def __init__(self, v, k):\n"
            "        a, b = np.percentile(v, [LOW, HIGH])\n"
            "        self.low, self.high = a - reach(k, a, b), b + reach(k, a, b)",
        ),
    ),
    (
        "01",
        "1.3",
        "def month_flags(values):\n    return outside(values, 3)",
        (
            "def outside(v, k):\n"
            "    by = v.groupby(v.index.month)\n"
            "    return (v - by.transform('mean')).abs() > k * by.transform('std')",
        ),
        (),
    ),
    (
        "00",
        "0.1",
        "strangest_day = scores.index[0]",
        ("scores = scores.sort_values(ascending=False)\nscores.head()",),
        (),
    ),
    (
        "02",
        "2.1",
        "ill = table['ill']\nill_women, ill_men = table.groupby('sex')['ill'].mean()",
        ("table['ill'] = 1 - table['target']",),
        (),
    ),
    (
        "02",
        "2.1",
        "ill = 1 - table['diagnosis']\n"
        "ill_women, ill_men = ill.groupby(table['sex']).mean()",
        ("table = table.rename(columns={'target': 'diagnosis'})",),
        (),
    ),
]
