"""Detectors: one room per family, one contract for all (see `base`)."""

from helpers.detectors.autoencoders import AutoencoderDetector, VAEDetector
from helpers.detectors.base import Detector, all_detectors
from helpers.detectors.classical import (
    IQRDetector,
    IsolationForestDetector,
    KNNDetector,
    LOFDetector,
    MADDetector,
    OneClassSVMDetector,
    PCADetector,
    ZScoreDetector,
)

__all__ = [
    "AutoencoderDetector",
    "Detector",
    "IQRDetector",
    "IsolationForestDetector",
    "KNNDetector",
    "LOFDetector",
    "MADDetector",
    "OneClassSVMDetector",
    "PCADetector",
    "VAEDetector",
    "ZScoreDetector",
    "all_detectors",
]
