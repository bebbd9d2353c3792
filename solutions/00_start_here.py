# %% [markdown]
# # 00 · Start here
#
# | | |
# |---|---|
# | You will be able to | run a lesson, get help with an exercise, and point a first detector at real data |
# | You need | a little Python; scikit-learn seen once |
# | Time | 15 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% [markdown]
# Run the cells from top to bottom with Shift+Enter. The first one is the same in every lesson: it looks at the
# packages that are installed here and compares them with the versions that the course was tested with. Open the line
# that it prints to see the table. A row that says FAIL also says how to mend it.

# %% tags=["setup"]
import helpers

helpers.start("00")

# %% [markdown]
# ## A first detector in five minutes
#
# The data: Victoria, Australia, 2014, the demand for electricity and the temperature in Melbourne, every half hour. We
# make one row per day: the highest demand, in gigawatts, and the temperature swing, in degrees Celsius, which is the
# highest temperature of the day minus the lowest.

# %% tags=["nbval-check-output"]
import pandas as pd

from helpers import evaluation, plots
from helpers.datasets import load
from helpers.detectors import IsolationForestDetector
from helpers.exercises import check, hint, progress, solution

elecdemand = load("elecdemand")
by_day = elecdemand.X.resample("D")
swing = by_day["Temperature"].max() - by_day["Temperature"].min()
days = pd.DataFrame(
    {"peak demand (GW)": by_day["Demand"].max(), "temperature swing (°C)": swing}
)
days.describe().loc[["mean", "std", "min", "max"]].round(1)

# %% [markdown]
# Nobody told us which days are strange. An **isolation forest** cuts the plane at random until each day is alone. A day
# far from all others is alone after a few cuts, and gets a high score. **Predict**: which days of an Australian year
# will stand out?

# %%
detector = IsolationForestDetector(contamination=0.03, random_state=0)
detector.fit(days)

ax = plots.decision_map(
    detector.decision_function, days, detector.labels_, threshold=detector.threshold_
)
print(plots.summary(ax))

# %% [markdown]
# Every detector of this course is used the same way, as in the library PyOD. `fit` learns
# what is normal. `decision_function` gives scores: **higher means more anomalous**. `threshold_` turns scores into the
# alarms 0 and 1. We set `contamination=0.03`: flag at most three days in a hundred, here ten. That was
# our assumption, not a discovery.
#
# ## Your turn
#
# Exercises look like this one. Replace the `...`, run the cell, then run `check`. It tells you what it thinks of your
# answer, and why. Try a wrong answer on purpose: it costs nothing.
#
# ### Exercise 0.1: the strangest day
#
# `scores` holds one score per day, with the date beside it. Find the date of the strangest day of the year.

# %% tags=["nbval-check-output"]
scores = pd.Series(detector.decision_scores_, index=days.index)
scores.head(3).round(2).to_frame("score")

# %% tags=["exercise"]
# Exercise 0.1
### BEGIN SOLUTION
strangest_day = scores.idxmax()
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("0.1", strangest_day, scores)

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="inverted score"
strangest_day = scores.idxmin()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="score instead of day"
strangest_day = scores.max()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="position instead of day"
strangest_day = scores.argmax()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="another day"
strangest_day = days["peak demand (GW)"].idxmax()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="another day"
strangest_day = days["temperature swing (°C)"].idxmax()

# %% [markdown] tags=["teacher-note"]
# Ask everybody to answer wrong first. It takes the fear out of `check`, and shows that the message is about the idea.
# The day of the highest demand, which is also the hottest, is a wrong answer, and so is the day of the widest swing: the
# forest looks at both columns together.

# %% [markdown]
# Stuck? `hint("0.1")` gives one hint at a time, and `solution("0.1")` shows one way to do it. There is no penalty for
# either.

# %%
hint("0.1")

# %% [markdown]
# ## Is it any good?
#
# Did the detector find the heat of January? And what if the question had been another one: find the ten **public
# holidays**? The labels know them. **Predict**: how many of the ten alarms are holidays?

