# %% [markdown]
# # 03 · Imbalanced data
#
# | | |
# |---|---|
# | You will be able to | measure what resampling changes and what it does not; tell a gain from a leak; choose a threshold by cost; repair probabilities |
# | You need | lesson 02: split first, pipelines, [precision](../docs/glossary.md#precision), [recall](../docs/glossary.md#recall), [F1](../docs/glossary.md#f1) and [F2](../docs/glossary.md#f2), [ROC-AUC](../docs/glossary.md#roc-auc), [AP](../docs/glossary.md#ap) |
# | Time | 75 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("03")

# %% [markdown]
# ## Rare, rarer, rarest
#
# In lesson 02 nearly half of the rows were anomalies. Real ones are rare. In these three data sets 1 marks a rare class:
# blocks of a scanned page that are not text, yeast proteins of one site in the cell, and abalone (a sea snail) with 19
# rings in the shell, against all other numbers of rings. The share falls from one in ten to one in a hundred and thirty.

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
# Let the class vote on "99.2 % accurate: is that good?" before the check runs. Then ask what a detector would have to do
# to be less accurate than that: raise more false alarms than it finds anomalies.

# %% [markdown]
# A report's average can hide the same. **Predict** the macro average and the weighted average of F1 (lesson 02 has both)
# for the detector that never rings.

# %% tags=["nbval-check-output"]
from sklearn.metrics import f1_score

silent = np.zeros(len(y), dtype=int)
for kind in ["macro", "weighted"]:
    f1 = f1_score(y, silent, average=kind, zero_division=0)
    print(f"{kind} average of F1: {f1:.2f}; anomalies found: 0 of {y.sum()}")

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
# a thousand rows, one false alarm in a hundred rows makes ten for each anomaly.

# %%
curves = {name: day for name, day in days.items() if name != "10.0% anomalies"}
ax = plots.precision_recall_curves(curves)
print(plots.summary(ax))

# %% [markdown]
# So a table in this course always shows AP **with its chance level**, next to ROC-AUC. A ROC-AUC of 0.92 told you
# nothing about your working day: it stood for an AP of 0.92 and for one of 0.09.
#
# Which chance? A *constant* score has an AP of exactly the share of anomalies. *Random* scores have a little more on
# average, because an anomaly that comes first by luck counts fully. With few anomalies the difference is visible, and it
# is known exactly: `expected_average_precision`. That is what the row `chance` shows.

# %% tags=["nbval-check-output"]
from sklearn.metrics import average_precision_score

rng = np.random.default_rng(0)
random_aps = [average_precision_score(y, rng.random(len(y))) for _ in range(300)]
expected = evaluation.expected_average_precision(len(y), y.sum())
print(f"share of anomalies {y.mean():.4f}, expected AP of random scores {expected:.4f}")
print(
    "mean of 300 random scores within 0.0005:",
    abs(np.mean(random_aps) - expected) < 5e-4,
)

# %% [markdown]
# ## What the samplers do, in pictures
#
# Three ways to show a model equally many of both classes: copy anomalies (over-sampling), throw normal rows away
# (under-sampling), or make new anomalies on the lines between neighbouring ones (**SMOTE**). Look at two features of yeast4.

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
    drawn = getattr(sampler, "sample_indices_", None)  # which rows it took
    plots.resampled_scatter(pair, y_pair, *resampled, indices=drawn, title=name, ax=ax)
print(plots.summary(figure))

# %% [markdown]
# SMOTE fills the lines between known anomalies, also where those lines cross normal ground. It believes that what lies
# between two anomalies is one, too. For a column of codes that makes no sense: an abalone is male, female or an infant.
# **SMOTENC** is told which columns hold codes, and takes the commonest code of the neighbours. **Predict**: how many of the
# made-up abalone have a sex that does not exist?

# %% tags=["nbval-check-output"]
from imblearn.over_sampling import SMOTENC

abalone = datasets["abalone19"].X
encoded = pd.get_dummies(abalone, columns=["sex"], dtype=float)
made = SMOTE(random_state=0).fit_resample(encoded, y)[0][len(y) :]
between = ~made.filter(like="sex_").isin([0, 1]).all(axis=1)
print(f"SMOTE: {between.sum()} of {len(made)} made-up abalone lie between two sexes")
made = SMOTENC(["sex"], random_state=0).fit_resample(abalone, y)[0][len(y) :]
print(f"SMOTENC: {(~made['sex'].isin(['M', 'F', 'I'])).sum()} of {len(made)}")

