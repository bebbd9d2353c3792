# %% [markdown]
# # 11 · Event logs: sequence to sequence with attention
#
# | | |
# |---|---|
# | You will be able to | turn a log of events into windows of tokens; read a sequence-to-sequence network with attention; tell what it foretells when it is given the truth from what it foretells alone; judge segments of a trace beside a table of counts; trace an alarm back to its events |
# | You need | lesson 05: GRU, windows; lesson 08: thresholds from normal rows |
# | Time | 80 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("11")

# %% [markdown]
# ## What a kernel writes
#
# So far a row was numbers. A kernel writes *events*: a message was sent, a thread runs, an interrupt came. A **trace** is such
# events in their order. One published system (a QNX kernel under a flying controller) learned from ten clean traces what
# comes next, and judged traces of five other runs: bursts of commands, and a program that loops.
#
# Its traces are not public. Ours are simulated: the 94 kinds of events and how often each comes are fitted to what was
# published, and so are some of the counts of disturbed traces; which short sequences there are, their random order and
# the names of unseen events are ours. So what follows says how methods behave on such traces, not on a real kernel.

# %%
from collections import Counter, defaultdict
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from helpers import plots
from helpers.detectors import CountProfileDetector, EventSeq2SeqDetector
from helpers.exercises import check, hint, progress, solution
from helpers.logs.event_predictions import TracePredictions, rate_threshold
from helpers.logs.events import (
    EventTokenizer,
    event_windows,
    short_sessions,
    unknown_events,
    window_starts,
)
from helpers.logs.recording import record_events
from helpers.simulation import simulate_trace

clean = [simulate_trace(20_000, random_state=seed).texts() for seed in (1, 2, 3)]
held = simulate_trace(20_000, random_state=4).texts()  # clean, trains nothing
kinds = ["clean", "fifo", "sporadic", "full-while", "half-while"]
runs = {kind: simulate_trace(60_000, kind, random_state=5) for kind in kinds}
print(" ".join(clean[0][:12]))
print(f"{len(set(clean[0]))} kinds of events in the first trace")

# %% [markdown]
# A picture of 300 events, a row per kind. **Predict**: what would the most boring forecast get right, the one that always
# says the most frequent event?

# %%
ax = plots.trace_events(clean[0][:300], most=15)
print(plots.summary(ax))

# %% [markdown]
# ## Tokens and windows
#
# A **token** is the number of an event: 0 is padding, 1 an event that training never met (the **unknown token**), 2 the
# start of a window; then come the events, the most frequent first. The vocabulary is made from training traces alone: whatever
# is new later becomes token 1, and that is information.

# %% tags=["nbval-check-output"]
tokenizer = EventTokenizer.fit(clean)
print("tokens with padding, unknown and start:", tokenizer.size)
print(tokenizer.encode([*held[:4], "rocket_launched"]).tolist())
new = {kind: np.mean(tokenizer.encode(run.texts()) == 1) for kind, run in runs.items()}
pd.Series(new, name="share of unknown events").round(3).to_frame()

# %% [markdown]
# **Explain.** The clean run has next to no unknown events, the disturbed ones have some. That alone is a detector: *an event that
# no clean trace has*. Keep it in mind; it costs nothing.
#
# ### Exercise 11.1: windows of events
#
# Write `windows(trace, length, stride)`; the [stride](../docs/glossary.md#stride) is the step from one start to the next. For each start `i` = 0, `stride`, 2 `stride`, ... with `i < N - 2 * length` (the rule
# of the source; N events), it gives the `length` events from `i` on to read, and the `length` events after them to foretell:
# two arrays with a row per window.


# %% tags=["exercise"]
# Exercise 11.1
def windows(trace, length, stride):
    ### BEGIN SOLUTION
    starts = np.arange(0, len(trace) - 2 * length, stride)
    places = starts[:, None] + np.arange(length)
    return trace[places], trace[places + length]
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("11.1", windows)


# %% tags=["wrong-answer"] exercise="11.1" diagnosis="one window too many"
def windows(trace, length, stride):
    starts = np.arange(0, len(trace) - 2 * length + 1, stride)
    places = starts[:, None] + np.arange(length)
    return trace[places], trace[places + length]


# %% tags=["wrong-answer"] exercise="11.1" diagnosis="only one event later"
def windows(trace, length, stride):
    starts = np.arange(0, len(trace) - 2 * length, stride)
    places = starts[:, None] + np.arange(length)
    return trace[places], trace[places + 1]


