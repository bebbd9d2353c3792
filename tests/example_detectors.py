"""The smallest detectors of each input kind that is not a table.

They keep the contract test honest for windows and events until real ones exist, and
show how little a detector has to write.
"""

import numpy as np

from helpers.detectors import Detector


class MeanWindowDetector(Detector):
    """The distance of a window from the mean window."""

    input_kind = "windows"

    def _fit(self, X, y):
        self.mean_ = X.mean(axis=0, dtype=np.float64)

    def _score(self, X):
        return np.linalg.norm((X - self.mean_).reshape(len(X), -1), axis=1)


class RareEventDetector(Detector):
    """How rare an event is: minus the logarithm of its share."""

    input_kind = "events"

    def _fit(self, X, y):
        self.counts_ = np.bincount(X)

    def _score(self, X):
        known = np.isin(X, np.flatnonzero(self.counts_))
        counts = np.where(known, self.counts_[np.where(known, X, 0)], 0)
        return -np.log((counts + 1) / (self.counts_.sum() + 1))