# %% [markdown]
# Sensible rows need not make a better model: on abalone19 a logistic regression has no higher AP with SMOTENC
# ([measured](../docs/results/claims.md)). Use it all the same, where somebody will look at the rows.
#
# ## Does it help?
#
# One model, five ways to feed it. Every sampler is a **step of the pipeline**, so in each fold only the training part
# is resampled. **Class weights** need no sampler. They act on the [loss](../docs/glossary.md#loss), the number that
# training makes smaller: an error on an anomaly counts as many times as there are normal rows for each anomaly.
# **Predict**: which columns of the table will rise, precision, recall, AP or ROC-AUC?

# %%
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def build(sampler=None, classifier=None, class_weight=None):
    """Scale numbers, encode words, resample if asked, then classify."""
    words = make_column_selector(dtype_exclude="number")
    encode = make_column_transformer(
        (OneHotEncoder(), words), remainder=StandardScaler()
    )
    line = LogisticRegression(max_iter=2000, class_weight=class_weight)
    steps = [encode, sampler, line if classifier is None else classifier]
    return make_pipeline(*[step for step in steps if step is not None])


models = {"as it is": build(), "class weights": build(class_weight="balanced")}
models |= {name: build(sampler) for name, sampler in samplers.items()}

# %% [markdown]
# Each row is scored by a model that was not fitted on its fold. The alarm rings above 0.5, the cut that `predict` uses.
# One anomaly in ten first. (Of the rows of page-blocks0 79 repeat another one, and our folds don't keep them together. To
# keep them together hardly changes the AP: [measured](../docs/results/claims.md).)

# %%
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


# %% tags=["nbval-check-output"]
compare(datasets["page-blocks0"])

# %% [markdown]
# And one in a hundred and thirty (yeast4 lies between them: try it):

# %% tags=["nbval-check-output"]
compare(datasets["abalone19"])

# %% [markdown]
# **Explain.** On page-blocks0 recall rises and precision falls, whichever way we balance (so it is on yeast4:
# [measured](../docs/results/claims.md)). F2 rises with recall; F1, which weighs both alike, falls a little. On abalone19 the
# plain model finds none. The balanced ones find most of the 32 anomalies, and of their alarms about 2 % are real.
#
# And the ranking? In both tables AP hardly moves; on yeast4 it is lower whichever way we balance
# ([measured](../docs/results/claims.md)). ROC-AUC rises on page-blocks0, on every split tried: a logistic regression
# puts a line (with many columns, a plane) through the data, and balance turns that line. (To shift it would leave the
# order of the scores as it is.) Class weights do what over-sampling does, without a copied row.
#
# A cut of 0.5 is nobody's choice, though. Let both models choose, the plain one and that with SMOTE: in each fold the
# threshold with the best F2 on the other four folds. And ask a forest as well as the line. **Predict**: does resampling
# still win?

# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import fbeta_score, precision_recall_curve


def moved_threshold(y, scores):
    """Alarms (n,): in each fold at the threshold with the best F2 on the others."""
    alarms = np.zeros(len(y), dtype=bool)
    for others, fold in folds.split(scores, y):
        precision, recall, cuts = precision_recall_curve(y[others], scores[others])
        quality = 5 * precision * recall / np.maximum(4 * precision + recall, 1e-12)
        alarms[fold] = scores[fold] >= cuts[quality[:-1].argmax()]
    return alarms


# %% tags=["nbval-check-output"]
forest = RandomForestClassifier(60, random_state=0)
f2 = {}
for name in ["page-blocks0", "yeast4"]:
    X_set, y_set = datasets[name].X, datasets[name].y
    for kind, classifier in [("line", None), ("forest", forest)]:
        plain = out_of_fold(build(classifier=classifier), X_set, y_set)
        balanced = out_of_fold(build(samplers["SMOTE"], classifier), X_set, y_set)
        alarms = [plain > 0.5, balanced > 0.5]
        alarms += [moved_threshold(y_set, scores) for scores in (plain, balanced)]
        f2[f"{name}, {kind}"] = [fbeta_score(y_set, a, beta=2) for a in alarms]
ways = ["plain, 0.5", "SMOTE, 0.5", "plain, moved", "SMOTE, moved"]
pd.DataFrame.from_dict(f2, "index", columns=ways).round(2)

# %% [markdown]
# **Explain.** At 0.5 SMOTE has the higher F2 in all four rows. Most of that is the cut: where both move their
# threshold, SMOTE is clearly ahead in the first row only ([measured](../docs/results/claims.md)). There no threshold
# brings the plain line to what SMOTE has at 0.5. So **move the threshold first**, and keep resampling where it is still
# better then, on your data and with your model.
#
# A third way builds the balance into the forest: in a **balanced forest** each tree sees as many normal rows as anomalies,
# drawn anew for each tree. Beside it a plain forest with one setting changed: no leaf has fewer than 20 rows.

