# %% [markdown]
# # 01 · What is an anomaly?
#
# | | |
# |---|---|
# | You will be able to | tell point, contextual and collective anomalies apart; set limits with 3 sigma, a box plot and per group; compute a local outlier factor by hand; tell what the features decide and what the detector |
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
# at night and rest on Sundays. All that is normal here. What is normal elsewhere, and what an error costs there, is in
# [a page about domains](../docs/domains.md).

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from helpers import detectors, evaluation, plots, thresholds
from helpers.datasets import examples, load
from helpers.exercises import check, hint, progress, solution

data = load("elecdemand")
demand, temperature = data.X["Demand"], data.X["Temperature"]
weekdays = demand[demand.index.day_of_week < 5]
demand.describe()[["mean", "std", "min", "max"]].round(2).to_frame("GW").T

# %% [markdown]
# ## Three kinds of anomaly
#
# A **point anomaly** is a value that is strange by itself. A **contextual anomaly** is an ordinary value at the wrong
# time or place. A **collective anomaly** is a group of values: each of them is ordinary, together they are not. The
# dashed limits below are mean ± 3 standard deviations (sd): first of the whole year, then of weekdays at the same half
# hour.

# %%
half_hour = weekdays.groupby(weekdays.index.time)
typical, spread = half_hour.transform("mean"), half_hour.transform("std")
low, high = typical - 3 * spread, typical + 3 * spread
odd = (weekdays < low) | (weekdays > high)
year_limits = thresholds.sigma_limits(demand)

figure, axes = plt.subplots(3, 1, figsize=(8, 8.5), layout="constrained")
peak, title = [demand.argmax()], "Point: 16 January, 16:00"
plots.series_with_anomalies(
    demand, peak, year_limits, name="GW", title=title, ax=axes[0]
)
for ax, title, shown in [
    (axes[1], "Contextual: Good Friday morning", slice("2014-04-17", "2014-04-18")),
    (axes[2], "Collective: before New Year", slice("2014-12-29", "2014-12-31")),
]:
    part, flags, limits = weekdays[shown], odd[shown], (low[shown], high[shown])
    plots.series_with_anomalies(part, flags, limits, name="GW", title=title, ax=ax)
print(plots.summary(figure))

# %% [markdown]
# 9.35 GW is too much at any hour. The 3.25 GW of Good Friday are nothing special, except on a weekday at 7:00.
# From 29 to 31 December no half hour leaves its limits, but all 144 lie below their mean. Is that rare? A group needs a
# base rate: how often does such a group occur? **Predict**: how often in a year do 144 weekday half hours in a row lie
# on the same side of their means?

# %% tags=["nbval-check-output"]
z = (weekdays - typical) / spread
below = z < 0
run_lengths = below.groupby((below != below.shift()).cumsum()).size()
print("Runs of 144 half hours or more on one side:", (run_lengths >= 144).sum())

daily, odd_days = z.resample("B").mean(), odd.resample("B").max()
three_days = daily.rolling(3).mean()[odd_days.rolling(3).max() == 0]
print("Three weekdays in a row without an odd half hour:", len(three_days))
print("As far below as the last three:", (three_days <= three_days.iloc[-1]).sum())
print("7:00 on Good Friday:", weekdays["2014-04-18 07:00"].round(2), "GW")

# %% [markdown]
# **Explain.** A long run on one side is not rare: the year has seven of them. What is rare is how far below these days
# stay. Of 234 groups of three weekdays that raise no alarm, no other one has so low a mean, in sd of each half hour. So
# a group gets a score of its own, and is compared with groups of its size. And one year has one New Year's Eve: how often
# such a group occurs in other years, these data can't say.

# %% [markdown]
# ### Exercise 1.1: which kind?
#
# Name each case: "point", "contextual", "collective" or "none".
#
# - A: demand on Tuesday 28 January at 16:00
# - B: demand on Wednesday 1 January at 6:30
# - C: the temperature from 23:30 on 29 August to 3:00, eight readings, each of them the same
# - D: demand on Tuesday 22 July at 18:00, the highest of that winter
#
# The table has the readings with their limits, again mean ± 3 sd: of the year, and of the same half hours.

