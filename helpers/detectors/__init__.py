"""Detectors: one room per family, one contract for all (see `base`)."""

from helpers.detectors.autoencoders import AutoencoderDetector, VAEDetector
from helpers.detectors.base import Detector, all_detectors
from helpers.detectors.bigan import BiGANDetector
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
from helpers.detectors.encoder_decoders import EncoderDecoderDetector
from helpers.detectors.event_counts import CountProfileDetector
from helpers.detectors.events import EventSeq2SeqDetector
from helpers.detectors.forecasters import ForecastDetector, SeasonalNaiveDetector
from helpers.detectors.row_sequences import Seq2SeqDetector
from helpers.detectors.window_autoencoders import WindowAutoencoderDetector

__all__ = [
    "AutoencoderDetector",
    "BiGANDetector",
    "CountProfileDetector",
    "Detector",
    "EncoderDecoderDetector",
    "EventSeq2SeqDetector",
    "ForecastDetector",
    "IQRDetector",
    "IsolationForestDetector",
    "KNNDetector",
    "LOFDetector",
    "MADDetector",
    "OneClassSVMDetector",
    "PCADetector",
    "SeasonalNaiveDetector",
    "Seq2SeqDetector",
    "VAEDetector",
    "WindowAutoencoderDetector",
    "ZScoreDetector",
    "all_detectors",
]
