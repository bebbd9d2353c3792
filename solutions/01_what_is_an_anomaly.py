# %% [markdown]
# # 01 · What is an anomaly?
#
# | | |
# |---|---|
# | You will be able to | tell point, contextual and collective anomalies apart; set limits with 3 sigma, a box plot and per group; compute a local outlier factor by hand; say why the features matter more than the detector |
# | You need | lesson 00; mean, standard deviation, percentiles |
# | Time | 70 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("01")

# %% [markdown]
# ## A year of electricity
#
# Lesson 00 asked a forest for strange days. Now we slow down and ask what "strange" means. The data are the same: the
# demand of Victoria, Australia, in gigawatts, every half hour of 2014. January is summer, July is winter, people sleep
# at night and rest on Sundays. All that is normal here.

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import evaluation, plots, thresholds
from helpers.datasets import load
from helpers.exercises import check, hint, progress, solution

data = load("elecdemand")
demand = data.X["Demand"]
weekdays = demand[demand.index.day_of_week < 5]
demand.describe()[["mean", "std", "min", "max"]].round(2).to_frame("GW").T

# %% [markdown]
# ## Three kinds of anomaly
#
# A **point** anomaly is a value that is strange by itself. A **contextual** one is an ordinary value at the wrong time
# or place. A **collective** one is a group of values: each is fine, together they are not. The dashed limits below are
# mean ± 3 standard deviations: first of the whole year, then of weekdays at the same half hour.

# %%
half_hour = weekdays.groupby(weekdays.index.time)
middle, reach = half_hour.transform("mean"), 3 * half_hour.transform("std")
low, high = middle - reach, middle + reach
odd = (weekdays < low) | (weekdays > high)
year = thresholds.sigma_limits(demand)

figure, axes = plt.subplots(3, 1, figsize=(8, 8.5), layout="constrained")
peak, title = [demand.argmax()], "Point: 16 January, 16:00"
plots.series_with_anomalies(demand, peak, year, name="GW", title=title, ax=axes[0])
for ax, title, days in [
    (axes[1], "Contextual: Good Friday morning", slice("2014-04-17", "2014-04-18")),
    (axes[2], "Collective: before New Year", slice("2014-12-29", "2014-12-31")),
]:
    part, flags, limits = weekdays[days], odd[days], (low[days], high[days])
    plots.series_with_anomalies(part, flags, limits, name="GW", title=title, ax=ax)
print(plots.summary(figure))

# %% [markdown]
# 9.35 GW is too much at any hour. The 3.25 GW of Good Friday at 7:00 are nothing special, except on a Friday at 7:00.
# From 29 to 31 December no half hour leaves its limits, but all 144 lie below the middle: half of the state is at the
# beach.

# %% [markdown]
# ### Exercise 1.1: which kind?
#
# Name each case: "point", "contextual", "collective" or "none". The limits are again mean ± 3 standard deviations.
#
# | case | reading | limits of the year | limits of the same half hours |
# |---|---|---|---|
# | A | Tuesday 28 January, 16:00: 9.22 GW | 1.98 to 7.24 | 3.01 to 7.73 |
# | B | Wednesday 1 January, 6:30: 3.23 GW | 1.98 to 7.24 | 3.50 to 6.35 |
# | C | 29 August, 23:30 to 3:00: eight readings, each of them 12.0 °C; no other reading stands so long in 2014 | −0.3 to 33.3 | about 1 to 28 |
# | D | Tuesday 22 July, 18:00: 6.87 GW, the highest of that winter | 1.98 to 7.24 | 3.14 to 7.91 |

# %% tags=["exercise"]
# Exercise 1.1
### BEGIN SOLUTION
case_a = "point"
case_b = "contextual"
case_c = "collective"
case_d = "none"
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("1.1", case_a, case_b, case_c, case_d)

# %% tags=["wrong-answer"] exercise="1.1" diagnosis="rare is not odd"
case_a, case_b, case_c, case_d = "point", "contextual", "collective", "point"

# %% tags=["wrong-answer"] exercise="1.1" diagnosis="no context needed"
case_a, case_b, case_c, case_d = "contextual", "contextual", "collective", "none"

