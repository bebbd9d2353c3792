"""Numbers for pencil and paper, those of krmonline/AnomalyDetection.

Lessons show them, checks and benchmarks compute with them; they stand here alone.
"""

INTEGERS = [
    4, 4, 4, 4, 4, 8, 7, 4, 4, 2, 6, 3, 5, 8, 6, 6, 4, 3, 1, 4, 4, 9, 2, 7, 4, 7, 6, 5,
    3, 4, 5, 4, 4, 4, 5, 4, 10, 0,
]  # fmt: skip
FOUR_POINTS = [[0, 0], [0, 1], [1, 1], [3, 0]]  # a, b, c, d
TWO_SERIES = [1, 2, 3, 4, 5, 6, 7, 7, 7, 7], [5, 5, 6, 6, 7, 7, 8, 8, 8, 9]
