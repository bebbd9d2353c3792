# %% [markdown]
# # 02 · Supervised baselines
#
# | | |
# |---|---|
# | You will be able to | find the traps in a table before you fit it; build a pipeline that can't leak; tell a better model from a luckier one; choose a threshold by what mistakes cost |
# | You need | lesson 01: score, threshold, anomaly; scikit-learn's `fit` and `predict` |
# | Time | 80 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("02")

# %% [markdown]
# ## Learning from examples
#
# So far nobody told us which rows were anomalies. In **supervised learning** somebody does: we have $n$ pairs
# $(x_i, y_i)$, and look for a rule that tells $y$ from $x$. The simplest such rule is a line, $\hat y = w x + b$. **Least
# squares** takes the $w$ and $b$ with the smallest sum of $(y_i - \hat y_i)^2$. Here are 303 people on a treadmill: $x$
# is their age, $y$ their highest heart rate. **Predict** the sign of $w$.

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from sklearn.linear_model import LinearRegression

from helpers import evaluation, plots
from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

heart = load("heart")
people = heart.X
line = LinearRegression().fit(people[["age"]], people["thalach"])
ax = plt.subplots(figsize=(6, 3))[1]
sns.regplot(people, x="age", y="thalach", ci=None, scatter_kws={"s": 12}, ax=ax)
ax.set(xlabel="age in years", ylabel="highest heart rate")
print(f"heart rate = {line.intercept_:.0f} {line.coef_[0]:+.2f} * age")
print("Figure: highest heart rate against age, 303 people, with a falling line.")

# %% [markdown]
# With $d$ features the line becomes a plane, $\hat y = w_1 x_1 + \dots + w_d x_d + b$: one weight for each feature, and
# the same least squares. Whether more features help is told by people who took no part in the fit. **Cross-validation**
# splits the rows into folds, here five: each fold is judged by a model that was fitted on the other four. **Predict**: how
# far off is the heart rate of a new person, with no feature, one, and five?

# %% tags=["nbval-check-output"]
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

strangers = KFold(5, shuffle=True, random_state=0)
five = ["age", "trestbps", "chol", "oldpeak", "exang"]
for name, model, columns in [
    ("none", DummyRegressor(), ["age"]),
    ("age", LinearRegression(), ["age"]),
    ("five", LinearRegression(), five),
]:
    pulse, measure = people["thalach"], "neg_mean_absolute_error"
    off = -cross_val_score(model, people[columns], pulse, cv=strangers, scoring=measure)
    print(f"{name}: off by {off.mean():.1f} beats a minute on average")

# %% [markdown]
# This is **regression**: $y$ is a number. In **classification** it is a class, for us 0 or 1. A small change makes the
# plane fit for that: its value goes through $\sigma(z) = 1/(1+e^{-z})$, which lies between 0 and 1, and is read as the
# probability of class 1. That is **logistic regression**, and its probability is an anomaly score.
#
# ## Look before you fit
#
# The people above are patients: 13 findings, and a `target` that says what an X-ray of the vessels showed. To this course
# **disease is the anomaly, 1**. But look before you fit. Three traps are in this table, and no model complains.

# %% tags=["nbval-check-output"]
table = heart.extra["table"]
pd.DataFrame(
    {
        "smallest": table.min(),
        "largest": table.max(),
        "distinct": table.nunique(),
        "missing": table.isna().sum(),
    }
)

