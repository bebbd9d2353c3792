"""The pictures of the first lecture; `python -m helpers.book.lecture` draws them."""

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from helpers import plots
from helpers.authoring.course import Course
from helpers.datasets import load
from helpers.files import read_text, write_whole

LECTURE = "docs/first-lecture.md"
_FOLDER = "docs/images/lecture"
_WARM = (12, 1, 2, 3)  # months of the summer of Victoria


def fitted_line() -> Axes:
    """Draw the highest demand of warm days against their heat, with fitted lines.

    The sentence has how much of the variance a line explains with one feature, and with
    a second one: whether the day is from Monday to Friday.
    """
    from sklearn.linear_model import LinearRegression

    days = load("elecdemand").X.resample("D").max()
    days = days[days.index.month.isin(_WARM)]
    heat, peak = days[["Temperature"]], days["Demand"]
    both = heat.assign(weekday=days.index.day_of_week < 5)
    line, plane = (LinearRegression().fit(X, peak) for X in (heat, both))
    one, two = line.score(heat, peak), plane.score(both, peak)

    ax = plt.subplots(figsize=(7, 3.6), dpi=100, layout="constrained")[1]
    for name, marker, chosen in (
        ("Monday to Friday", "o", both["weekday"]),
        ("weekend", "s", ~both["weekday"]),
    ):
        ax.plot(heat[chosen], peak[chosen], marker, ms=4, alpha=0.7, label=name)
    ends = heat.agg(["min", "max"])
    ax.plot(ends, line.predict(ends), color="black", label="fitted line")
    ax.set(xlabel="highest temperature of the day (°C)", ylabel="peak demand (GW)")
    ax.legend(frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_label(
        f"Figure: Peak demand against temperature, {len(days)} warm days, with the "
        f"line demand = {line.intercept_:.2f} + {line.coef_[0]:.2f} * temperature; R² "
        f"{one:.2f}, and {two:.2f} when the weekend is a second feature."
    )
    return ax


PICTURES: dict[str, Callable[[], Axes]] = {
    "fitted-line": fitted_line,
    "autoencoder": lambda: plots.autoencoder_diagram((8, 3, 8)),
    "rnn": plots.rnn_diagram,
    "lstm": plots.lstm_diagram,
    "gru": plots.gru_diagram,
    "encoder-decoder": lambda: plots.encoder_decoder_diagram(3),
    "attention": plots.attention_diagram,
    "online": plots.online_diagram,
}
_IMAGE = re.compile(
    r"^!\[[^\]]*\]\((?P<file>images/lecture/(?P<name>[\w-]+)\.png)\)$", re.M
)


def draw(root: Path) -> str:
    """Draw all pictures into the kit at `root`; return the lecture that tells them.

    Raises `KeyError` for a picture in the lecture that nothing here draws.
    """
    told = {}
    for name, picture in PICTURES.items():
        told[name] = plots.summary(picture()).removeprefix("Figure: ")
        plt.savefig(root / _FOLDER / f"{name}.png")
        plt.close()
    return _IMAGE.sub(
        lambda image: f"![{told[image['name']]}]({image[1]})",
        read_text(root / LECTURE),
    )


if __name__ == "__main__":
    here = Course.here().root
    write_whole(here / LECTURE, draw(here).encode("utf-8"))
