# %% [markdown]
# # 03 · Imbalanced data
#
# | | |
# |---|---|
# | You will be able to | say what resampling changes and what it does not; tell a gain from a leak; choose a threshold by cost; repair probabilities |
# | You need | lesson 02: split first, pipelines, ROC and precision-recall curves |
# | Time | 60 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("03")

# %% [markdown]
# ## Rare, rarer, rarest
#
# In lesson 02 half of the rows were anomalies. Real ones are rare. These three data sets are real: blocks of a
# scanned page that are not text, proteins that sit in the membrane, and very old abalone. In each of them 1 marks
# the rare class, and the share falls from one in ten to one in a hundred and thirty.

# %% tags=["nbval-check-output"]
import numpy as np
import pandas as pd

from helpers import evaluation, plots
from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

datasets = {name: load(name) for name in ["page-blocks0", "yeast4", "abalone19"]}
y = datasets["abalone19"].y
pd.DataFrame(
    {
        name: [len(data.y), data.y.sum(), round(1 / data.y.mean())]
        for name, data in datasets.items()
    },
    index=["rows", "anomalies", "one in"],
).T

# %% [markdown]
# ## How good is silence?
#
# Before any model, fix the floor. A detector that never raises an alarm needs no training at all, and neither does
# one that gives every row the same score. **Predict** the accuracy of the first and the average precision (AP) of the
# second on abalone19, before you compute them.
#
# ### Exercise 3.1: what the laziest detector scores
#
# Compute both from the labels `y` of abalone19 alone.

# %% tags=["exercise"]
# Exercise 3.1
### BEGIN SOLUTION
lazy_accuracy = 1 - y.mean()
constant_ap = y.mean()
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("3.1", lazy_accuracy, constant_ap, y)

# %% tags=["wrong-answer"] exercise="3.1" diagnosis="inverted label"
lazy_accuracy = y.mean()
constant_ap = y.mean()

# %% tags=["wrong-answer"] exercise="3.1" diagnosis="chance of another measure"
lazy_accuracy = 1 - y.mean()
constant_ap = 0.5

# %% tags=["wrong-answer"] exercise="3.1" diagnosis="percent"
lazy_accuracy = 100 * (1 - y.mean())
constant_ap = 100 * y.mean()

# %% [markdown] tags=["teacher-note"]
# Let the class vote on "99.2 % accurate: is that good?" before the check runs. Most hands go up. The same two numbers
# come back in lesson 12, as "ten anomalies and three decimals".

# %% [markdown]
# ## One ROC-AUC, four different days at work
#
# Take the same detector to four places that differ only in how rare anomalies are. Its scores follow the same two
# bell curves everywhere: mean 0 for normal rows, mean 2 for anomalies. **Predict** what happens to ROC-AUC, and what
# happens to AP.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
days = {}
for share in [0.5, 0.1, 0.01, 0.001]:
    y_day = (rng.random(200_000) < share).astype(int)
    days[f"{share:.1%} anomalies"] = (y_day, rng.normal(size=len(y_day)) + 2 * y_day)

evaluation.results_table(
    {name: evaluation.evaluate(*day, alert_budget=100) for name, day in days.items()}
)

# %% [markdown]
# **Explain.** ROC-AUC asks: does a random anomaly score higher than a random normal row? That doesn't depend on how
# many of each there are. AP asks what an operator asks: of the alarms I read, how many were real? With one anomaly in
# a thousand rows, even a small share of false alarms is a crowd.

# %%
curves = {name: day for name, day in days.items() if name != "10.0% anomalies"}
ax = plots.precision_recall_curves(curves)
print(plots.summary(ax))

# %% [markdown]
# So a table in this course always shows AP **with its chance level**, next to ROC-AUC. A ROC-AUC of 0.92 told you
# nothing about your working day: it stood for an AP of 0.92 and for one of 0.09.
#
# ## What the samplers do, in pictures
#
# Three ways to show a model equally many of both classes: copy anomalies (over-sampling), throw normal rows away
# (under-sampling), or make new anomalies on the lines between neighbouring ones (SMOTE). Look at two features of yeast4.

# %%
import matplotlib.pyplot as plt
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler

