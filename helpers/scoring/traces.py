"""`workshop traces score`: is a trace an anomaly, segment by segment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from helpers.errors import KitError
from helpers.files import check_out, read_text, user_path, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from helpers.logs.event_predictions import TracePredictions

__all__ = ["app", "read_events", "trace_report"]

app = typer.Typer(
    help="Judge traces of events by a saved detector.", no_args_is_help=True
)


@app.callback()
def traces() -> None:
    """Judge traces of events by a saved detector."""


@app.command("score")
def score(
    model: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            metavar="PATH",
            help="A detector of events, by detector.to_onnx or detector.save. The "
            "latter's file can run code: name only one you trust.",
        ),
    ],
    trace: Annotated[
        Path,
        typer.Argument(
            parser=user_path,
            metavar="PATH",
            help="Events: a CSV with columns class and event, or a text, one a line.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            parser=user_path,
            metavar="PATH",
            help="The report: a CSV, a row per segment.",
        ),
    ] = None,
    stretches: Annotated[
        int, typer.Option(min=0, help="How many of the worst stretches to print.")
    ] = 0,
) -> None:
    """Say whether a trace is an anomaly, and which of its segments are.

    Exit status 0 either way; 1, with a line, where it can't be told. `--stretches`
    needs a detector that foretells events.
    """
    from helpers.scoring.event_models import read_event_detector

    if out is not None:
        check_out(out, model, trace)
    try:
        detector = read_event_detector(model)
        events = read_events(trace)
        told = _foretold(detector, events, model) if stretches else None
        report = trace_report(detector, events, told)
    except (OSError, ValueError) as error:
        raise KitError(str(error)) from None
    flagged = int(report["anomaly"].sum())
    verdict = "anomaly" if flagged else "not an anomaly"
    typer.echo(
        f"{verdict}: {flagged} of {len(report)} segments of {detector.segment} events "
        f"above {detector.segment_threshold_:.4g}, the highest "
        f"{report['value'].max():.4g}"
    )
    for line in [] if told is None else _worst(told, stretches):
        typer.echo(line)
    if out is not None:
        write_whole(out, report.to_csv(index_label="segment").encode())


def trace_report(
    detector: Any, events: list[str], foretold: "TracePredictions | None" = None
) -> "pd.DataFrame":
    """Return a row per segment of a trace: its first event, its value, the verdict.

    `detector` is one of events, fitted on texts; `foretold` is what it foretells of
    these, if that is known already. Raises `ValueError` where the trace is too short
    for a value.
    """
    import pandas as pd

    if foretold is None:
        values = detector.segment_values(events)
    else:
        values = foretold.misclassification(detector.segment)
    starts = [number * detector.segment for number in range(len(values))]
    return pd.DataFrame(
        {
            "first event": starts,
            "value": values,
            "threshold": detector.segment_threshold_,
            "anomaly": (values > detector.segment_threshold_).astype(int),
        }
    )


def read_events(path: Path) -> list[str]:
    """Return the events of a file: a CSV of class and event, or a text, one a line.

    Class and event become one text, as the published tokens: see `joined_events`.
    Raises `KitError` on any other file, in one line.
    """
    if path.suffix.lower() == ".csv":
        from helpers.datasets.readers.traces import read_trace
        from helpers.logs.events import joined_events

        table = read_trace(path)
        return joined_events(table["class"], table["event"])
    events = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if not events:
        raise KitError(f"{path} has no events")
    return events


def _foretold(detector: Any, events: list[str], model: Path) -> "TracePredictions":
    if not hasattr(detector, "predict_trace"):
        raise KitError(f"{model} foretells no events, so no stretch is told")
    return detector.predict_trace(events)


def _worst(foretold: "TracePredictions", count: int) -> list[str]:
    """Return the worst stretches as text lines."""
    found = foretold.worst_stretches()[:count]
    if not found:
        return ["no stretch of 25 events has more than 19 foretold wrongly"]
    return [
        f"from event {one.start}, {one.wrong} of {len(one.events)} foretold wrongly: "
        f"{' '.join(one.events)}"
        for one in found
    ]