# %% [markdown]
# The code book that belongs to it:
#
# | column | meaning | allowed |
# |---|---|---|
# | `age`, `trestbps`, `chol`, `thalach` | years, resting blood pressure, cholesterol, highest heart rate on the treadmill | numbers |
# | `sex`, `fbs` | 1 for a man; 1 for much sugar in the blood | 0, 1 |
# | `cp`, `restecg`, `slope` | kind of chest pain, finding of the ECG at rest, kind of slope in the ECG | codes 0–3, 0–2, 0–2 |
# | `exang`, `oldpeak` | 1: exercise brings chest pain; how far exercise pulls the ECG down | 0, 1; from 0 |
# | `ca` | main vessels in which the X-ray dye showed up | 0–3 |
# | `thal` | blood flow to the heart muscle: 1 fixed defect, 2 normal, 3 defect that comes and goes | 1–3 |
# | `target` | one value for disease, one for none | 0, 1 |
#
# ### Exercise 2.1: which value means disease?
#
# Nobody says. **Predict**, then ask the table: chest pain in exercise, a high `oldpeak` and a high `ca` are bad signs.
# Make `ill`, 1 for a patient with disease, and compute which share of the women is ill, and which share of the men.

# %% tags=["exercise"]
# Exercise 2.1
### BEGIN SOLUTION
ill = (table["target"] == 0).astype(int)  # exang, oldpeak and ca are higher there
ill_women = ill[table["sex"] == 0].mean()
ill_men = ill[table["sex"] == 1].mean()
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("2.1", ill, ill_women, ill_men, table)

# %% tags=["wrong-answer"] exercise="2.1" diagnosis="inverted label"
ill = table["target"]
ill_women, ill_men = ill.groupby(table["sex"]).mean()

# %% tags=["wrong-answer"] exercise="2.1" diagnosis="share of the ill"
ill = 1 - table["target"]
ill_women = (table["sex"][ill == 1] == 0).mean()
ill_men = (table["sex"][ill == 1] == 1).mean()

# %% tags=["wrong-answer"] exercise="2.1" diagnosis="sexes swapped"
ill = 1 - table["target"]
ill_men, ill_women = ill.groupby(table["sex"]).mean()

# %% tags=["wrong-answer"] exercise="2.1" diagnosis="share of everybody"
ill = 1 - table["target"]
ill_women = ((ill == 1) & (table["sex"] == 0)).mean()
ill_men = ((ill == 1) & (table["sex"] == 1)).mean()

# %% [markdown] tags=["teacher-note"]
# Let the class vote before anybody groups by target. The original data grade the disease from 0, none, to 4; a later
# copy made it 0 and 1, and turned it round on the way.

# %% [markdown]
# **Explain.** In this copy 1 means *healthy*. `heart.y` has it the way we count, 1 for disease, so from here on use that.
# Here are four of the findings, each against each. **Predict** which of them tells the ill best.

# %%
four = ["age", "thalach", "oldpeak", "chol"]
figure = plots.pair_plot(heart.X[four], heart.y, title="Anomalies: the ill")
print(plots.summary(figure))

# %% [markdown]
# In every panel the two kinds overlap: none of the four is enough alone.
#
# Does the meaning of 1 matter, as long as the model separates the two? Count the four cases of a decision: ill and
# flagged (true positives, TP), healthy and flagged (FP), healthy and not (TN), ill and not (FN).
#
# - **Accuracy**: the share of all who were judged correctly.
# - **Precision**: of those flagged, the share who are ill, $TP/(TP+FP)$.
# - **Recall**: of the ill, the share who were flagged, $TP/(TP+FN)$.
# - **F1**: both in one number, their harmonic mean. **F2**: the same, with recall counted as more important.
#
# ([All terms in one place](../docs/glossary.md).) A published two-day course trained a network on this table, with `target`
# as it is. Of 50 test patients, 23 had target 0: 18 of them were recognised. 27 had target 1: 24 were recognised. It
# reports "class 1: recall 0.89". **Predict**: which share of the ill did it find?

# %% tags=["nbval-check-output"]
from sklearn.metrics import classification_report

target = np.repeat([0, 0, 1, 1], [18, 5, 3, 24])
predicted = np.repeat([0, 1, 0, 1], [18, 5, 3, 24])
ill_truth, ill_predicted = 1 - target, 1 - predicted
ax = plots.confusion_matrix(ill_truth, ill_predicted, names=("healthy", "ill"))
print(plots.summary(ax))