# %% tags=["nbval-check-output"]
moments = {"A": "2014-01-28 16:00", "B": "2014-01-01 06:30", "D": "2014-07-22 18:00"}
cases = {
    case: [weekdays[when], *year_limits, low[when], high[when]]
    for case, when in moments.items()
}
night = temperature["2014-08-29 23:30":"2014-08-30 03:00"]
same_time = temperature[np.isin(temperature.index.time, night.index.time)]
of_the_year, of_the_night = map(thresholds.sigma_limits, (temperature, same_time))
cases["C"] = [night.mean(), *of_the_year, *of_the_night]
columns = ["reading", "year, low", "year, high", "half hour, low", "half hour, high"]
alike = temperature.groupby((temperature != temperature.shift()).cumsum()).size()
print("Runs of eight equal temperatures or more in the year:", (alike >= 8).sum())
pd.DataFrame(cases, index=columns).T.sort_index().round(2)

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
# **3 sigma** calls a value odd outside mean ± 3 sd. A **box plot** uses quartiles: with IQR = q3 − q1, the limits are
# q1 − 1.5 IQR and q3 + 1.5 IQR. Here are 38 integers. **Predict**: do both rules flag the same ones?

# %% tags=["nbval-check-output"]
numbers = np.array(examples.INTEGERS)
print(*numbers)

ax = plots.box_plot(numbers, name="number")
print(plots.summary(ax))
inner = numbers[(numbers > 0) & (numbers < 10)]
limits_of = {
    "3 sigma": thresholds.sigma_limits(numbers),
    "3 sigma, without 0 and 10": thresholds.sigma_limits(inner),
    "box plot": thresholds.iqr_limits(numbers),
}
pd.DataFrame(limits_of, index=["low", "high"]).T.round(2)

# %% [markdown]
# **Explain.** No. The box plot flags 0 and 10; 3 sigma flags nothing. 0 and 10 themselves widen its limits: computed
# without them, they are narrower, and 10 is outside. Quartiles don't ask how far away the extremes are. Look at 1 and 9,
# too: they lie exactly **on** the limits of the box plot.
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
from scipy.stats import norm

month = demand.index.month_name().str[:3].rename("month")


def outside(values, limits):
    """True where a value lies below the low or above the high limit."""
    return (values < limits[0]) | (values > limits[1])


ax = plots.distribution_plot(demand, year_limits, bins=60, name="demand (GW)")
print(plots.summary(ax))
print(f"If demand were normally distributed: {2 * norm.sf(3) * len(demand):.0f} alarms")
outside(demand, year_limits).groupby(month, sort=False).sum().to_frame("alarms").T

# %% [markdown]
# **Explain.** Summer only, and only above. Were the values normally distributed, the rule would raise 47 alarms on
# average, half of them on each side. But the demand has two humps and a long tail on the right. The sd covers both
# humps, so the lower limit is 1.98 GW, and the lowest half hour of the year has 2.86. No half hour of the year is too
# quiet for this rule.

# %% [markdown]
# ### Exercise 1.3: to each month its own
#
# Complete `month_flags(values)`: True where a value lies outside mean ± 3 sd **of its own month**. `values` is a Series
# with time stamps, like `demand`, but its year may begin in any month. A published course loops over `range(1, 12)` here
# and takes the names of the months from a list, by position: January is called "Feb", and December never appears. No
# error, eleven fine pictures. So let the index name the groups.


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
# groups, and count the rows in them, as the next cell does. `groupby` can't forget a month that is in the data.

# %% [markdown]
# ## Twelve months, three rules
#
# `thresholds.group_limits` gives each value the limits of its own group. Three rules for a month: mean ± 3 sd, the box
# plot, and one with two numbers that outliers hardly move: the median, and the **MAD**, the median distance from the
# median (times 1.48, which makes it an sd where values are normal). **Predict**: which months have alarms now?

# %% tags=["nbval-check-output"]
limits_by_rule = {
    "year, 3 sd": year_limits,
    "month, 3 sd": thresholds.group_limits(demand, month),
    "month, box plot": thresholds.group_limits(demand, month, thresholds.iqr_limits),
    "month, 3.5 MAD": thresholds.group_limits(demand, month, thresholds.mad_limits),
}
alarms = pd.DataFrame(
    {rule: outside(demand, limits) for rule, limits in limits_by_rule.items()}
)
per_month = alarms.groupby(month, sort=False)
print(f"{per_month.ngroups} months, {per_month.size().sum()} half hours")
print(f"MAD to sd, where values are normal: times {1 / norm.ppf(0.75):.2f}")
per_month.sum().T

