"""`workshop stream`: prepare a data set, fit a detector, follow the stream.

Each command works in a folder of the data set, `streams/DATASET` unless `--folder`
names another; what one writes the next one reads.
"""

import contextlib
import io
import time
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpers.errors import KitError
from helpers.files import user_path, write_whole
from helpers.text import count

if TYPE_CHECKING:
    import pandas as pd

    from helpers.datasets.streams import Stream
    from helpers.streams.online import OnlineDetector
    from helpers.streams.rows import Batch, Position, Source
    from helpers.streams.settings import StreamSettings
    from helpers.streams.sources import CsvSource

app = typer.Typer(
    help="Prepare a stream, fit a detector on its start, follow the rest.",
    no_args_is_help=True,
)

SETTINGS, PUBLISHED, DETECTOR = "settings.toml", "published.toml", "initial.detector"

Name = Annotated[str, typer.Argument(metavar="DATASET", help="Name of a stream.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        parser=user_path,
        metavar="PATH",
        help="Where all files lie; streams/DATASET if not named.",
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        parser=user_path, metavar="PATH", help="A settings file, not the folder's."
    ),
]


@app.command("prepare")
def prepare(
    dataset: Name,
    folder: Folder = None,
    power_labels: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="A CSV of days or stretches (power_demand).",
        ),
    ] = None,
    kdd_columns: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="A file of column names (smtp, http).",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="The full file, where it can be had.")
    ] = False,
    becomes_normal: Annotated[
        str | None, typer.Option(help="A kind that is no anomaly later (satellite).")
    ] = None,
    calendar: Annotated[
        bool, typer.Option("--calendar", help="Hour and weekday, known to the decoder.")
    ] = False,
) -> None:
    """Write a stream as stream.csv and stream.toml, and settings to be edited.

    The files have the same shape for all streams. A settings file that is there stays.
    """
    from helpers.datasets.streams import load_stream, write_stream
    from helpers.streams.starting import with_calendar

    options = {
        "labels": power_labels,
        "columns": kdd_columns,
        "full": full or None,
        "becomes_normal": becomes_normal,
    }
    with _told():
        stream = load_stream(dataset, **{k: v for k, v in options.items() if v})
        stream = with_calendar(stream) if calendar else stream
        place = write_stream(stream, folder or Path("streams", stream.name))
        _write_settings(stream, place)
    typer.echo(f"{stream!r}")
    typer.echo(f"{place}: stream.csv, stream.toml, {SETTINGS}")
    for note in stream.notes:
        typer.echo(f"Note: {note}")


@app.command("init")
def initialise(
    dataset: Name, folder: Folder = None, settings: SettingsFile = None
) -> None:
    """Fit the detector on the first rows, and keep it as initial.detector."""
    work = _Work.of(dataset, folder, settings)
    with _told():
        started = time.perf_counter()
        first = work.first_batch
        online = work.settings.online_detector(work.settings.detector(), updates=False)
        online.fit(first.windows, first.points)
        online.detector_.save(work.folder / DETECTOR)
        seconds = time.perf_counter() - started
    anomalous = int(first.labels(work.settings.online.anomalous_points).sum())
    typer.echo(
        f"{work.settings.initial.detector} on {count(len(first.windows), 'window')} of "
        f"{work.settings.window} rows, {anomalous} of them anomalous: threshold "
        f"{online.threshold_:.4g}, {seconds:.1f} s"
    )
    typer.echo(f"{work.folder / DETECTOR}")