names = {"target_names": ["healthy", "ill"], "output_dict": True}
report = classification_report(ill_truth, ill_predicted, **names)
pd.DataFrame(report).T.round(2)

# %% [markdown]
# **Explain.** 0.89 is the share of the *healthy* who were told so. Of the ill it found 0.78, and five of 23 went home.
# Nobody computed anything wrong, but the question was asked of the wrong class. **Repair**: call what you look for 1, in the
# first line, and never again rely on the name of a column.
#
# The last lines of such a report are means over the classes. The **macro average** counts each class the same, the
# **weighted average** counts each with its number of rows (`support`). The **micro average** adds up the cases of both
# classes first; with one label per row that is the accuracy. **Predict** the three for a rule that calls all 50 healthy.

# %% tags=["nbval-check-output"]
from sklearn.metrics import precision_recall_fscore_support

nobody = np.zeros(50, dtype=int)
for kind in ["macro", "weighted", "micro"]:
    of_kind = {"average": kind, "zero_division": 0}
    means = precision_recall_fscore_support(ill_truth, nobody, **of_kind)[:3]
    print(f"{kind}: precision {means[0]:.2f}, recall {means[1]:.2f}, F1 {means[2]:.2f}")

# %% [markdown]
# No ill patient is found, and each average is above a quarter. The recall of the class you look for is 0. So read its
# own line, not the averages. Lesson 03 shows what the weighted average does when that class is small.
#
# ## Values that are not there
#
# The column `missing` above is all zeros. **Predict** how many rows lack a value all the same.
#
# ### Exercise 2.2: what the table hides
#
# Hold the table against its code book. Give `codes`, a dict from column to the value that can only stand for "not known";
# `incomplete`, the number of rows with at least one of them; and `twins`, the positions (from 0) of the two rows that
# are one patient entered twice.

# %% tags=["exercise"]
# Exercise 2.2
### BEGIN SOLUTION
codes = {"ca": 4, "thal": 0}
incomplete = ((table["ca"] == 4) | (table["thal"] == 0)).sum()
twins = table.index[table.duplicated(keep=False)]
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("2.2", codes, incomplete, twins, table)

# %% tags=["wrong-answer"] exercise="2.2" diagnosis="only what pandas knows"
codes = {}
incomplete = table.isna().any(axis=1).sum()
twins = table.index[table.duplicated(keep=False)]

# %% tags=["wrong-answer"] exercise="2.2" diagnosis="zero is a finding"
codes = {"ca": 0, "thal": 0}
incomplete = ((table["ca"] == 0) | (table["thal"] == 0)).sum()
twins = table.index[table.duplicated(keep=False)]

# %% tags=["wrong-answer"] exercise="2.2" diagnosis="half a pair"
codes = {"ca": 4, "thal": 0}
incomplete = ((table["ca"] == 4) | (table["thal"] == 0)).sum()
twins = table.index[table.duplicated()]

# %% tags=["wrong-answer"] exercise="2.2" diagnosis="counts, not codes"
codes = {"ca": (table["ca"] == 4).sum(), "thal": (table["thal"] == 0).sum()}
incomplete = sum(codes.values())
twins = table.index[table.duplicated(keep=False)]

# %% [markdown]
# To a model, such a code is a finding like any other. Write what is true: not a number. That looks at one value at a time
# and learns nothing from other rows, so it may happen before any split. The second copy of the twin goes, too.

# %%
from helpers.exercises.heart import patients_of_heart

X, y = patients_of_heart()
ax = plots.missing_values(X)
print(plots.summary(ax))