# %% tags=["wrong-answer"] exercise="11.1" diagnosis="stride ignored"
def windows(trace, length, stride):
    starts = np.arange(len(trace) - 2 * length)
    places = starts[:, None] + np.arange(length)
    return trace[places], trace[places + length]


# %% [markdown]
# ## Read five, foretell five
#
# A GRU reads the start token and five events; that is the **encoder**. A second GRU, the **decoder**, foretells five events, one
# after the other. Before each it looks back: **attention** gives each of the six states of the encoder a weight, and their
# weighted sum, the context, goes into the decoder. The weights come from a small network that compares each state with the decoder's
# (*additive* attention; Bahdanau et al., 2015).

# %%
ax = plots.attention_diagram((0.05, 0.1, 0.1, 0.15, 0.2, 0.4))
print(plots.summary(ax))

# %% [markdown]
# In training the decoder reads the *true* event before the one that it foretells: **teacher forcing**. The loss is the cross-entropy
# of the next event, padding masked. The published network has 128 units and an embedding of 64 numbers per event. How many
# numbers does it learn? A GRU has three gates. In each of them, a unit has a weight for every number that is read and for
# every unit, and two biases. The one that we train next is smaller, and sees 60,000 events instead of 7.3 million, since this has to
# run on your machine.

# %% tags=["nbval-check-output"]
vocabulary, embedding, units = 94 + 3, 64, 128  # padding, unknown and start are tokens


def gru(read):
    return 3 * units * (read + units + 2)


learned = {
    "two embeddings": 2 * vocabulary * embedding,
    "encoder": gru(embedding),
    "attention": 2 * units * (units + 1) + (units + 1),  # states, decoder, their sum
    "decoder": gru(embedding + units),  # the last event and the context
    "output": (units + 1) * vocabulary,
}
print(f"{sum(learned.values()):,} parameters:", learned)

# %%
network = EventSeq2SeqDetector(
    embedding=16,
    units=48,
    stride=2,
    epochs=4,
    learning_rate=0.01,
    patience=None,
    random_state=0,
).fit_events(clean, validation=[held])
ax = plots.learning_curves(
    {name: network.history_[name] for name in ("accuracy", "val_accuracy")}
)
print(plots.summary(ax))

# %% [markdown]
# The accuracy of the source, after two epochs, is 0.886, of training events; it has no validation. Ours, on a trace that trained
# nothing, is about the same. Is that much? **Predict** before you read on: what does a *table* get that looks up which event
# came most often after the last one, the last two, the last five?

# %%


def most_often_after(traces, order):
    """Return {the last `order` tokens: the token that came most often after them}."""
    counts = defaultdict(Counter)
    for trace in traces:
        for i in range(order, len(trace)):
            counts[tuple(trace[i - order : i])][trace[i]] += 1
    return {seen: after.most_common(1)[0][0] for seen, after in counts.items()}


def look_up(tables, read, truth, own):
    """Return which events are foretold rightly (n, 5); `own`: by reading own ones."""
    right = np.zeros(truth.shape, bool)
    for row, (seen, wanted) in enumerate(zip(read.tolist(), truth.tolist())):
        for step, true_event in enumerate(wanted):
            for order in range(len(tables) - 1, -1, -1):  # the longest that is known
                guess = tables[order].get(tuple(seen[len(seen) - order :]))
                if guess is not None:
                    break
            right[row, step] = guess == true_event
            seen = [*seen, guess if own else true_event]
    return right


# %% [markdown]
# Each table answers twice for the held-out trace: once it is given the true events, as in training, once it has to go on from its own
# guesses, **free-running**. That is how the network has to work when it judges a trace. **Predict** which
# column is lower, and by how much at the fifth event.

# %% tags=["nbval-check-output"]
coded = [tokenizer.encode(trace).tolist() for trace in clean]
trace = tokenizer.encode(held)
read, truth = (
    part[:, 1:] for part in event_windows(trace, window_starts(len(trace), stride=5))
)
tables = [most_often_after(coded, order) for order in range(6)]
foretold = {}
for name, order in {"most frequent": 0, "last event": 1, "last five": 5}.items():
    true_read, own_read = (
        look_up(tables[: order + 1], read, truth, own) for own in (False, True)
    )
    last = own_read[:, 4].mean()
    foretold[name] = [true_read.mean(), own_read.mean(), last]
