# %% [markdown]
# # 12 · Evaluation traps
#
# | | |
# |---|---|
# | You will be able to | recognise seven ways to a number that is too good, and repair each; say how many anomalies alarms prove, at least; choose a threshold for a false-alarm rate that nobody has observed, and say what it rests on |
# | You need | lesson 08: thresholds from normal rows, the oracle; lesson 05: windows; lesson 03: the leak, [F1](../docs/glossary.md#f1), [AP](../docs/glossary.md#ap) |
# | Time | 90 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("12")

# %% [markdown]
# ## Random numbers win
#
# Every trap in this lesson gives a good number to something that deserves none. We walk into each one: **predict, run,
# explain, repair**.
#
# The first one judges series. Half-hourly electricity demand of a year; the events are public holidays, days of 48 points.
# One score is honest: how far is the demand from the median of the same half-hour in the four weeks before? The other one
# is random numbers.

# %%
import numpy as np
import pandas as pd

from helpers import evaluation, plots, thresholds
from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

victoria = load("elecdemand")
demand = victoria.X["Demand"]
week = 7 * 48
before = pd.concat([demand.shift(weeks * week) for weeks in (1, 2, 3, 4)], axis=1)
known = before.notna().all(axis=1)  # not the first four weeks
y_series = victoria.y[known]

rng = np.random.default_rng(0)
series_scores = {
    "four weeks before": (demand - before.median(axis=1)).abs()[known].to_numpy(),
    "random numbers": rng.random(known.sum()),
}
shown = pd.Series(series_scores["four weeks before"], demand.index[known])
ax = plots.score_over_time(shown, shown.quantile(0.99), events=y_series)
print(plots.summary(ax))

# %% [markdown]
# This score is honest, not good. Many papers on series report F1 after **point adjustment**: if one point of an event was flagged, all its points count as
# found. An operator who is woken once looks at the whole stretch.
#
# ### Exercise 12.1: the adjustment
#
# Write `adjust(y, alarms)`, for arrays of 0 and 1 of one length. It returns the alarms after point adjustment. An event is
# a run of ones in `y`; alarms outside events stay as they are.


# %% tags=["exercise"]
# Exercise 12.1
def adjust(y, alarms):
    ### BEGIN SOLUTION
    adjusted = alarms.copy()
    for start, stop in evaluation.events_from_labels(y):
        adjusted[start:stop] = alarms[start:stop].max()
    return adjusted
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("12.1", adjust)


# %% tags=["wrong-answer"] exercise="12.1" diagnosis="from the alarm on"
def adjust(y, alarms):
    adjusted = alarms.copy()
    for i in range(1, len(y)):
        if y[i] and y[i - 1] and adjusted[i - 1]:
            adjusted[i] = 1
    return adjusted


# %% tags=["wrong-answer"] exercise="12.1" diagnosis="false alarms dropped"
def adjust(y, alarms):
    adjusted = np.zeros_like(alarms)
    for start, stop in evaluation.events_from_labels(y):
        adjusted[start:stop] = alarms[start:stop].max()
    return adjusted


# %% tags=["wrong-answer"] exercise="12.1" diagnosis="all events at once"
def adjust(y, alarms):
    return np.where(y == 1, alarms[y == 1].max(), alarms)


# %% [markdown]
# The kit has it as `point_adjusted_f1`, which also takes the threshold that is best on the labels, as such tables do.
# **Predict** both columns for random numbers.

# %% tags=["nbval-check-output"]
best = {
    name: [
        evaluation.point_adjusted_f1(y_series, scores),
        evaluation.evaluate(
            y_series,
            scores,
            threshold=thresholds.oracle_threshold(y_series, scores),
        )["F1"],
    ]
    for name, scores in series_scores.items()
}
columns = ["point-adjusted F1 (oracle)", "F1 (oracle)"]
pd.DataFrame.from_dict(best, "index", columns=columns).round(2)

# %% [markdown]
# **Explain.** By plain F1 the honest score is far ahead. After the adjustment random numbers are close behind it. If each
# point rings with probability $p$, an event of $L$ points stays silent with probability $(1-p)^L$. With one random alarm in
# 50 points, three holidays of five are hit by luck, and each hit is paid for 48 points.
#
# **Predict**: what do longer events do? In the picture one point in ten is an anomaly, whatever the length.

