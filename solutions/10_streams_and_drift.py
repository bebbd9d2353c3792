# %% [markdown]
# # 10 · Streams and drift
#
# | | |
# |---|---|
# | You will be able to | score a stream before its labels are known, and never after; say when a detector is updated, with what, and what that costs; compare scores of several versions of it; answer as the expert, and see what your answers do |
# | You need | lesson 05: windows; lesson 08: thresholds from normal rows, shares of normal scores; lesson 02: [ROC-AUC](../docs/glossary.md#roc-auc), [TPR](../docs/glossary.md#tpr), [FPR](../docs/glossary.md#fpr) |
# | Time | 100 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("10")

# %% [markdown]
# ## What is normal changes
#
# So far all rows were there before we began. In a **stream** they arrive one after the other, each is judged at once, and what
# is normal may change on the way: **drift**.
#
# Our stream is made of a satellite's picture. A row is a spot of ground: three by three pixels in four colours (*bands*), 36
# numbers. Normal is one kind of soil: first red, then grey, then very damp grey, and red again. Two other kinds of ground,
# *cotton crop* and *vegetation stubble*, come in chunks of 5 to 30 rows: they are the anomalies. We cut windows of ten rows that
# don't overlap; a window is an anomaly when any of its rows is.

# %%
import numpy as np
import pandas as pd

from helpers import plots
from helpers.datasets.streams import load_stream
from helpers.exercises import check, hint, progress, solution
from helpers.windows import sliding_windows

