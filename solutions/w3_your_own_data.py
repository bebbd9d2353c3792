# %% [markdown]
# # W3 · Your own data
#
# | | |
# |---|---|
# | You will be able to | read a CSV of your own without losing anything in silence, ask it the five questions, name what made each alert, and hand over one page about it |
# | You need | lesson 08: detectors with one contract, thresholds from normal rows; lesson 12: peaks over threshold |
# | Time | 60 minutes of reading and doing, and as long as you like with your own file; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("W3")

# %% [markdown]
# ## A template
#
# This notebook runs as it is, on a file that the next cell writes. Then **change the line that begins with `path`**, put
# your own file there, and run it again from top to bottom. What the prose says about numbers is about the example; what
# the cells print is about your file. Nothing leaves this machine.

# %%
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import own_data, plots, thresholds
from helpers.exercises import check, hint, progress, solution

folder = Path(tempfile.mkdtemp())
pages, demand = own_data.write_examples(folder)

path = pages  # your file: "measurements.csv"
print(pages.read_text().replace("\n", "\n\n", 1)[:330])

# %% [markdown]
# Each row is a block of a scanned page; blocks of text are normal, pictures and lines are not (page-blocks0, bundled). We
# made the file as files are: semicolons, decimal commas, a number for each row, gaps, a column that never changes.
#
# ### Exercise W3.1: a messy column
#
# Reading is where most own data are spoilt. Write `to_numbers(cells)` for a list of texts such as `"1.234,50"`: dots mark
# thousands, the comma the decimals, and `""`, `"-"` and `"n/a"` are gaps. Return an array with one number per cell, NaN
# for a gap. <!-- made-up numbers -->


# %% tags=["exercise"]
# Exercise W3.1
def to_numbers(cells):
    ### BEGIN SOLUTION
    numbers = []
    for cell in cells:
        gap = cell in ("", "-", "n/a")
        numbers.append(
            np.nan if gap else float(cell.replace(".", "").replace(",", "."))
        )
    return np.array(numbers)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W3.1", to_numbers)


# %% tags=["wrong-answer"] exercise="W3.1" diagnosis="a gap became 0"
def to_numbers(cells):
    return np.array(
        [
            0 if c in ("", "-", "n/a") else float(c.replace(".", "").replace(",", "."))
            for c in cells
        ]
    )


# %% tags=["wrong-answer"] exercise="W3.1" diagnosis="gaps dropped"
def to_numbers(cells):
    kept = [c for c in cells if c not in ("", "-", "n/a")]
    return np.array([float(c.replace(".", "").replace(",", ".")) for c in kept])


# %% tags=["wrong-answer"] exercise="W3.1" diagnosis="thousands became gaps"
def to_numbers(cells):
    texts = pd.Series(cells).str.replace(",", ".")
    return pd.to_numeric(texts, errors="coerce").to_numpy()


# %% [markdown] tags=["teacher-note"]
# Let two people read the same file with two programs and compare sums. A column that became text, or a comma that became
# a thousands mark, is found in no table of results. `errors="coerce"` is the quiet way to lose the largest values.

# %% [markdown]
# ## What is in the file?
#
# `read_own` looks at encoding, separator, header, gaps, words, labels and time stamps. **Predict** what it will say about
# our file before you run it: which columns will it leave out?

# %% tags=["nbval-check-output"]
data = own_data.read_own(path)
print(data.report())

# %% [markdown]
# **Explain.** Nothing is dropped in silence: each repair is a sentence, and what can't be repaired is refused in one line.
# Read them as you would read a contract. Here one is a guess: nobody told what the two verdicts mean. A guess about
# labels is the most expensive one, so say it yourself.
#
# | If it is wrong about | say |
# |---|---|
# | labels | `label="verdict", anomaly="not text"`; `label=False` for none |
# | time | `time="date"`; `time=True` for rows in order without a date; `time=False` |
# | a day, a decimal mark | `day_first=True` (03/04 is in April), `decimal=","` |
# | a column | `keep=["..."]`, `leave_out=["..."]` |
# | names, size | `header=False`, `rows=200_000` |

# %% tags=["nbval-check-output"]
told = {}
if path == pages:
    told = {"label": "verdict", "anomaly": "not text"}
data = own_data.read_own(path, **told)
print(data)

# %% [markdown]
# ## 1. What is normal here?
#
# That is your decision, not the data's. Write it down in one sentence, with what it leaves out. Then the rows are split:
# half of them train, a quarter chooses the threshold, a quarter tests, once. A series is split by time, a table by lot.
# With labels only normal rows train.