# %%
lengths = [1, 5, 20, 50, 200, 1000, 2500]
adjusted_f1, plain_f1 = [], []
for length in lengths:
    y_made = np.tile(np.repeat([0, 1], [9 * length, length]), 50_000 // (10 * length))
    guess = rng.random(len(y_made))
    adjusted_f1.append(evaluation.point_adjusted_f1(y_made, guess))
    cut = thresholds.oracle_threshold(y_made, guess)
    plain_f1.append(evaluation.evaluate(y_made, guess, threshold=cut)["F1"])

curves = {"point-adjusted": adjusted_f1, "as it is": plain_f1}
ax = plots.size_curves(
    lengths, curves, name="F1 of random numbers", x="points in an event"
)
print(plots.summary(ax))

# %% [markdown]
# Plain F1 does not care about the length. The adjusted one rises towards 1, for numbers that know nothing. On events of
# 1,000 points and more it rounds to 0.99 or 1.00, on every seed that we tried ([claims](../docs/results/claims.md)). Kim et
# al. (2022) show the same on published test sets.
#
# **Repair.** Count as the operator does: events found, and false alarms, each burst once. And give both scores the same
# budget, 24 false alarms in these 48 weeks.

# %% tags=["nbval-check-output"]
operator = evaluation.SeriesEvents(points_per_day=48, tolerance=24)


def within_budget(scores, most=24):
    """The operator's report at the lowest threshold with so few false alarms."""
    cuts = np.sort(scores)[::-1][:2000:5]
    reports = [operator.report(y_series, scores > cut) for cut in cuts]
    return [each for each in reports if each["false alarms"] <= most][-1]


honest = {name: within_budget(scores) for name, scores in series_scores.items()}
pd.DataFrame(honest).T[["events", "events found", "false alarms"]].astype(int)

# %% [markdown]
# Five of seven against one. With the same budget random
# numbers find fewer holidays, whatever their seed ([claims](../docs/results/claims.md)).
#
# ## Neighbours on both sides
#
# Mark 36 days of the year by lot. Nothing happened on them, so **nothing can be learned**. A forest gets windows of a day,
# each with mean, spread, lowest and highest value of demand and temperature, and says which days were marked. We validate
# with shuffled folds. **Predict** the AP for a window every 24 hours, and for windows that overlap more and more.

# %%
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from helpers.windows import sliding_windows, window_labels

coin_days = np.zeros(365, dtype=int)
coin_days[rng.choice(365, 36, replace=False)] = 1  # nothing happened on them
forest = RandomForestClassifier(50, random_state=0)
shuffled = StratifiedKFold(5, shuffle=True, random_state=0)


def day_windows(stride):
    """Starts of windows of a day, eight features of each, and its made-up label."""
    windows = sliding_windows(victoria.X, 48, stride=stride)
    measures = [windows.mean(1), windows.std(1), windows.min(1), windows.max(1)]
    marked = np.repeat(coin_days, 48)
    labels = window_labels(marked, 48, stride=stride, min_points=24)
    return np.arange(len(windows)) * stride, np.hstack(measures), labels


def windows_row(stride, splits):
    """A row of the results table: the forest under these splits."""
    features, labels = day_windows(stride)[1:]
    chances = cross_val_predict(
        forest, features, labels, cv=splits, method="predict_proba"
    )
    return evaluation.evaluate(labels, chances[:, 1])


# %% tags=["nbval-check-output"]
overlapping = {
    f"a window every {hours} hours": windows_row(2 * hours, shuffled)
    for hours in (24, 12, 6, 3)
}
evaluation.results_table(overlapping)[["AP", "chance AP", "ROC-AUC"]].round(1)

# %% [markdown]
# **Explain.** Windows that don't overlap are at chance, as they must be. A window every three hours shares seven eighths of
# its points with the next one. The forest recognises the *day*, not what makes a day special: in the picture nearly each test
# window has one of the same day in training.

# %%
starts, features, labels = day_windows(12)
ax = plots.cv_folds(
    shuffled.split(features[:140], labels[:140]), 140, sources=starts[:140] // 48
)
print(plots.summary(ax))

# %% [markdown]
# ### Exercise 12.2: windows that share nothing
#
# Write `apart(starts, window, cut)`. `starts` is an array with the first point of each window, `window` their length, `cut` a
# point of the series. Return two arrays of positions in `starts`: the windows to train on, which lie before the cut with all
# their points, and those to test on, which lie behind it (the cut itself belongs to the test part).


# %% tags=["exercise"]
# Exercise 12.2
def apart(starts, window, cut):
    ### BEGIN SOLUTION
    train = np.flatnonzero(starts + window <= cut)
    test = np.flatnonzero(starts >= cut)
    return train, test
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("12.2", apart)


# %% tags=["wrong-answer"] exercise="12.2" diagnosis="windows across the cut"
def apart(starts, window, cut):
    return np.flatnonzero(starts < cut), np.flatnonzero(starts >= cut)


# %% tags=["wrong-answer"] exercise="12.2" diagnosis="one window lost"
def apart(starts, window, cut):
    return np.flatnonzero(starts + window < cut), np.flatnonzero(starts >= cut)


# %% tags=["wrong-answer"] exercise="12.2" diagnosis="random split"
def apart(starts, window, cut):
    from sklearn.model_selection import train_test_split

    size = int(np.sum(starts + window <= cut))
    return train_test_split(np.arange(len(starts)), train_size=size, random_state=0)


# %% [markdown] tags=["teacher-note"]
# Draw three windows on the board: before the cut, across it, behind it. Then ask what windows at each point mean for a split by
# lot, and who in the room has shuffled windows before. Keras' `validation_split` takes the last rows: it does not shuffle,
# but the windows across the border are in both parts.

# %% [markdown]
# **Repair**: five blocks in time, each of them tests once, and windows across its borders train nobody.

# %% tags=["nbval-check-output"]
from helpers.windows import block_splits

repaired = {
    f"a window every {hours} hours": windows_row(
        2 * hours, block_splits(day_windows(2 * hours)[0], 48)
    )
    for hours in (24, 12, 6, 3)
}
evaluation.results_table(repaired)[["AP", "chance AP", "ROC-AUC"]].round(1)

# %% [markdown]
# Chance, however much they overlap. Marked days that mean nothing get an AP of five times chance and more when windows every three
# hours are shuffled, and stay near it in blocks, on other seeds, too ([claims](../docs/results/claims.md)). With windows of
# raw values in place of such measures the leak is much smaller: how large it is depends on what a model can recognise.
#
# ## Rows that come twice
#
# KDD99, the set of lesson 08, repeats itself: of its test part's normal rows more than half stand in the training part, too,
# and one single row makes up four tenths of its attacks ([claims](../docs/results/claims.md)). A piece of it ships with the
# kit: scans of ports, which play the normal rows here, and 21 attacks called *land*. Three detectors learn the scans; the
# threshold lets one in twenty of the validation scans ring. **Predict**: will the test part keep that promise?

# %%
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from helpers.detectors import IsolationForestDetector, KNNDetector, PCADetector

scans = load("kddcup-land_vs_portsweep")
encoded = pd.get_dummies(scans.X, dtype=float)  # words as columns of 0 and 1
rest, test = train_test_split(
    np.arange(len(scans.y)), test_size=0.4, stratify=scans.y, random_state=0
)
train, validation = train_test_split(
    rest[scans.y[rest] == 0], test_size=0.4, random_state=0
)
scaled = StandardScaler().fit(encoded.iloc[train]).transform(encoded)
y_test = scans.y[test]
scan_scores, scan_cuts = {}, {}
for name, detector, table in [
    ("neighbours, raw columns", KNNDetector(), encoded.to_numpy()),
    ("neighbours, scaled", KNNDetector(), scaled),
    ("isolation forest", IsolationForestDetector(random_state=0), scaled),
]:
    of_normal = detector.fit(table[train]).decision_function(table[validation])
    scan_cuts[name] = thresholds.quantile_threshold(of_normal, 0.05)
    scan_scores[name] = detector.decision_function(table[test])


# %% tags=["nbval-check-output"]
def judged(kept):
    """AP, ROC-AUC and the share of normal rows flagged, on the kept test rows."""
    table = evaluation.results_table(
        {name: scores[kept] for name, scores in scan_scores.items()},
        y_true=y_test[kept],
    )
    for name, scores in scan_scores.items():
        table.loc[name, "FPR"] = np.mean(scores[kept & (y_test == 0)] > scan_cuts[name])
    return table[["AP", "chance AP", "ROC-AUC", "FPR"]].round(2)


judged(np.ones(len(test), dtype=bool))

# %% [markdown]
# It does: the share of false alarms (**FPR**) is near the promised 0.05. But what does the promise say about a scan that is
# *new*?
#
# ### Exercise 12.3: rows that were never seen
#
# Write `fresh(X_train, X_test)`, for two tables with the same columns. It returns True or False for each test row: True if
# the row does not occur in `X_train`, and is the first of its kind in `X_test`.


# %% tags=["exercise"]
# Exercise 12.3
def fresh(X_train, X_test):
    ### BEGIN SOLUTION
    both = pd.concat([X_train, X_test])
    return ~both.duplicated().to_numpy()[len(X_train) :]
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("12.3", fresh)


# %% tags=["wrong-answer"] exercise="12.3" diagnosis="known from training"
def fresh(X_train, X_test):
    return ~X_test.duplicated().to_numpy()


# %% tags=["wrong-answer"] exercise="12.3" diagnosis="repeated in the test part"
def fresh(X_train, X_test):
    known = {tuple(row) for row in X_train.to_numpy()}
    return np.array([tuple(row) not in known for row in X_test.to_numpy()])


# %% tags=["wrong-answer"] exercise="12.3" diagnosis="column by column"
def fresh(X_train, X_test):
    known = np.all([X_test[c].isin(X_train[c]) for c in X_test], axis=0)
    return ~known & ~X_test.duplicated().to_numpy()


# %% [markdown]
# **Predict**: how many of the 425 test rows are left, and what happens to the false alarms?

# %% tags=["nbval-check-output"]
from helpers.exercises.lesson_12 import fresh_rows

new = fresh_rows(scans.X.iloc[np.r_[train, validation]], scans.X.iloc[test])
print(f"{new.sum()} of {len(new)} test rows are new, {y_test[new].sum()} anomalies")
judged(new)

# %% [markdown]
# **Explain.** Nearly two thirds of the test rows were twins. The validation part had as many, so it promised what it could not
# know: among new scans more than twice as many ring, with all three detectors, on other splits, too
# ([claims](../docs/results/claims.md)). Twins of training rows get low scores, and there are many of them.
#
# AP does not change, because twins stand at the end of the list, behind all anomalies. The ROC-AUC of the weakest detector
# falls: it was praised for putting twins there. For a good one there is nothing to lose.
#
# ## A scaler that saw the future
#
# Demand of England and Wales, in four files of three weeks. Through all of the last file the meter reads a tenth too high.
# The score is the distance from the mean week of the first two files, the training part. Before, the series is
# standardised in three ways: by mean and standard deviation of the training part, of the whole series (which saw the
# future), or each file by its own. **Predict** which of the last two is the worse mistake.

# %% tags=["nbval-check-output"]
meter = load("taylor").X["demand_mw"].to_numpy() / 1000
cut, fault = 6 * week, 9 * week
faulty = meter.copy()
faulty[fault:] *= 1.1
y_meter = np.arange(len(meter)) >= fault


def standardised(series, like):
    """Subtract the mean of `like`, divide by its standard deviation."""
    return (series - like.mean()) / like.std()


def distance(scaled):
    """From the mean week of the first six weeks, for the six weeks after them."""
    mean_week = scaled[:cut].reshape(6, week).mean(axis=0)
    return np.abs(scaled[cut:].reshape(6, week) - mean_week).ravel()


ways = {
    "training part": standardised(faulty, faulty[:cut]),
    "whole series": standardised(faulty, faulty),
    "each file by itself": np.concatenate(
        [standardised(part, part) for part in np.split(faulty, 4)]
    ),
}
evaluation.results_table(
    {name: distance(scaled) for name, scaled in ways.items()}, y_true=y_meter[cut:]
).round(2)

# %% [markdown]
# **Explain.** The textbook's mistake changes nothing here: another mean and another unit, the same for all points, move no
# point past another. The other mistake hides the fault altogether: mean and standard deviation of the last file are a tenth
# too high as well, and nothing is left of it. (A fault in one day of a file would stay.)
#
# With several columns the textbook's mistake does change something, the weight of one column against another. **Predict**:
# does a scaler that saw all rows, anomalies too, make the neighbours look better or worse?

# %% tags=["nbval-check-output"]
from sklearn.preprocessing import MinMaxScaler

several = {}
for name in ("page-blocks0", "satimage-2", "breastw"):
    data = load(name)
    X, y = data.X.to_numpy(dtype=float), data.y
    learn, judge_on = train_test_split(
        np.arange(len(X)), stratify=y, test_size=0.5, random_state=0
    )
    normal = learn[y[learn] == 0]
    for seen, rows in {"training rows": normal, "all rows": np.arange(len(X))}.items():
        scaler = MinMaxScaler().fit(X[rows])
        knn = KNNDetector().fit(scaler.transform(X[normal]))
        scores = knn.decision_function(scaler.transform(X[judge_on]))
        several[f"{name}, {seen}"] = evaluation.evaluate(y[judge_on], scores)
evaluation.results_table(several)[["AP", "chance AP", "ROC-AUC"]].round(2)

# %% [markdown]
# **Explain.** Worse on page-blocks0, on every split tried: the largest anomalies set the range, and the normal rows are
# squeezed into a corner of it. Slightly better on breastw, hardly another on satimage-2
# ([claims](../docs/results/claims.md)). A leak needs not flatter. **Repair**: whatever is computed from rows goes into the pipeline, and is fitted on the training part.
#
# ## Contamination is no result
#
# "The isolation forest found that a tenth of our deliveries are faulty." It had been told so: with `contamination=0.1` it
# puts the threshold where a tenth of the rows lie above. We make five deliveries of 2,000 shuttle rows. Beside it stands a forest that was fitted on known normal rows, whose threshold is exceeded by one in a
# hundred of other normal rows. **Predict** both columns.

# %% tags=["nbval-check-output"]
shuttle = load("shuttle")
pool = shuttle.X[shuttle.y == 0].sample(frac=1, random_state=0)
odd = shuttle.X[shuttle.y == 1].sample(frac=1, random_state=0)
teach, calibrate = pool[:2000], pool[2000:4000]
guard = IsolationForestDetector(random_state=0).fit(teach)
known_scores = guard.decision_function(calibrate)
one_percent = thresholds.quantile_threshold(known_scores, 0.01)

deliveries, flagged = {}, {}
for share in (0, 0.02, 0.05, 0.1, 0.2):
    count = round(2000 * share)
    rows = pd.concat([pool[4000 : 6000 - count], odd[:count]])
    deliveries[share] = guard.decision_function(rows)
    blind = IsolationForestDetector(contamination=0.1, random_state=0)
    flagged[f"{share:.0%} anomalies"] = [
        blind.fit_predict(rows).mean(),
        np.mean(deliveries[share] > one_percent),
    ]
columns = ["contamination=0.1", "threshold from normal rows"]
pd.DataFrame.from_dict(flagged, "index", columns=columns).round(2)

# %% [markdown]
# **Explain.** The first column is the number that went in, whatever the delivery. The second one can be wrong, so it can
# tell something. But some of what it flags are false alarms.
#
# ### Exercise 12.4: how many, at least?
#
# If a share $p$ of the rows are anomalies and each of them rings, the flagged share is $p + (1 - p) \cdot f$, where $f$ is the
# false-alarm rate. Write `least_share(scores, normal_scores, threshold)`: count both shares and solve for $p$, with $f$ from
# `normal_scores`. A share can't be negative: then nothing is proved, and the answer is 0.


# %% tags=["exercise"]
# Exercise 12.4
def least_share(scores, normal_scores, threshold):
    ### BEGIN SOLUTION
    flagged = np.mean(scores > threshold)
    false = np.mean(normal_scores > threshold)
    return max(0, (flagged - false) / (1 - false))
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("12.4", least_share)


# %% tags=["wrong-answer"] exercise="12.4" diagnosis="flagged share"
def least_share(scores, normal_scores, threshold):
    return np.mean(scores > threshold)


# %% tags=["wrong-answer"] exercise="12.4" diagnosis="false alarms of all rows"
def least_share(scores, normal_scores, threshold):
    return max(0, np.mean(scores > threshold) - np.mean(normal_scores > threshold))


# %% tags=["wrong-answer"] exercise="12.4" diagnosis="below zero"
def least_share(scores, normal_scores, threshold):
    flagged, false = np.mean(scores > threshold), np.mean(normal_scores > threshold)
    return (flagged - false) / (1 - false)


# %% [markdown] tags=["teacher-note"]
# Ask where the 0.1 in a colleague's code comes from. Usually it is a default, or the share of anomalies in a labelled set:
# then the threshold knew the test labels, and the F1 that follows is an oracle's.

# %% [markdown]
# What do the five deliveries prove? (Rogan and Gladen, 1978, correct the share of positive tests in medicine so. They also
# divide by the share of the sick that the test finds; without labelled anomalies nobody knows it, and so it is "at least".)

# %% tags=["nbval-check-output"]
from helpers.exercises.lesson_12 import least_share_of

for share, scores in deliveries.items():
    least = least_share_of(scores, known_scores, one_percent)
    print(f"{share:.0%} anomalies, proved at least: {least:.0%}")

# %% [markdown]
# All five lie close to the truth, and none above it by a whole per cent: this forest finds nearly all of these anomalies.
# Each of the two shares was counted on 2,000 rows and has its own luck, so read them without decimals.
#
# ## Ten anomalies, three decimals
#
# Many tables judge detectors on ten anomalies. One of them, WBC, has ten of the 239 malignant samples of breastw. We have
# all 239, and draw other tens. **Predict** how far the AP of one and the same detector moves, and whether the same detector
# wins each time.

# %%
from sklearn.metrics import average_precision_score, f1_score

tumours = load("breastw")
X, y = tumours.X, tumours.y
benign, malignant = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
learned, others = train_test_split(benign, test_size=0.5, random_state=0)
pair = {
    "5 nearest neighbours": KNNDetector(),
    "isolation forest": IsolationForestDetector(random_state=0),
}
pair_scores = {
    name: each.fit(X.iloc[learned]).decision_function(X) for name, each in pair.items()
}
by_patients = {name: [] for name in pair}
for _ in range(200):
    rows = np.r_[others, rng.choice(malignant, 10, replace=False)]
    for name, scores in pair_scores.items():
        by_patients[name].append(average_precision_score(y[rows], scores[rows]))
ax = plots.spread(by_patients, name="AP with ten patients")
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
ahead = np.subtract(*by_patients.values())
print(f"of 200 draws the neighbours win {(ahead > 0).sum()}")
everybody = np.r_[others, malignant]
for part, taken in {"the last ten": rows, "all 239": everybody}.items():
    table = {name: scores[taken] for name, scores in pair_scores.items()}
    print(f"\nwith {part}:")
    print(evaluation.results_table(table, y_true=y[taken]).iloc[:2, :2].to_string())

# %% [markdown]
# **Explain.** Nothing was trained anew; only the ten patients differ. The AP of the neighbours goes from 0.763 to 1.000, and in
# one draw of seven the forest is ahead. On other splits, too, each of the two wins some draws
# ([claims](../docs/results/claims.md)), and with all patients both are level. A table of ten anomalies and three decimals
# has measured its patients. **Repair**: say the interval, which the results table does below 50 anomalies; here the two
# intervals nearly coincide.
#
# The fewest anomalies also make the strongest oracle. Lesson 08 showed it with accuracy; here is F1, with its threshold
# from the ten anomalies themselves or from ten others. **Predict** the row of random numbers. Then be the oracle of one
# such part yourself, at 10 for a miss and 1 for a false alarm: silence costs 100 there. What does the button find among
# numbers that know nothing?

# %% tags=["nbval-check-output"]
pair_scores["random numbers"] = rng.random(len(y))
tuned = {name: [] for name in pair_scores}
for _ in range(200):
    sick, healthy = rng.permutation(malignant)[:20], rng.permutation(others)
    parts = np.r_[healthy[:111], sick[:10]], np.r_[healthy[111:], sick[10:]]
    for name, scores in pair_scores.items():
        cuts = [thresholds.oracle_threshold(y[part], scores[part]) for part in parts]
        tested = scores[parts[0]]
        tuned[name].append([f1_score(y[parts[0]], tested > cut) for cut in cuts])
columns = ["F1 (oracle)", "F1 (validation)"]
mean_f1 = {name: np.mean(each, axis=0) for name, each in tuned.items()}
pd.DataFrame.from_dict(mean_f1, "index", columns=columns).round(2)

# %%
from helpers.playground import playground

playground(tested, y[parts[0]], threshold=cuts[1], title="Random numbers")

# %% [markdown]
# **Explain.** The oracle gives something to detectors that are good anyway, and nearly doubles what random numbers get
# ([claims](../docs/results/claims.md)). So does the button: a cut that costs 76, as it saw who was ill. An F1 whose threshold
# knew the labels is an upper bound, and belongs beside its honest twin.
#
# ## A rate that nobody has observed
#
# So we take thresholds from normal rows. A team reads 10,000 rows a day and can stand **one** false alarm.
# It has 1,000 normal scores, of the isolation forest from above. The quantile of such a rate is the largest score of all.
# **Predict**: how many of 10,000 new normal rows exceed it?

# %% tags=["nbval-check-output"]
plenty = guard.decision_function(pool[2000:])  # rows that taught nobody
sample, later = plenty[:1000], plenty[1000:]
highest = thresholds.quantile_threshold(sample, 1e-4)
print("the threshold is the largest of the 1,000 scores:", highest == sample.max())
print(f"alarms in 10,000 other normal rows: {1e4 * np.mean(later > highest):.0f}")
print(f"what 1,000 silent rows allow: up to {1e4 * (1 - 0.05 ** (1 / 1000)):.0f}")

# %% [markdown]
# **Explain.** Whatever the scores are, the next one is the largest of 1,001 with probability 1 in 1,001. So the largest of
# 1,000 rings ten times in 10,000 rows on average, not once. Counting alone can't do better: if no row of 1,000 rang, the
# rate may still be up to 3 in 1,000; with a higher one such silence would be rarer than one in twenty (the **rule of
# three**: $3/n$).
#
# To go further one has to *assume* something. Extreme-value theory says that above a high level most distributions look alike:
# what the scores have above it follows a **generalised Pareto distribution**, with two numbers, scale and shape. Fit these to
# the highest tenth, and follow the curve to where no score was: **peaks over threshold** (Siffer et al., 2017).
#
# ### Exercise 12.5: a threshold from the tail
#
# Complete `tail_threshold(scores, rate)`. The peaks are the scores above the level, less the level. Fit
# `genpareto.fit(peaks, floc=0)`; `genpareto.isf(p, *fitted)` is the height that a share `p` of **peaks** exceeds. Which share
# of the peaks makes `rate` of all scores?

# %% tags=["exercise"]
# Exercise 12.5
from scipy.stats import genpareto


def tail_threshold(scores, rate):
    level = np.quantile(scores, 0.9)
    ### BEGIN SOLUTION
    peaks = scores[scores > level] - level
    fitted = genpareto.fit(peaks, floc=0)
    return level + genpareto.isf(rate / np.mean(scores > level), *fitted)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("12.5", tail_threshold)


# %% tags=["wrong-answer"] exercise="12.5" diagnosis="rate of the peaks"
def tail_threshold(scores, rate):
    level = np.quantile(scores, 0.9)
    peaks = scores[scores > level] - level
    return level + genpareto.isf(rate, *genpareto.fit(peaks, floc=0))


# %% tags=["wrong-answer"] exercise="12.5" diagnosis="level forgotten"
def tail_threshold(scores, rate):
    level = np.quantile(scores, 0.9)
    peaks = scores[scores > level] - level
    return genpareto.isf(rate / np.mean(scores > level), *genpareto.fit(peaks, floc=0))


# %% tags=["wrong-answer"] exercise="12.5" diagnosis="quantile"
def tail_threshold(scores, rate):
    return np.quantile(scores, 1 - rate)


# %% [markdown]
# From here on `peaks_threshold` does it. Look at the tail of our 1,000 scores, and at 42,586 rows that the fit did not see.

# %%
ax = plots.tail_plot(sample, 1e-4, level=0.9, new=later)
print(plots.summary(ax))

# %% [markdown]
# The line agrees with the dots and, beyond them, with the new rows: 3 of 42,586 exceed the threshold, less than one in 10,000.
# But one sample is luck, good luck here. So we draw a
# hundred, for three scores: one simulated, with a tail as the theory wants it, and two of the shuttle. **Predict** which
# threshold comes closer to one alarm in 10,000 rows.


# %% tags=["nbval-check-output"]
def rung(scores, draws=100, rows=1000, rate=1e-4):
    """Alarms in 10,000 rows, on average, by quantile and by peaks; and refusals."""
    by_quantile, by_peaks = [], []
    for _ in range(draws):
        some = rng.choice(scores, rows, replace=False)
        cut = thresholds.quantile_threshold(some, rate)
        by_quantile.append(1e4 * np.mean(scores > cut))
        try:
            cut = thresholds.peaks_threshold(some, rate, level=0.9)
            by_peaks.append(1e4 * np.mean(scores > cut))
        except ValueError:  # no tail that can be used
            pass
    return np.mean(by_quantile), np.mean(by_peaks), draws - len(by_peaks)


unseen = pool[2000:]
pca = PCADetector(n_components=5, score_type="reconstruction").fit(teach)
tails = {
    "exponential, simulated": rng.exponential(size=len(unseen)),
    "isolation forest": plenty,
    "PCA, 5 components": pca.decision_function(unseen),
}
columns = ["quantile", "peaks over threshold", "refused of 100"]
alarms = {name: rung(scores) for name, scores in tails.items()}
pd.DataFrame.from_dict(alarms, "index", columns=columns).round(0).astype(int)

# %% [markdown]
# **Explain.** The quantile rings about ten times, for each score: that is all that 1,000 rows can promise. The tail does
# better where the assumption holds, and for the isolation forest, though not once: with 1,000 rows the fit is uncertain, too.
# For PCA it is worse than counting on one split, and better on another: a few in a thousand of the shuttle's "normal" rows lie
# far out, and whether PCA and the sample met some of them decides about the tail. In a tenth of the draws or more the fit
# itself refuses: a tail with an infinite mean ([claims](../docs/results/claims.md)).
#
# So a rate that was never observed rests on one of two things. Either on more rows: with 20,000 in place of 1,000 the quantile
# keeps to one or two. Or on an assumption about the tail, and then on a check of it: a picture such as the one above,
# with rows that were not fitted.
#
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | ordinary days, scans, benign samples, the shuttle's common state; whether "normal" rows hold a second population decides about tails |
# | What score says "not normal"? | simple ones, on purpose: no trap here needs a network |
# | Where is the threshold, and who chose it on what? | on normal rows that are new; the oracle is named where it appears; a rate below one in the number of rows comes from an assumption |
# | How good is it? | next to random numbers under the same protocol: if these look good, the protocol is wrong |
# | What does it cost to be wrong? | a number that can't be kept: a team that expects one false alarm in twenty rows gets two or three |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Judge random numbers, too, by the same protocol. If they score well, it is the protocol that does.
# - Point adjustment pays for luck. Count events and false alarms, at one budget for all.
# - Overlapping windows and twins: what trains must share nothing with what tests. Split by blocks; let each new row judge once.
# - Fit scalers on the training part. A part that is scaled by itself hides what all of it has in common.
# - `contamination` goes in and comes out again. The share above a threshold from normal rows is a result.
# - Ten anomalies: an interval, not three decimals. A threshold that knew the labels: an upper bound, not a result.
# - $n$ silent rows allow a rate of $3/n$. Beyond that there is more data, or an assumption that you check.
#
# **Next**: take one table of your own, or one from a paper, and put a row of random numbers into it.
