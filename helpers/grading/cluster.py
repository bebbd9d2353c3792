"""The same judging on a Dask cluster: `workshop grade --scheduler tcp://host:8786`.

Each chunk of answers is a task; its workers need this very kit, and bubblewrap of their
own. Verdicts are taken as they come, and what a lost worker had is asked for again.
The run's key goes to the workers: use a cluster that is yours.
"""

import atexit
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from helpers.clusters import connected, require_packages_alike, unlike
from helpers.errors import KitError
from helpers.grading.box import kit_for_boxes, why_not
from helpers.grading.chunks import Answer, Terms, judge_chunk
from helpers.grading.judge import Verdict

_TRIES = 4
Asked = dict[str, Any]  # lesson, answers, key, boxed, limits: plain data
Took = Callable[[int, int, Verdict], None]  # number of chunk, place in it, verdict


def judge_on_cluster(
    address: str, asked: Sequence[Asked], fingerprint: str, took: Took
) -> str:
    """Judge chunks on a cluster's workers; return why some could not be, or "".

    Raises `KitError` where the cluster can't be reached, has no workers, other versions
    of Python's packages or another kit, or no boxes.
    """
    client = connected(address)
    from distributed import as_completed

    why = ""
    with client:
        _require_alike(client, fingerprint, boxed=bool(asked and asked[0]["boxed"]))
        tries = [1] * len(asked)
        futures = [_submit(client, each) for each in asked]
        waiting = as_completed(futures)
        numbers = {future.key: number for number, future in enumerate(futures)}
        for future in waiting:
            number = numbers[future.key]
            if future.status == "finished":
                for place, told in future.result():
                    took(number, place, Verdict(**told))
            elif tries[number] < _TRIES:
                tries[number] += 1
                again = _submit(client, asked[number])
                numbers[again.key] = number
                waiting.add(again)
            else:
                why = f"{type(future.exception()).__name__}: {future.exception()}"
    return why[:300]


def _submit(client: Any, asked: Asked) -> Any:
    return client.submit(judge_remotely, asked, pure=False, retries=0)


def _require_alike(client: Any, fingerprint: str, *, boxed: bool) -> None:
    """Raise `KitError` unless every worker has this kit, these packages, and boxes."""
    require_packages_alike(client)
    try:
        told = client.run(about_worker)
    except (ValueError, ImportError, AttributeError) as problem:
        raise unlike(problem) from None
    for worker, (theirs, reason) in told.items():
        if theirs != fingerprint:
            raise KitError(f"worker {worker} has another version of this kit")
        if boxed and reason:
            raise KitError(f"worker {worker} can't keep code in a box: {reason}")


def about_worker() -> tuple[str, str | None]:
    """Return what a worker says of itself: its kit, and why it has no boxes."""
    from helpers.grading.ledger import fingerprint

    return fingerprint(), why_not()


def judge_remotely(asked: Asked) -> list[tuple[int, dict[str, Any]]]:
    """Judge a chunk, on a worker; return places and verdicts as plain data."""
    answers = [
        Answer(
            each["exercise"],
            each["source"],
            tuple(each["own"]),
            tuple(each["others"]),
        )
        for each in asked["answers"]
    ]
    kit = _kit() if asked["boxed"] else None
    limits = tuple((str(name), float(value)) for name, value in asked["limits"])
    found: list[tuple[int, dict[str, Any]]] = []
    judge_chunk(
        asked["lesson"],
        answers,
        Terms(bytes.fromhex(asked["key"]), kit, limits),
        lambda place, verdict: found.append((place, asdict(verdict))),
    )
    return found


_kits: list[Path] = []


def _kit() -> Path:
    """Return the kit for boxes that this process keeps, made at the first need."""
    if not _kits:
        stack = contextlib.ExitStack()
        _kits.append(stack.enter_context(kit_for_boxes()))
        atexit.register(stack.close)
    return _kits[0]