# %%
normal = "Blocks of text. Pictures, lines and tables on the same pages are not normal."

parts = own_data.split_own(data, most=2000)
print(parts.report())

# %% [markdown]
# ## 2. What score says "not normal"?
#
# Simple detectors and deep ones, side by side: the largest z-score of a row (how many standard deviations its strangest column is off), PCA, neighbours, isolation forest, autoencoder.
# All of them learn from the training part. Even without a label one can ask two things of them: do they **agree** about
# the highest rows, and does one agree **with itself** when it learns from another half? **Predict** the row of random numbers.

# %%
budget = 20  # alerts that somebody can read in the time of the test part
detectors = own_data.own_detectors(parts, epochs=30)
judged = own_data.fit_detectors(parts, detectors)
agreement = own_data.agreement(parts, judged, detectors, budget=budget)
agreement

# %% tags=["nbval-check-output"]
if path == pages:
    ours = agreement.drop(index="random numbers")
    print("random numbers agree with nobody:", agreement.iloc[-1, 0] < 0.1)
    print("each detector, a third or more:", (ours.iloc[:, 0] > 0.33).all())

# %% [markdown]
# **Explain.** They agree far more than chance. That is no proof: all of them may follow the same broken sensor, and
# detectors that look for the same thing agree most. It tells only this much: whoever agrees neither with the others nor
# with itself has nothing to say about these rows.
#
# ## 3. Where is the threshold?
#
# ### Exercise W3.2: what a team can read
#
# A team can read `alerts` alerts among `rows` rows a day. You have scores of normal validation rows, `normal_scores`;
# their number is another one. Write `budget_cut(normal_scores, alerts, rows)`, the threshold. An alarm rings when a score
# is greater.


# %% tags=["exercise"]
# Exercise W3.2
def budget_cut(normal_scores, alerts, rows):
    ### BEGIN SOLUTION
    return np.quantile(normal_scores, 1 - alerts / rows)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W3.2", budget_cut)


# %% tags=["wrong-answer"] exercise="W3.2" diagnosis="alerts among these scores"
def budget_cut(normal_scores, alerts, rows):
    return np.sort(normal_scores)[-alerts - 1]


# %% tags=["wrong-answer"] exercise="W3.2" diagnosis="wrong end"
def budget_cut(normal_scores, alerts, rows):
    return np.quantile(normal_scores, alerts / rows)


# %% tags=["wrong-answer"] exercise="W3.2" diagnosis="the largest score"
def budget_cut(normal_scores, alerts, rows):
    return normal_scores.max()


# %% [markdown]
# Choose one detector, and a rate of false alarms. The quantile counts; the tail is a fitted curve, the
# [peaks over threshold](../docs/glossary.md#peaks-over-threshold) of lesson 12, for rates that too few rows have shown. Both see validation rows only.

# %%
name = "autoencoder"
rate = 0.005  # false alarms per row
cuts = own_data.own_thresholds(parts, judged[name], rate)
cuts[["threshold", "note"]]

# %% tags=["nbval-check-output"]
validation = judged[name].validation[parts.validation.normal]
print("validation rows that chose:", len(validation))
print(
    "of them above the quantile:",
    (validation > cuts.loc["quantile", "threshold"]).sum(),
)

# %% [markdown]
# **Explain.** A rate of a few in a thousand leaves a handful of validation rows above the quantile: another draw of rows
# moves it. The tail uses more of them, and assumes that they have one smooth tail. Look whether the test rows follow it,
# and choose; from now on the threshold is frozen.

# %%
pictures = []
cut = cuts.loc["quantile", "threshold"]
if not cuts.loc["tail", "note"]:
    ax = plots.tail_plot(
        validation, rate, level=0.9, new=judged[name].test[parts.test.normal]
    )
    pictures.append(ax)
    print(plots.summary(ax))

# %% [markdown]
# ## 4. How good is it?
#
# Now the labels of the test part are read, if there are any. Beside each detector stand random numbers and chance.
# Without labels this question stays open: the cell says so, and so will the page.

# %%
tables = {"agreement": agreement, "own_thresholds": cuts}
if parts.can_judge:
    tables["compare"] = own_data.compare(parts, judged, budget=budget)
    print(tables["compare"].round(2).to_string())
else:
    print(
        "No label tells which test rows are anomalies: nobody can say how good it is."
    )

