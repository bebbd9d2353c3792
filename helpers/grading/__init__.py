"""Submissions of a class in, a gradebook and a page of feedback per learner out.

Learners' code runs in a box (`box`, `inside`), and nothing but plain data leaves it
(`plain`, `recipes`); the checks run outside, beside proxies into the box (`proxies`).
"""

import helpers.quick  # noqa: F401 - before nbformat is