# %% tags=["nbval-check-output"]
from imblearn.ensemble import BalancedRandomForestClassifier

balanced_forest = BalancedRandomForestClassifier(60, random_state=0)
large_leaves = RandomForestClassifier(60, min_samples_leaf=20, random_state=0)
forests = {
    "forest": build(classifier=forest),
    "forest, large leaves": build(classifier=large_leaves),
    "SMOTE, forest": build(samplers["SMOTE"], forest),
    "balanced forest": build(classifier=balanced_forest),
}
scores = {name: out_of_fold(m, abalone, y) for name, m in forests.items()}
evaluation.results_table(scores, y_true=y, thresholds=0.5, alert_budget=50)

# %% [markdown]
# The balanced forest has a higher ROC-AUC than the plain one. But a plain forest with large leaves has about the same
# ([measured](../docs/results/claims.md)), so balance is not the only way there. (At 0.5 neither plain forest finds one:
# that is the cut again.) And look at AP and P@50: of 50 alarms hardly any is an abalone with 19 rings. Animals with 18
# or 20 rings count as normal, says the card of this set, so we ask for something very hard.
#
# ## A score that is too good
#
# These labels are coin flips: nothing can be learned. **Predict** the ROC-AUC of a random forest before you run the
# cell. It resamples first and cross-validates then, an order that looks natural.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
X_noise = rng.normal(size=(1200, 20))
y_noise = (rng.random(1200) < 0.03).astype(int)

X_resampled, y_resampled = SMOTE(random_state=0).fit_resample(X_noise, y_noise)
too_good = out_of_fold(forest, X_resampled, y_resampled)
evaluation.results_table({"SMOTE, then split": too_good}, y_true=y_resampled)

# %% [markdown]
# **Explain.** Perfect, on noise. Each made-up anomaly lies between two real ones. When the folds are drawn afterwards,
# rows made of the same anomaly fall on both sides. Where SMOTE is applied to both sides, each by itself, the forest is
# near chance ([measured](../docs/results/claims.md)). In the picture the nearest real anomaly counts as a row's origin.

# %%
from sklearn.neighbors import NearestNeighbors

real_anomalies = np.flatnonzero(y_noise)
nearest = NearestNeighbors(n_neighbors=1).fit(X_noise[real_anomalies])
closest = nearest.kneighbors(X_resampled[len(X_noise) :], return_distance=False).ravel()
origin = np.r_[np.arange(len(X_noise)), real_anomalies[closest]]
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
# Ask: in which fold does the twin of row 17 sit? Then ask who would notice in a company, and when.

# %% [markdown]
# The honest number for the same noise, from a model like yours:

# %% tags=["nbval-check-output"]
from helpers.exercises.resampled import smote_then_forest

honest = out_of_fold(smote_then_forest(trees=60), X_noise, y_noise)
evaluation.results_table({"split, then SMOTE": honest}, y_true=y_noise)

# %% [markdown]
# ## What does a mistake cost?
#
# Say that a missed block costs 20, and a false alarm 1: a person looks at it and goes on. Then the cheapest threshold
# can be computed. A forest, `inspector`, learns from one half of page-blocks0; two quarters are new to it. All three parts
# get its scores.

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
# Find the `threshold` with the lowest total cost, 20 for each miss and 1 for each false alarm. Which of the three parts is
# for choosing? The alarm rings when the score is greater than the threshold.


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
# the misses do, and 0.5 lies on the slope. Then move the threshold yourself, to the left from 0.5: how far does the cost
# fall, and what becomes of the precision on the way?

# %%
from helpers.thresholds import cost_threshold, threshold_costs

candidates, costs = threshold_costs(
    y_validation, validation_scores, cost_false_negative=20, cost_false_positive=1
)
ax = plots.cost_curve(candidates, costs, chosen=0.5)
print(plots.summary(ax))

# %%
from helpers.playground import playground

playground(validation_scores, y_validation, cost=(20, 1), threshold=0.5)

# %% [markdown]
# The cost falls from 299 to 97. There no block is missed any more, and two alarms in five are false: at these prices that is
# right. (The button finds it, too.)
#
# Is a search needed at all? If the scores were true probabilities, an alarm would be worth its cost where
# $p \cdot 20 > (1-p) \cdot 1$, so above $1/(1+20)$, whatever the data. **Predict** the order of these five on the test part.

