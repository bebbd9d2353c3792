"""The controls of the lessons' claims, a module per lesson: see `benchmarks.claims`."""