own_read = ~network.predict_trace(held).wrong
foretold["network"] = [
    network.history_["val_accuracy"][-1],
    own_read.mean(),
    own_read[:, 4].mean(),
]
columns = ["true events read", "own ones read", "own, fifth event"]
pd.DataFrame.from_dict(foretold, "index", columns=columns).round(1)

# %%
ahead = foretold["network"][0] - foretold["last five"][0]
print(f"network minus table of the last five, true events read: {ahead:+.3f}")
print(f"network, own events read: {foretold['network'][1]:.2f}")

# %% [markdown]
# **Explain.** A table that remembers the last five events foretells as well as the network ([claims](../docs/results/claims.md)):
# 0.886 is a property of these traces, not of attention. And the accuracy of training flatters whoever has to go on alone: at the first
# event nothing is different, but an error is read as if it had happened, and by the fifth event about half is wrong. When
# you read an accuracy of a sequence model, ask what it was given.
#
# ## From events to segments
#
# Nobody wants an alarm per event: one in three is foretold wrongly on a clean day. The source judges **segments** of 1,000 events by
# their rate, the share foretold wrongly.
#
# ### Exercise 11.2: the rate of a segment
#
# `wrong` has a row per window and a column per event, True where it was foretold wrongly. Write `rates(wrong, per_segment)`: the
# share of wrong events in each whole segment of `per_segment` windows, one after the other.


# %% tags=["exercise"]
# Exercise 11.2
def rates(wrong, per_segment):
    ### BEGIN SOLUTION
    whole = len(wrong) // per_segment
    cells = wrong[: whole * per_segment]
    return cells.reshape(whole, -1).mean(axis=1)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("11.2", rates)


# %% tags=["wrong-answer"] exercise="11.2" diagnosis="windows, not events"
def rates(wrong, per_segment):
    whole = len(wrong) // per_segment
    hit = wrong.any(axis=1)[: whole * per_segment]
    return hit.reshape(whole, -1).mean(axis=1)


# %% tags=["wrong-answer"] exercise="11.2" diagnosis="per window"
def rates(wrong, per_segment):
    return wrong.mean(axis=1)


# %% tags=["wrong-answer"] exercise="11.2" diagnosis="divided by windows"
def rates(wrong, per_segment):
    whole = len(wrong) // per_segment
    cells = wrong[: whole * per_segment]
    return cells.reshape(whole, -1).sum(axis=1) / per_segment


# %% [markdown] tags=["teacher-note"]
# Ask who divided by what. The commonest mistake counts windows with an error in them: on clean traces nearly all have one.

# %% [markdown]
# ### Exercise 11.3: the bar over all clean traces
#
# `clean_rates` is a list with an array of rates per clean trace; here four traces of another kernel, made up, one of them calmer
# and one busier than the others. Set `bar` to mean + 3 sd over the segments of **all** of them.
# (The source says so in its text, and computes it of its first trace alone.)

# %%
random = np.random.default_rng(11)
traces = {"calm": (0.27, 30), "usual": (0.31, 45), "usual too": (0.32, 38)}
traces["busy"] = (0.36, 16)  # mean rate, segments
clean_rates = [random.normal(mean, 0.02, size=n) for mean, n in traces.values()]
print("segments per trace:", [len(each) for each in clean_rates])

# %% tags=["exercise"]
# Exercise 11.3
### BEGIN SOLUTION
every = np.concatenate(clean_rates)
bar = every.mean() + 3 * every.std()
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("11.3", bar, clean_rates)

# %% tags=["wrong-answer"] exercise="11.3" diagnosis="one trace only"
bar = clean_rates[0].mean() + 3 * clean_rates[0].std()

# %% tags=["wrong-answer"] exercise="11.3" diagnosis="mean of bars"
bar = np.mean([each.mean() + 3 * each.std() for each in clean_rates])

# %% tags=["wrong-answer"] exercise="11.3" diagnosis="spread of the traces"
means = np.array([each.mean() for each in clean_rates])
bar = means.mean() + 3 * means.std()

# %% [markdown] tags=["teacher-note"]
# Ask which of the wrong bars would ring all day on the busy trace. What changes when the system is restarted every day, and each
# day is a trace?

