"""Classifiers: unlike detectors they learn from labels, of both kinds."""

from helpers.classifiers.recurrent import RNNClassifier

__all__ = ["RNNClassifier"]