# %% tags=["nbval-check-output"]
cuts = {
    "0.5, a habit": 0.5,
    "best on the training rows": cost_threshold(y_train, training_scores, 20, 1),
    "1 / (1 + 20), the formula": 1 / 21,
    "best on the validation part": cost_threshold(
        y_validation, validation_scores, 20, 1
    ),
    "best on the test part (oracle)": cost_threshold(y_test, test_scores, 20, 1),
}
for name, cut in cuts.items():
    missed = (y_test[test_scores <= cut] == 1).sum()
    false_alarms = (y_test[test_scores > cut] == 0).sum()
    print(f"{name}: {20 * missed + false_alarms} on the test part")

# %% [markdown]
# **Explain.** The forest knows its training rows by heart, and the threshold that is best for them is a bad one for new
# rows. The formula needs no labels. On the mean of five splits it costs far less than 0.5, and about as much as the
# choice on validation rows ([measured](../docs/results/claims.md)). An **oracle** knows the test labels, which nobody
# has in use.
#
# ## What resampling does to probabilities
#
# A weather forecast of 30 % is right if it rains on three of ten such days; such forecasts are called **calibrated**. Ask
# the same of the linear model, plain and balanced: of the rows that got a probability near 0.3, how many were anomalies?
# <!-- made-up numbers -->

# %%
plain = build().fit(X_train, y_train)
balanced = build(SMOTE(random_state=0)).fit(X_train, y_train)
plain_scores = plain.predict_proba(X_test)[:, 1]
balanced_scores = balanced.predict_proba(X_test)[:, 1]
ax = plots.calibration_curves(
    {"as it is": (y_test, plain_scores), "SMOTE": (y_test, balanced_scores)}
)
print(plots.summary(ax))

# %% [markdown]
# The balanced model was trained where half of the rows are anomalies. In theory its odds are therefore too large by the
# factor $(1-\pi)/\pi$ for a share of anomalies $\pi$, so they can be repaired.
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
# How far off were they? The mean probability should be the share of anomalies on the test part. The **Brier score**, the
# mean squared distance of the probabilities from the truth, should be small. The forest, balanced in the same way, gets
# the same repair. **Predict** whether theory holds for both.

# %% tags=["nbval-check-output"]
from sklearn.metrics import brier_score_loss

from helpers.exercises.resampled import at_real_share

balanced_inspector = build(SMOTE(random_state=0), forest).fit(X_train, y_train)
forest_scores = balanced_inspector.predict_proba(X_test)[:, 1]
share = y_train.mean()
compared = {
    "line, as it is": plain_scores,
    "line, SMOTE": balanced_scores,
    "line, SMOTE, repaired": at_real_share(balanced_scores, share),
    "forest, as it is": test_scores,
    "forest, SMOTE": forest_scores,
    "forest, SMOTE, repaired": at_real_share(forest_scores, share),
}
judged = {name: [p.mean(), brier_score_loss(y_test, p)] for name, p in compared.items()}
judged["the truth"] = [y_test.mean(), 0]
measures = ["mean probability", "Brier score"]
pd.DataFrame.from_dict(judged, "index", columns=measures).round(3)

# %% [markdown]
# **Explain.** The line is repaired: its mean probability is near the share again, its Brier score near that of the
# plain model. **The forest gets worse by the same formula.** SMOTE had raised its mean probability only to 0.122, and
# the formula takes it to 0.077, below the share. With trees of two levels the repair helps a forest, with fully grown
# ones it harms ([measured](../docs/results/claims.md)). The repair assumes something about a model; check it.
#
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the common class: text blocks, other proteins, other numbers of rings |
# | What score says "not normal"? | a classifier's probability of the rare class |
# | Where is the threshold, and who chose it on what? | the cheapest one on a validation part, at costs we named |
# | How good is it? | page-blocks0: AP 0.79 for a line (chance 0.10); abalone19: about 0.03 (chance 0.01), hardly a detector |
# | What does it cost to be wrong? | 20 for a miss, 1 for a false alarm; 0.5 costs several times the chosen threshold |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Accuracy and weighted averages praise silence. ROC-AUC ignores how rare anomalies are. AP does not, so read it next to
#   its chance level.
# - At a fixed cut, resampling and class weights trade precision for recall. Move the threshold first; keep resampling
#   where it is still better then. Compare methods where each has chosen its threshold.
# - Resample inside the folds, or coin flips look like a discovery. SMOTENC makes rows with codes that exist.
# - A threshold comes from costs and from labelled rows that are new to the model. The test part is read once.
# - Resampling spoils probabilities. The known factor repaired the linear model, and not the forest: check it.
#
# **Next**: lesson 04 asks whether a network does better than these models, and what that costs.