# %% [markdown]
# ### Exercise 11.4: how far from the usual counts
#
# The simplest thing that could work looks at no order at all: it counts. `shares` says how often each kind comes in clean traces;
# `counts` holds how often it came in a segment. Write `distance(counts, shares)`, the chi-square distance: the sum over kinds of
# (count - expected)² / expected, where the expected count is the share times the events of the segment.


# %% tags=["exercise"]
# Exercise 11.4
def distance(counts, shares):
    ### BEGIN SOLUTION
    expected = counts.sum() * shares
    return np.sum((counts - expected) ** 2 / expected)
    ### END SOLUTION


# %% tags=["check", "nbval-check-output"]
check("11.4", distance)


# %% tags=["wrong-answer"] exercise="11.4" diagnosis="shares against counts"
def distance(counts, shares):
    return np.sum((counts - shares) ** 2 / shares)


# %% tags=["wrong-answer"] exercise="11.4" diagnosis="not weighed"
def distance(counts, shares):
    return np.sum((counts - counts.sum() * shares) ** 2)


# %% [markdown]
# ## Three judges
#
# The network, the counts (`CountProfileDetector`, with the same clean traces, segments and 3 sd) and the rule of the unknown event
# judge five new runs. Which segments are disturbed is known, since we made them: one clean run, two with bursts of commands
# (`fifo`, `sporadic`), two with a program that loops. First the rates of the network, segment by segment. **Predict** where it
# stays silent.

# %%
segments = 59  # whole ones that the rule of the source counts
truth_of = {kind: run.y.reshape(-1, 1000).max(axis=1) for kind, run in runs.items()}
truth_of = {kind: y[:segments] for kind, y in truth_of.items()}
by_network = {
    kind: network.misclassification(run.texts()) for kind, run in runs.items()
}
ax = plots.segment_rates(by_network, network.segment_threshold_, labels=truth_of)
print(plots.summary(ax))

# %%
usual = [network.misclassification(each) for each in [*clean, held]]
bars = {"all": rate_threshold(usual), "the first": rate_threshold(usual[:1])}
for name, limit in bars.items():
    above = {kind: int((each > limit).sum()) for kind, each in by_network.items()}
    print(f"bar of {name}: {limit:.2f}; segments above it: {above}")

# %% [markdown]
# The bar of the first trace alone rests on 19 segments, and is nearly the same on our traces: all traces come from one generator.
#
# Now all three: the share of disturbed segments that each finds, and how many undisturbed ones it flags.

# %%
counts = CountProfileDetector().fit_events(clean, validation=[held])


def has_unknown(events):
    new = tokenizer.encode(events) == 1
    return new.reshape(-1, 1000).any(axis=1)


judges = {"network": network.flag, "counts": counts.flag, "unknown event": has_unknown}
found, false_alarms = {}, {}
for kind, run in runs.items():
    y = truth_of[kind]
    flags = {name: judge(run.texts())[:segments] for name, judge in judges.items()}
    if y.any():
        found[kind] = {name: each[y == 1].mean() for name, each in flags.items()}
    false_alarms[kind] = {name: each[y == 0].sum() for name, each in flags.items()}
    false_alarms[kind]["of"] = (y == 0).sum()
found = pd.DataFrame.from_dict(found, "index")
print(found.round(2).to_string())
print("\nundisturbed segments that are flagged:")
print(pd.DataFrame.from_dict(false_alarms, "index").to_string())

# %% tags=["nbval-check-output"]
loops = found.loc[["full-while", "half-while"]]
others = loops[["counts", "unknown event"]]
print(
    "counts and unknown events find each looping segment:", others.eq(1).all(axis=None)
)
print("the network at most two thirds:", loops["network"].le(2 / 3).all())
print(
    "the two bars are less than 0.03 apart:",
    abs(bars["all"] - bars["the first"]) < 0.03,
)

# %% [markdown]
# Here are 600 events of the program that loops all the time; what no clean trace has is in a row of its own. **Predict**
# before you scroll up to the clean picture: is it the order that is unusual?

# %%
loop = runs["full-while"].texts()[:600]
loop = np.where(tokenizer.encode(loop) == 1, "<unknown>", loop).tolist()
ax = plots.trace_events(loop, most=15)
print(plots.summary(ax))