samplers = {
    "random over-sampling": RandomOverSampler(random_state=0),
    "random under-sampling": RandomUnderSampler(random_state=0),
    "SMOTE": SMOTE(random_state=0),
}
pair, y_pair = datasets["yeast4"].X.iloc[:, [0, 2]], datasets["yeast4"].y
figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
for ax, (name, sampler) in zip(axes, samplers.items()):
    resampled = sampler.fit_resample(pair, y_pair)
    plots.resampled_scatter(pair, y_pair, *resampled, title=name, ax=ax)
print(plots.summary(figure))

# %% [markdown]
# SMOTE fills the lines between known anomalies, also where those lines cross normal ground. It believes that what lies
# between two anomalies is one too. For shapes that is often fair; for a column that holds codes it is nonsense.
#
# ## Does it help?
#
# One model, five ways to feed it. Every sampler is a **step of the pipeline**, so in each fold only the training part
# is resampled. **Predict**: which column of the table will resampling improve, AP or F2?

# %%
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def build(sampler=None, class_weight=None):
    """Scale numbers, encode words, resample if asked, then a logistic regression."""
    words = make_column_selector(dtype_exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(), words), remainder=StandardScaler()
    )
    model = LogisticRegression(max_iter=2000, class_weight=class_weight)
    return make_pipeline(encode, *([sampler] if sampler else []), model)


models = {"as it is": build(), "class weights": build(class_weight="balanced")}
models |= {name: build(sampler) for name, sampler in samplers.items()}

# %% [markdown]
# Each row is scored by a model that was not fitted on its fold. The alarm rings above 0.5, the cut that `predict` uses.
# One anomaly in ten first:

# %% tags=["nbval-check-output"]
from sklearn.model_selection import StratifiedKFold, cross_val_predict

folds = StratifiedKFold(5, shuffle=True, random_state=0)


def out_of_fold(model, X, y):
    """Each row's probability of an anomaly, from a model that did not see its fold."""
    return cross_val_predict(model, X, y, cv=folds, method="predict_proba")[:, 1]


def compare(data):
    """The results table of the five models, cut at 0.5."""
    scores = {name: out_of_fold(m, data.X, data.y) for name, m in models.items()}
    return evaluation.results_table(
        scores, y_true=data.y, thresholds=0.5, alert_budget=50
    )


compare(datasets["page-blocks0"])

# %% [markdown]
# And one in a hundred and thirty (yeast4 lies between them: try it):

# %% tags=["nbval-check-output"]
compare(datasets["abalone19"])

# %% [markdown]
# **Explain.** F1 and F2 jump: the resampled models raise alarms at all. AP hardly moves, and where it does, the
# interval is wider than the move. Resampling did not teach the model to tell the classes apart; it pushed all
# probabilities up, so that more rows pass 0.5. **You can have the same effect for nothing: move the threshold.**
#
# Class weights do what over-sampling does, without a single copied row.
#
# ## A score that is too good
#
# These labels are coin flips: nothing can be learned. **Predict** the ROC-AUC of a random forest before you run the
# cell. It resamples first and cross-validates then, an order that many tutorials show.

# %% tags=["nbval-check-output"]
from sklearn.ensemble import RandomForestClassifier

rng = np.random.default_rng(0)
X_noise = rng.normal(size=(1200, 20))
y_noise = (rng.random(1200) < 0.03).astype(int)

X_resampled, y_resampled = SMOTE(random_state=0).fit_resample(X_noise, y_noise)
forest = RandomForestClassifier(60, random_state=0)
too_good = out_of_fold(forest, X_resampled, y_resampled)
evaluation.results_table({"SMOTE, then split": too_good}, y_true=y_resampled)

# %% [markdown]
# **Explain.** Perfect, on noise. Each made-up anomaly lies between two real ones. When the folds are drawn afterwards,
# the test part holds points whose parents and twins the forest was trained on.

# %%
from sklearn.neighbors import NearestNeighbors