# %%
long = pd.DataFrame({"demand (GW)": demand, "month": month})
panels = sns.displot(
    long,
    x="demand (GW)",
    col="month",
    col_wrap=4,
    height=1.7,
    aspect=1.3,
    bins=40,
    color=plots.NORMAL["color"],
)
panels.set_ylabels("half hours")
panels.set_titles("{col_name}")
for name, ax in panels.axes_dict.items():
    for rule, line in {"month, 3 sd": "--", "month, box plot": ":"}.items():
        for limit in limits_by_rule[rule]:
            ax.axvline(limit[month == name][0], color="black", linestyle=line)
print(
    f"Figure: {len(panels.axes_dict)} histograms of demand, January to December, with "
    "the limits of mean ± 3 sd (dashed) and of the box plot (dotted). January and "
    "February have long tails on the right."
)

# %% [markdown]
# **Explain.** With mean ± 3 sd March, April and November have alarms. Among the whole year's values these could not be
# seen. But January has far fewer than before, while the other two rules keep most of its alarms. Why? **Predict**: 22 half
# hours of 14 January raise an alarm with the limits of the year. How many with the limits of January, and how many with
# limits that were computed without the five hottest days?

# %% tags=["nbval-check-output"]
hottest = temperature.resample("D").max().nlargest(5).index
january = demand["2014-01"]
without = january[~january.index.normalize().isin(hottest)]
for name, part in {"all of January": january, "without hot days": without}.items():
    limit = thresholds.sigma_limits(part)[1]
    count = (demand["2014-01-14"] > limit).sum()
    print(f"{name}: limit {limit:.2f} GW, {count} alarms on 14 January")
print("Alarms on holidays, by any rule:", alarms[data.y == 1].to_numpy().sum())

per_day = alarms.groupby(demand.index.normalize()).sum()
per_day["warmest (°C)"] = temperature.resample("D").max()
per_day.loc[[*hottest.sort_values(), *pd.to_datetime(["2014-03-04", "2014-04-01"])]]

# %% [markdown]
# **Explain.** The hot days are a part of January: they pull up its mean and widen its sd until the limit is 9.08 GW, and
# their own values look acceptable. Without them the limit is 7.16 GW, and 14 January has 23 alarms. Anomalies that hide
# one another: that is **masking**. Box plot and MAD keep most of these alarms.
#
# None of the rules sees all that the others see: 4 March and 1 April, warm days of autumn, are seen by mean ± 3 sd, and by
# the MAD not at all. And no rule has found a holiday yet.

# %% [markdown]
# ## Far from everybody
#
# A limit looks at one number at a time. With two, ask who the neighbours are. **DBSCAN** joins points that are at most
# `eps` apart. With `min_samples=2` a pair is already a cluster; whoever stays alone is noise. Three blobs, 1000 points,
# one of them denser than the others. **Predict**: what happens to the noise, and to the clusters, when `eps` grows?

# %% tags=["nbval-check-output"]
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs

centers, widths = [(1, 0.5), (2, 2), (1, -1)], [0.1, 0.4, 0.3]
points, blob = make_blobs(1000, centers=centers, cluster_std=widths, random_state=0)
found = {eps: DBSCAN(eps=eps, min_samples=2).fit_predict(points) for eps in
         [0.2, 0.4, 0.5, 0.6]}  # fmt: skip

ax = plots.dbscan_clusters(points, found[0.4])
print(plots.summary(ax))
counted = {
    f"eps {eps}": [max(part) + 1, sum(part == -1), sum(part[blob == 0] == -1)]
    for eps, part in found.items()
}
pd.DataFrame(counted, index=["clusters", "noise points", "noise in the dense blob"])