# %% tags=["nbval-check-output"]
if path == pages:
    ap = tables["compare"]["AP"]
    print("each detector is far above chance:", (ap[:5] > 4 * ap["chance"]).all())
    print("random numbers are not:", ap["random numbers"] < 2 * ap["chance"])
    print("a simple one is as good as the autoencoder:", ap[:4].max() > ap[name] - 0.02)
    print(
        "most anomalies are missed at this rate:", cuts["anomalies found"].max() < 0.5
    )

# %% [markdown]
# **Explain.** Every detector ranks well above chance. The network isn't needed here: a simple detector does as well. And a
# good ranking is not yet a good alarm: at this rate most anomalies stay below the threshold. That is the price of few
# false alarms, and the next question is whether it is the right price.
#
# ## 5. What does it cost to be wrong?
#
# Say it in your own money: a missed anomaly, and a look at an alarm, right or false.

# %%
miss, alarm = 50, 1
usable = cuts[cuts["note"] == ""]
flags = {
    f"{n} threshold": judged[name].test > usable.loc[n, "threshold"]
    for n in usable.index
}
tables["alert_costs"] = own_data.alert_costs(parts, flags, miss=miss, alarm=alarm)
tables["alert_costs"]

# %% tags=["nbval-check-output"]
print(f"looking pays when one alarm in {miss // alarm} is right")
if path == pages:
    total = tables["alert_costs"]["total"]
    print("cheaper than never ringing:", total.iloc[1:-1].max() < total["never ring"])
    print("cheaper than ringing always:", total.iloc[1:-1].min() < total["always ring"])
    other = own_data.alert_costs(parts, flags, miss=5, alarm=alarm)["total"]
    print("cheapest where a miss costs 5:", other.idxmin())

# %% [markdown]
# **Explain.** With these costs it would be cheapest to look at every block: anomalies are many, and a look is cheap. So the
# rate was chosen by habit, not by cost. Where a miss costs a tenth of that, the quantile is cheapest.
#
# ## Which column made the alert?
#
# An alert without a reason is hard to act on. One question can be put to any detector: **what would you say if this column
# had its usual value?**
#
# ### Exercise W3.3: name it
#
# Write `blamed(score, row, usual)`. `score` takes a table (rows, features) and returns a score per row; `row` and `usual`
# are arrays (features,). Put the usual value in the place of one feature at a time; return the position of the feature
# without which the score falls most.


# %% tags=["exercise"]
# Exercise W3.3
def blamed(score, row, usual):
    ### BEGIN SOLUTION
    changed = np.tile(row, (len(row), 1))
    np.fill_diagonal(changed, usual)
    return np.argmin(score(changed))
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("W3.3", blamed)


# %% tags=["wrong-answer"] exercise="W3.3" diagnosis="largest difference"
def blamed(score, row, usual):
    return np.argmax(np.abs(row - usual))


# %% tags=["wrong-answer"] exercise="W3.3" diagnosis="wrong end"
def blamed(score, row, usual):
    changed = np.tile(row, (len(row), 1))
    np.fill_diagonal(changed, usual)
    return np.argmax(score(changed))


# %% tags=["wrong-answer"] exercise="W3.3" diagnosis="one alone"
def blamed(score, row, usual):
    changed = np.tile(usual, (len(row), 1))
    np.fill_diagonal(changed, row)
    return np.argmax(score(changed))


# %% [markdown] tags=["teacher-note"]
# Ask what happens when two columns say the same thing: each alone can be replaced, and the score hardly falls. Then nobody
# is named, though both are strange. Ask also what a usual value is for a column of words.

# %% [markdown]
# Does it name the right one? We plant a strange value, six standard deviations off, into one column of a usual row, and ask
# who is named: by replacing, and by the error of what PCA and the autoencoder rebuild. Only rows that ring are asked
# about. **Predict** by which detector the planted column is named least often.

# %%
named = own_data.named_share(parts, judged, rows=40)
named.round(2)

# %% tags=["nbval-check-output"]
if path == pages:
    others = named.drop(index="isolation forest")
    print(
        "replaced, 9 in 10 or more:",
        *others.index[others["replaced"] > 0.9],
        sep="\n- ",
    )
    rebuilt = named.loc["PCA"]
    print(
        "PCA, rebuilt less often than replaced:",
        rebuilt["rebuilt"] < rebuilt["replaced"],
    )
    print("isolation forest rings least:", named["rang"].idxmin() == "isolation forest")

# %% [markdown]
# **Explain.** Replacing names the planted column nearly always, where chance is one column in eleven. The isolation forest
# seldom rings for one strange value among many columns. PCA's error is smeared: what it rebuilds badly may be a neighbour
# of the planted column. But a planted value is the easy case: **one** column is strange,
# alone. Real alerts often are strange in several, or only in their combination. So a name says where this detector
# looked, not what caused the anomaly.

