"""What a drawing is made of, and the one function that hands it to matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Patch, Polygon
from matplotlib.path import Path

from helpers.plots.style import GREY, OKABE_ITO, finish, new_axes

__all__ = ["Arrow", "Box", "Drawing", "Frame", "Note", "draw", "operation"]

Point = tuple[float, float]

FONT_SIZE = 10.0
LINE_HEIGHT = 0.27  # inches between the equations under a drawing
GAP = 0.15  # between a drawing and its equations
MARGIN = 0.12
HEADROOM = 0.6

# How each kind of part looks: a colour, and an outline that tells it in grey as well.
KINDS: dict[str, dict[str, Any]] = {
    "value": {"facecolor": "white", "edgecolor": "black", "linewidth": 1.0},
    "learned": {"facecolor": "#CFE6F5", "edgecolor": OKABE_ITO["blue"], "linewidth": 2},
    "operation": {"facecolor": "#EEEEEE", "edgecolor": "black", "linewidth": 1.0},
    "random": {
        "facecolor": "#D6F0E7",
        "edgecolor": OKABE_ITO["green"],
        "linewidth": 1.6,
        "linestyle": ":",
    },
    "score": {
        "facecolor": "#F8E6EF",
        "edgecolor": OKABE_ITO["purple"],
        "linewidth": 1.6,
        "linestyle": "--",
    },
}
KIND_NAMES = {
    "value": "value",
    "learned": "learned weights",
    "operation": "operation",
    "random": "drawn at random",
    "score": "loss or score",
}


@dataclass(frozen=True)
class Box:
    """A part: its name, where its centre is, what it says, and of which kind it is.

    `shape` is "box", "circle", or a trapezoid that gets "narrow" or "wide" from left to
    right, as encoders and decoders are drawn.
    """

    name: str
    at: Point
    label: str
    kind: str = "value"
    size: Point = (0.9, 0.5)
    shape: str = "box"

    def side(self, name: str) -> Point:
        """Return the middle of a side: "left", "right", "top" or "bottom"."""
        sign_x, sign_y = {
            "left": (-1, 0),
            "right": (1, 0),
            "top": (0, 1),
            "bottom": (0, -1),
        }[name]
        return (
            self.at[0] + sign_x * self.size[0] / 2,
            self.at[1] + sign_y * self.size[1] / 2,
        )

    def edge_towards(self, target: Point) -> Point:
        """Return where the line from the centre to `target` leaves the part."""
        step = np.subtract(target, self.at)
        half = np.divide(self.size, 2)
        if self.shape == "circle":
            reach = half[0] / np.hypot(*step)
        else:
            reach = np.min(half[step != 0] / np.abs(step[step != 0]))
        x, y = self.at + reach * step
        return float(x), float(y)


@dataclass(frozen=True)
class Arrow:
    """A line from a part to a part, over the points `via`; its label at `label_at`.

    Ends are a part's name, which means the edge that faces the next point; a name and a
    side, "encoder.top"; or a point. `over` draws it as a bridge over lines it crosses.
    `head` false: a line without a tip, to branch from. `width` in points.
    """

    start: str | Point
    end: str | Point
    via: Sequence[Point] = ()
    label: str = ""
    label_at: Point | None = None
    style: str = "-"
    over: bool = False
    head: bool = True
    width: float = 1.3


@dataclass(frozen=True)
class Note:
    """A text of its own. `align` says which of its sides stands at `at`."""

    at: Point
    text: str
    align: str = "center"
    size: float = FONT_SIZE


@dataclass(frozen=True)
class Frame:
    """A rounded frame around parts, from its lower left to its upper right corner."""

    low: Point
    high: Point


@dataclass(frozen=True)
class Drawing:
    """All parts; `equations` are (name, formula) lines that are set under them.

    `name_width` is the room for the names, `least_width` that for whole lines.
    """

    boxes: Sequence[Box]
    arrows: Sequence[Arrow] = ()
    notes: Sequence[Note] = ()
    frames: Sequence[Frame] = ()
    junctions: Sequence[Point] = ()
    equations: Sequence[tuple[str, str]] = ()
    name_width: float = 1.6
    least_width: float = 0.0

    def extent(self) -> tuple[Point, Point]:
        """Return the lower left and upper right corner, equations and margin in."""
        corners: list[Any] = [
            corner
            for box in self.boxes
            for corner in (
                np.subtract(box.at, np.divide(box.size, 2)),
                np.add(box.at, np.divide(box.size, 2)),
            )
        ]
        corners += [point for arrow in self.arrows for point in arrow.via]
        corners += [
            corner for frame in self.frames for corner in (frame.low, frame.high)
        ]
        corners += [note.at for note in self.notes]
        low, high = np.min(corners, axis=0), np.max(corners, axis=0)
        high[0] = max(high[0], low[0] + self.least_width)
        low[1] -= LINE_HEIGHT * len(self.equations) + GAP * bool(self.equations)
        return tuple(low - MARGIN), tuple(high + MARGIN)


def operation(name: str, at: Point, label: str, **options: Any) -> Box:
    """Return a round operation: "+", a product, a function."""
    size = options.pop("size", (0.34, 0.34))
    return Box(name, at, label, "operation", size, "circle", **options)


def draw(drawing: Drawing, *, title: str, text: str, ax: Axes | None) -> Axes:
    """Draw all parts, and keep `text` as the summary. Returns the axes."""
    low, high = drawing.extent()
    if ax is None:
        ax = _own_axes(*np.subtract(high, low))
    ax = new_axes(ax)
    ax.set_axis_off()
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    for frame in drawing.frames:
        _draw_frame(ax, frame)
    boxes = {box.name: box for box in drawing.boxes}
    for arrow in drawing.arrows:
        _draw_arrow(ax, arrow, route(arrow, boxes))
    for point in drawing.junctions:
        ax.add_patch(Circle(point, 0.04, color="black", zorder=3))
    for box in drawing.boxes:
        _draw_box(ax, box)
    for note in drawing.notes:
        _write(ax, note.at, note.text, note.align, note.size)
    _write_equations(ax, drawing, low)
    finish(ax, key=None, x="", y="", title=title, text=text)
    _draw_key(ax, drawing)
    ax.set_title(title, fontsize=11, pad=26)  # above the key
    return ax


def route(arrow: Arrow, boxes: dict[str, Box]) -> list[Point]:
    """Return the points of an arrow, from the edge of a part to the edge of a part."""
    start = _anchor(arrow.start, boxes)
    end = _anchor(arrow.end, boxes)
    inner = list(arrow.via)
    first = _end(arrow.start, boxes, [*inner, end][0])
    last = _end(arrow.end, boxes, [start, *inner][-1])
    return [first, *inner, last]


# ------------------------------------------------------------------------ details


def _own_axes(width: float, height: float) -> Axes:
    """Return axes of so many inches, with room above for the title and the key."""
    figure = plt.figure(figsize=(width, height + HEADROOM), dpi=100, layout="none")
    return figure.add_axes((0, 0, 1, height / (height + HEADROOM)))


def _anchor(end: str | Point, boxes: dict[str, Box]) -> Point:
    """Return a point that an end may be aimed at."""
    if not isinstance(end, str):
        return end
    name, _, side = end.partition(".")
    return boxes[name].side(side) if side else boxes[name].at


def _end(end: str | Point, boxes: dict[str, Box], towards: Point) -> Point:
    if isinstance(end, str) and "." not in end:
        return boxes[end].edge_towards(towards)
    return _anchor(end, boxes)


def _draw_box(ax: Axes, box: Box) -> None:
    style = {**KINDS[box.kind], "zorder": 4}
    (x, y), (width, height) = box.at, box.size
    left, bottom = x - width / 2, y - height / 2
    if box.shape == "circle":
        ax.add_patch(Circle(box.at, width / 2, **style))
    elif box.shape == "box":
        rounding = 0.12 if box.kind == "value" else 0.02
        shape = f"round,pad=0,rounding_size={rounding}"
        ax.add_patch(FancyBboxPatch((left, bottom), width, height, shape, **style))
    else:
        ax.add_patch(Polygon(_trapezoid(box), closed=True, **style))
    ax.text(x, y, box.label, ha="center", va="center", fontsize=FONT_SIZE, zorder=5)


def _trapezoid(box: Box) -> list[Point]:
    (x, y), (width, height) = box.at, box.size
    left, right = (0.5, 0.28) if box.shape == "narrow" else (0.28, 0.5)
    return [
        (x - width / 2, y - left * height),
        (x - width / 2, y + left * height),
        (x + width / 2, y + right * height),
        (x + width / 2, y - right * height),
    ]


def _draw_frame(ax: Axes, frame: Frame) -> None:
    width, height = np.subtract(frame.high, frame.low)
    patch = FancyBboxPatch(
        frame.low,
        width,
        height,
        "round,pad=0,rounding_size=0.15",
        facecolor="#FAFAFA",
        edgecolor=GREY,
        zorder=1,
    )
    ax.add_patch(patch)


def _draw_arrow(ax: Axes, arrow: Arrow, points: list[Point]) -> None:
    if arrow.over:
        ax.add_line(
            Line2D(*np.transpose(points), color="white", linewidth=6, zorder=2.1)
        )
    patch = FancyArrowPatch(
        path=Path(points),
        arrowstyle="-|>" if arrow.head else "-",
        mutation_scale=12,
        linestyle=arrow.style,
        linewidth=arrow.width,
        color="black",
        fill=arrow.head,
        shrinkA=0,
        shrinkB=0,
        joinstyle="miter",
        zorder=2.2 if arrow.over else 2,
    )
    ax.add_patch(patch)
    if arrow.label and arrow.label_at is not None:
        _write(ax, arrow.label_at, arrow.label, "center", FONT_SIZE)


def _write(ax: Axes, at: Point, text: str, align: str, size: float) -> None:
    ax.text(*at, text, ha=align, va="center", fontsize=size, zorder=5)


def _write_equations(ax: Axes, drawing: Drawing, low: Point) -> None:
    lines = len(drawing.equations)
    for row, (name, formula) in enumerate(drawing.equations):
        y = low[1] + MARGIN + LINE_HEIGHT * (lines - row - 0.5)
        _write(ax, (low[0] + MARGIN, y), name, "left", FONT_SIZE)
        x = low[0] + MARGIN + drawing.name_width
        _write(ax, (x, y), formula, "left", FONT_SIZE + 1)


def _draw_key(ax: Axes, drawing: Drawing) -> None:
    """Say above the drawing which look means what."""
    kinds = [kind for kind in KINDS if any(box.kind == kind for box in drawing.boxes)]
    handles = [Patch(**KINDS[kind], label=KIND_NAMES[kind]) for kind in kinds]
    ax.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=len(handles),
        fontsize=9,
        frameon=False,
        columnspacing=1.2,
        handletextpad=0.5,
    )