real_anomalies = np.flatnonzero(y_noise)
nearest = NearestNeighbors(n_neighbors=1).fit(X_noise[real_anomalies])
parents = nearest.kneighbors(X_resampled[len(X_noise) :], return_distance=False).ravel()
origin = np.r_[np.arange(len(X_noise)), real_anomalies[parents]]
ax = plots.cv_folds(
    folds.split(X_resampled, y_resampled), len(X_resampled), sources=origin
)
print(plots.summary(ax))

# %% [markdown]
# ### Exercise 3.2: repair it
#
# Build `model`, SMOTE and a random forest, so that cross-validation gives the honest answer. Don't fit it: the check
# does that, on coin flips of its own, and looks at what happens inside the folds.

# %% tags=["exercise"]
# Exercise 3.2
### BEGIN SOLUTION
model = make_pipeline(SMOTE(random_state=0), RandomForestClassifier(60, random_state=0))
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("3.2", model)

# %% tags=["wrong-answer"] exercise="3.2" diagnosis="leak"
X_resampled, y_resampled = SMOTE(random_state=0).fit_resample(X_noise, y_noise)
model = RandomForestClassifier(20, random_state=0).fit(X_resampled, y_resampled)

# %% tags=["wrong-answer"] exercise="3.2" diagnosis="no resampling"
model = make_pipeline(RandomForestClassifier(random_state=0))

# %% tags=["wrong-answer"] exercise="3.2" diagnosis="wrong direction"
model = make_pipeline(
    RandomUnderSampler(random_state=0), RandomForestClassifier(random_state=0)
)

# %% [markdown] tags=["teacher-note"]
# Half of a class writes the leak. Ask: in which fold does the twin of row 17 sit? Then ask who would notice in a
# company: nobody, until the first week in production.

# %% [markdown]
# The honest number for the same noise and the same forest, from a pipeline like yours:

# %% tags=["nbval-check-output"]
honest = out_of_fold(make_pipeline(SMOTE(random_state=0), forest), X_noise, y_noise)
evaluation.results_table({"split, then SMOTE": honest}, y_true=y_noise)

# %% [markdown]
# ## What does a mistake cost?
#
# 0.5 is nobody's choice. Say that a missed block costs 20 and a false alarm 1: a person looks at it and goes on. Then
# the cheapest threshold can be computed. Fit on one half of page-blocks0, choose on a validation quarter, and keep the
# test quarter for the very end.

# %%
from sklearn.model_selection import train_test_split

blocks = datasets["page-blocks0"]
X_train, X_rest, y_train, y_rest = train_test_split(
    blocks.X, blocks.y, test_size=0.5, stratify=blocks.y, random_state=0
)
X_validation, X_test, y_validation, y_test = train_test_split(
    X_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=0
)
inspector = RandomForestClassifier(60, random_state=0).fit(X_train, y_train)
training_scores = inspector.predict_proba(X_train)[:, 1]
validation_scores = inspector.predict_proba(X_validation)[:, 1]
test_scores = inspector.predict_proba(X_test)[:, 1]

# %% [markdown]
# ### Exercise 3.3: choose the threshold by cost
#
# Find the `threshold` with the lowest total cost, 20 for each miss and 1 for each false alarm. The alarm rings when
# the score is greater than the threshold.


# %% tags=["exercise"]
# Exercise 3.3
### BEGIN SOLUTION
def total_cost(threshold):
    alarm = validation_scores > threshold
    return 20 * (y_validation[~alarm] == 1).sum() + (y_validation[alarm] == 0).sum()


threshold = min(np.unique(validation_scores), key=total_cost)
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check(
    "3.3",
    threshold,
    y_train,
    training_scores,
    y_validation,
    validation_scores,
    y_test,
    test_scores,
)

# %% tags=["wrong-answer"] exercise="3.3" diagnosis="threshold on test labels"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_test, test_scores, 20, 1)

# %% tags=["wrong-answer"] exercise="3.3" diagnosis="threshold on training rows"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_train, training_scores, 20, 1)

# %% tags=["wrong-answer"] exercise="3.3" diagnosis="costs swapped"
from helpers.thresholds import cost_threshold

threshold = cost_threshold(y_validation, validation_scores, 1, 20)

# %% tags=["wrong-answer"] exercise="3.3" diagnosis="no choice"
threshold = 0.5

# %% tags=["wrong-answer"] exercise="3.3" diagnosis="never rings"
threshold = 20 / 1