# %% [markdown]
# **Explain.** Here 0.4 fits: three clusters, one noise point. With 0.2 no point of the dense blob is noise, but points
# of the wide ones are; with 0.6 blobs merge ([claims](../docs/results/claims.md): on other draws of the blobs, too). One
# distance has to serve all densities.
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
# ## Your neighbours may be anomalies, too
#
# The library does the same: `LocalOutlierFactor` of scikit-learn, whose `negative_outlier_factor_` is LOF with a minus
# sign; it measures in straight lines unless you say `metric="manhattan"`. In this course higher always means more
# anomalous, so our `LOFDetector` turns the sign round.
#
# Now 261 weekdays: the highest temperature and the mean demand, both in sd, or degrees would count more than gigawatts.
# The wider the circle, the larger the LOF. Beside them the **isolation forest** of lesson 00: random cuts, and whoever is
# alone after few of them is odd. Each may flag 3 %. **Predict**: the five hottest days lie together. Who finds them: LOF
# with 5 neighbours, LOF with 20, the forest?

# %%
daily_values = {
    "warmest (sd)": temperature.resample("D").max(),
    "demand (sd)": demand.resample("D").mean(),
}
days = pd.DataFrame(daily_values)[lambda table: table.index.day_of_week < 5]
days = (days - days.mean()) / days.std()
models = {
    f"LOF, {k} neighbours": detectors.LOFDetector(n_neighbors=k, contamination=0.03)
    for k in [5, 20]
}
forest = detectors.IsolationForestDetector(contamination=0.03, random_state=0).fit(days)

figure, axes = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
for ax, (title, lof) in zip(axes[0], models.items(), strict=True):
    lof.fit(days)
    cut = {"threshold": lof.threshold_, "title": title}
    plots.lof_circles(days, lof.decision_scores_, **cut, ax=ax)
cut["title"] = f"Factors of {title}"
plots.score_histogram(lof.decision_scores_, **cut, ax=axes[1, 0])
score, flags = forest.decision_function, forest.labels_
plots.decision_map(score, days, flags, title="Isolation forest", ax=axes[1, 1])
print(plots.summary(figure))

# %% tags=["nbval-check-output"]
flagged = {name: days.index[model.labels_ == 1] for name, model in models.items()}
flagged["isolation forest"] = days.index[forest.labels_ == 1]
for name, dates in flagged.items():
    quiet = pd.Timestamp("2014-06-09") in dates
    print(f"{name}: hottest days {hottest.isin(dates).sum()} of 5, 9 June {quiet}")
for k in [4, 6, 8, 10]:
    dates = days.index[
        detectors.LOFDetector(n_neighbors=k, contamination=0.03).fit(days).labels_ == 1
    ]
    print(f"LOF, {k} neighbours: {hottest.isin(dates).sum()} of the hottest days")

# %% [markdown]
# **Explain.** Masking again: with 5 neighbours the hot days are each other's neighbourhood, and none is flagged. In the
# histogram, with 20, they are the bars far on the right. So `n_neighbors` should be well above the size of the largest
# group that you want to find: of the five days LOF with 8 neighbours finds three, and with 10 all. So it is with groups that
# we planted ([claims](../docs/results/claims.md)). With fewer neighbours than the group has members LOF finds none of it,
# with twice as many all or nearly all.
#
# But LOF with 5 neighbours sees what the other two don't: lonely days in the gap below the crowd, such as 9 June, a public
# holiday, cold and yet quiet.

# %% [markdown]
# ## The shape of a day
#
# On most holidays people use less electricity. Does the *shape* of the day say more? **Cosine similarity**,
# $a \cdot b / (|a|\,|b|)$, compares the directions of two vectors, here of two days with 48 readings each. Pearson's
# correlation is better known. What is the difference between the two?
#
# ### Exercise 1.5: from cosine to correlation
#
# Complete `prepared(x)`, which takes an array and returns one, so that the cosine of two prepared series is the Pearson
# correlation of the raw ones. Which part of it does the work?


# %% tags=["exercise"]
# Exercise 1.5
a, b = map(np.array, examples.TWO_SERIES)  # to try it out


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
# ## A score near 1 can still rank
#
# First the raw cosine: how like the mean of all weekdays is each of the 261? No label is used for the score; the table
# asks how well "least like" ranks the ten holidays. **Predict**: all cosines are nearly 1. Is the ranking worth anything?

# %% tags=["nbval-check-output"]
readings = pd.DataFrame(demand.to_numpy().reshape(365, 48), demand.index[::48])
readings = readings.loc[days.index]
holiday = pd.Series(data.y, demand.index)[days.index]


def likeness(rows):
    """Cosine of each row with the mean of all rows."""
    mean_row = rows.mean()
    return rows @ mean_row / np.linalg.norm(rows, axis=1) / np.linalg.norm(mean_row)