# %% [markdown]
# ## One patient, many rows
#
# Two equal rows can fall on both sides of a split: then the model is tested on a row that it has learned. Here it is
# one pair in 303 rows. But a popular copy of this very table has 1,025 rows, and they are our 302 patients again and
# again. Draw such a copy. A score is judged without a threshold by two numbers, each beside its **chance level**, what
# random scores get:
#
# - **ROC-AUC**: how often a random ill patient has a higher score than a random healthy one. Chance: 0.5.
# - **Average precision (AP)**: go down the list from the highest score, note the precision at each ill patient, take the
#   mean. Chance: about the share of the ill.
#
# Each patient is scored by a forest that did not see this row. **Predict** its ROC-AUC on the 1,025 rows.

# %% tags=["nbval-check-output"]
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

forest = RandomForestClassifier(60, random_state=0)
folds = StratifiedKFold(5, shuffle=True, random_state=0)


def out_of_fold(model, X, y, cv=folds):
    """Each row's probability of disease, from a model that did not see its fold."""
    return cross_val_predict(model, X, y, cv=cv, method="predict_proba")[:, 1]


again = np.r_[0:302, np.random.default_rng(0).integers(302, size=723)]
X_again, y_again = X.iloc[again], y[again]
rows = {
    "302 patients": evaluation.evaluate(y, out_of_fold(forest, X, y)),
    "1,025 rows": evaluation.evaluate(y_again, out_of_fold(forest, X_again, y_again)),
}
evaluation.results_table(rows)

# %% [markdown]
# **Explain.** Nothing new was learned: most test rows are patients that it has met in training, and it remembers them
# ([measured](../docs/results/claims.md)). Such a score tells nothing about a new patient. **Repair**: keep all rows of one
# patient on one side of the split.

# %% tags=["nbval-check-output"]
from sklearn.model_selection import StratifiedGroupKFold

together = StratifiedGroupKFold(5, shuffle=True, random_state=0)
splits = together.split(X_again, y_again, groups=again)
apart = out_of_fold(forest, X_again, y_again, cv=splits)
rows["1,025 rows, patients kept together"] = evaluation.evaluate(y_again, apart)
evaluation.results_table(rows)

# %% [markdown]
# ## Split first
#
# What stands for the future must not be touched, not even by a scaler. The published course scaled all 303 rows to
# 0..1, *then* split off 50 for the test, and reported accuracies of 0.84 and 0.86. That is a **leak**: the smallest and
# largest values of the test part had a say in the training. (Filling holes with the median of all rows would be
# another.) A **pipeline**, scaler and model as one object, is fitted on the training part only. **Predict** what the
# leak was worth, over 100 such splits.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

fifty = StratifiedShuffleSplit(100, test_size=50, random_state=0)
logistic = LogisticRegression(max_iter=1000)
scaled = MinMaxScaler().fit_transform(heart.X)
inside = make_pipeline(MinMaxScaler(), logistic)
results = {
    "scale, then split": cross_val_score(logistic, scaled, heart.y, cv=fifty),
    "split, then scale": cross_val_score(inside, heart.X, heart.y, cv=fifty),
    "published network": np.array([0.84, 0.86]),
}
ax = plots.spread(results, name="accuracy on 50 patients")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
outside, other = 0, results["scale, then split"] != results["split, then scale"]
for train, test in fifty.split(heart.X, heart.y):
    low, high = heart.X.iloc[train].min(), heart.X.iloc[train].max()
    outside += ((heart.X.iloc[test] < low) | (heart.X.iloc[test] > high)).any(axis=None)
print(f"splits with a test value outside the training's range: {outside} of 100")
print(f"splits in which the accuracy differs: {other.sum()} of 100")
means = [values.mean() for values in list(results.values())[:2]]
print("mean accuracies less than 0.005 apart:", abs(means[0] - means[1]) < 0.005)

# %% [markdown]
# **Explain.** In most splits the test part did move the scale, so something leaked. But the accuracy
# changed in few splits only, and its mean stays. This leak is harmless here.
#
# The picture shows something worse. The *same* model scores anything from 0.66 to 0.92, depending on which 50 patients
# are left out for the test. One patient is $1/50 = 0.02$: the two published runs differ by a single patient, and both
# lie well inside the scatter. With so few test rows a small difference between two models is no evidence.
#
# A step that has seen the **labels** can leak much more. Here are 2,000 columns of pure noise for our patients. Keep the 20
# that go best with `y`, and **predict** the score.