# %% [markdown]
# The curve shows why a threshold needs a cost and not a habit: left of the valley false alarms pile up, right of it
# the misses do, and 0.5 lies far up the slope.

# %%
from helpers.thresholds import cost_threshold, threshold_costs

candidates, costs = threshold_costs(
    y_validation, validation_scores, cost_false_negative=20, cost_false_positive=1
)
ax = plots.cost_curve(candidates, costs, chosen=0.5)
print(plots.summary(ax))

# %% [markdown]
# ## What resampling does to probabilities
#
# A weather forecast of 30 % is right if it rains on three of ten such days. Ask the same of our models: of the rows
# that got a probability near 0.3, how many were anomalies?

# %%
balanced = build(SMOTE(random_state=0)).fit(X_train, y_train)
balanced_scores = balanced.predict_proba(X_test)[:, 1]
ax = plots.calibration_curves(
    {"as it is": (y_test, test_scores), "SMOTE": (y_test, balanced_scores)}
)
print(plots.summary(ax))

# %% [markdown]
# The balanced model was trained in a world of half anomalies and still believes in it. Its odds are too large by a
# factor that we know, $(1-\pi)/\pi$ for a share of anomalies $\pi$, so they can be repaired.
#
# ### Exercise 3.4: undo what resampling did to the probabilities
#
# Complete `corrected(p, share)`. It takes probabilities of a model that was trained half and half, and the real share
# of anomalies, and returns probabilities for the real world. Odds are `p / (1 - p)`.


# %% tags=["exercise"]
# Exercise 3.4
def corrected(p, share):
    ### BEGIN SOLUTION
    odds = p / (1 - p) * share / (1 - share)
    return odds / (1 + odds)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("3.4", corrected)


# %% tags=["wrong-answer"] exercise="3.4" diagnosis="scaled probability"
def corrected(p, share):
    return p * share


# %% tags=["wrong-answer"] exercise="3.4" diagnosis="inverted prior"
def corrected(p, share):
    odds = p / (1 - p) * (1 - share) / share
    return odds / (1 + odds)


# %% tags=["wrong-answer"] exercise="3.4" diagnosis="odds"
def corrected(p, share):
    return p / (1 - p) * share / (1 - share)


# %% tags=["wrong-answer"] exercise="3.4" diagnosis="fixed share"
def corrected(p, share):
    odds = p / (1 - p) * 0.1 / 0.9
    return odds / (1 + odds)


# %% [markdown]
# How far off were they? The mean probability should be near the share of anomalies, 0.102 on this test part, and the
# Brier score, the mean squared distance from the truth, should be small.

# %% tags=["nbval-check-output"]
from sklearn.metrics import brier_score_loss

odds = balanced_scores / (1 - balanced_scores) * y_train.mean() / (1 - y_train.mean())
repaired = odds / (1 + odds)
compared = {
    "as it is": test_scores,
    "SMOTE": balanced_scores,
    "SMOTE, repaired": repaired,
}
pd.DataFrame(
    {
        name: {"mean probability": p.mean(), "Brier score": brier_score_loss(y_test, p)}
        for name, p in compared.items()
    }
).T.round(3)

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the common class: text blocks, other proteins, younger abalone |
# | What score says "not normal"? | a classifier's probability of the rare class |
# | Where is the threshold, and who chose it on what? | the cheapest one on a validation part, at costs we named |
# | How good is it? | AP 0.79 on page-blocks0 (chance 0.10); about 0.03 on abalone19 (chance 0.008), hardly a detector |
# | What does it cost to be wrong? | 20 for a miss, 1 for a false alarm; 0.5 would have cost more than twice as much |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Accuracy praises silence. ROC-AUC ignores how rare anomalies are. AP does not, so read it next to its chance level.
# - Resampling and class weights move the probabilities, rarely the ranking. A threshold moved on purpose does the same.
# - Resample inside the folds, or coin flips look like a discovery.
# - A threshold comes from costs and validation data. The test part is read once.
# - A resampled model's probabilities are wrong by a known factor; repair them before anybody acts on them.
#
# **Next**: lesson 04 asks whether a network does better than these models, and what that costs.
