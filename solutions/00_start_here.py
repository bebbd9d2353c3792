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
# Victoria, Australia, 2014: the demand for electricity and the temperature in Melbourne, every half hour. We make one
# row per day: the highest demand, in gigawatts, and the highest temperature, in degrees Celsius.

# %% tags=["nbval-check-output"]
from helpers import evaluation, plots
from helpers.datasets import load
from helpers.detectors import IsolationForestDetector
from helpers.exercises import check, hint, progress, solution

elecdemand = load("elecdemand")
days = elecdemand.X.resample("D").max()
days.columns = ["peak demand (GW)", "hottest (°C)"]
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
# Every detector of this course is used the same way, as in the library PyOD, which you will meet later. `fit` learns
# what is normal. `decision_function` gives scores: **higher means more anomalous**. `threshold_` turns scores into the
# alarms 0 and 1. We set `contamination=0.03`: flag at most three days in a hundred, here ten. That was
# our assumption, not a discovery.
#
# ## Your turn
#
# Exercises look like this one. Replace the `...`, run the cell, then run `check`. It tells you what it thinks of your
# answer, and why. Try a wrong answer on purpose: nothing is recorded anywhere but in this notebook.
#
# ### Exercise 0.1: the strangest day
#
# `scores` holds one score per day, with the date beside it. Find the date of the strangest day of the year.

# %%
import pandas as pd

scores = pd.Series(detector.decision_scores_, index=days.index)
scores.round(2).head(3)

# %% tags=["exercise"]
# Exercise 0.1
### BEGIN SOLUTION
strangest_day = scores.idxmax()
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("0.1", strangest_day)

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="inverted score"
strangest_day = scores.idxmin()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="score instead of day"
strangest_day = scores.max()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="position instead of day"
strangest_day = scores.argmax()

# %% tags=["wrong-answer"] exercise="0.1" diagnosis="near miss"
strangest_day = "2014-01-17"

# %% [markdown] tags=["teacher-note"]
# Ask everybody to answer wrong first. It takes the fear out of `check`, and shows that the message is about the idea.

# %% [markdown]
# Stuck? `hint("0.1")` gives one hint at a time, and `solution("0.1")` shows one way to do it. There is no penalty for
# either.

# %%
hint("0.1")

# %% [markdown]
# ## Is it any good?
#
# The detector found the heat wave of January. Is that what we wanted? Suppose the question had been another one: find
# the ten **public holidays**. The labels know them. **Predict**: how many of the ten alarms are holidays?

# %% tags=["nbval-check-output"]
holiday = pd.Series(elecdemand.y, index=elecdemand.X.index).resample("D").max()
evaluation.results_table(
    {"isolation forest": scores, "low demand": -days["peak demand (GW)"]},
    y_true=holiday,
    alert_budget=10,
)

# %% [markdown]
# **Explain.** P@10 is the share of holidays among the ten strangest days: none. AP, average precision, sums up the
# whole ranking; chance is what a blind guess gets. On a holiday people use *less* electricity, so even "the lowest
# demand first", which learns nothing, finds three of them among its first ten.
#
# The forest did its work. It was asked the wrong question: an unusual day and a holiday are different things. What
# counts as an anomaly is a decision about the world, and no algorithm makes it for you.

# %% [markdown]
# ## The five questions
#
# Every lesson asks these, and ends with its answers.
#
# | | here |
# |---|---|
# | What is normal? | the cloud of ordinary days: demand and temperature that many days share |
# | What score says "not normal"? | how few random cuts leave a day alone |
# | Where is the threshold, and who chose it on what? | we did: the highest 3 % of this year's scores |
# | How good is it? | for the heat wave, the five highest peaks of the year; for holidays, worse than sorting by demand |
# | What does it cost to be wrong? | nobody has said yet, so nobody can say whether ten alarms are too many |

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
