"""Random generators of a key: what a hidden check draws, the same for a whole class.

A draw is HMAC-SHA-256 of (key, exercise, number of the draw), so that nobody who lacks
the key can tell what it gives, and everybody who has it gets the same.
"""

import hashlib
import hmac

import numpy as np

LESSON_KEY = b"lesson"  # of the draws in a learner's notebook, where nothing is hidden


def generator(
    exercise: str, key: bytes = LESSON_KEY, draw: int = 0
) -> np.random.Generator:
    """Return the generator of one draw for one exercise ("3.2") under `key`."""
    told = f"{exercise}:{draw}".encode()
    digest = hmac.new(key, told, hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest))
