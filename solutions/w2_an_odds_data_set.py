# %% [markdown]
# # W2 · Workshop: an ODDS data set of your choice
#
# | | |
# |---|---|
# | You will be able to | choose a threshold from a budget of alerts, without a label; write scores that hold on tables you have not seen; say what a score on published labels proves |
# | You need | lesson 01: neighbours and forests; lesson 03: AP; lesson 08: detectors and their thresholds help |
# | Time | 75 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("W2")

# %% [markdown]
# ## Choose one
#
# Eight tables that papers on anomaly detection use again and again: scans, soil seen from a satellite, digits, a space
# shuttle, wine. In each, some rows are called anomalies. **Predict**: on which of them will a detector have the hardest
# time? Then choose one, in the last line.

# %% tags=["nbval-check-output"]
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import plots
from helpers.datasets import load
from helpers.detectors import KNNDetector
from helpers.exercises import check, hint, progress, solution
from helpers.scoring.workshop import score_w2
from helpers.simulation import distance_from_mean, drawn_part
from helpers.simulation.parts import ODDS_SETS

sizes = {}
for name in ODDS_SETS:
    found = load(name)
    sizes[name] = [*found.X.shape, int(found.y.sum())]
print(pd.DataFrame.from_dict(sizes, "index", columns=["rows", "columns", "anomalies"]))

data = load("breastw")

# %% [markdown]
# ## Scores in a file
#
# Fit any detector, without labels, and write one score for each row into a file, higher for what is more anomalous. Then ask
# what it is worth. In a terminal that is `workshop score w2 scores.csv`; in a notebook it is a function. **Predict** the AP of
# neighbours on your set, next to chance and next to the simplest baseline, the distance from the mean.

# %%
folder = Path(tempfile.mkdtemp())  # name one of your own, to keep the file
scores = KNNDetector().fit(data.X).decision_function(data.X)
pd.DataFrame({"score": scores}).to_csv(folder / "scores.csv", index=False)
print(score_w2(folder / "scores.csv"))

# %% [markdown]
# **Explain.** The first line says which set it took the file for: no two of them have as many rows. The rank is a place among
# the 24 detectors of [a table](../docs/results/odds_sets.md), which were judged on rows that they had not learned from.
#
# Now a file that needs no detector at all. **Predict** its AP and its rank.

# %%
pd.DataFrame({"score": data.y}).to_csv(folder / "perfect.csv", index=False)
print(score_w2(folder / "perfect.csv"))

# %% [markdown]
# ## What is hidden from whom
#
# The labels ship beside the data, so a perfect file proves nothing. A class may still race with such files, as long as
# everybody means it: `workshop score w2 scores.csv --nickname ada --board ada.jsonl` keeps an attempt, and
# `workshop leaderboard` draws the class. Points are given for something else.
#
# | | you | your teacher |
# |---|---|---|
# | the eight sets and their labels | seen | seen |
# | how parts are drawn from them: `drawn_part` | seen | seen |
# | the key that draws the graded parts | hidden | seen |
# | rows of the graded parts, in a box | seen by your function alone | seen |
# | which set a part is from, and its labels | hidden, and not in the box | seen |
#
# A drawn part has 300 normal rows to learn from, and 400 rows to score. Each row lies between two rows of the set; columns
# are left out, mixed up, mirrored and told in other units. So looking a row up finds nothing.

# %%
part = drawn_part(np.random.default_rng(0), "breastw")
print(part.X_train.shape, part.X_test.shape, part.y_test.sum(), "anomalies")
normal_scores = distance_from_mean(part.X_train, part.X_train)
test_scores = distance_from_mean(part.X_train, part.X_test)
ax = plots.score_histogram(np.log(test_scores), part.y_test)
print(plots.summary(ax))

# %% [markdown]
# ## A budget
#
# The picture shows the scores by their labels, which nobody has on a Monday morning. What a team does know: how many
# alerts it can read.
#
# ### Exercise W2.1: a threshold from a budget
#
# Write `threshold_for(normal_scores, rows, alerts)`. `normal_scores` are scores of rows known to be normal, in an array. Each
# day `rows` rows come in, nearly all of them normal too, and the team can read `alerts` alerts. Return the score above which so
# many of the normal rows are expected.


# %% tags=["exercise"]
# Exercise W2.1
def threshold_for(normal_scores, rows, alerts):
    ### BEGIN SOLUTION
    return np.quantile(normal_scores, 1 - alerts / rows)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W2.1", threshold_for)


# %% tags=["wrong-answer"] exercise="W2.1" diagnosis="counted in the wrong rows"
def threshold_for(normal_scores, rows, alerts):
    return np.sort(normal_scores)[::-1][alerts]


# %% tags=["wrong-answer"] exercise="W2.1" diagnosis="3 sigma"
def threshold_for(normal_scores, rows, alerts):
    return normal_scores.mean() + 3 * normal_scores.std()


# %% tags=["wrong-answer"] exercise="W2.1" diagnosis="a share is no score"
def threshold_for(normal_scores, rows, alerts):
    return 1 - alerts / rows