raw = likeness(readings)
print(f"raw cosines: {raw.min():.2f} to {raw.max():.2f}")
evaluation.results_table({"1 - raw cosine": 1 - raw}, y_true=holiday, alert_budget=10)

# %% [markdown]
# **Explain.** AP 0.37, where chance has 0.06: the differences are small, but AP asks for the order only. All cosines are
# near 1 because a day's level is large beside its variation. With less of the level the cosine ranks better
# ([claims](../docs/results/claims.md)). So take all of it away: z-score every weekday by itself, which leaves its
# **shape**, and ask again which days are least like the mean.

# %% tags=["nbval-check-output"]
centred = readings.sub(readings.mean(axis=1), axis=0)
shapes = centred.div(readings.std(axis=1), axis=0)
like = pd.DataFrame(
    {"raw": raw, "centred": likeness(centred), "shape": likeness(shapes)}
)

events = data.extra["events"]
names = pd.Series(events["name"].to_numpy(), demand.index[events["start"]])
least = like.round(2).assign(holiday=names).fillna({"holiday": ""})
least.nsmallest(8, "shape").rename_axis("weekday")

# %% [markdown]
# Seven of the eight oddest shapes are holidays.
#
# ## Which detector finds the holidays?
#
# Of the 261 weekdays ten are holidays, and in lesson 00 the forest flagged none. Now four detectors get the 48 readings
# of each day as they are, and then the shapes; below them the cosines. No label is read before the table. **Predict**:
# what matters more, the detector or what it is given?

# %% tags=["nbval-check-output"]
four = {
    "z-score": detectors.ZScoreDetector(),
    "IQR": detectors.IQRDetector(),
    "LOF": detectors.LOFDetector(),
    "isolation forest": detectors.IsolationForestDetector(random_state=0),
}
scores = {
    f"{name}, {view}": detector.fit(rows).decision_scores_
    for view, rows in {"readings": readings, "shape": shapes}.items()
    for name, detector in four.items()
}
scores |= {f"1 - cosine, {view}": 1 - like[view] for view in like}
table = evaluation.results_table(scores, y_true=holiday, alert_budget=10)

raw_ap, shape_ap = (
    table["AP"][[f"{name}, {view}" for name in four]].to_numpy()
    for view in ["readings", "shape"]
)
apart = max(np.ptp(raw_ap), np.ptp(shape_ap))
print(
    f"smallest gain by shape {min(shape_ap - raw_ap):.2f}, detectors differ {apart:.2f}"
)
table

# %% [markdown]
# **Explain.** On readings all four put one of the five hottest days first ([claims](../docs/results/claims.md)). That
# day is strange, but it was not the question. On shapes all four rank the holidays better. Each detector gains more by
# the change of features than the four differ from one another. **At these settings the features decided, not the
# detector.** The cosine of shapes, one line of arithmetic, has 0.84, and the best detector 0.91: with ten holidays,
# that much may be luck ([claims](../docs/results/claims.md)). For the cosine, taking the mean away does nearly all of
# it.

# %% [markdown]
# ## The simplest thing
#
# The course's own rule: the simplest idea is a row of the table, too. Holidays are quiet, so take the mean demand of a
# day, the lowest first: one number per day. Detectors don't know that holidays are *low*, so beside it the same number
# without that knowledge: how far the mean demand is from that of all days, on either side. And with one more guess about
# people: who doesn't go to work gets up later, so take the demand from 7 to 9 alone. **Predict** the three APs.

# %% tags=["nbval-check-output"]
level = readings.mean(axis=1)
simple = {
    "mean demand, far from average": (level - level.mean()).abs(),
    "mean demand, low": -level,
    "demand from 7 to 9, low": -readings.loc[:, 14:17].mean(axis=1),
    "LOF, shape": scores["LOF, shape"],
}
simple_table = evaluation.results_table(simple, y_true=holiday, alert_budget=10)

ap = simple_table["AP"]
print("low mean above all detectors on readings:", ap["mean demand, low"] > max(raw_ap))
best = max(ap.max(), table["AP"].max())
print("low from 7 to 9 the highest AP:", ap["demand from 7 to 9, low"] == best)
simple_table

