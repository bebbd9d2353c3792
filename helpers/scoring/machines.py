"""Who scores the pieces: this process, several beside it, or the workers of a cluster.

Each way yields the answers in the table's order and asks for pieces as it goes, a few
ahead. What a lost worker had is asked for again.
"""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, NamedTuple

from helpers.errors import KitError
from helpers.scoring.models import Model
from helpers.scoring.pieces import (
    Bad,
    ModelFile,
    Piece,
    Terms,
    carry_model,
    keep_model,
    score_piece,
)

__all__ = ["Asked", "Stopped", "on_cluster", "on_processes", "on_this_one"]

AHEAD = 2  # pieces a worker has at a time: one in work, one that waits
TRIES = 4  # lost workers in a row, without an answer in between
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


class Stopped(KitError):
    """A run that can't go on now; what it has scored is kept for the next one."""


class Asked(NamedTuple):
    """A piece, its key, and the lines that its rows stand in, where they do."""

    piece: Piece
    key: str
    lines: Any


Answers = Generator[tuple[Asked, bytes | Bad], None, None]


def on_this_one(asked: Iterator[Asked], terms: Terms, model: Model) -> Answers:
    """Yield the answers, found by this process."""
    keep_model(terms.model, model)
    for each in asked:
        yield each, score_piece(terms, each.piece)


# -------------------------------------------------------------------------- processes


def on_processes(
    asked: Iterator[Asked], terms: Terms, model: ModelFile, jobs: int
) -> Answers:
    """Yield the answers, found by `jobs` processes of one thread each."""
    pools = [_pool(model, jobs)]
    waiting: deque[tuple[Asked, Future]] = deque()

    def submit(each: Asked) -> Future:
        try:
            return pools[-1].submit(score_piece, terms, each.piece)
        except BrokenProcessPool as error:  # whoever takes it starts another pool
            failed: Future = Future()
            failed.set_exception(error)
            return failed

    def take() -> tuple[Asked, bytes | Bad]:
        for _ in range(TRIES):
            each, future = waiting[0]
            try:
                answer = future.result()
            except BrokenProcessPool:
                pools[-1].shutdown(wait=False)
                pools.append(_pool(model, jobs))
                again = [(each, submit(each)) for each, _ in waiting]
                waiting.clear()
                waiting.extend(again)
            else:
                waiting.popleft()
                return each, answer
        raise Stopped(
            f"processes that score ended {TRIES} times at row {each.piece.first + 1}, "
            "perhaps for want of memory; the same command goes on from there"
        )

    try:
        yield from _in_order(asked, waiting, submit, take, ahead=AHEAD * jobs)
    finally:
        pools[-1].shutdown(wait=True, cancel_futures=True)


def _in_order(
    asked: Iterator[Asked],
    waiting: deque,
    submit: Callable[[Asked], Any],
    take: Callable[[], tuple[Asked, bytes | Bad]],
    *,
    ahead: int,
) -> Answers:
    for each in asked:
        waiting.append((each, submit(each)))
        if len(waiting) >= ahead:
            yield take()
    while waiting:
        yield take()


def _pool(model: ModelFile, jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=_begin, initargs=(model,)
    )


def _begin(model: ModelFile) -> None:
    """Make a new process ready: one thread, for its neighbours have the others."""
    for name in _THREADS:
        os.environ[name] = "1"
    carry_model(model)


# ---------------------------------------------------------------------------- cluster


def on_cluster(
    asked: Iterator[Asked], terms: Terms, model: ModelFile, address: str
) -> Answers:
    """Yield the answers, found by the workers of a Dask cluster.

    Raises `Stopped` where it can't be reached, is lost on the way, has no workers, or
    other versions of Python, its packages or this kit.
    """
    with _client(address) as client:
        client.register_plugin(_carrier(model))
        waiting: deque[tuple[Asked, Any]] = deque()

        def submit(each: Asked) -> Any:
            return client.submit(score_piece, terms, each.piece, pure=False)

        def take() -> tuple[Asked, bytes | Bad]:
            for _ in range(TRIES):
                each, future = waiting[0]
                try:
                    answer = _result(client, future)
                except Stopped:
                    raise
                except Exception as error:  # whatever a worker dies of
                    why = error
                    waiting[0] = each, submit(each)
                else:
                    waiting.popleft()
                    return each, answer
            raise Stopped(
                f"workers failed {TRIES} times at row {each.piece.first + 1} "
                f"({type(why).__name__}: {str(why)[:200]}); the same command goes on "
                "from there"
            )

        threads = sum(client.nthreads().values())
        yield from _in_order(asked, waiting, submit, take, ahead=AHEAD * threads)


def _client(address: str) -> Any:
    from helpers.clusters import connected, require_alike

    try:
        client = connected(address)
        try:
            require_alike(client)
        except BaseException:
            client.close()
            raise
    except KitError as error:
        raise Stopped(str(error)) from None
    return client


_LOOK = 5  # seconds between two looks at a cluster that doesn't answer
_PATIENCE = 12  # looks at a cluster without workers: a minute


def _result(client: Any, future: Any) -> bytes | Bad:
    """Return an answer; raise `Stopped` where nobody is left to give it."""
    from distributed import TimeoutError as TooLong

    empty = 0
    while True:
        try:
            return future.result(timeout=_LOOK)
        except TooLong:
            if client.status not in ("running", "connecting"):
                raise Stopped(_GONE) from None
        if future.cancelled():
            raise Stopped(_GONE)
        try:
            empty = 0 if client.nthreads() else empty + 1
        except (OSError, RuntimeError, TimeoutError):
            empty += 1
        if empty >= _PATIENCE:
            raise Stopped(_GONE)


_GONE = "the cluster is gone; the same command goes on from where it was"


def _carrier(model: ModelFile) -> Any:
    """Return what gives the detector to each worker, those that come later too."""
    from distributed import WorkerPlugin

    class Carrier(WorkerPlugin):
        name = f"workshop-score-{model.digest[:16]}"

        def setup(self, worker: Any) -> None:
            carry_model(model)

    return Carrier()