# %% tags=["wrong-answer"] exercise="1.1" diagnosis="ordinary value"
case_a, case_b, case_c, case_d = "point", "point", "collective", "none"

# %% tags=["wrong-answer"] exercise="1.1" diagnosis="each reading is fine"
case_a, case_b, case_c, case_d = "point", "contextual", "contextual", "none"

# %% [markdown] tags=["teacher-note"]
# Somebody will say that A is contextual too, since it also leaves the limits of its half hour. True: a point anomaly is
# odd in every context, so it needs none. D starts the better argument: is a record an anomaly? Somebody has to hold it.

# %% [markdown]
# ## Two rules for a list of numbers
#
# **3 sigma** calls a value odd outside mean ± 3 standard deviations (sd). A **box plot** uses quartiles: with
# IQR = q3 − q1, the limits are q1 − 1.5 IQR and q3 + 1.5 IQR. Here are 38 integers. **Predict**: do both rules flag the
# same ones?

# %% tags=["nbval-check-output"]
text = "4 4 4 4 4 8 7 4 4 2 6 3 5 8 6 6 4 3 1 4 4 9 2 7 4 7 6 5 3 4 5 4 4 4 5 4 10 0"
numbers = np.array(text.split(), dtype=int)

ax = plots.box_plot(numbers, name="number")
print(plots.summary(ax))
rules = {"3 sigma": thresholds.sigma_limits, "box plot": thresholds.iqr_limits}
limits = {name: rule(numbers) for name, rule in rules.items()}
pd.DataFrame(limits, index=["low", "high"]).T.round(2)

# %% [markdown]
# **Explain.** No. The box plot flags 0 and 10; 3 sigma flags nothing, since 0 and 10 themselves widen its limits:
# without them, 10 would be outside. Quartiles don't ask how far away the extremes are. Look at 1 and 9, too: they lie
# exactly **on** the limits.
#
# ### Exercise 1.2: the rule of the box plot
#
# Complete `outliers(values, k)`: return the values of an array that lie outside the limits of a box plot whose whiskers
# are at most `k` IQR long. A value on a limit is inside.


# %% tags=["exercise"]
# Exercise 1.2
def outliers(values, k):
    ### BEGIN SOLUTION
    q1, q3 = np.percentile(values, [25, 75])
    reach = k * (q3 - q1)
    return values[(values < q1 - reach) | (values > q3 + reach)]
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("1.2", outliers)