# %% [markdown]
# **Explain.** Where we recorded this, bursts are found by all three. That is one training of the network, and another version of
# TensorFlow makes another one: three of them, equally accurate, find from 0.04 to 1.00 of the disturbed segments of a fifo trace ([claims](../docs/results/claims.md)). So its accuracy on clean events doesn't
# say what it will find.
#
# The looping program is another matter: on each seed counts find all of its segments, and the network at most two thirds
# ([claims](../docs/results/claims.md)). The rule without any learning finds them, too. A loop repeats what the kernel does anyway,
# in usual order; what is unusual is how often, and a few events that no clean trace has: that there are any
# in each disturbed segment, is ours. The source reports nearly all of these
# segments flagged by its network, on the real traces; our imitation has their counts, not their order, so this table can't say
# what it would do there.
#
# Counts pay for it with more false alarms here. Some segments between those of a burst are flagged by network and counts: they are
# called undisturbed, but their counts differ from those of clean traces, too.
#
# ## Where the decoder looks
#
# The weights of attention can be read. Here is one window of the held-out trace: a row per foretold event, a column per state
# that the decoder could look at. Each row sums to 1.

# %%
attention = network.attention(held)
seen = held[200:210]
ax = plots.heat_map(
    pd.DataFrame(
        attention[40],
        index=pd.Index(seen[5:], name="the event that came"),
        columns=pd.Index(["<start>", *seen[:5]], name="what the decoder looks at"),
    ),
    name="weight",
    title="Attention of one window",
)
print(plots.summary(ax))
heaviest = attention.argmax(axis=2)
for step in (0, 4):
    print(
        f"event {step + 1}: the heaviest weight is on the last event read in "
        f"{np.mean(heaviest[:, step] == 5):.0%} of windows"
    )

# %% [markdown]
# **Explain.** In this window single weights stand out. Over all windows there is no such rule as "it looks at the last event": that
# one has the heaviest weight in a minority of them. And a weight says what went into a sum. Whether the guess would be another one
# without it was not tried here; that needs an experiment, not a picture.
#
# ## Back to the events
#
# An alarm has to be looked at. The detector lists stretches of 25 events with more than 19 foretold wrongly, the worst first.

# %%
fifo = runs["fifo"].texts()
for stretch in network.worst_stretches(fifo)[:2]:
    print(f"from event {stretch.start:,}: {stretch.wrong} of 25 wrong")
    print("  came:    ", " ".join(stretch.events[:5]), "…")
    print("  foretold:", " ".join(stretch.foretold[:5]), "…")

# %% [markdown]
# In the picture are 300 events of the segment with the highest rate. What was foretold is kept in a file, so that it can be looked
# at again without the network.

# %%
with TemporaryDirectory() as folder:
    network.predict_trace(fifo).save(f"{folder}/fifo.npz")
    kept = TracePredictions.load(f"{folder}/fifo.npz")
worst = int(np.argmax(by_network["fifo"]))
rows = slice(worst * 200, worst * 200 + 60)
names = np.array(kept.names)
ax = plots.trace_events(
    names[kept.truth[rows].ravel()].tolist(),
    kept.wrong[rows].ravel(),
    start=worst * 1000 + 5,
    most=18,
)
print(plots.summary(ax))

# %% [markdown]
# Another length of segments needs no network either. **Predict**: do shorter segments find more or less of the bursts?

# %%
clean_foretold = [network.predict_trace(each) for each in [*clean, held]]
lengths = {}
for size in (100, 200, 500, 1000):
    bar = rate_threshold([each.misclassification(size) for each in clean_foretold])
    above = kept.misclassification(size) > bar
    y = runs["fifo"].y[::size][: len(above)]
    lengths[size] = {
        "bar": bar,
        "disturbed ones found": above[y == 1].mean(),
        "false alarms per 60,000 events": above[y == 0].sum(),
    }
lengths = pd.DataFrame.from_dict(lengths, "index")
lengths.round(2)

# %% tags=["nbval-check-output"]
some, most = lengths.loc[100], lengths.loc[1000]
print(
    "the longer the segments, the lower the bar:",
    lengths["bar"].is_monotonic_decreasing,
)
print(
    "at least as many found:",
    most["disturbed ones found"] >= some["disturbed ones found"],
)

# %% [markdown]
# **Explain.** A rate of few events scatters more, so its bar is higher, and fewer disturbed segments exceed it. Longer segments are
# surer and later: an alarm can come only when the segment is full.
#
# ## Go further: sessions of a file system
#
# HDFS writes a session of events for each block of a file; some blocks fail. Before any network, two rules: a session with an event
# that no normal session has, and a session shorter than the ten events of a window. **Predict** how many failures they find.

