"""A detector that goes on learning: batches, an expert, buffers, updates."""

from matplotlib.axes import Axes

from helpers._arrays import as_count
from helpers.plots.drawings.canvas import Arrow, Box, Drawing, draw
from helpers.text import count

__all__ = ["online_diagram"]

_BUFFER = (2.2, 0.5)
_ARROWS = (
    Arrow("stream", "batch"),
    Arrow("batch", "detector"),
    Arrow("detector", "scores"),
    Arrow("scores", "alarms"),
    Arrow("alarms", "expert"),
    Arrow("expert", "normal"),
    Arrow("expert.left", "abnormal.right", via=[(6.35, 2.1), (6.35, 2.7)]),
    Arrow("expert.left", "errors.right", via=[(6.35, 2.1), (6.35, 1.5)]),
    Arrow("normal", "update"),
    Arrow("abnormal.left", "update.right", via=[(2.8, 2.7), (2.8, 2.1)]),
    Arrow("errors.left", "update.right", via=[(2.8, 1.5), (2.8, 2.1)]),
    Arrow("update.top", "detector.bottom", via=[(1.6, 3.1), (3.8, 3.1)]),
)


def online_diagram(
    *,
    batch: int = 8,
    hard: int = 4,
    full: int = 50,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a detector learns from a stream: score, ask, keep, update.

    `batch` windows are scored at once; a normal window with at least `hard` points
    above the threshold is a hard one; an update is due when `full` batches of hard
    windows and an anomalous one are kept.
    """
    batch, hard, full = (
        as_count(value, name, least=1)
        for value, name in ((batch, "batch"), (hard, "hard"), (full, "full"))
    )
    return draw(
        Drawing(
            boxes=_boxes(batch),
            arrows=_ARROWS,
            equations=[
                ("hard", f"a normal window with at least {count(hard, 'point')} above "
                 "the threshold"),
                ("update", f"when {count(full, 'batch', 'batches')} of hard windows "
                 "and an anomalous one are kept; then all are emptied"),
            ],
            name_width=0.8,
        ),
        title=title or "A detector that goes on learning",
        text=f"online detection: batches of {count(batch, 'window')} are scored, then "
        "an expert reveals their labels; anomalous windows, hard normal windows (at "
        f"least {count(hard, 'point')} above the threshold) and errors of normal "
        f"windows are kept, and when {count(full, 'batch', 'batches')} of hard windows "
        "are there the detector's weights and threshold are updated from them",
        ax=ax,
    )  # fmt: skip


def _boxes(batch: int) -> list[Box]:
    return [
        Box("stream", (0.5, 3.7), "stream", size=(0.8, 0.5)),
        Box("batch", (2.0, 3.7), f"batch of\n{count(batch, 'window')}",
            size=(1.1, 0.6)),
        Box("detector", (3.8, 3.7), "detector", "learned", (1.1, 0.6)),
        Box("scores", (5.6, 3.7), "scores and\nthreshold", "score", (1.15, 0.6)),
        Box("alarms", (7.5, 3.7), "alarms", size=(0.9, 0.5)),
        Box("expert", (7.5, 2.1), "expert: labels,\nafter scoring", "operation",
            (1.4, 0.7)),
        Box("abnormal", (4.65, 2.7), "anomalous windows", size=_BUFFER),
        Box("normal", (4.65, 2.1), "hard normal windows", size=_BUFFER),
        Box("errors", (4.65, 1.5), "errors of normal windows", size=_BUFFER),
        Box("update", (1.6, 2.1), "update:\nweights and\nthreshold", "operation",
            (1.35, 0.9)),
    ]  # fmt: skip