# %% tags=["nbval-check-output"]
from sklearn.feature_selection import SelectKBest

noise = np.random.default_rng(0).normal(size=(len(y), 2000))
best_20 = SelectKBest(k=20).fit_transform(noise, y)
selecting = make_pipeline(SelectKBest(k=20), logistic)
noise_scores = {
    "select, then split": out_of_fold(logistic, best_20, y),
    "split, then select": out_of_fold(selecting, noise, y),
}
evaluation.results_table(noise_scores, y_true=y)

# %% [markdown]
# **Explain.** By luck, some of 2,000 columns go with the labels of *all* rows, test rows included. Inside the pipeline the
# choice is made anew in each training part, and the score falls to chance. You can't always tell the harmless leak from
# the other kind, and both have the same **repair**: every step that learns from rows lives inside the pipeline, and
# the pipeline meets only training rows.
#
# So put a quarter aside now, and sort the columns by what they need.

# %%
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, stratify=y, random_state=4
)
numbers = ["age", "trestbps", "chol", "thalach", "oldpeak", "ca"]
kinds = ["cp", "restecg", "slope", "thal"]  # codes: 3 is not three times 1
yes_no = ["sex", "fbs", "exang"]

# %% [markdown]
# ### Exercise 2.3: a pipeline that can't leak
#
# Build `model`, a pipeline that ends in a logistic regression. It takes all 13 columns of `X` with their holes; fills
# (imputes) the holes of `numbers` and `kinds`; scales the numbers; and gives each kind a 0/1 column of its own (one-hot).
# Leave it unfitted. Only four patients have `restecg` 2: it must survive one that it never met in training.

