"""A stream from its source to its record, with a checkpoint on the way."""

import io
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers._arrays import as_count
from helpers.estimators.changes import is_same
from helpers.estimators.storage import read_estimator, write_estimator
from helpers.files import as_path
from helpers.locks import only_one_in
from helpers.streams.online import COLUMNS, OnlineDetector
from helpers.streams.rows import START, Batch, Position, Source, batches
from helpers.text import some

__all__ = ["Expert", "StreamRun", "known_labels", "read_record"]

Expert = Callable[[Batch], ArrayLike | None]

_FLOATS = [name for name, kind in COLUMNS if kind == "f8"]
CHECKPOINT, RECORD = "stream.checkpoint", "record.csv"


@dataclass
class Checkpoint:
    """All that a run needs to go on, as it is kept in a file."""

    online: OnlineDetector
    waiting: list[Batch] = field(default_factory=list)
    position: Position = START
    record_bytes: int = 0
    seconds: float = 0.0
    source: str = ""
    begin: Position = START
    columns: tuple[str, ...] | None = None  # None: the source names none


def known_labels(min_points: int = 1) -> Expert:
    """Return an expert who knows the labels that the stream keeps of its points.

    A window is an anomaly from `min_points` anomalous points on.
    """
    as_count(min_points, "min_points", least=1)
    return lambda batch: batch.labels(min_points)


@dataclass
class StreamRun:
    """An online detector, a source and an expert: score, ask, update, batch by batch.

    With a `folder` the run is resumed: what was reached is kept there every so often,
    and after an interruption, of whatever kind, the same run goes on from there and
    ends with the same record as if it had never been interrupted.

    Parameters
    ----------
    online : the detector, fitted; where the folder has a checkpoint, the one in there
        takes its place
    source : where rows come from
    expert : function of a `Batch` that returns its labels (n,): 1, 0, or NaN for those
        it doesn't know; None for a batch of which it knows nothing. It is asked after
        the batch was scored. None: there is no expert
    folder : for `stream.checkpoint` and `record.csv`, or None
    every : int, batches between two checkpoints; an update is followed by one, too.
        Since the expert is asked again about batches after the last checkpoint, a
        person who is one wants 1
    delay : int, batches that are scored before the labels of a batch are revealed
    ends : whether the stream ends where the source does. False: it grows, so windows
        that fill no batch and labels that are not due wait for the next run
    """

    online: OnlineDetector
    source: Source
    expert: Expert | None = None
    folder: str | os.PathLike | None = None
    every: int = 50
    delay: int = 0
    ends: bool = True
    begin: Position = START
    seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Nothing is reached yet."""
        self._reached = Checkpoint(self.online, position=self.begin)

    def run(self) -> pd.DataFrame:
        """Run to the end of the source; return the record: a row per window.

        Raises what the source raises of a bad row; the checkpoint stays. Called again,
        it goes on: from the checkpoint, or, without a folder, where it stopped.
        """
        for _ in self.batches():
            pass
        return self.record()

    def batches(self) -> Iterator[Batch]:
        """Run, and yield each batch once it was scored and labels were revealed.

        Raises `KitError` where another run writes in the folder; this one has it until
        it ends or is closed.
        """
        as_count(self.every, "every", least=1)
        as_count(self.delay, "delay")
        self.online._require_begun()
        if self.folder is None:
            yield from self._batches()
            return
        _make_folder(self._folder)
        with only_one_in(self._folder):
            yield from self._batches()

    def record(self) -> pd.DataFrame:
        """Return what was scored so far, a row per window."""
        recent = self.online.record_
        if not self._reached.record_bytes:
            return recent
        with self._record_path.open("rb") as file:
            kept = _as_record(file.read(self._reached.record_bytes))
        return pd.concat([kept, recent], ignore_index=True) if len(recent) else kept

    # --------------------------------------------------------------------- details

    def _batches(self) -> Iterator[Batch]:
        state = self._reached = self._resumed()
        self.online, self.seconds = state.online, state.seconds
        self._reveal(state, self.delay)  # of batches that an error kept from it
        for number, batch in enumerate(self._read(state), start=1):
            updated = self._step(state, batch)
            if updated or number % self.every == 0:
                self._keep(state)
            yield batch
        if self.ends:
            self._reveal(state, 0)
        self._keep(state)

    def _read(self, state: Checkpoint) -> Iterator[Batch]:
        return batches(
            self.source,
            steps=self.online.detector_.n_steps_in_,
            batch=self.online.batch,
            position=state.position,
            partial=self.ends,
        )

    def _step(self, state: Checkpoint, batch: Batch) -> bool:
        """Score a batch, then reveal what is due; say whether there was an update."""
        started = time.perf_counter()
        self.online.score(batch.windows)
        state.waiting.append(batch)
        state.position = batch.position
        updated = self._reveal(state, self.delay)
        state.seconds += time.perf_counter() - started
        self.seconds = state.seconds
        return updated

    def _reveal(self, state: Checkpoint, left: int) -> bool:
        """Ask the expert about all batches that wait but the `left` newest."""
        updated = False
        while len(state.waiting) > left:
            labels = None if self.expert is None else self.expert(state.waiting[0])
            before = len(self.online.waiting_)
            try:
                updated |= self.online.reveal(labels)
            finally:  # an update that fails comes after the labels were taken
                del state.waiting[: before - len(self.online.waiting_)]
        return updated

    # ------------------------------------------------------------------ checkpoints

    @property
    def _folder(self) -> Path:
        return as_path(self.folder, "folder")

    @property
    def _record_path(self) -> Path:
        return self._folder / RECORD

    def _keep(self, state: Checkpoint) -> None:
        """Write the record's new rows, then what the run has reached."""
        if self.folder is None:
            return
        new = not state.record_bytes
        rows = self.online.take_record().to_csv(index=False, header=new).encode()
        with self._record_path.open("wb" if new else "r+b") as file:
            file.truncate(state.record_bytes)
            file.seek(state.record_bytes)
            file.write(rows)
            file.flush()
            os.fsync(file.fileno())
        state.record_bytes += len(rows)
        write_estimator(state, self._folder / CHECKPOINT)

    def _beginning(self) -> Checkpoint:
        return Checkpoint(
            self.online,
            position=self.begin,
            source=type(self.source).__name__,
            begin=self.begin,
        )

    def _resumed(self) -> Checkpoint:
        """Return the checkpoint in the folder; the beginning is one, too."""
        if self.folder is None:
            return self._reached
        path = self._folder / CHECKPOINT
        if not path.exists():
            self._keep(replace(self._beginning(), columns=_columns_of(self.source)))
        state = read_estimator(path, Checkpoint)
        _check_same(state, self._beginning(), path)
        _check_columns(state, self.source, path)
        size = self._record_path.stat().st_size if self._record_path.exists() else 0
        if size < state.record_bytes:
            raise ValueError(
                f"{self._record_path} is shorter than when {path} was written; remove "
                "both to begin anew"
            )
        return state


