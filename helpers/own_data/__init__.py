"""Your own data: read a CSV, ask the five questions, write one page about it."""

from helpers.own_data.answers import own_answers
from helpers.own_data.examples import write_examples
from helpers.own_data.judging import (
    Judged,
    agreement,
    alert_costs,
    alerts,
    compare,
    fit_detectors,
    own_detectors,
    own_thresholds,
)
from helpers.own_data.names import drawable
from helpers.own_data.parts import OwnParts, Part, split_own
from helpers.own_data.reading import OwnData, read_own
from helpers.own_data.reasons import (
    named_share,
    plant,
    reasons_picture,
    reasons_told,
    rebuilt_errors,
    replaced,
    responsible,
)
from helpers.own_data.report import QUESTIONS, write_own_report

__all__ = [
    "QUESTIONS",
    "Judged",
    "OwnData",
    "OwnParts",
    "Part",
    "agreement",
    "alert_costs",
    "alerts",
    "compare",
    "drawable",
    "fit_detectors",
    "named_share",
    "own_answers",
    "own_detectors",
    "own_thresholds",
    "plant",
    "read_own",
    "reasons_picture",
    "reasons_told",
    "rebuilt_errors",
    "replaced",
    "responsible",
    "split_own",
    "write_examples",
    "write_own_report",
]