# %% tags=["exercise"]
# Exercise 2.3
### BEGIN SOLUTION
prepare = make_column_transformer(
    (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
    (
        make_pipeline(
            SimpleImputer(strategy="most_frequent"),
            OneHotEncoder(handle_unknown="ignore"),
        ),
        kinds,
    ),
    remainder="passthrough",
)
model = make_pipeline(prepare, LogisticRegression(max_iter=1000))
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("2.3", model, X, y, numbers)

# %% tags=["wrong-answer"] exercise="2.3" diagnosis="leak"
filled = SimpleImputer(strategy="median").fit_transform(X)
model = LogisticRegression(max_iter=1000).fit(MinMaxScaler().fit_transform(filled), y)

# %% tags=["wrong-answer"] exercise="2.3" diagnosis="codes taken as numbers"
model = make_pipeline(
    SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression()
)

# %% tags=["wrong-answer"] exercise="2.3" diagnosis="unseen kind"
encode = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
prepare = make_column_transformer(
    (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
    (encode, kinds),
    remainder="passthrough",
)
model = make_pipeline(prepare, LogisticRegression(max_iter=1000))

# %% tags=["wrong-answer"] exercise="2.3" diagnosis="fitted"
encode = make_pipeline(
    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
)
prepare = make_column_transformer(
    (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
    (encode, kinds),
    remainder="passthrough",
)
model = make_pipeline(prepare, LogisticRegression(max_iter=1000)).fit(X, y)

# %% [markdown] tags=["teacher-note"]
# Ask what may be done on the whole table. Recoding: it looks at one value. Dropping the twin: nothing is learned by it that
# a model will use. Filling, encoding, scaling: no. Scaling did no harm, as measured, but nobody knew before measuring.

# %% [markdown]
# ## Honest baselines
#
# One preparation for all, a fresh copy for each model: `heart_pipeline` is a pipeline like yours, for any classifier. The
# published course lists ten algorithms. Some of them don't classify at all (k-means, Apriori, linear regression). Here
# are five that do, and one that calls everybody healthy. Each training row is scored by a model that did not see its
# fold; the test part stays closed. The row `chance` flags everybody. **Predict** the order.

# %%
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from helpers.exercises.heart import heart_pipeline

models = {
    "everybody is healthy": heart_pipeline(
        DummyClassifier(strategy="constant", constant=0)
    ),
    "decision tree": heart_pipeline(DecisionTreeClassifier(random_state=0)),
    "naive Bayes": heart_pipeline(GaussianNB()),
    "random forest": heart_pipeline(forest),
    "15 nearest neighbours": heart_pipeline(KNeighborsClassifier(15)),
    "logistic regression": heart_pipeline(logistic),
}

# %% tags=["nbval-check-output"]
scores = {name: out_of_fold(m, X_train, y_train) for name, m in models.items()}
evaluation.results_table(scores, y_true=y_train, thresholds=0.5)

# %% [markdown]
# **Explain.** The plain linear model leads here, closely followed by nearest neighbours and the forest. A forest of
# sixty trees ranks better than a single tree, even one whose depth was chosen ([measured](../docs/results/claims.md)).
# The first row's constant score has an AP of exactly the share of the ill; random scores, in the last row, get a little
# more on average (lesson 03 says why).
#
# Now compare the two last lines of F2. **Flagging everybody has the same F2 as the best model.** It finds all of the ill,
# and where nearly half are ill, F2 forgives the many false alarms. So an F-score needs its chance level beside it, like
# any other score: by F2 at a cut of 0.5, our best model is worth nothing. By AP and ROC-AUC it is worth much.
#
# Curves show all thresholds at once, with chance dotted. A **ROC curve** is recall against the **false positive rate**, the
# share of the healthy who were flagged.

# %%
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
three = ["logistic regression", "random forest", "decision tree"]
curves = {name: (y_train, scores[name]) for name in three}
plots.roc_curves(curves, ax=axes[0])
plots.precision_recall_curves(curves, ax=axes[1])
print(plots.summary(figure))

# %% [markdown]
# ## Better, or luckier?
#
# Logistic regression is ahead of the forest. Would it be, had the rows been shuffled differently? Repeat the five folds
# six times, and look at all 30 results. Chance is now the accuracy of calling everybody healthy. **Predict**: does the
# scatter of one model exceed the distance between two?

# %%
from sklearn.model_selection import RepeatedStratifiedKFold

repeated = RepeatedStratifiedKFold(n_splits=5, n_repeats=6, random_state=0)
accuracy = {
    name: cross_val_score(models[name], X_train, y_train, cv=repeated)
    for name in ["logistic regression", "random forest", "15 nearest neighbours"]
}
ax = plots.spread(accuracy, name="accuracy in a fold", chance=1 - y_train.mean())
print(plots.summary(ax))

# %% [markdown]
# **Explain.** By far: compare the range of each model with the distance of the means. But all met the *same* 30 splits,
# and an easy fold is easy for everybody. So compare split by split.
#
# ### Exercise 2.4: is A better than B?
#
# From `accuracy`, compute `gain`, the mean difference of logistic regression minus forest, and `luck`, the standard
# error of that mean. With $s$ the standard deviation of the 30 differences it would be $s\sqrt{1/30}$, were these 30
# independent tests. They aren't: the training parts overlap, and every patient is tested six times. Nadeau and
# Bengio (2003) put $1/30 + n_{test}/n_{train}$ under the root, with the rows that one fold tests and learns from. Let
# `better` say whether `gain` is more than twice `luck`.

# %% tags=["exercise"]
# Exercise 2.4
### BEGIN SOLUTION
difference = accuracy["logistic regression"] - accuracy["random forest"]
gain = difference.mean()
luck = difference.std(ddof=1) * np.sqrt(1 / 30 + 1 / 4)
better = gain > 2 * luck
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("2.4", gain, luck, better, accuracy)

# %% tags=["wrong-answer"] exercise="2.4" diagnosis="independent folds"
difference = accuracy["logistic regression"] - accuracy["random forest"]
gain = difference.mean()
luck = difference.std(ddof=1) / np.sqrt(30)
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="2.4" diagnosis="unpaired"
a, b = accuracy["logistic regression"], accuracy["random forest"]
gain = a.mean() - b.mean()
luck = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) * (1 / 30 + 1 / 4))
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="2.4" diagnosis="spread of one fold"
difference = accuracy["logistic regression"] - accuracy["random forest"]
gain = difference.mean()
luck = difference.std(ddof=1)
better = gain > 2 * luck

# %% tags=["wrong-answer"] exercise="2.4" diagnosis="verdict"
difference = accuracy["logistic regression"] - accuracy["random forest"]
gain = difference.mean()
luck = difference.std(ddof=1) * np.sqrt(1 / 30 + 1 / 4)
better = gain > 0

# %% [markdown] tags=["teacher-note"]
# Ask what happens to s/√n when the folds are repeated a thousand times: it goes to zero, and any difference becomes
# "significant", while the clinic still has 226 patients. The correction keeps the quarter under the root.

# %% [markdown]
# **Explain.** More repeats make $1/30$ smaller, but $n_{test}/n_{train}$ stays: new shuffles bring no new patients. The
# forest may well be as good. Take the model that is cheaper and simpler to explain. That *is* a reason; the third
# decimal isn't.
#
# ## What does a miss cost?
#
# So far an alarm rang above 0.5. Now say what mistakes cost: 10 for a miss, an ill patient who is sent home; 1 for a
# false alarm, a healthy one who is examined again. A threshold is chosen on labelled rows. Here are three sets of scores:
# `training_scores`, of the rows that `final` learned from; `validation_scores`, of the same rows, each from a model that
# had not seen its fold; and `test_scores`.

# %%
final = models["logistic regression"].fit(X_train, y_train)
training_scores = final.predict_proba(X_train)[:, 1]
validation_scores = scores["logistic regression"]
test_scores = final.predict_proba(X_test)[:, 1]

# %% [markdown]
# ### Exercise 2.5: the cheapest threshold, and its price
#
# Find the `threshold` with the lowest total cost, on the scores that are fit for a choice: which of the three? The alarm
# rings when a score is *greater* than the threshold. Then open the test part, once: `test_cost` is what your threshold
# costs there in total.


# %% tags=["exercise"]
# Exercise 2.5
### BEGIN SOLUTION
def total_cost(labels, scores, threshold):
    alarm = scores > threshold
    return 10 * (labels[~alarm] == 1).sum() + (labels[alarm] == 0).sum()


threshold = min(
    np.unique(validation_scores),
    key=lambda t: total_cost(y_train, validation_scores, t),
)
test_cost = total_cost(y_test, test_scores, threshold)
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check(
    "2.5",
    threshold,
    test_cost,
    y_train,
    training_scores,
    validation_scores,
    y_test,
    test_scores,
)

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="threshold on test labels"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_test, test_scores, 10, 1)
alarm = test_scores > threshold
test_cost = 10 * (y_test[~alarm] == 1).sum() + (y_test[alarm] == 0).sum()

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="threshold on training rows"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_train, training_scores, 10, 1)
alarm = test_scores > threshold
test_cost = 10 * (y_test[~alarm] == 1).sum() + (y_test[alarm] == 0).sum()

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="costs swapped"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_train, validation_scores, 1, 10)
alarm = test_scores > threshold
test_cost = (y_test[~alarm] == 1).sum() + 10 * (y_test[alarm] == 0).sum()

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="no choice"
threshold = 0.5
alarm = test_scores > threshold
test_cost = 10 * (y_test[~alarm] == 1).sum() + (y_test[alarm] == 0).sum()

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="price of the choice"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_train, validation_scores, 10, 1)
alarm = validation_scores > threshold
test_cost = 10 * (y_train[~alarm] == 1).sum() + (y_train[alarm] == 0).sum()

