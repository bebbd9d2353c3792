"""A server as deepad's: Flask's own, one model, answers as they come from pandas.

    python -m benchmarks.serving_flask MODEL_FILE PORT network|kit

Reference: fastforwardlabs/deepad (Cloudera, 2020), `app/backend/app.py`: nothing of
what comes is checked. "network" scores by Keras' `predict` of rows that it takes as
scaled, as deepad does; "kit" by the detector, from raw rows, as the kit's server does.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.detectors import Detector

__all__ = ["create_app"]


def create_app(detector: Any, score: Callable[[NDArray], NDArray]) -> Any:
    """Return a Flask application with `POST /predict` and `GET /health`."""
    from flask import Flask, jsonify, request

    app = Flask("deepad")

    @app.get("/health")
    def health() -> Any:
        return jsonify(status="ok")

    @app.post("/predict")
    def predict() -> Any:
        table = pd.DataFrame(request.json["data"])
        ids = table.pop("id")
        scores = score(table.drop(columns="label").to_numpy())
        alarms = (scores > detector.threshold_).astype(int)
        return jsonify(
            scores=scores.tolist(),
            predictions=alarms.tolist(),
            threshold=detector.threshold_,
            ids=ids.tolist(),
        )

    return app


def errors_of_network(detector: Any) -> Callable[[NDArray], NDArray]:
    """Return deepad's scoring: the mean squared error of Keras' `predict`."""

    def score(X: NDArray) -> NDArray:
        rebuilt = detector.network_.predict(X, verbose=0)
        return np.square(X - rebuilt).mean(axis=1)

    return score


def main(arguments: Sequence[str]) -> None:
    """Serve until the process is ended."""
    file, port, scoring = arguments
    detector = Detector.load(Path(file))
    score = errors_of_network(detector)
    if scoring == "kit":
        columns = list(detector.feature_names_in_)

        def score(X: NDArray) -> NDArray:
            return detector.decision_function(pd.DataFrame(X, columns=columns))

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    create_app(detector, score).run(host="127.0.0.1", port=int(port), threaded=True)


if __name__ == "__main__":
    main(sys.argv[1:])