# %%
top = own_data.alerts(parts, judged[name], cut, most=8)
if len(top):
    shares = own_data.responsible(parts, judged[name], top["row"])
    shares.index = [f"line {line}" for line in top["line"]]
    ax = own_data.reasons_picture(shares)
    pictures.append(ax)
    print(plots.summary(ax))
else:
    print("No test row is above the threshold: ask about a higher rate.")

# %% [markdown]
# One line is one alert, and its shares add up to one. Lines of the file are named, so that you can look there: open the
# file at the first of them. Does the column that is named look strange to you, too? With a series the page also gets the
# score over time.

# %%
if data.ordered:
    ax = plots.score_over_time(parts.in_order(judged[name].test), cut)
    pictures.append(ax)
    print(plots.summary(ax))

# %% [markdown]
# ## A file with a time
#
# The same steps for `demand.csv`: dates with the day first, rows out of order, no labels. Rows are read in windows of a day,
# so a column **or a step** can be asked about. **Predict** what the report says about its clock.

# %% tags=["nbval-check-output"]
series = own_data.read_own(demand)
print(series.report())
hours = own_data.split_own(series, most=1000)
print(hours.report())

# %%
two = own_data.own_detectors(hours, epochs=20)
two = {
    each: two[each] for each in ("largest z-score", "autoencoder", "GRU autoencoder")
}
over_time = own_data.fit_detectors(hours, two)
chosen = own_data.own_thresholds(hours, over_time["autoencoder"], rate)
limit = chosen.loc["quantile", "threshold"]
rang = own_data.alerts(hours, over_time["autoencoder"], limit, most=5)
ax = plots.score_over_time(hours.in_order(over_time["autoencoder"].test), limit)
print(plots.summary(ax))

# %% tags=["nbval-check-output"]
print("hours promised to ring:", chosen.loc["quantile", "promised"])
more = chosen.loc["quantile", "alarms"] > 2 * chosen.loc["quantile", "promised"]
print("more than twice as many ring:", more)

# %% [markdown]
# **Explain.** The threshold was chosen on July to September, winter in Victoria, and the test part runs into summer: more
# rings than was promised. For a series "normal" means normal **until the cut**. Which hour made an alert?

# %%
window = hours.test.X[rang["row"][:1]]
steps = own_data.replaced(hours, over_time["autoencoder"], window, by="step")[0]
at = series.times[hours.test.rows[rang["row"].iloc[0]] - np.arange(hours.window)[::-1]]
ax = plots.series_with_anomalies(
    pd.Series(steps, at),
    name="fall of the score",
    title="How far the score falls without this hour",
)
print(plots.summary(ax))

# %% [markdown]
# ## One page
#
# For whoever has to decide: what was found in the file, five answers, the highest alerts with their columns, pictures, and
# what the page can't say. It is one HTML file without a script; your browser prints it. Every name in it is shown as
# text, whatever it is.

# %% tags=["nbval-check-output"]
answers = own_data.own_answers(parts, name, rate, normal=normal, tables=tables)
worst = top.drop(columns="row")
if len(top):
    worst["made by"] = own_data.reasons_told(shares).to_list()
limits = [
    "A name of a column says where the detector looked, not what caused the anomaly.",
    "Rows like none before are judged by rules of the rows before.",
]
page = (folder if path == pages else Path.cwd()) / f"{Path(path).stem} report.html"
own_data.write_own_report(page, data, answers, worst, pictures=pictures, limits=limits)
print(
    "questions answered:",
    len(answers),
    "- a script in it:",
    "<script" in page.read_text(),
)

# %% [markdown]
# `print(page)` tells where it is: the example's in a temporary folder, your own beside the notebook. Keep the notebook with
# it: the page says what, the notebook says how.

# %%
progress()

# %% [markdown]
# ## Take away
#
# - Read what the reader says. A repair that you didn't notice is a decision that you didn't take.
# - What is normal is a sentence of yours. The split, the threshold and the costs follow from it.
# - Without labels: agreement beside chance, stability, and the sentence "nobody can say". Collect verdicts on the alerts; then there are labels.
# - Name the column by asking the detector again with its usual value, and test that on planted values first.
# - One page for who decides, the notebook for who asks why.
#
# **Next**: your own file. Change `path`, write down what is normal, run everything, and read the page aloud to somebody
# who knows the data.