@app.command("run")
def run(
    dataset: Name,
    folder: Folder = None,
    settings: SettingsFile = None,
    stationary: Annotated[
        bool, typer.Option("--stationary", help="Score only; never update.")
    ] = False,
    follow: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds to wait for new rows; 0: the file's end is the end."
        ),
    ] = 0.0,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin again, not where a run stopped.")
    ] = False,
    kafka: Annotated[
        str | None, typer.Option(help="HOST:PORT of a broker, whose topic is followed.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="The topic; named as the stream if not named.")
    ] = None,
) -> None:
    """Follow the stream: score, reveal labels, update; print ROC-AUC, TPR and FPR.

    A run that was stopped, even killed, is gone on with by the same command. What it
    says is kept in FOLDER/adaptive, or FOLDER/stationary: record.csv has a row per
    window, periods.csv the table, versions.csv the updates.
    """
    work = _Work.of(dataset, folder, settings)
    place = work.folder / ("stationary" if stationary else "adaptive")
    with _told():
        online = work.online(updates=not stationary)
        if anew:
            _remove(place)
        typer.echo(work.told(online))
        record = _followed(work, online, place, work.rest(follow, kafka, topic))
        table = _table(record, place)
    write_whole(place / "periods.csv", table.to_csv(index_label="period").encode())
    typer.echo(table.round(4).to_string(na_rep="-"))


@app.command("send")
def send(
    dataset: Name,
    kafka: Annotated[str, typer.Option(help="HOST:PORT of a broker.")],
    topic: Annotated[
        str | None, typer.Option(help="The topic; named as the stream if not named.")
    ] = None,
    folder: Folder = None,
    settings: SettingsFile = None,
) -> None:
    """Send the rows after the initialisation to a Kafka topic, one message a row.

    They go to partition 0, in order; `run --kafka` follows them.
    """
    import numpy as np

    from helpers.streams.kafka import publish

    work = _Work.of(dataset, folder, settings)
    sent = 0
    with _told():
        for rows in work.source().read(work.first_batch.position.mark):
            lines = np.column_stack([rows.values, np.asarray(rows.labels)])
            sent += publish(kafka, topic or work.name, lines)
    typer.echo(f"{count(sent, 'row')} sent to topic {topic or work.name} at {kafka}")


@app.command("search")
def search(
    dataset: Name,
    folder: Folder = None,
    settings: SettingsFile = None,
    lengths: Annotated[str, typer.Option(help="Window lengths: 10,20,40")] = "10,20,30",
    hidden: Annotated[str, typer.Option(help="Hidden sizes: 5,15,25")] = "5,15,25",
    repeats: Annotated[int, typer.Option(min=1, help="Fits per cell.")] = 1,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a fit, at most.")] = 30,
) -> None:
    """Try window lengths and hidden sizes on the first rows; write the best ones.

    The measure is the reconstruction error of anomalous windows over that of normal
    ones. search.csv has all cells, search.png draws them; the best length and size are
    written into the settings file.
    """
    import numpy as np

    from helpers.streams.search import best_of, error_ratios
    from helpers.streams.settings import change_settings

    work = _Work.of(dataset, folder, settings)
    with _told():
        first = work.first_batch
        ratios = error_ratios(
            (
                first.windows.reshape(-1, first.windows.shape[2]),
                np.asarray(first.points).ravel(),
            ),
            work.maker(epochs),
            lengths=_numbers(lengths, "--lengths"),
            hidden=_numbers(hidden, "--hidden"),
            repeats=repeats,
        )
        length, size, ratio = best_of(ratios)
        write_whole(work.folder / "search.csv", ratios.to_csv().encode())
        write_whole(work.folder / "search.png", _heat_map(ratios, work.name))
        best = {"window": length, "initial.parameters.units": size}
        change_settings(work.settings_path, best)
    typer.echo(ratios.round(3).to_string(na_rep="-"))
    typer.echo(f"Best: window {length}, hidden {size}: {ratio:.3f}")
    typer.echo(f"{work.settings_path} has them now; {work.folder}: search.csv, .png")


# ------------------------------------------------------------------------ details