stream = load_stream("satellite", random_state=5)
first = stream.initial  # so many rows are there before the stream begins
windows = sliding_windows(stream.X[first:], 10, stride=10)
truth = stream.window_labels(10)[first // 10 :]
drifts = [(drift.position - first) // 10 for drift in stream.drifts]
ax = plots.scores_with_updates(
    windows[:, :, 1::4].mean(axis=(1, 2)),
    labels=truth,
    drifts=drifts,
    name="second band, mean",
    title="A stream, window by window",
)
print(plots.summary(ax))

# %% [markdown]
# A detector learns what the first 70 windows (700 rows) are like, red soil only, and then judges 391 more. We take a simple
# one: PCA on each window as one long row of 360 numbers. `contamination=0.1` lets a tenth of the windows that it learned
# ring. **Predict**: which share of the *normal* windows of the stream will ring?

# %%
from helpers.detectors import PCADetector
from helpers.streams import (
    IteratorSource,
    OnlineDetector,
    RefittedDetector,
    StreamRun,
    known_labels,
)


def prepared(stream, detector, *, updates=True, steps=10, full=2, delay=0):
    """A detector fitted on the first rows of a stream, ready to follow the rest."""
    size, batch = stream.initial, 80 // steps
    begin = sliding_windows(stream.X[:size], steps, stride=steps)
    points = stream.y[: len(begin) * steps].reshape(-1, steps)
    online = OnlineDetector(detector=detector, batch=batch, full=full, updates=updates)
    source = IteratorSource(stream.X[size:], stream.y[size:])
    return StreamRun(online.fit(begin, points), source, known_labels(), delay=delay)


simple = RefittedDetector(detector=PCADetector(), contamination=0.1)
left_alone = prepared(stream, simple, updates=False).run()
ax = plots.scores_with_updates(
    left_alone["score"],
    labels=truth,
    thresholds=left_alone["threshold"],
    drifts=drifts,
    title="PCA, left alone",
)
ax.set_yscale("log")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
from sklearn.metrics import roc_auc_score

words = {0: "normal", 1: "anomaly"}
rings = left_alone["alarm"].map({False: "silent", True: "rings"})
print(pd.crosstab(pd.Series(truth).map(words).rename("window"), rings))
print("ROC-AUC:", round(roc_auc_score(truth, left_alone["score"]), 2))

# %% [markdown]
# **Explain.** The four cells of the table are the [confusion matrix](../docs/glossary.md#confusion-matrix). All 28 anomalous
# windows ring: the true positive rate (TPR) is 1. So do 320 of the 363 normal ones: the false positive rate (FPR) is 0.88, not
# 0.1. Look where: most of the first 37 windows lie around the threshold, and from the first drift to the last one every normal
# window is above it. And yet the ROC-AUC is 0.91, for the anomalies still stand above *their* neighbours in the picture. ROC-AUC knows no threshold. A team
# that is called by one knows nothing else.
#
# ## The loop
#
# Somebody does look at what happened, sooner or later, and can say what it was: the **expert**. So the detector can go on
# learning. The picture shows the loop of Li (2018), which the rest of the lesson takes apart.

# %%
ax = plots.online_diagram(batch=8, hard=1, full=2)
print(plots.summary(ax))

# %% [markdown]
# Windows come in batches of eight. A batch is **scored** first. Then the expert says what its windows were. Then the detector
# learns, for the next batch.
#
# ### Exercise 10.1: the loop
#
# Write `follow(batches, score, ask, learn)`. `batches` is a list of arrays of windows; `score(windows)` returns their scores,
# `ask(windows)` the expert's labels, and `learn(windows, labels)` returns nothing. Return the scores of all windows, one array. The
# expert is asked after the scoring.


# %% tags=["exercise"]
# Exercise 10.1
def follow(batches, score, ask, learn):
    scores = []
    ### BEGIN SOLUTION
    for windows in batches:
        scores.append(score(windows))
        labels = ask(windows)
        learn(windows, labels)
    return np.concatenate(scores)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("10.1", follow)


# %% tags=["wrong-answer"] exercise="10.1" diagnosis="learned first"
def follow(batches, score, ask, learn):
    scores = []
    for windows in batches:
        learn(windows, ask(windows))
        scores.append(score(windows))
    return np.concatenate(scores)


# %% tags=["wrong-answer"] exercise="10.1" diagnosis="scored at the end"
def follow(batches, score, ask, learn):
    for windows in batches:
        learn(windows, ask(windows))
    return np.concatenate([score(windows) for windows in batches])


# %% tags=["wrong-answer"] exercise="10.1" diagnosis="never learned"
def follow(batches, score, ask, learn):
    return np.concatenate([score(windows) for windows in batches])


# %% [markdown] tags=["teacher-note"]
# Let two learners play it: one scores cards, the other one turns them over. Whoever turns a card before it was scored has
# made the commonest mistake of papers on streams.

# %% [markdown]
# ## Peeking
#
# What if the order slips? We toss a coin for each window: 1 or 0. **Nothing can be learned from coins.** The detector is the distance
# to the nearest window that was called normal so far. **Predict** its ROC-AUC in both orders.

# %% tags=["nbval-check-output"]
from helpers.detectors import KNNDetector

coins = np.random.default_rng(0).integers(0, 2, len(windows))


def judged_by_coins(peeks):
    """ROC-AUC on coins of a detector that learns before or after it scores."""
    nearest = RefittedDetector(detector=KNNDetector(n_neighbors=1)).fit(windows[:8])
    scores = []
    for at in range(8, len(windows), 8):
        batch, labels = windows[at : at + 8], coins[at : at + 8]
        if peeks:
            nearest.partial_fit(batch[labels == 0])
        scores.append(nearest.decision_function(batch))
        if not peeks:
            nearest.partial_fit(batch[labels == 0])
    return roc_auc_score(coins[8:], np.concatenate(scores))


print("score, then learn:", round(judged_by_coins(peeks=False), 1))
print("learn, then score:", round(judged_by_coins(peeks=True), 1))

# %% [markdown]
# **Explain.** A window that was learned is its own nearest neighbour, at distance 0. So each window that the coin called normal
# gets 0, and the others don't: the "detector" reads the coin. In the right order it is at chance. The kit's
# `OnlineDetector` is given windows without labels, and refuses labels of a batch that was not scored.
#
# ## Three buffers
#
# Learning from every batch would be dear, and a handful of windows teaches little. So windows wait in **buffers**: the anomalous
# ones, the normal ones, and of the latter once more the **hard** ones, which look like anomalies to the detector: at
# least `hard_points` of their points are above the threshold.
#
# ### Exercise 10.2: who goes where
#
# Write `sort_in(labels, points_above, hard_points)`. `labels` has 1, 0, or NaN where the expert said nothing; `points_above` is
# how many points of each window were above the threshold. Return three masks, True or False per window: anomalous, normal, hard.


# %% tags=["exercise"]
# Exercise 10.2
def sort_in(labels, points_above, hard_points):
    ### BEGIN SOLUTION
    hard = (labels == 0) & (points_above >= hard_points)
    return labels == 1, labels == 0, hard
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("10.2", sort_in)


# %% tags=["wrong-answer"] exercise="10.2" diagnosis="unknown is normal"
def sort_in(labels, points_above, hard_points):
    normal = labels != 1
    return labels == 1, normal, normal & (points_above >= hard_points)


# %% tags=["wrong-answer"] exercise="10.2" diagnosis="anomalies among the hard"
def sort_in(labels, points_above, hard_points):
    return labels == 1, labels == 0, points_above >= hard_points


# %% tags=["wrong-answer"] exercise="10.2" diagnosis="easy ones"
def sort_in(labels, points_above, hard_points):
    normal = labels == 0
    return labels == 1, normal, normal & (points_above < hard_points)


# %% [markdown]
# An **update** is due when there are enough hard windows to train on, and at least one anomalous one. A network is trained
# further on the hard windows. PCA can't be, so it is fitted again, on its first windows and the hard ones. Every fifth normal window trains nobody: these
# make the new threshold. Then all buffers are emptied.
#
# ### Exercise 10.3: when an update is due
#
# Write `updates(hard, abnormal, full)`. The first two are lists: how many hard and how many anomalous windows each batch has.
# Return the list of the batches, counted from 0, after which an update is due: at least `full` hard windows and at least one anomalous one
# since the last update.


# %% tags=["exercise"]
# Exercise 10.3
def updates(hard, abnormal, full):
    ### BEGIN SOLUTION
    found, hard_kept, abnormal_kept = [], 0, 0
    for batch in range(len(hard)):
        hard_kept += hard[batch]
        abnormal_kept += abnormal[batch]
        if hard_kept >= full and abnormal_kept > 0:
            found.append(batch)
            hard_kept, abnormal_kept = 0, 0
    return found
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("10.3", updates)


# %% tags=["wrong-answer"] exercise="10.3" diagnosis="never emptied"
def updates(hard, abnormal, full):
    enough = (np.cumsum(hard) >= full) & (np.cumsum(abnormal) > 0)
    return np.flatnonzero(enough).tolist()


# %% tags=["wrong-answer"] exercise="10.3" diagnosis="without an anomaly"
def updates(hard, abnormal, full):
    found, kept = [], 0
    for batch in range(len(hard)):
        kept += hard[batch]
        if kept >= full:
            found.append(batch)
            kept = 0
    return found


# %% tags=["wrong-answer"] exercise="10.3" diagnosis="anomalies kept"
def updates(hard, abnormal, full):
    found, hard_kept, abnormal_kept = [], 0, 0
    for batch in range(len(hard)):
        hard_kept += hard[batch]
        abnormal_kept += abnormal[batch]
        if hard_kept >= full and abnormal_kept > 0:
            found.append(batch)
            hard_kept = 0
    return found


# %% [markdown] tags=["teacher-note"]
# Ask what happens in a plant in which nothing ever goes wrong: no anomaly, no update, though normal drifts. What would the
# class change in the rule? (A threshold from normal windows alone needs no anomaly.)

# %% [markdown]
# ## The same detector, updated
#
# Now the loop runs on the stream: an update is due at 16 hard windows (`full=2` batches). **Predict** where the updates will
# be, and what they do to the threshold.

# %%
updated_run = prepared(stream, simple)
updated = updated_run.run()
at = [8 * (batch + 1) for batch in updated_run.online.versions_["after_batch"][1:]]
ax = plots.scores_with_updates(
    updated["score"],
    at,
    labels=truth,
    thresholds=updated["threshold"],
    drifts=drifts,
    title="PCA, updated by an expert",
)
ax.set_yscale("log")
print(plots.summary(ax))

# %%
names = {"hard": "normal_buffer", "normal": "errors_buffer", "anomalous": "abnormal_buffer"}
ax = plots.buffers_over_time(
    {name: updated[column] for name, column in names.items()}, at, full=16
)
print(plots.summary(ax))

# %% [markdown]
# **Explain.** Five updates. After the first two drifts normal scores jump above the threshold, hard windows gather quickly, and once an
# anomaly is among the answers, the update follows. The hard windows alone don't do it: before the update at window 248 there
# were 36, waiting for an anomaly. At the last drift, back to red soil, nothing rings: it is known from the
# beginning.
#
# What changes with each version? Its parameters over time:

# %% tags=["nbval-check-output"]
versions = updated_run.online.versions_
versions[["version", "after_batch", "windows", "threshold", "normal_median"]].round(0).astype(int)

# %% [markdown]
# `windows` is how many were trained on, `normal_median` the median score of normal windows that trained nobody. Threshold and median both
# move, up and down. So how good is it? Stationary beside adaptive, overall and per period, the time from one update to the
# next. **Predict** in which periods ROC-AUC differs, and in which FPR.

# %% tags=["nbval-check-output"]
from helpers.streams import period_table, update_batches

after = update_batches(updated)
periods = {
    "left alone": period_table(left_alone, after=after),
    "updated": period_table(updated, after=after),
}
columns = ["auc", "tpr", "fpr"]
beside = pd.concat({k: table[columns] for k, table in periods.items()}, axis=1)
beside.insert(0, "anomalies", periods["updated"]["anomalies"])
beside.round(2)

# %%
rates = {
    name: table["fpr"].drop("all").to_dict() for name, table in periods.items()
}
ax = plots.metric_bars(rates, title="Normal windows that ring, period by period")
print(plots.summary(ax))

# %% [markdown]
# **Explain.** Read the periods first.
#
# ## Two versions, two scales
#
# TODO

# %% tags=["nbval-check-output"]
of_normal = updated[truth == 0].groupby("version")["score"]
shares = of_normal.apply(lambda scores: (scores < 150).mean())
shares.rename("normal scores below 150").round(2).to_frame()

# %% [markdown]
# ### Exercise 10.4: scores that can be compared
#
# Write `comparable(scores, versions, normal_scores)`. `scores` and `versions` are arrays: the score of each window, and which version gave it.
# `normal_scores` is a dict: version -> an array of scores that this version gave to normal windows. Return for each window the share of *its version's* normal
# scores that lie below its score.


# %% tags=["exercise"]
# Exercise 10.4
def comparable(scores, versions, normal_scores):
    ### BEGIN SOLUTION
    pairs = zip(scores, versions, strict=True)
    return np.array([np.mean(normal_scores[v] < score) for score, v in pairs])
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("10.4", comparable)


# %% tags=["wrong-answer"] exercise="10.4" diagnosis="one pool"
def comparable(scores, versions, normal_scores):
    pool = np.concatenate(list(normal_scores.values()))
    return np.array([np.mean(pool < score) for score in scores])


# %% tags=["wrong-answer"] exercise="10.4" diagnosis="ranked among themselves"
def comparable(scores, versions, normal_scores):
    share = np.zeros(len(scores))
    for version in np.unique(versions):
        own = versions == version
        share[own] = [np.mean(scores[own] < score) for score in scores[own]]
    return share


# %% tags=["wrong-answer"] exercise="10.4" diagnosis="share of the largest"
def comparable(scores, versions, normal_scores):
    largest = np.array([normal_scores[version].max() for version in versions])
    return scores / largest


# %% [markdown]
# TODO pooled

# %% tags=["nbval-check-output"]
whole = {name: table.loc["all"] for name, table in periods.items()}
other_units = updated.assign(
    score=np.where(updated["version"] % 2, 10 * updated["score"], updated["score"])
)
whole["updated, every other version times 10"] = period_table(other_units).loc["all"]
names = {"auc": "raw scores", "auc_level": "by level"}
pd.DataFrame(whole).T[list(names)].rename(columns=names).round(2)

# %% [markdown]
# TODO

# %% tags=["nbval-check-output"]
last = updated_run.online
again = last.decision_function(windows)
rings_again = again > last.threshold_
print("in the stream: FPR", round(updated["alarm"][truth == 0].mean(), 2), "ROC", round(roc_auc_score(truth, updated["level"]), 3))
print("once more, by the last version: FPR", round(rings_again[truth == 0].mean(), 2), round(roc_auc_score(truth, again), 3), rings_again[truth == 1].mean())

# %% [markdown]
# ## Points and windows

# %% tags=["nbval-check-output"]
def rates_of(labels, alarms):
    """How many are judged, how many of them are anomalies, TPR and FPR."""
    labels, alarms = np.asarray(labels), np.asarray(alarms)
    odd = labels == 1
    return len(labels), odd.sum(), alarms[odd].mean(), alarms[~odd].mean()


points = stream.y[first:][: 10 * len(windows)]
by_row = prepared(stream, simple, steps=1).run()[: len(points)]
row_alarms = by_row["alarm"].to_numpy().reshape(-1, 10)
counted = {
    "windows judged, windows counted": rates_of(truth, updated["alarm"]),
    "windows judged, rows counted": rates_of(points, np.repeat(updated["alarm"], 10)),
    "rows judged, rows counted": rates_of(points, by_row["alarm"]),
    "rows judged, a window rings with one row": rates_of(truth, row_alarms.any(1)),
    "rows judged, a window rings with five": rates_of(truth, row_alarms.sum(1) >= 5),
}
columns = ["judged", "anomalies", "TPR", "FPR"]
pd.DataFrame.from_dict(counted, "index", columns=columns).round(2)

# %% [markdown]
# ## You are the expert

# %%
import matplotlib.pyplot as plt

asked = [16, 17, 18, 36, 37, 38, 39, 40]
shown = slice(8, 48)
figure, (top, below) = plt.subplots(2, 1, figsize=(8, 5), sharex=True)
for band, colour in enumerate(["blue", "orange", "green", "purple"]):
    values = windows[shown, :, band::4].mean(axis=(1, 2))
    top.plot(np.arange(8, 48), values, label=f"band {band + 1}")
scores = updated["score"][shown]
below.bar(scores.index, scores, color="0.75")
below.bar(asked, updated["score"][asked], color=plots.OKABE_ITO["orange"])
print("Figure: todo")

# %%
my_answers = {16: 0, 17: 0, 18: 0, 36: 0, 37: 0, 38: 0, 39: 0, 40: 0}  # 1: an anomaly


# %% tags=["nbval-check-output"]
def answering(answers):
    """An expert who answers so for some windows, and knows the truth of all others."""

    def expert(batch):
        numbers = range(batch.first_row // 10, batch.position.rows // 10)
        pairs = zip(numbers, batch.labels(), strict=True)
        return [answers.get(number, label) for number, label in pairs]

    return expert


def next_periods(answers):
    run = prepared(stream, simple)
    run.expert = answering(answers)
    record = run.run()
    rings = record["alarm"].to_numpy()
    later = np.arange(len(truth))
    soon = (later > 40) & (later < 104)
    return [
        update_batches(record)[0],
        len(update_batches(record)),
        rings[soon & (truth == 0)].mean(),
        rings[(later > 40) & (truth == 0)].mean(),
        (~rings[(later > 40) & (truth == 1)]).sum(),
    ]


answers = {
    "yours": my_answers,
    "the truth": {},
    "all are anomalies": dict.fromkeys(asked, 1),
    "all are normal": dict.fromkeys(asked, 0),
    "nobody knows": dict.fromkeys(asked, np.nan),
    "all answers wrong": {number: 1 - truth[number] for number in asked},
}
columns = ["first update after batch", "updates", "FPR soon", "FPR later", "missed later"]
pd.DataFrame.from_dict({n: next_periods(a) for n, a in answers.items()}, "index", columns=columns).round(2)

# %% [markdown]
# ## An anomaly that becomes normal

# %% tags=["nbval-check-output"]
def after_the_flip(kind):
    """Alarms after a kind of ground became normal, for it and for the other one."""
    flipped = load_stream("satellite", random_state=5, most=500, becomes_normal=kind)
    middle = next(d.position for d in flipped.drifts if d.name.endswith("normal"))
    kinds = flipped.kinds[first : first + 10 * len(flipped.window_labels(10)[first // 10 :])]
    is_kind = (kinds == kind).reshape(-1, 10).any(axis=1)
    rows = {}
    for name, learns in {"left alone": False, "updated": True}.items():
        record = prepared(flipped, simple, updates=learns).run()
        late = record["window"] * 10 + first >= middle
        own = record["alarm"][late & is_kind & (record["label"] == 0)].to_numpy()
        half = len(own) // 2
        other = record["alarm"][late & (record["label"] == 1)]
        rows[f"{kind}, {name}"] = [own[:half].mean(), own[half:].mean(), other.mean()]
    return rows


columns = ["rings, first half", "rings, second half", "other anomalies found"]
kinds = "vegetation stubble", "cotton crop"
table = {k: v for kind in kinds for k, v in after_the_flip(kind).items()}
pd.DataFrame.from_dict(table, "index", columns=columns).round(2)

# %% [markdown]
# ## What it costs

# %% tags=["nbval-check-output"]
def judged(run):
    """Labels asked for, updates, and quality by the truth, whatever was answered."""
    record = run.run()
    quality = period_table(record.assign(label=truth)).loc["all"]
    asked = record["label"].notna().sum()
    return [asked, run.online.n_updates_, *quality[["auc_level", "tpr", "fpr"]]]


experts = {name: prepared(stream, simple) for name in ("all", "alarms", "ringing", "nothing")}
experts["8 late"] = prepared(stream, simple, delay=8)


def only_alarms(batch):
    scored = experts["alarms"].online.record_.tail(len(batch.windows))
    return np.where(scored["alarm"], batch.labels(), np.nan)


experts["alarms"].expert = only_alarms
experts["ringing"].expert = lambda batch: np.ones(len(batch.windows))
experts["nothing"].expert = lambda batch: np.zeros(len(batch.windows))
columns = ["labels", "updates", "ROC-AUC, level", "TPR", "FPR"]
pd.DataFrame.from_dict({n: judged(r) for n, r in experts.items()}, "index", columns=columns).round(2)

# %% [markdown]
# ### Exercise 10.5: the bill
#
# Write `bill(record)`. The record of a stream has a row per window; `label` is NaN where nobody was asked, `updated` is True at every window
# of a batch after which the detector was updated, `batch` is the number of the batch. Return three numbers: labels asked for, updates, labels per update.


# %% tags=["exercise"]
# Exercise 10.5
def bill(record):
    ### BEGIN SOLUTION
    labels = record["label"].notna().sum()
    times = record.loc[record["updated"], "batch"].nunique()
    return labels, times, labels / times
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("10.5", bill)


# %% tags=["wrong-answer"] exercise="10.5" diagnosis="all windows"
def bill(record):
    times = record.loc[record["updated"], "batch"].nunique()
    return len(record), times, len(record) / times


# %% tags=["wrong-answer"] exercise="10.5" diagnosis="windows for updates"
def bill(record):
    labels, times = record["label"].notna().sum(), record["updated"].sum()
    return labels, times, labels / times


# %% tags=["wrong-answer"] exercise="10.5" diagnosis="the last update"
def bill(record):
    labels, times = record["label"].notna().sum(), record["version"].max()
    return labels, times, labels / times


# %% [markdown]
# ## Is a network worth it?

# %%
import time

from helpers.detectors import EncoderDecoderDetector, IsolationForestDetector

contest = {
    "PCA": simple,
    "5 nearest neighbours": RefittedDetector(detector=KNNDetector(n_neighbors=5)),
    "isolation forest": RefittedDetector(detector=IsolationForestDetector(random_state=0)),
    "encoder-decoder": EncoderDecoderDetector(units=25, epochs=100, random_state=0, progress=False),
}
found, seconds = {}, {}
for name, detector in contest.items():
    for learns in (False, True):
        begun = time.process_time()
        run = prepared(stream, detector, updates=learns)
        row = judged(run)[1:]
        told = f"{name}, {'updated' if learns else 'left alone'}"
        found[told], seconds[told] = row, time.process_time() - begun

# %% tags=["nbval-check-output"]
pd.DataFrame.from_dict(found, "index", columns=columns[1:]).round(2)

# %% tags=["machine-time"]
pd.Series(seconds, name="CPU seconds").round(1).to_frame()

# %% [markdown]
# ## Go further: one service becomes another

# %%
from helpers.datasets import DatasetUnavailable

try:
    services = load_stream("smtp_http")
    for learns in (False, True):
        record = prepared(services, simple, updates=learns, full=10).run()
        print(period_table(record).loc["all"].round(3).to_dict())
except DatasetUnavailable:
    print("The data are not on this machine; `workshop data fetch krm_letter`.")

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | TODO |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - TODO
