"""A training on disk, while it runs: what an interruption leaves to go on from."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from helpers.files import write_whole
from helpers.networks.states import TrainingState

__all__ = ["checkpoint_seed", "interrupted_state", "training_key", "write_checkpoint"]

_LISTS = ("variables", "optimizer", "best")


def write_checkpoint(path: Path, state: TrainingState, key: str, seed: int) -> None:
    """Write the state, whole or not at all; `key` says what the training is of."""
    facts = {
        "key": key,
        "seed": seed,
        "history": state.history,
        "best_epoch": state.best_epoch,
        "since": state.since,
    }
    arrays = {
        f"{name}.{i}": array
        for name in _LISTS
        for i, array in enumerate(getattr(state, name))
    }
    body = io.BytesIO()
    np.savez(body, told=np.array(json.dumps(facts)), **arrays)
    write_whole(path, body.getbuffer())


def interrupted_state(path: Path, key: str) -> TrainingState | None:
    """Return the state of an interrupted training of this key, None where none was.

    Raises `ValueError` when the file is that of another training, or no checkpoint.
    """
    if not path.exists():
        return None
    facts, state = _read_checkpoint(path)
    if facts["key"] != key:
        raise ValueError(
            f"{path} belongs to a training with other data or parameters; "
            "delete it, or name another file"
        )
    return state


def checkpoint_seed(path: Path) -> int | None:
    """Return the seed of the training that was interrupted, None where none was.

    Raises `ValueError` when the file is no checkpoint.
    """
    return _read_checkpoint(path)[0]["seed"] if path.exists() else None


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], TrainingState]:
    with path.open("rb") as file:
        try:
            with np.load(file, allow_pickle=False) as parts:
                facts = json.loads(str(parts["told"]))
                state = TrainingState(
                    variables=_numbered(parts, "variables"),
                    optimizer=_numbered(parts, "optimizer"),
                    best=_numbered(parts, "best"),
                    history=facts["history"],
                    best_epoch=facts["best_epoch"],
                    since=facts["since"],
                )
            return {"key": facts["key"], "seed": facts["seed"]}, state
        except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile):
            raise ValueError(
                f"{path} is no checkpoint of a training; delete it, or name another "
                "file"
            ) from None


def _numbered(file: Any, name: str) -> list[NDArray]:
    count = sum(key.startswith(f"{name}.") for key in file.files)
    return [file[f"{name}.{i}"] for i in range(count)]


def training_key(*parts: object) -> str:
    """Return a short name for a training: of its parameters, data and versions."""
    digest = hashlib.sha256(keras.__version__.encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            for start in range(0, len(part), 2**14):
                digest.update(part[start : start + 2**14].tobytes())
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()[:32]