@dataclass(frozen=True)
class _Work:
    """The folder of a stream, and what lies in it."""

    folder: Path
    name: str
    features: tuple[str, ...]
    settings_path: Path
    settings: "StreamSettings"

    @classmethod
    def of(cls, dataset: str, folder: Path | None, settings: Path | None) -> "_Work":
        from helpers.streams.settings import read_settings

        place = folder or Path("streams", dataset)
        name, features = _named(place, dataset)
        if name != dataset:
            raise KitError(f"{place} holds the stream {name}, not {dataset}")
        path = settings or place / SETTINGS
        return cls(place, name, features, path, read_settings(path))

    def source(self, wait: float = 0.0) -> "CsvSource":
        from helpers.streams.sources import CsvSource

        path = self.folder / "stream.csv"
        return CsvSource(path, features=self.features, label="y", wait=wait)

    def rest(
        self, follow: float, kafka: str | None, topic: str | None
    ) -> "tuple[Source, Position, bool]":
        """Return what comes after the first rows, where it begins, whether it ends."""
        from helpers.streams.kafka import KafkaSource
        from helpers.streams.rows import START

        if kafka is None:
            return self.source(follow), self.first_batch.position, not follow
        columns = (*self.features, "y")
        wait = follow or 1.0
        source = KafkaSource(kafka, topic or self.name, columns, label="y", wait=wait)
        return source, START, not follow

    @cached_property
    def first_batch(self) -> "Batch":
        """Return the windows that the initialisation takes, as one batch."""
        from helpers.streams.rows import batches

        steps, rows = self.settings.window, self.settings.initial.rows
        if rows < steps:
            raise KitError(
                f"{self.settings_path}: initial.rows = {rows} is less than one window "
                f"of {steps}"
            )
        size = rows // steps
        first = next(batches(self.source(), steps=steps, batch=size), None)
        if first is None or len(first.windows) < size:
            raise KitError(
                f"{self.settings_path}: initial.rows = {rows} is more than the "
                f"stream in {self.folder} has"
            )
        return first

    def online(self, *, updates: bool) -> "OnlineDetector":
        """Return the fitted detector, ready to follow the stream."""
        from helpers.detectors.base import Detector

        path = self.folder / DETECTOR
        if not path.is_file():
            raise KitError(
                f"{path} is missing; fit one: workshop stream init {self.name}"
            )
        detector = Detector.load(path)
        self._check_fitted(detector, path)
        updates = updates and self.settings.online.updates
        first = self.first_batch
        online = self.settings.online_detector(detector, updates=updates)
        return online.fit(first.windows, first.points)

    def _check_fitted(self, detector: Any, path: Path) -> None:
        """Raise `KitError` where the settings ask for another detector than is kept."""
        wanted, kept = self.settings.detector().get_params(), detector.get_params()
        other = type(detector).__name__ != self.settings.initial.detector
        if other or wanted != kept or detector.n_steps_in_ != self.settings.window:
            raise KitError(
                f"{path} was fitted with other settings than {self.settings_path} has; "
                f"fit it again: workshop stream init {self.name}"
            )

    def maker(self, epochs: int) -> Any:
        """Return what makes a detector of a hidden size, for the search."""
        base = self.settings.detector()
        if not {"units", "epochs", "random_state"} <= set(base.get_params()):
            raise KitError(
                f"{type(base).__name__} has no units to search; name another detector "
                f"in {self.settings_path}"
            )
        seed = int(base.random_state or 0)

        def make(size: int, repeat: int) -> Any:
            from sklearn.base import clone

            options = {"units": size, "epochs": epochs, "random_state": seed + repeat}
            return clone(base).set_params(**options)

        return make

    def told(self, online: "OnlineDetector") -> str:
        """Return the settings in use, in a line."""
        own = self.settings.online
        window = self.settings.window
        told = f"{self.name}: windows of {window}, batch {own.batch}"
        if not online.updates:
            return f"{told}, no updates"
        return (
            f"{told}, hard from {own.hard_points} points, update at {own.full} batches "
            f"of hard windows, {count(own.update_epochs, 'epoch')}, reestimate "
            f"{own.reestimate}"
        )


def _named(place: Path, dataset: str) -> tuple[str, tuple[str, ...]]:
    """Return the name of the stream in a folder, and those of its features.

    Its rows are not looked at: there may be more of them by now.
    """
    path = place / "stream.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return str(told["name"]), tuple(map(str, told["features"]))
    except FileNotFoundError:
        raise KitError(
            f"{place} has no stream; write one: workshop stream prepare {dataset}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise KitError(
            f"{path} can't be read; write it again: workshop stream prepare {dataset}"
        ) from None