def _make_folder(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"{place} is no folder, and none can be made there") from None


def read_record(path: str | os.PathLike) -> pd.DataFrame:
    """Return a record that a run has written, every digit of it.

    A last line without its line end, of a run that was killed, is left out.
    """
    return _as_record(as_path(path).read_bytes())


def _as_record(written: bytes) -> pd.DataFrame:
    whole = written[: written.rfind(b"\n") + 1]
    if not whole:
        return pd.DataFrame(np.zeros(0, COLUMNS))
    text = pd.read_csv(io.BytesIO(whole), dtype=dict.fromkeys(_FLOATS, str))
    return text.astype(dict.fromkeys(_FLOATS, np.float64))  # Python's own: exact


def _check_same(kept: Checkpoint, now: Checkpoint, path: Path) -> None:
    """Raise `ValueError` where a checkpoint is of another run."""
    before, after = _stated(kept), _stated(now)
    changed = [name for name in after if not is_same(before.get(name), after[name])]
    if not changed:
        return
    name, told = changed[0], f"{path} was made with "
    if name == "start_":
        told += "another detector"
    else:
        told += f"{name}={before.get(name)!r}, not {after[name]!r}"
    raise ValueError(f"{told}; set it back to go on, or remove the file to begin anew")


def _columns_of(source: Source) -> tuple[str, ...] | None:
    """Return the names of a source's values in their order, None where it has none."""
    told: Any = getattr(source, "columns", None)
    if callable(told):
        return tuple(told())
    return None if told is None else tuple(getattr(source, "features", None) or told)


def _check_columns(kept: Checkpoint, source: Source, path: Path) -> None:
    """Raise `ValueError` where a source's values have other names than before.

    Rows are numbers by their places: names in another order are other rows.
    """
    before = getattr(kept, "columns", None)  # older checkpoints have none
    now = _columns_of(source)
    if before and now and before != now:
        raise ValueError(
            f"{path} was made with the columns {some(list(before), 8)}, in that order; "
            f"these are {some(list(now), 8)}. Name them as features, or write the file "
            "in that order; or remove the checkpoint to begin anew"
        )


def _stated(state: Checkpoint) -> dict[str, Any]:
    """Return what a run can't change on the way."""
    parameters = state.online.get_params(deep=False)
    parameters.pop("detector")
    begins = {"source": state.source, "begin": tuple(state.begin)}
    return parameters | begins | {"start_": state.online.start_}