# %% [markdown] tags=["teacher-note"]
# Let the class defend its threshold in a sentence without the word label: "twenty alerts a day, because two people read for an
# hour". A real anomaly rings on top of the budget; if the team is swamped, that is news.

# %% [markdown]
# ## Your scores
#
# Here is room. A scoring function takes rows to learn from and rows to score, and returns one number for each of the latter.
# Two are there: the simplest baseline, and the same without dividing by the sd of each column. **Predict** both lines, then
# add yours.


# %%
def distance_unscaled(X_train, X_test):
    return ((X_test - X_train.mean(axis=0)) ** 2).sum(axis=1)


my_scores = {
    "distance from the mean": distance_from_mean,
    "the same, unscaled": distance_unscaled,
    # "my idea": my_idea,
}

# %%
from sklearn.metrics import average_precision_score

rng = np.random.default_rng(1)
practice = [drawn_part(rng, name) for name in ODDS_SETS]
table = {
    label: {
        part.name: average_precision_score(
            part.y_test, score(part.X_train, part.X_test)
        )
        for part in practice
    }
    for label, score in my_scores.items()
}
table["chance"] = {part.name: part.y_test.mean() for part in practice}
on_practice = pd.DataFrame(table).T
on_practice.assign(mean=on_practice.mean(axis=1)).round(2)

# %% tags=["nbval-check-output"]
means = on_practice.mean(axis=1)
print("scaled is ahead on average:", means.iloc[0] > means.iloc[1] + 0.05)
print("where the baseline is weakest:", on_practice.iloc[0].idxmin())

# %% [markdown]
# **Explain.** Unscaled, the columns with the largest numbers decide, and units are an accident. On one set the baseline is
# hardly above chance: it holds several kinds of digits, and the mean of them all is no digit.
#
# ### Exercise W2.2: clearly better than chance
#
# Write `score(X_train, X_test)` for two arrays: normal rows, and rows to score. It returns one score per row, higher for what is
# more anomalous. The check draws two parts of each set. You pass with a mean AP of 0.55; chance is below 0.2. Any technique
# will do, but the kit's `distance_from_mean` itself.


# %% tags=["exercise"]
# Exercise W2.2
def score(X_train, X_test):
    ### BEGIN SOLUTION
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return np.abs(z).mean(axis=1)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W2.2", score)


# %% tags=["wrong-answer"] exercise="W2.2" diagnosis="wrong direction"
def score(X_train, X_test):
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return -np.abs(z).mean(axis=1)


# %% tags=["wrong-answer"] exercise="W2.2" diagnosis="labels"
def score(X_train, X_test):
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return np.where(np.abs(z).max(axis=1) > 3, -1, 1)


# %% tags=["wrong-answer"] exercise="W2.2" diagnosis="not clearly above chance"
def score(X_train, X_test):
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return z[:, :3].sum(axis=1)


# %% [markdown]
# ### Exercise W2.3: ahead of the simplest baseline
#
# Write `better_score(X_train, X_test)`, which beats the distance from the mean: a mean AP higher by 0.02 or more, on two drawn
# parts of each set. Where it is close, the check draws up to eight, and half of the lead is enough. Look at your table: on which
# sets is there something to win?


# %% tags=["exercise"]
# Exercise W2.3
def better_score(X_train, X_test):
    ### BEGIN SOLUTION
    from sklearn.neighbors import NearestNeighbors

    spread = X_train.std(axis=0)
    known = NearestNeighbors(n_neighbors=3).fit(X_train / spread)
    return known.kneighbors(X_test / spread)[0].mean(axis=1)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W2.3", better_score)


# %% tags=["wrong-answer"] exercise="W2.3" diagnosis="the baseline itself"
def better_score(X_train, X_test):
    z = (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
    return np.sqrt((z**2).mean(axis=1))


# %% tags=["wrong-answer"] exercise="W2.3" diagnosis="unscaled"
def better_score(X_train, X_test):
    return ((X_test - X_train.mean(axis=0)) ** 2).sum(axis=1)


# %% [markdown] tags=["teacher-note"]
# What simple methods reach under 30 keys stands in [a table](../docs/results/workshops_odds.md); the bars were set from it. One
# nearest row, or five, is ahead under each of them, and so are an isolation forest, a one-class SVM and Mahalanobis, which a single
# round of parts would fail under some. Ask a group that is behind on which set it loses.

# %%
progress()

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the rows to learn from, which somebody has called normal |
# | What score says "not normal"? | yours; it has to bear other units, other columns and tables that you have not seen |
# | Where is the threshold, and who chose it on what? | from normal scores and a budget of alerts |
# | How good is it? | AP on drawn parts, beside chance and the distance from the mean |
# | What does it cost to be wrong? | an alert costs the team's time; what a missed row costs depends on the table: a tumour, or a bottle of wine |
#
# ## Take away
#
# - A score on published labels proves good will. Only labels that nobody could see prove more.
# - A threshold needs no label: normal scores and a budget are enough.
# - Units are an accident. Bring columns to one scale, by what the training rows say.
# - Ask where the simplest baseline is weak. Elsewhere there is little to win.
#
# **Next**: take a table of your own, where nobody has written labels beside the data.