# %% tags=["wrong-answer"] exercise="1.2" diagnosis="on the limit"
def outliers(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    reach = k * (q3 - q1)
    return values[(values <= q1 - reach) | (values >= q3 + reach)]


# %% tags=["wrong-answer"] exercise="1.2" diagnosis="k forgotten"
def outliers(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    return values[(values < q1 - (q3 - q1)) | (values > q3 + (q3 - q1))]


# %% tags=["wrong-answer"] exercise="1.2" diagnosis="around the median"
def outliers(values, k):
    q1, median, q3 = np.percentile(values, [25, 50, 75])
    return values[abs(values - median) > k * (q3 - q1)]


# %% tags=["wrong-answer"] exercise="1.2" diagnosis="both at once"
def outliers(values, k):
    q1, q3 = np.percentile(values, [25, 75])
    reach = k * (q3 - q1)
    return values[(values < q1 - reach) & (values > q3 + reach)]


# %% [markdown]
# ## One limit for a whole year
#
# Back to the demand, with 3 sigma and one pair of limits for all 17 520 half hours. **Predict**: in which months do the
# alarms fall? And how many of them are for too *little* demand?

# %% tags=["nbval-check-output"]
month = demand.index.month_name().str[:3].rename("month")


def outside(values, limits):
    """True where a value lies below the low or above the high limit."""
    low, high = limits
    return (values < low) | (values > high)


ax = plots.distribution_plot(demand, year, bins=60, name="demand (GW)")
print(plots.summary(ax))
outside(demand, year).groupby(month, sort=False).sum().to_frame("alarms").T

# %% [markdown]
# **Explain.** Summer only, and only above. The rule assumes a normal distribution, with 0.27 % of the values outside:
# 47 here, half on each side. But demand has two humps, night and day, and a long tail on the right. They stretch the
# sd, and the lower limit falls to 1.98 GW, when the lowest half hour of the year has 2.86. A quiet day cannot ring.

# %% [markdown]
# ### Exercise 1.3: to each month its own
#
# Complete `month_flags(values)`: True where a value lies outside mean ± 3 sd **of its own month**. `values` is a Series
# with time stamps, like `demand`. A published course loops over `range(1, 12)` here and takes the names of the months
# from a list, by position: January is called "Feb", and December never appears. No error, eleven fine pictures. So let
# the index name the groups.


# %% tags=["exercise"]
# Exercise 1.3
def month_flags(values):
    ### BEGIN SOLUTION
    by_month = values.groupby(values.index.month)
    distance = (values - by_month.transform("mean")).abs()
    return distance > 3 * by_month.transform("std")
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("1.3", month_flags)


# %% tags=["wrong-answer"] exercise="1.3" diagnosis="one limit for all"
def month_flags(values):
    return (values - values.mean()).abs() > 3 * values.std()


# %% tags=["wrong-answer"] exercise="1.3" diagnosis="another month's limits"
def month_flags(values):
    centre = values.groupby(values.index.month).mean()
    sd = values.groupby(values.index.month).std()
    next_month = values.index.month % 12 + 1
    distance = (values - centre[next_month].to_numpy()).abs()
    return distance > 3 * sd[next_month].to_numpy()


# %% tags=["wrong-answer"] exercise="1.3" diagnosis="sd of the year"
def month_flags(values):
    centre = values.groupby(values.index.month).transform("mean")
    return (values - centre).abs() > 3 * values.std()


# %% tags=["wrong-answer"] exercise="1.3" diagnosis="a month is missing"
def month_flags(values):
    flags = pd.Series(False, values.index)
    for number in range(1, 12):
        part = values[values.index.month == number]
        flags[part.index] = (part - part.mean()).abs() > 3 * part.std()
    return flags


# %% tags=["wrong-answer"] exercise="1.3" diagnosis="day of the month"
def month_flags(values):
    by_day = values.groupby(values.index.day)
    distance = (values - by_day.transform("mean")).abs()
    return distance > 3 * by_day.transform("std")


# %% [markdown] tags=["teacher-note"]
# The shifted names and the lost December are real: a published course has them. Ask how one would notice: count the
# groups, and count the rows in them. `groupby` can't forget a month that is in the data.

# %% [markdown]
# ## The heat hides itself
#
# With one limit for the year, 22 half hours of 14 January raise an alarm. **Predict**: with the limits of January
# itself, more or fewer? The third rule replaces mean and sd by two numbers that outliers hardly move: the median, and
# the MAD, the median distance from the median (times 1.48, which makes it an sd where values are normal).

# %% tags=["nbval-check-output"]
by_month = demand.groupby(month, sort=False)
middle, reach = by_month.transform("mean"), 3 * by_month.transform("std")
own = (middle - reach, middle + reach)
robust = by_month.transform(lambda part: outside(part, thresholds.mad_limits(part)))
alarms = {"year, 3 sd": outside(demand, year), "month, 3 sd": outside(demand, own)}
alarms = pd.DataFrame({**alarms, "month, 3.5 MAD": robust.astype(bool)})

ax = plots.series_with_anomalies(demand, alarms["month, 3 sd"], own, name="demand (GW)")
print(plots.summary(ax))
per_day = alarms.groupby(demand.index.date).sum()
per_day[per_day.any(axis=1)].T.rename(columns="{:%d %b}".format)

# %% [markdown]
# **Explain.** Only 2 are left. The heat wave is a part of January: it pulls up the mean and inflates the sd until the
# limit reaches 9.08 GW, and its own values look acceptable. Anomalies that hide one another: that is **masking**. The
# MAD gives most of the alarms back.
#
# The months do their work as well: 4 March and 1 April, hot days of autumn, could not be seen among the summer's. But
# the MAD loses them again. No rule wins everywhere, and none has found a holiday yet.

# %% [markdown]
# ## Far from everybody
#
# A limit looks at one number at a time. With two, ask who the neighbours are. **DBSCAN** joins points that are at most
# `eps` apart. With `min_samples=2` a pair is already a cluster; whoever stays alone is noise. Three blobs, 1000 points.
# **Predict**: what happens to the noise, and to the clusters, when `eps` grows?

# %% tags=["nbval-check-output"]
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs

centers, spreads = [(1, 0.5), (2, 2), (1, -1)], [0.1, 0.4, 0.3]
blobs, _ = make_blobs(1000, centers=centers, cluster_std=spreads, random_state=0)
found = {
    f"eps {eps}": DBSCAN(eps=eps, min_samples=2).fit_predict(blobs)
    for eps in [0.2, 0.4, 0.5, 0.6]
}

ax = plots.dbscan_clusters(blobs, found["eps 0.4"])
print(plots.summary(ax))
counted = {name: [max(part) + 1, sum(part == -1)] for name, part in found.items()}
pd.DataFrame(counted, index=["clusters", "noise points"])

# %% [markdown]
# **Explain.** 0.4 happens to fit: three clusters, one noise point. 0.2 would still do for the dense blob, but loses 12
# points of the thin ones; with 0.6 all is one crowd. One distance can't suit all densities.
#
# ## Compared with the neighbours
#
# The **local outlier factor** (LOF) compares a point $p$ with its own $k$ nearest neighbours $o$:
#
# - $d_k(o)$ is the distance from $o$ to *its* $k$-th nearest neighbour (not counting $o$ itself);
# - the way from $p$ to $o$ counts as $\max(d_k(o),\, d(p, o))$;
# - the density of $p$ is 1 / the mean of these ways;
# - LOF of $p$ is the mean density of the $k$ neighbours / the density of $p$.

# %% [markdown]
# ### Exercise 1.4: LOF with pencil and paper
#
# Four houses: a (0, 0), b (0, 1), c (1, 1), d (3, 0). The distance is the walk along the streets, so from b to d it is
# 3 + 1 = 4. With $k = 2$, what are the factors of b and d?

# %% tags=["exercise"]
# Exercise 1.4
### BEGIN SOLUTION
density_a = 1 / np.mean([max(1, 1), max(2, 2)])  # neighbours b and c
density_b = 1 / np.mean([max(2, 1), max(2, 1)])  # a and c
density_c = 1 / np.mean([max(1, 1), max(2, 2)])  # b and a
density_d = 1 / np.mean([max(2, 3), max(2, 3)])  # a and c
lof_b = np.mean([density_a, density_c]) / density_b
lof_d = np.mean([density_a, density_c]) / density_d
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("1.4", lof_b, lof_d)

# %% tags=["wrong-answer"] exercise="1.4" diagnosis="straight lines"
from sklearn.neighbors import LocalOutlierFactor

houses = [[0, 0], [0, 1], [1, 1], [3, 0]]
_, lof_b, _, lof_d = -LocalOutlierFactor(2).fit(houses).negative_outlier_factor_

# %% tags=["wrong-answer"] exercise="1.4" diagnosis="plain distances"
lof_b = (1 / 1.5) / 1
lof_d = (1 / 1.5) / (1 / 3)

# %% tags=["wrong-answer"] exercise="1.4" diagnosis="upside down"
lof_b = 3 / 4
lof_d = 1 / 2

# %% tags=["wrong-answer"] exercise="1.4" diagnosis="density"
lof_b = 1 / 2
lof_d = 1 / 3

# %% [markdown] tags=["teacher-note"]
# Draw the four houses on the board and let the class fill in a table: two neighbours each, then d_k, then the density.
# The surprise is b: it sits in the middle and still gets more than 1, since a and c each have their second neighbour 2
# away, and so both ways from b count 2.

# %% [markdown]
# Does the library agree with the pencil? scikit-learn measures in straight lines unless told otherwise, and stores the
# factors with a minus sign. In this course higher always means more anomalous, so we turn them round.

# %% tags=["nbval-check-output"]
from sklearn.neighbors import LocalOutlierFactor

houses = [[0, 0], [0, 1], [1, 1], [3, 0]]
factors = {}
for metric in ["manhattan", "euclidean"]:
    lof = LocalOutlierFactor(n_neighbors=2, metric=metric).fit(houses)
    factors[metric] = -lof.negative_outlier_factor_
pd.DataFrame(factors, index=list("abcd")).T.round(3)

# %% [markdown]
# ## Your neighbours may be anomalies, too
#
# Now 261 weekdays: the highest temperature and the mean demand, both in sd, or degrees would count more than
# gigawatts. The wider the circle, the larger the LOF. An **isolation forest** stands beside: random cuts, and whoever
# is alone after few of them is odd. **Predict**: the five hottest days lie together. Who finds them: LOF with 5
# neighbours, LOF with 20, the forest?

# %%
from helpers import detectors

warmest = data.X["Temperature"].resample("D").max()
days = pd.DataFrame(
    {"warmest (sd)": warmest, "demand (sd)": demand.resample("D").mean()}
)
days = days[days.index.day_of_week < 5]
days = (days - days.mean()) / days.std()

figure, axes = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
for ax, k in [(axes[0], 5), (axes[1], 20)]:
    lof = detectors.LOFDetector(n_neighbors=k, contamination=0.03).fit(days)
    scores, title = lof.decision_scores_, f"LOF, {k} neighbours"
    plots.lof_circles(days, scores, threshold=lof.threshold_, title=title, ax=ax)
forest = detectors.IsolationForestDetector(contamination=0.03, random_state=0).fit(days)
score, title = forest.decision_function, "Isolation forest"
plots.decision_map(score, days, forest.labels_, title=title, ax=axes[2])
print(plots.summary(figure))

# %% [markdown]
# **Explain.** Masking again: with 5 neighbours the hot days are each other's neighbourhood, and none is flagged. With 20
# they must look further. So `n_neighbors` should exceed the largest group you want to find. But 5 sees what 20 and the
# forest don't: lonely days in the gap below the crowd, such as 9 June, a public holiday, cold and yet quiet. The forest
# sees the rim only.

# %% [markdown]
# ## The shape of a day
#
# A holiday's level is a little low. Its *shape* differs more: no morning rush. **Cosine similarity**,
# $a \cdot b / (|a|\,|b|)$, compares shapes, but is almost 1 for any two days, because all demand is positive. Pearson
# correlation has no such trouble.
#
# ### Exercise 1.5: from cosine to correlation
#
# Complete `prepared(x)`, which takes an array and returns one, so that the cosine of two prepared series is the Pearson
# correlation of the raw ones. Which part of it does the work?


# %% tags=["exercise"]
# Exercise 1.5
a = np.array([1, 2, 3, 4, 5, 6, 7, 7, 7, 7])
b = np.array([5, 5, 6, 6, 7, 7, 8, 8, 8, 9])


def prepared(x):
    ### BEGIN SOLUTION
    return (x - x.mean()) / x.std()
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("1.5", prepared)


# %% tags=["wrong-answer"] exercise="1.5" diagnosis="scaled only"
def prepared(x):
    return x / x.std()


# %% tags=["wrong-answer"] exercise="1.5" diagnosis="smallest value"
def prepared(x):
    return (x - x.min()) / (x.max() - x.min())


# %% tags=["wrong-answer"] exercise="1.5" diagnosis="median"
def prepared(x):
    return x - np.median(x)


# %% tags=["wrong-answer"] exercise="1.5" diagnosis="ranks"
def prepared(x):
    ranks = pd.Series(x).rank().to_numpy()
    return ranks - ranks.mean()


# %% [markdown]
# With both series z-scored, the cosine is 0.95548199: Pearson's number, digit by digit. So z-score every weekday by
# itself, take the mean of all as the typical shape, and ask which days are least like it. No label is used; the names
# of the holidays come in only at the end.


# %% tags=["nbval-check-output"]
def likeness(rows):
    """Cosine of each row with the mean of all rows."""
    typical = rows.mean()
    return rows @ typical / np.linalg.norm(rows, axis=1) / np.linalg.norm(typical)


readings = pd.DataFrame(demand.to_numpy().reshape(365, 48), demand.index[::48])
readings = readings.loc[days.index]
shapes = readings.sub(readings.mean(axis=1), axis=0).div(readings.std(axis=1), axis=0)

least = pd.DataFrame({"raw": likeness(readings), "z-scored": likeness(shapes)}).round(2)
events = data.extra["events"]
least["holiday"] = pd.Series(events["name"].to_numpy(), demand.index[events["start"]])
least.fillna({"holiday": ""}).nsmallest(8, "z-scored").rename_axis("weekday")

# %% [markdown]
# ## Which detector finds the holidays?
#
# Seven of the eight oddest shapes are holidays; the raw cosine, 0.99 or more for all of them, sees nothing. Of the 261
# weekdays ten are holidays, and in lesson 00 the forest found none. Now four detectors get the 48 readings of each day as
# they are, and the shapes. Each may flag 5 %: an assumption; no label is read before the table. **Predict**: what matters
# more, the detector or what it is given?

# %% tags=["nbval-check-output"]
four = {
    "z-score": detectors.ZScoreDetector(),
    "IQR": detectors.IQRDetector(),
    "LOF": detectors.LOFDetector(),
    "isolation forest": detectors.IsolationForestDetector(random_state=0),
}
scores = {}
for view, X in {"readings": readings, "shape": shapes}.items():
    for name, detector in four.items():
        scores[f"{name}, {view}"] = detector.fit(X).decision_scores_
scores["1 - cosine"] = 1 - likeness(shapes)
cuts = {name: thresholds.quantile_threshold(s, 0.05) for name, s in scores.items()}

holiday = pd.Series(data.y, demand.index)[days.index]
evaluation.results_table(scores, y_true=holiday, thresholds=cuts, alert_budget=10)

# %% [markdown]
# **Explain.** On readings all four put the heat wave first. They are right, it *is* strange, but it was not the
# question. On shapes all four find most of the holidays. **The features decided, not the detector.** And the cosine, one
# line of arithmetic, keeps up with the best: ten holidays can't tell 0.84 from 0.91.

# %% [markdown] tags=["teacher-note"]
# Ask about 3 February, the odd one out: 34 °C at ten, 24 °C at noon, and demand falls for the rest of the day. A real
# anomaly that our labels don't know. A "false alarm" is often a question to whoever made the labels.

# %% [markdown]
# **Go further.** The course of the lost December shows these methods on the CPU of a server. With its data at hand
# (`workshop data fetch nab_ec2_cpu_53ea38`) you get its published counts: 32 points by 3 sigma, 40 by a box plot with
# k = 2.5; and with two days as x and y, 7 noise points by DBSCAN and 9 outliers by LOF.

# %%
from helpers.datasets import DatasetUnavailable

try:
    cpu = load("nab_ec2_cpu_53ea38").X["value"]
    pairs = cpu.to_numpy().reshape(14, 288)[[4, 5]].T
    print("3 sigma:", outside(cpu, thresholds.sigma_limits(cpu)).sum())
    print("box plot:", outside(cpu, thresholds.iqr_limits(cpu, 2.5)).sum())
    noise = DBSCAN(eps=0.05, min_samples=2).fit_predict(pairs) == -1
    odd = LocalOutlierFactor(20, contamination=0.03).fit_predict(pairs) == -1
    print("DBSCAN:", *np.flatnonzero(noise), "LOF:", *np.flatnonzero(odd))
except DatasetUnavailable:
    print(
        "The data are not on this machine; the rest of the lesson needs none of them."
    )

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the bulk: of the year, of the same month, of the nearest neighbours, of the shapes of weekdays |
# | What score says "not normal"? | distance in sd, MAD or IQR; LOF; few random cuts; 1 − cosine |
# | Where is the threshold, and who chose it on what? | we did, on the data themselves: 3 sd by habit, 3 % and 5 % by assumption; no label was read |
# | How good is it? | holidays: AP 0.29 to 0.41 on readings, 0.68 to 0.91 on shapes, 0.84 for the plain cosine; chance 0.04 |
# | What does it cost to be wrong? | nobody has named a cost yet; lessons 02 and 03 do |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Point, contextual, collective: the kind decides what a value must be compared with.
# - Anomalies inflate mean and sd and so hide one another. Quartiles, median and MAD hold still.
# - Compare like with like: own month, own half hour, own neighbours. Let the data name the groups, then count them.
# - LOF compares densities; give it more neighbours than the largest group of anomalies has members.
# - A detector finds what is rare in its features, which need not be what you meant. Choose features before detectors.
#
# **Next**: lesson 02 has labels to learn from, and a label that means the opposite of what it says.
