"""The kit beside published results: one module per table, `python -m benchmarks`.

Each module has a `table(units)` that returns a `results.Table`, or several by the names
of their files. Its work is cut into units, a seed or a split, and what a unit found is
kept as soon as it is there, so a run that was interrupted goes on where it stopped.

**Every peer gets what ours gets.** Who adds a peer or changes a protocol, check: the
same rows to fit and to score; the same scaling, done once for both; one thread and the
CPU for each (`peers.hold_threads`, `peers.make_peer`); the same seeds; the same epochs
and batches where a table says "the same"; a first call before times are taken;
compiled, batched or tuned calls where the peer offers them and ours are used so; CPU
time for both (`training.seconds`). A peer, or one of ours, that runs with its defaults
is said to do so. Scores that are not finite are no figure; a note names the sets.
"""
