"""Today's peers beside the kit: PyOD's detectors, named, seeded and quiet.

They come with the extra `bench` (`make bench` installs it) and keep the kit's contract,
which is PyOD's: `fit(X)`, `decision_function(X)`. Everything here works without them,
too: `why_absent` says in one line what is missing.
"""

import os
import sys
from importlib import import_module, metadata
from inspect import signature
from typing import Any

from threadpoolctl import threadpool_limits

from helpers.text import listed

# what a peer is called in tables -> where it lives in `pyod.models`
FAST = {
    "PyOD ECOD": "ecod.ECOD",
    "PyOD COPOD": "copod.COPOD",
    "PyOD HBOS": "hbos.HBOS",
    "PyOD IForest": "iforest.IForest",
    "PyOD INNE": "inne.INNE",
    "PyOD KNN": "knn.KNN",
    "PyOD LODA": "loda.LODA",
    "PyOD LOF": "lof.LOF",
    "PyOD OCSVM": "ocsvm.OCSVM",
    "PyOD PCA": "pca.PCA",
}
DEEP = {"PyOD AutoEncoder": "auto_encoder.AutoEncoder", "PyOD VAE": "vae.VAE"}
PEERS = FAST | DEEP

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def make_peer(name: str, *, seed: int, **options: Any) -> Any:
    """Return the PyOD detector that `name` stands for, with its defaults and `options`.

    `seed` goes in where the detector draws anything; networks get the processor, as
    the kit's do. Raises `ImportError` where
    `why_absent(name)` has something to say, `KeyError` for an unknown name.
    """
    module, _, attribute = PEERS[name].partition(".")
    kind = getattr(import_module(f"pyod.models.{module}"), attribute)
    wanted = {"random_state": seed, "verbose": 0, "device": "cpu"}
    known = signature(kind).parameters
    if name in DEEP:
        kind = _seeded_in_fit(kind)
    return kind(**{k: v for k, v in wanted.items() if k in known} | options)


def why_absent(name: str) -> str:
    """Return in one line why the peer can't run here; "" when it can."""
    needed = ["pyod", "torch"] if name in DEEP else ["pyod"]
    missing = [package for package in needed if not _installed(package)]
    if not missing:
        return ""
    return f"{listed(missing)} not installed; `make bench` brings the peers"


class _River:
    """A detector of river: learns and scores one row (features,) at a time."""

    def __init__(self, model: Any):
        self.model = model

    def learn(self, row: Any) -> None:
        self.model.learn_one(dict(enumerate(row.tolist())))

    def score(self, row: Any) -> float:
        return float(self.model.score_one(dict(enumerate(row.tolist()))))


class _PySAD:
    """A detector of PySAD: the same."""

    def __init__(self, model: Any):
        self.model = model

    def learn(self, row: Any) -> None:
        self.model.fit_partial(row)

    def score(self, row: Any) -> float:
        return float(self.model.score_partial(row))


def stream_peers(seed: int, rows: int = 250) -> dict[str, Any]:
    """Return detectors that learn row by row (`learn`, `score`), with their defaults.

    river's half-space trees want values from 0 to 1, and get a scaler of their own.
    They say 0 until they have seen a window of rows, 250 by default: where fewer `rows`
    are learned before the first score, it is as long as these.
    """
    import numpy
    from pysad.models import xStream
    from river import anomaly, compose, preprocessing

    numpy.random.seed(seed)  # what PySAD draws from  # noqa: NPY002
    trees = compose.Pipeline(
        preprocessing.MinMaxScaler(),
        anomaly.HalfSpaceTrees(window_size=min(rows, 250), seed=seed),
    )
    return {"river half-space trees": _River(trees), "PySAD xStream": _PySAD(xStream())}


def why_no_stream_peers() -> str:
    """Return in one line why `stream_peers` can't run here; "" when they can."""
    missing = [package for package in ("river", "pysad") if not _installed(package)]
    if not missing:
        return ""
    return f"{listed(missing)} not installed; `make bench` brings the peers"


def hold_threads(count: int = 1) -> None:
    """Give numpy, scikit-learn, numba, TensorFlow and torch `count` threads each.

    Times of two libraries can be compared only when both got the same. TensorFlow
    reads the number when it is imported, so call this before; `python -m benchmarks`
    does. Processes started from here get it, too.
    """
    os.environ.update(dict.fromkeys(_THREADS, str(count)))
    threadpool_limits(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)


def import_torch_first() -> None:
    """Import torch with its compiler, if it is installed, before TensorFlow is.

    The other way round the process ends with a segmentation fault: torch imports its
    compiler when the first optimizer is made.
    """
    if _installed("torch") and "tensorflow" not in sys.modules:
        import_module("torch._dynamo")


def _seeded_in_fit(kind: type) -> type:
    """Return a deep detector of PyOD that does not depend on what ran before its `fit`.

    PyOD seeds torch once, where the detector is made.
    """

    class Seeded(kind):
        def fit(self, X: Any, y: Any = None) -> Any:
            self._set_seed(self.random_state)
            return super().fit(X, y)

    return Seeded


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


import_torch_first()  # wherever peers are made: in each process of a benchmark
