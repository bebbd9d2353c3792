"""Scoring a table of any size, on one machine or several: the same bytes each way."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from helpers.clusters import kit_fingerprint
from helpers.errors import KitError
from helpers.files import check_out, write_files
from helpers.scoring.machines import (
    Answers,
    Asked,
    Stopped,
    on_cluster,
    on_processes,
    on_this_one,
)
from helpers.scoring.models import Model, read_model
from helpers.scoring.parts import Parts
from helpers.scoring.pieces import Bad, ModelFile, Terms
from helpers.scoring.sources import Source, open_source
from helpers.scoring.tables import chosen_columns

__all__ = ["Order", "score_table"]

_PACKAGES = ("numpy", "pandas", "scikit-learn", "keras", "tensorflow", "onnxruntime")
_HEADER = b"score,label\n"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is scored by what, where the answer goes, and who does the work.

    Without `out` the answer is printed. With `scheduler` the workers of that Dask
    cluster score, else `jobs` processes; with one job the command itself.
    """

    model: Path
    table: Path
    out: Path | None = None
    header: bool = True
    jobs: int = 1
    scheduler: str | None = None

    @property
    def to_parquet(self) -> bool:
        """Whether the answer is a Parquet file."""
        return self.out is not None and self.out.suffix.lower() == ".parquet"


class Work(NamedTuple):
    """The table that is read, what its pieces have in common, and the detector."""

    source: Source
    terms: Terms
    file: ModelFile
    model: Model


def score_table(order: Order, *, tell: Tell, show: Callable[[bytes], None]) -> None:
    """Score a table and write the answer to `order.out`, or give it to `show`.

    Raises `KitError` in a line for whatever can't be read, scored or written; then
    nothing is written. Of a run that is stopped, what it has scored stays in OUT.part,
    and the same call goes on from there.
    """
    _check(order)
    model = read_model(order.model, warn=tell)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(order.table, header=order.header))
        chosen, names = chosen_columns(
            source.columns, model.names, model.features, order.table
        )
        file = ModelFile(order.model.read_bytes(), order.model.suffix)
        columns = source.columns
        terms = Terms(
            file.digest,
            columns if isinstance(columns, int) else len(columns),
            chosen,
            names,
            "scores" if order.to_parquet else "csv",
        )
        parts = stack.enter_context(_parts(order))
        try:
            work = Work(source, terms, file, model)
            _fill(parts, order, work, tell)
            _finish(parts, order, model, show)
        except Stopped:
            raise
        except KitError:
            parts.drop()
            raise
        parts.drop()


def _check(order: Order) -> None:
    if order.jobs < 1:
        raise KitError("--jobs is at least 1")
    if order.scheduler is not None and order.jobs != 1:
        raise KitError("--jobs is for this machine: leave it out with --scheduler")
    if order.out is None:
        return
    check_out(order.out, order.model, order.table)
    if order.out.suffix.lower() == ".gz":
        raise KitError(f"--out {order.out}: name a .csv or a .parquet file")
    if order.to_parquet:
        from helpers.scoring.parquet import require_parquet

        require_parquet(order.out)


def _parts(order: Order) -> Parts:
    with _writing(order):
        out = order.out
        return Parts(None if out is None else out.with_name(f"{out.name}.part"))


@contextmanager
def _writing(order: Order) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = order.out or "the answer"
        raise KitError(f"{what} can't be written: {error.strerror or error}") from None


def _fill(parts: Parts, order: Order, work: Work, tell: Tell) -> None:
    """Score what is not in `parts` yet."""
    key = work.terms.key(_versions())
    going_on = 0

    def missing() -> Iterator[Asked]:
        nonlocal going_on
        pieces = work.source.pieces(work.terms.chosen, work.model.steps or 1)
        for piece, lines in pieces:
            asked = Asked(piece, piece.key(key), lines)
            if parts.has(asked.key):
                going_on += 1
                continue
            if going_on:
                tell(f"going on from row {piece.first + 1} of {order.table}")
                going_on = 0
            yield asked

    bar = tqdm(desc=str(order.table), unit=" rows", delay=2, leave=False, disable=None)
    with closing(_answers(missing(), order, work)) as answers, bar:
        for asked, answer in answers:
            if isinstance(answer, Bad):
                raise KitError(_told(order.table, asked, answer))
            with _writing(order):
                parts.add(asked.key, answer)
            bar.n = asked.piece.first
            bar.update(0)
    with _writing(order):
        parts.end()


def _answers(missing: Iterator[Asked], order: Order, work: Work) -> Answers:
    if order.scheduler is not None:
        return on_cluster(missing, work.terms, work.file, order.scheduler)
    if order.jobs > 1:
        return on_processes(missing, work.terms, work.file, order.jobs)
    return on_this_one(missing, work.terms, work.model)


def _told(table: Path, asked: Asked, bad: Bad) -> str:
    piece, lines = asked.piece, asked.lines
    if bad.place is None:
        where = f" (lines {lines[0]} to {lines[-1]})" if lines and piece.first else ""
        return f"{table} {bad.told}{where}"
    row = piece.first - piece.context + bad.place + 1
    where = f" (line {lines[bad.place]})" if lines else ""
    return f"{table} {bad.told}, row {row} of the data{where}"


def _finish(
    parts: Parts, order: Order, model: Model, show: Callable[[bytes], None]
) -> None:
    """Write the whole answer or nothing, or show it."""
    if order.out is None:
        for answer in chain([_HEADER], parts.answers()):
            show(answer)
        return
    answers: Iterator[bytes] = chain([_HEADER], parts.answers())
    if order.to_parquet:
        from helpers.scoring.parquet import score_file

        answers = score_file(parts.answers(), model.threshold)
    with _writing(order):
        write_files({order.out: answers})


def _versions() -> list[str]:
    """Return what the scores may hang on beside table and detector."""
    found = [kit_fingerprint()]
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return found