# %% tags=["wrong-answer"] exercise="2.5" diagnosis="mistakes, not costs"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_train, validation_scores, 10, 1)
test_cost = (y_test != (test_scores > threshold)).sum()

# %% [markdown] tags=["teacher-note"]
# `random_state=4` is an ordinary split, neither the kindest nor the worst: the last picture of the lesson shows twelve.
# If somebody asks whether the test part may be opened twice: yes, as long as nothing is chosen by what is seen there.

# %% [markdown]
# What each threshold costs on the validation scores. At the left end everybody is examined again. The valley is ragged:
# 226 patients, and each ill one is a step of 10. Then move the threshold yourself, by mouse or arrow keys, to the left from
# 0.5: how many false alarms does it take until only three of the 103 ill are missed, and what does that cost?

# %%
from helpers.thresholds import cost_threshold, threshold_costs

candidates, costs = threshold_costs(
    y_train, validation_scores, cost_false_negative=10, cost_false_positive=1
)
ax = plots.cost_curve(candidates, costs, chosen=0.5)
print(plots.summary(ax))

# %%
from helpers.playground import playground

playground(validation_scores, y_train, cost=(10, 1), threshold=0.5)

# %% [markdown]
# It takes 59 false alarms, and nowhere is it cheaper (the button finds that place): 89 in all, where 0.5 costs 224. But that
# is the price on the rows of the choice, and one test part of 76 patients is luck again. So repeat the whole procedure for
# twelve splits: fit, choose, and only then open the test part. Two rivals need no choice: 0.5, and examining everybody.
# **Predict** which of the three costs most.