# %% [markdown]
# **Explain.** Without the direction the mean demand is no better than the detectors on readings: 0.28. To know that
# holidays are low lifts it to 0.71, above all of them; to know the hours as well lifts it to 0.95, the highest AP of both
# tables, with one line and no detector. That knowledge was worth something: the detectors on shapes had neither direction
# nor hours.
#
# But ten holidays of one year are few ([claims](../docs/results/claims.md)). From the mean of the day to the hours from 7
# to 9 is more than luck. From the best detector on readings to the mean of the day may be luck, and so may be the step
# from LOF on shapes to the hours.

# %% [markdown] tags=["teacher-note"]
# Somebody may ask whether 7 to 9 was chosen by looking at the labels. Two hours that begin at 5, 6, 8 or 9 rank the
# holidays better than the mean of the day, too. But a search over all windows of hours, with the labels, finds one with a
# perfect AP, and that would be an oracle. Then ask about 3 February, an odd shape without a label: 34 °C at ten, 24 °C at
# noon, and the demand falls for the rest of the day. A "false alarm" is often a question to whoever made the labels. On
# shapes, too, LOF needs more neighbours: ten holidays are a group, and with 5 its AP is far below that with 20.

# %% [markdown]
# **Go further.** The course of the lost December shows these methods on the CPU of a server, and on a series of its
# workshop: nine days of 48 readings with four injected faults, all of them ordinary values at a wrong time. With the data
# at hand (`workshop data fetch nab_ec2_cpu_53ea38 krm_timeseries5_anomaly`) you get its
# [published numbers](../docs/results/krm_day_1.md): 32 alarms on the CPU by 3 sigma, 40 by a box plot with k = 2.5. In the
# workshop the course looked at days 1 and 2: LOF flags two readings of the evening peak, both wrong, DBSCAN one fault.
# Pair by pair, DBSCAN finds all four faults, with four false alarms, and LOF none.

# %%
from helpers.datasets import DatasetUnavailable
from sklearn.neighbors import LocalOutlierFactor

try:
    cpu = load("nab_ec2_cpu_53ea38").X["value"]
    print("CPU, 3 sigma:", outside(cpu, thresholds.sigma_limits(cpu)).sum())
    print("CPU, box plot:", outside(cpu, thresholds.iqr_limits(cpu, 2.5)).sum())
    workshop = load("krm_timeseries5_anomaly")
    nine = workshop.X.to_numpy().ravel()[: 9 * 48].reshape(9, 48)
    for day in range(8):
        pairs = nine[[day, day + 1]].T
        noise = DBSCAN(eps=1000, min_samples=2).fit_predict(pairs) == -1
        lof = LocalOutlierFactor(20, contamination=0.03).fit_predict(pairs) == -1
        told = f"DBSCAN {np.flatnonzero(noise)}, LOF {np.flatnonzero(lof)}"
        print(f"days {day} and {day + 1}: {told}")
    print(
        "faults (day, reading):",
        [divmod(at, 48) for at in workshop.y.nonzero()[0].tolist()],
    )
except DatasetUnavailable:
    print("The data are not on this machine; the rest of the lesson needs none.")

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the bulk: of the year, of the same month, of the nearest neighbours, of the shapes of weekdays |
# | What score says "not normal"? | distance in sd, MAD or IQR; LOF; few random cuts; 1 − cosine; low demand |
# | Where is the threshold, and who chose it on what? | we did, on the data themselves: 3 sd by habit, 3 % by assumption; no label was read |
# | How good is it? | holidays, AP: 0.29 to 0.41 by detectors on readings, 0.68 to 0.91 on shapes; 0.71 by low mean demand, 0.95 by low demand from 7 to 9; chance 0.06 |
# | What does it cost to be wrong? | nobody has named a cost yet; lessons 02 and 03 do |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Point, contextual, collective: the kind decides what a value must be compared with. A group is compared with groups.
# - Anomalies move mean and sd and so hide one another. Quartiles, median and MAD hardly move.
# - Compare like with like: own month, own half hour, own neighbours. Let the data name the groups, then count them.
# - LOF compares densities; give it well more neighbours than the largest group of anomalies has members.
# - A detector finds what is rare in its features, which need not be what you meant. Choose features before detectors, and
#   let the simplest idea compete.
#
# **Next**: lesson 02 has labels to learn from, and a label that means the opposite of what it says.