def _followed(
    work: _Work,
    online: "OnlineDetector",
    place: Path,
    rest: "tuple[Source, Position, bool]",
) -> "pd.DataFrame":
    """Run the stream to its end; say how it went; return the record."""
    from helpers.streams.running import StreamRun, known_labels

    own = work.settings.online
    source, begin, ends = rest
    followed = StreamRun(
        online,
        source,
        known_labels(own.anomalous_points),
        folder=place,
        every=own.checkpoint_every,
        delay=own.delay,
        ends=ends,
        begin=begin,
    )
    try:
        record = followed.run()
    except KeyboardInterrupt:
        _tell("stopped; the same command goes on from the last checkpoint")
        raise typer.Exit(130) from None
    versions = followed.online.versions_
    write_whole(place / "versions.csv", versions.to_csv(index=False).encode())
    typer.echo(
        f"{count(len(record), 'window')}, "
        f"{count(followed.online.n_updates_, 'update')} in "
        f"{followed.online.update_seconds_:.1f} s; all took {followed.seconds:.1f} s"
    )
    return record


def _table(record: "pd.DataFrame", place: Path) -> "pd.DataFrame":
    """Return ROC-AUC, TPR and FPR, overall and per period of the adaptive run.

    The ROC-AUC of the other run, stationary or adaptive, stands beside, if it was made.
    """
    from helpers.streams.reports import period_table, update_batches
    from helpers.streams.running import RECORD, read_record

    other = "adaptive" if place.name == "stationary" else "stationary"
    path = place.parent / other / RECORD
    runs = {place.name: record} | ({other: read_record(path)} if path.is_file() else {})
    after = update_batches(runs["adaptive"]) if "adaptive" in runs else []
    table = period_table(record, after=after)
    if other in runs:
        table[f"auc_{other}"] = period_table(runs[other], after=after)["auc"]
    return table


def _write_settings(stream: "Stream", place: Path) -> None:
    """Write settings that can be edited, and the published ones beside them."""
    from helpers.streams.settings import settings_text
    from helpers.streams.starting import published_settings, starting_settings

    ours, published = starting_settings(stream), published_settings(stream)
    beside = {}
    if published is not None:
        beside = {
            "window": published.window,
            "initial.rows": published.initial.rows,
            "initial.parameters.units": published.initial.parameters["units"],
            **{
                f"online.{name}": getattr(published.online, name)
                for name in ("batch", "hard_points", "full")
            },
        }
        text = settings_text(published, title=f"{stream.name}, as published (Li, 2018)")
        write_whole(place / PUBLISHED, text.encode())
    if not (place / SETTINGS).exists():
        title = f"{stream.name}: edit what you like"
        text = settings_text(ours, title=title, beside=beside)
        write_whole(place / SETTINGS, text.encode())


def _remove(place: Path) -> None:
    from helpers.locks import only_one_in
    from helpers.streams.running import CHECKPOINT, RECORD

    if place.is_dir():
        with only_one_in(place):
            for name in (CHECKPOINT, RECORD):
                (place / name).unlink(missing_ok=True)


def _heat_map(ratios: "pd.DataFrame", name: str) -> bytes:
    from matplotlib.figure import Figure

    from helpers.plots import heat_map

    figure = Figure(figsize=(2.2 + 0.8 * ratios.shape[1], 1.8 + 0.45 * len(ratios)))
    heat_map(
        ratios.dropna(),
        name="error ratio",
        title=f"{name}: error of anomalous over normal windows",
        ax=figure.add_subplot(),
    )
    kept = io.BytesIO()
    figure.savefig(kept, format="png", dpi=120, bbox_inches="tight")
    return kept.getvalue()


def _numbers(text: str, name: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1 or len(set(found)) < len(found):
        raise KitError(f"{name} wants whole numbers, such as 10,20,30; got {text!r}")
    return found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises of bad input, and its warnings, into lines."""
    with warnings.catch_warnings():
        warnings.showwarning = _tell
        try:
            yield
        except (ValueError, OSError, ImportError) as error:
            raise KitError(str(error)) from None


def _tell(message: Any, *_: Any, **__: Any) -> None:
    typer.echo(f"workshop: {message}", err=True)