# %% tags=["nbval-check-output"]
alarms = days.index[detector.labels_ == 1]
highest = days["peak demand (GW)"].nlargest(5).index
holidays = pd.Series(elecdemand.y, index=elecdemand.X.index).resample("D").max()
print(f"{len(alarms)} alarms, {holidays[alarms].sum()} of them holidays")
hottest = by_day["Temperature"].max().nlargest(5).index
print("The five highest peaks are on the hottest days:", set(highest) == set(hottest))
print(f"{highest.isin(alarms).sum()} of the five highest peaks raise an alarm")
peak = days["peak demand (GW)"]
lower = peak < pd.concat([peak.shift(7), peak.shift(-7)], axis=1).min(axis=1)
print("A lower peak than a week before and a week after:")
print(f"  {lower[holidays == 1].sum()} of 10 holidays")
print(f"  {lower[holidays == 0].mean():.0%} of the other days")

# %% [markdown]
# On seven of the ten holidays the highest demand is lower than a week before and a week after; of the other days only
# 28 % are so low. So let "the lowest demand first" compete with the forest. Every comparison of this course ends in a
# table with the same columns:
#
# - [AP](../docs/glossary.md#ap), average precision, judges a whole ranking. Go down the list, the highest score first, and
#   at each holiday note which share of the days so far are holidays. The mean of these shares is AP; 1 is perfect.
# - Its interval ([interval of AP](../docs/glossary.md#interval-of-ap)) says how much of it may be luck.
# - Chance ([chance level](../docs/glossary.md#chance-level)) is what random scores get on average.
# - [ROC-AUC](../docs/glossary.md#roc-auc): draw one holiday and one other day. How often does the holiday have the higher
#   score? Chance is 0.5.
# - **P@10** is [precision](../docs/glossary.md#precision) at 10, the share of holidays among the ten highest scores.

# %% tags=["nbval-check-output"]
evaluation.results_table(
    {"isolation forest": scores, "lowest demand first": -days["peak demand (GW)"]},
    y_true=holidays,
    alert_budget=10,
)

# %% [markdown]
# **Explain.** None of the forest's ten alarms is a holiday, and its AP is 0.07, little above chance. With another seed the
# forest cuts elsewhere: at most one of its ten alarms is a holiday ([claims](../docs/results/claims.md)).
# "The lowest demand first", a rule that learns nothing and knows one thing about holidays, has an AP of 0.30: three of its
# first ten days are holidays. Its interval is wide, because ten holidays are few.
#
# Still, the forest did its work: it found the heat wave. It was asked the wrong question: an unusual day and a holiday
# are different things. What counts as an anomaly is for you to decide, before any algorithm runs.

# %% [markdown]
# ## The five questions
#
# Every lesson asks these, and ends with its answers.
#
# | | here |
# |---|---|
# | What is normal? | the cloud of ordinary days: a demand and a swing that many days share |
# | What score says "not normal"? | how few random cuts leave a day alone |
# | Where is the threshold, and who chose it on what? | we did: the highest 3 % of this year's scores |
# | How good is it? | it flags the days of the five highest demands; for holidays, its AP is below that of sorting by demand |
# | What does it cost to be wrong? | nobody has said yet, so nobody can say whether ten alarms are too many |

# %% [markdown]
# ## How far you are
#
# `progress()` shows this lesson, `progress("all")` all lessons on this machine. For that, each
# `check` in a notebook adds a line to a small file of yours: the exercise, whether the answer was right, how many hints
# you took, and when. Your answers are not in it. The file stays on this machine; the course sends it nowhere.
#
# In a terminal, `workshop progress` shows the same table and says where the file is. `workshop progress --export page.html`
# makes a page of it, should you want to hand one in. `workshop progress --forget` deletes it. If you want none, set the
# environment variable `WORKSHOP_RECORD` to an empty text before you start Jupyter.

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Shift+Enter runs a cell; Kernel > Restart Kernel and Run All Cells starts afresh.
# - `check`, `hint`, `solution` and `progress` work in every lesson.
# - A detector turns rows into scores; a threshold, which somebody chose, turns scores into alarms.
# - Whether an alarm is right depends on the question, so ask it first.
#
# **Next**: lesson 01 asks what an anomaly is, and shows that there are three kinds.
