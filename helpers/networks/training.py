"""One training engine for all networks of the kit.

It does what `keras.Model.fit` does, for data that fit into memory: shuffled batches,
a validation loss per epoch, early stopping that puts the best weights back. And it does
three things that `fit` does not: a training that was interrupted goes on from its
checkpoint as if nothing had happened, bit for bit; rows are prepared a chunk at a time,
so that training takes no memory of the size of the data; and an engine carries out a
chunk of batches in one call (see `helpers.networks.engines`), which saves most of the
time that Keras spends between the steps of a small network.

Keras' own way to that saving is `compile(steps_per_execution=...)`, which does neither
of the other two and saves less.
"""

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from helpers.networks.checkpoints import interrupted_state, write_checkpoint
from helpers.networks.engines import (
    ArrayEngine,
    ArrayNetwork,
    Engine,
    KerasEngine,
    variables_of,
)
from helpers.networks.states import TrainingState

__all__ = [
    "Plan",
    "Source",
    "TrainingState",
    "epoch_seconds",
    "restore_weights",
    "state_fits",
    "train",
]

# from the numbers of some rows to what the network reads and what it should say
Source = Callable[[NDArray[np.int64]], tuple[NDArray, NDArray]]

CHUNK_VALUES = 2**20  # numbers prepared at a time


_EPOCH_SECONDS: ContextVar[list[float] | None] = ContextVar("seconds", default=None)


@contextmanager
def epoch_seconds() -> Iterator[list[float]]:
    """Yield a list: the seconds of each epoch trained in this block, by the clock.

    Those of this thread only; the epoch that an interruption ended is not among them.
    """
    seconds: list[float] = []
    before = _EPOCH_SECONDS.set(seconds)
    try:
        yield seconds
    finally:
        _EPOCH_SECONDS.reset(before)


@dataclass(frozen=True)
class Plan:
    """How long to train, in what portions, and when to stop early.

    `patience` is the number of epochs without a better validation loss after which
    training stops (None: never); better is one that is lower by `min_delta` at least.
    `seed` decides the order of the rows. `checkpoint` is
    a file that holds the state after every epoch while training runs; `key` says what
    the training is of, so that no other one goes on from it. `falling` lets the
    learning rate fall to 0 over the epochs, on half a cosine. `measure`, of the weights
    after an epoch, says what the curve tells beside the losses. `remedy` is what to do
    when they are no numbers any more.
    """

    epochs: int
    batch_size: int
    patience: int | None = None
    min_delta: float = 0.0
    seed: int = 0
    progress: str | None = None
    checkpoint: Path | None = None
    key: str = ""
    falling: bool = False
    measure: Callable[[list[NDArray]], dict[str, float]] | None = None
    remedy: str = "lower learning_rate"


def train(
    network: keras.Model,
    source: Source,
    rows: NDArray[np.int64],
    plan: Plan,
    *,
    validation_rows: NDArray[np.int64] | None = None,
    state: TrainingState | None = None,
    arrays: ArrayNetwork | None = None,
) -> TrainingState:
    """Train a compiled `network` on `source(rows)`; return the state it ends in.

    Where the same network is given as `arrays`, NumPy computes it. With `state`,
    training goes on from there for `plan.epochs` more epochs. With validation rows and
    `plan.patience` it stops early, and the weights of the best epoch are put back into
    the network (and into the state).

    Ctrl-C in a first training ends it once an epoch has passed: the best weights so far
    are kept, and a warning says how to go on. With a checkpoint, or before that, it is
    a `KeyboardInterrupt`; so is the second one.

    Raises `ValueError` when the loss is no longer a number, or when `plan.checkpoint`
    belongs to another training.
    """
    first = state is None
    rows = np.asarray(rows)
    steps = plan.epochs * math.ceil(len(rows) / plan.batch_size)
    engine = _engine(network, arrays, plan.batch_size, steps)
    interrupted = plan.checkpoint and interrupted_state(plan.checkpoint, plan.key)
    state = interrupted or _initial_state(engine, state)
    engine.load(state.variables, state.optimizer)
    with _heard(first and plan.checkpoint is None) as stop:
        passes = _Rows(engine, source, plan, stop)
        _train_epochs(passes, rows, validation_rows, state)
    _copy_variables(engine, state)
    if validation_rows is not None and (plan.patience is not None or stop.asked):
        state.variables = state.best
    if stop.asked:
        _tell_of_stop(state, plan)
    restore_weights(network, state)
    if plan.checkpoint is not None:
        plan.checkpoint.unlink(missing_ok=True)
    state.since = state.epochs
    return state


