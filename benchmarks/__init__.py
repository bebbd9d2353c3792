"""The kit beside published results: one module per table, `python -m benchmarks`.

Each module has a `table(units)` that returns a `results.Table`, or several by the names
of their files. Its work is cut into units, a seed or a split, and what a unit found is
kept as soon as it is there, so a run that was interrupted goes on where it stopped.
"""