# %%
from helpers.datasets import DatasetUnavailable
from helpers.datasets.sessions import hdfs_sessions

try:
    hdfs = hdfs_sessions()
    known = {int(event) for session in hdfs.train for event in session}
    for part in ("held_out", "abnormal"):
        sessions = getattr(hdfs, part)
        rung = unknown_events(sessions, known) | short_sessions(sessions, 10)
        print(f"{part}: {rung.mean():.1%} of {len(sessions):,} sessions ring")
except DatasetUnavailable:
    print("The sessions are not on this machine; `workshop data fetch hdfs_sessions`")

# %% [markdown]
# With the data, 83.7 % of the failures ring and no normal session ([table](../docs/results/traces_sessions.md)): a detector of
# sequences has to be judged by the rest.
#
# ## Your own Python
#
# A kernel is not at hand, but a program of your own writes events, too: calls and returns of its functions. Here is one that sorts.

# %%


def smaller(a, b):
    return a < b


def place(value, into):
    at = 0
    while at < len(into) and smaller(into[at], value):
        at += 1
    return at


def put(value, at, into):
    into.insert(at, value)


def sort(values):
    done = []
    for value in values:
        put(value, place(value, done), done)
    return done


# %%
def record(seed):
    random = np.random.default_rng(seed)
    with record_events("__main__") as events:
        for _ in range(150):
            sort(random.permutation(8).tolist())
    return events


usual = [record(seed) for seed in range(3)]
print(len(usual[0]), "events,", len(set(usual[0])), "kinds:", usual[0][:3])

# %% [markdown]
# Somebody changes the program: `place` now calls `put` itself, before it returns. All functions are called as often as before;
# only their order is another one. **Predict** for both judges: what do they flag in a new run of the old program, and of the
# changed one?

# %% tags=["nbval-check-output"]
usual_run = record(7)


def place(value, into):
    at = 0
    while at < len(into) and smaller(into[at], value):
        at += 1
    put(value, at, into)
    return at


def sort(values):
    done = []
    for value in values:
        place(value, done)
    return done


tiny = {"embedding": 8, "units": 16, "epochs": 4, "learning_rate": 0.02}
own = {
    "network": EventSeq2SeqDetector(**tiny, segment=200, random_state=0),
    "counts": CountProfileDetector(segment=200),
}
changed_run = record(8)
for name, each in own.items():
    each.fit_events(usual)
    shares = [each.flag(run).mean() for run in (usual_run, changed_run)]
    print(f"{name}: {shares[0]:.1f} of the usual run, {shares[1]:.1f} of the changed")

# %% [markdown]
# **Explain.** Here is what a sequence model is for: the order is wrong, and counts can't see it ([claims](../docs/results/claims.md)).
# Before, the counts were wrong, and the network hardly saw it. Which of the two happens to your system is what you have to know;
# or you run both, and pay for the false alarms of both.
#
# What they cost, on the traces of the kernel:

# %% tags=["machine-time"]
import time

for name, each in {"network": network, "counts": counts}.items():
    start = time.process_time()
    each.flag(fifo)
    print(f"{name}: {60_000 / (time.process_time() - start):,.0f} events a second")

# %% [markdown]
# ## The five questions
#
# | | here |
# |---|---|
# | What is normal? | the order and the counts of events in clean traces; one run of one system is not all of what is normal |
# | What score says "not normal"? | the share of events foretold wrongly, free-running; the distance of counts; an event that was never met |
# | Where is the threshold, and who chose it on what? | mean + 3 sd of the segments of all clean traces; no disturbed trace had a say |
# | How good is it? | next to a table of the last five events, which foretells as well; next to counts, which find what repeats too often |
# | What does it cost to be wrong? | somebody reads the stretch: that is why alarms are traced back to events |

# %%
progress()

# %% [markdown]
# ## Take away
#
# - A trace becomes tokens, and windows of tokens. What training never met is one token of its own: count it first.
# - Accuracy with the true events read is not what scoring gets: there the network reads its own guesses.
# - Look up the last events in a table before you praise a network.
# - Judge segments; take the bar from all clean traces, and say what it never saw.
# - Counts see what comes too often, a sequence model what comes in another order.
# - Attention shows what a sum weighs. Whether the answer hangs on it is another question, and needs an experiment.
#
# **Next**: lesson 12 shows how such tables come out too good.