@dataclass
class _Stop:
    """Whether somebody pressed Ctrl-C; the second time is a `KeyboardInterrupt`."""

    asked: bool = False

    def press(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Stopped(Exception):
    """An epoch was left before its end."""


@contextmanager
def _heard(listens: bool) -> Iterator[_Stop]:
    """Note Ctrl-C in place of raising it, where that can be: in the main thread."""
    stop, before = _Stop(), signal.getsignal(signal.SIGINT)
    main = threading.current_thread() is threading.main_thread()
    if not (listens and main and callable(before)):
        yield stop
        return
    signal.signal(signal.SIGINT, stop.press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_of_stop(state: TrainingState, plan: Plan) -> None:
    left = max(plan.epochs - state.epochs, 1)
    warnings.warn(
        f"training was interrupted after {state.epochs} of {plan.epochs} epochs; the "
        f"best weights so far are kept (epoch {state.best_epoch + 1}), and the rest is "
        f"as after a whole training; partial_fit(X, epochs={left}) goes on",
        UserWarning,
        stacklevel=3,
    )


# ---------------------------------------------------------------- one pass over rows


@dataclass
class _Rows:
    """Rows on their way through an engine: to train on, or to judge."""

    engine: Engine
    source: Source
    plan: Plan
    stop: _Stop

    def mean_loss(self, order: NDArray, training: bool) -> float:
        """Go once over some rows; return their mean loss, or raise `_Stopped`."""
        total = 0.0
        for rows in _chunks(self.source, order, self.plan):
            if self.stop.asked:
                raise _Stopped
            total += self.engine.run(*self.source(rows), training)
        return total / len(order)

    def losses(
        self, rows: NDArray, validation_rows: NDArray | None, epoch: int
    ) -> dict[str, float]:
        """Train for an epoch; return what the curve tells of it."""
        order = np.random.default_rng([self.plan.seed, epoch]).permutation(rows)
        losses = {"loss": self.mean_loss(order, True)}
        if validation_rows is not None:
            losses["val_loss"] = self.mean_loss(validation_rows, False)
        if self.plan.measure is not None:
            losses |= self.plan.measure(self.engine.variables())
        for name, value in losses.items():
            if not math.isfinite(value):
                raise ValueError(
                    f"training diverged: {name} is {value} in epoch {epoch + 1}; "
                    f"{self.plan.remedy}"
                )
        return losses


def _train_epochs(
    passes: _Rows,
    rows: NDArray,
    validation_rows: NDArray | None,
    state: TrainingState,
) -> None:
    """Train epoch by epoch; the state remembers the curve and the best weights."""
    engine, plan, stop = passes.engine, passes.plan, passes.stop
    until = state.since + plan.epochs
    for epoch in _with_progress(range(state.epochs, until), plan, state):
        if stop.asked or _stops_early(state, plan):
            break
        began = time.perf_counter()
        if plan.falling:
            engine.slow_down(_share_of_rate(epoch - state.since, plan.epochs))
        try:
            losses = passes.losses(rows, validation_rows, epoch)
        except _Stopped:
            break
        _record(engine, state, losses)
        if (seconds := _EPOCH_SECONDS.get()) is not None:
            seconds.append(time.perf_counter() - began)
        if plan.checkpoint is not None:
            _copy_variables(engine, state)
            write_checkpoint(plan.checkpoint, state, plan.key, plan.seed)
    if stop.asked and not state.history:
        raise KeyboardInterrupt("before the first epoch had passed; nothing is kept")


def _engine(
    network: keras.Model, arrays: ArrayNetwork | None, batch_size: int, steps: int
) -> Engine:
    if arrays is not None:
        return ArrayEngine(network, arrays, batch_size)
    return KerasEngine(network, batch_size, steps)


def _share_of_rate(done: int, epochs: int) -> float:
    """Return what is left of a falling learning rate: 1 at first, on half a cosine."""
    return 0.5 * (1 + math.cos(math.pi * done / epochs))


def _chunks(source: Source, order: NDArray, plan: Plan) -> Iterator[NDArray]:
    """Yield the rows in portions of whole batches that are small enough to prepare."""
    inputs, _ = source(order[:1])
    batches = CHUNK_VALUES // max(1, inputs.size * plan.batch_size)
    size = plan.batch_size * max(1, batches)
    for start in range(0, len(order), size):
        yield order[start : start + size]


# -------------------------------------------------------------------------- the state


def restore_weights(network: keras.Model, state: TrainingState) -> None:
    """Give a network the weights of a state."""
    for variable, value in zip(variables_of(network), state.variables, strict=True):
        variable.assign(value)


def state_fits(
    network: keras.Model, state: TrainingState, arrays: ArrayNetwork | None = None
) -> bool:
    """Say whether the weights and the optimizer of a state fit a compiled network."""
    engine = _engine(network, arrays, 1, 1)
    pairs = [
        (engine.variables(), state.variables),
        (engine.optimizer(), state.optimizer or engine.optimizer()),
    ]
    return all(
        [mine.shape for mine in ours] == [np.shape(other) for other in theirs]
        for ours, theirs in pairs
    )


def _initial_state(engine: Engine, state: TrainingState | None) -> TrainingState:
    if state is None:
        return _copy_variables(engine, TrainingState())
    state = TrainingState(
        variables=state.variables,
        optimizer=state.optimizer or engine.optimizer(),
        history={name: list(values) for name, values in state.history.items()},
    )
    state.since = state.epochs
    return state


def _copy_variables(engine: Engine, state: TrainingState) -> TrainingState:
    state.variables, state.optimizer = engine.variables(), engine.optimizer()
    return state


def _record(engine: Engine, state: TrainingState, losses: dict[str, float]) -> None:
    """Add an epoch's losses to the curve; remember the weights if it is the best."""
    for name, value in losses.items():
        state.history.setdefault(name, []).append(value)
    if "val_loss" not in losses:
        state.best_epoch = state.epochs - 1
    elif losses["val_loss"] == min(_validation_losses(state)):
        state.best_epoch = state.epochs - 1
        state.best = engine.variables()


def _stops_early(state: TrainingState, plan: Plan) -> bool:
    """Say whether `patience` epochs have passed since validation last got better.

    That is, lower by `min_delta` than it was when it last got better.
    """
    if plan.patience is None or not state.best:
        return False
    lowest, since = math.inf, 0
    for loss in _validation_losses(state):
        better = loss <= lowest - plan.min_delta
        lowest, since = (loss, 0) if better else (lowest, since + 1)
    return since >= plan.patience


def _validation_losses(state: TrainingState) -> list[float]:
    """Return those of this call of `train`; one before may have had none."""
    curve = state.history["val_loss"]
    return curve[len(curve) - (state.epochs - state.since) :]


def _with_progress(epochs: range, plan: Plan, state: TrainingState) -> Iterator[int]:
    """Yield the epochs, with a progress bar that appears after two seconds and goes."""
    with tqdm(
        total=len(epochs),
        desc=plan.progress,
        unit="epoch",
        delay=2,
        leave=False,
        disable=plan.progress is None,
    ) as bar:
        for epoch in epochs:
            yield epoch
            losses = {name: f"{v[-1]:.4g}" for name, v in state.history.items()}
            bar.set_postfix(losses, refresh=False)
            bar.update()