# %%
prices = {"above 0.5": [], "above the chosen threshold": [], "examine everybody": []}
for seed in range(12):
    X_a, X_b, y_a, y_b = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=seed
    )
    fresh = heart_pipeline(logistic)
    cut = cost_threshold(y_a, out_of_fold(fresh, X_a, y_a), 10, 1)
    p = fresh.fit(X_a, y_a).predict_proba(X_b)[:, 1]
    for rule, alarm in zip(prices, [p > 0.5, p > cut, p >= 0], strict=True):
        misses, false_alarms = (y_b[~alarm] == 1).sum(), (y_b[alarm] == 0).sum()
        prices[rule].append(10 * misses + false_alarms)
ax = plots.spread(prices, name="total cost on 76 test patients")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
half, chosen, everybody = map(np.array, prices.values())
print(f"0.5 costs more than examining everybody: {(half > everybody).sum()} of 12")
print(f"the chosen threshold costs less than that: {(chosen < everybody).sum()} of 12")

# %% [markdown]
# **Explain.** Used at 0.5, the best model costs more than no model, on every split: F2 at 0.5 was a hint. At a chosen
# threshold the same model is the cheapest of the three, on all splits but one. Had we named other costs, another
# threshold and perhaps another winner would follow: **the costs come first.**
#
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | a patient in whose vessels the X-ray found nothing |
# | What score says "not normal"? | a classifier's probability of disease, learned from labels |
# | Where is the threshold, and who chose it on what? | the cheapest one on out-of-fold scores, at costs we named |
# | How good is it? | AP 0.91 (chance 0.47), accuracy 0.84 (chance 0.54); the simplest model is not beaten |
# | What does it cost to be wrong? | 10 for a miss, 1 for a false alarm: 31 per 76 patients, and 78 at 0.5 |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Look first: which label means what, which codes are holes, which rows are there twice.
# - Split before anything learns from rows, and let the pipeline do all learning. Some leaks cost nothing; you only know
#   after measuring.
# - A number on 50 rows is a guess. Repeat the folds, show the spread, and compare models split by split.
# - A simple model that is not beaten has won.
# - A threshold comes from costs, on rows the model did not learn from. The test part is opened once.
#
# **Next**: lesson 03 takes anomalies that are really rare, where accuracy tells you nothing, and ROC-AUC too little.
