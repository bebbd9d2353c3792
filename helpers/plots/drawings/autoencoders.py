"""Networks that rebuild what they read: autoencoder, VAE, BiGAN."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers._arrays import as_count
from helpers.plots.drawings.canvas import (
    FONT_SIZE,
    Arrow,
    Box,
    Drawing,
    draw,
    operation,
)
from helpers.plots.networks import network_diagram

__all__ = ["autoencoder_diagram", "bigan_diagram", "vae_diagram"]

_NETWORK = (1.35, 1.2)
_VAE_ARROWS = (
    Arrow("x", "encoder"),
    Arrow((2.475, 2.1), "mean.left", via=[(2.75, 2.1), (2.75, 2.6)]),
    Arrow((2.475, 1.7), "spread.left", via=[(2.75, 1.7), (2.75, 1.2)]),
    Arrow("mean", "add"),
    Arrow("spread", "times", label=r"$\sigma$", label_at=(4.3, 1.36)),
    Arrow("noise", "times"),
    Arrow("times", "add"),
    Arrow("add", "z"),
    Arrow("z", "decoder"),
    Arrow("decoder", "rebuilt"),
    Arrow("spread", "divergence", style="--"),
    Arrow("mean", "divergence", style="--"),
    Arrow("x", "error.left", via=[(0.35, 3.75)], style="--"),
    Arrow("rebuilt", "error.right", via=[(8.5, 3.75)], style="--"),
)  # fmt: skip
_VAE_EQUATIONS = (
    ("draw", r"$z = \mu + \sigma \odot \varepsilon$"),
    ("KL", r"$-\frac{1}{2}\,\Sigma_j (1 + \log\sigma_j^2 - \mu_j^2 - "
     r"\sigma_j^2)$, the divergence of $N(\mu, \sigma^2)$ from $N(0, 1)$"),
    ("loss", r"reconstruction error $+\; \beta \cdot$ KL"),
)  # fmt: skip
_BIGAN_ARROWS = (
    Arrow("x", "encoder"),
    Arrow("encoder", "code"),
    Arrow("code", "real"),
    Arrow("x.top", "real.top", via=[(0.65, 3.95), (5.35, 3.95)]),
    Arrow("z", "generator"),
    Arrow("generator", "made"),
    Arrow("made", "forged"),
    Arrow("z.bottom", "forged.bottom", via=[(0.65, -0.05), (5.35, -0.05)]),
    Arrow("real.right", (6.3, 2.2), via=[(6.1, 3.1), (6.1, 2.2)]),
    Arrow("forged.right", (6.3, 1.7), via=[(6.1, 0.8), (6.1, 1.7)]),
    Arrow("discriminator", "verdict"),
)
_BIGAN_EQUATIONS = (
    ("$D$ learns", r"$D(x, E(x)) \to 1$ and $D(G(z), z) \to 0$"),
    ("$E$ and $G$ learn",
     "the opposite: $D$ should not tell the pairs apart"),
    ("score of a row", "how far $G(E(x))$ is from $x$, and what $D$ makes of "
     "$(x, E(x))$"),
)  # fmt: skip


def autoencoder_diagram(
    layer_sizes: Sequence[int],
    *,
    most: int = 8,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a dense autoencoder neuron by neuron, its code marked.

    `layer_sizes` go from the input to the reconstruction, for instance (8, 3, 8); the
    narrowest layer between them is the code. Layers larger than `most` are drawn with
    a gap. Raises `ValueError` unless as many values come out as go in.
    """
    sizes = [as_count(size, "layer size", least=1) for size in layer_sizes]
    if len(sizes) < 3 or sizes[0] != sizes[-1]:
        raise ValueError(
            "layer_sizes of an autoencoder begin and end with the same number and have "
            f"a code between: (8, 3, 8), not {tuple(layer_sizes)}"
        )
    code = 1 + int(np.argmin(sizes[1:-1]))
    names = _layer_names(len(sizes), code)
    ax = network_diagram(sizes, names=names, most=most, title=title, ax=ax)
    _mark_code(ax, code, len(sizes))
    ax.set_xlabel(
        f"{ax.get_xlabel()}; reconstruction error: the mean of " + r"$(x - \hat{x})^2$"
    )
    ax.set_title(title or f"An autoencoder {'-'.join(map(str, sizes))}", fontsize=11)
    parameters = sum((left + 1) * right for left, right in pairwise(sizes))
    ax.set_label(
        f"Figure: Autoencoder {'-'.join(map(str, sizes))} with {parameters:,} "
        f"parameters: the encoder turns {sizes[0]} values into a code of "
        f"{sizes[code]}, the decoder rebuilds {sizes[-1]} values from it; how far they "
        "are from the input is the reconstruction error."
    )
    return ax


def _layer_names(layers: int, code: int) -> list[str]:
    hidden = ["hidden"] * layers
    hidden[0], hidden[code], hidden[-1] = "input $x$", "code $z$", r"rebuilt $\hat{x}$"
    return hidden


def _mark_code(ax: Axes, code: int, layers: int) -> None:
    """Frame the code's layer, and say above which part is encoder and decoder."""
    low, high = ax.get_ylim()
    top = high + 0.16 * (high - low)
    ax.set_ylim(low, top)
    frame: dict[str, Any] = {"fill": False, "linestyle": ":", "linewidth": 1.5}
    height = 0.98 * (high - low)
    ax.add_patch(Rectangle((code - 0.2, high - height), 0.4, height, zorder=3, **frame))
    for name, left, right in (("encoder", 0, code), ("decoder", code, layers - 1)):
        arrow = {"arrowstyle": "-|>", "linewidth": 1.3, "color": "black"}
        y = high + 0.04 * (high - low)
        ax.annotate(
            "",
            (right - 0.05, y),
            (left + 0.05, y),
            arrowprops=arrow,
            annotation_clip=False,
        )
        ax.text(
            (left + right) / 2,
            y + 0.02 * (high - low),
            name,
            ha="center",
            va="bottom",
            fontsize=FONT_SIZE,
        )


def vae_diagram(
    layer_sizes: Sequence[int] = (18, 15, 7, 2),
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a variational autoencoder: means, spreads, the draw between, the two losses.

    `layer_sizes` go from the input to the code; the decoder mirrors them. Kingma and
    Welling (2014).
    """
    features, *hidden, code = _sizes_to_code(layer_sizes)
    return draw(
        Drawing(
            boxes=_vae_boxes(features, hidden, code),
            arrows=_VAE_ARROWS,
            equations=_VAE_EQUATIONS,
            name_width=0.7,
        ),
        title=title or "A variational autoencoder",
        text=f"variational autoencoder: the encoder turns {features} values into "
        f"{code} means and {code} log variances; a code is drawn from them, and the "
        f"decoder rebuilds {features} values from the draw; the loss adds the "
        "reconstruction error and the KL divergence of the code's distribution from "
        "N(0, 1)",
        ax=ax,
    )  # fmt: skip


def _vae_boxes(features: int, hidden: list[int], code: int) -> list[Box]:
    back = [*reversed(hidden), features]
    return [
        Box("x", (0.35, 1.9), f"$x$\n{features}", size=(0.6, 0.6)),
        Box("encoder", (1.8, 1.9), _named("encoder", hidden), "learned", _NETWORK,
            "narrow"),
        Box("mean", (3.45, 2.6), rf"$\mu$: {code}", "learned", (0.9, 0.5)),
        Box("spread", (3.45, 1.2), rf"$\log\sigma^2$: {code}", "learned", (0.9, 0.5)),
        Box("noise", (4.85, 0.35), "$\\varepsilon \\sim N(0, 1)$", "random",
            (1.15, 0.46)),
        operation("times", (4.85, 1.2), r"$\odot$"),
        operation("add", (4.85, 2.6), "$+$"),
        Box("z", (5.75, 2.6), f"$z$\n{code}", size=(0.6, 0.6)),
        Box("decoder", (7.1, 2.6), _named("decoder", back), "learned", _NETWORK,
            "wide"),
        Box("rebuilt", (8.5, 2.6), r"$\hat{x}$" + f"\n{features}", size=(0.6, 0.6)),
        Box("divergence", (3.45, 1.9), "KL", "score", (0.9, 0.46)),
        Box("error", (7.1, 3.75), "reconstruction error", "score", (2.2, 0.46)),
    ]  # fmt: skip


def bigan_diagram(
    layer_sizes: Sequence[int] = (18, 128, 6),
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a BiGAN: encoder, generator, and a discriminator that judges pairs.

    `layer_sizes` are those of the encoder, from the row to the code; the generator
    mirrors them. Donahue et al. (2017).
    """
    features, *hidden, code = _sizes_to_code(layer_sizes)
    return draw(
        Drawing(
            boxes=_bigan_boxes(features, hidden, code),
            arrows=_BIGAN_ARROWS,
            equations=_BIGAN_EQUATIONS,
        ),
        title=title or "A bidirectional GAN judges pairs of a row and a code",
        text=f"bidirectional GAN of 3 networks: encoder E makes a code of {code} from "
        f"a row of {features}, generator G makes a row from a random code; the "
        "discriminator D sees pairs, a real row with its code or a made row with the "
        "code it was made from, and learns to tell which kind a pair is",
        ax=ax,
    )  # fmt: skip


def _bigan_boxes(features: int, hidden: list[int], code: int) -> list[Box]:
    back = [*reversed(hidden), features]
    return [
        Box("x", (0.65, 3.1), f"row $x$\n{features}", size=(1.0, 0.6)),
        Box("encoder", (2.3, 3.1), _named("encoder $E$", hidden), "learned", _NETWORK,
            "narrow"),
        Box("code", (3.85, 3.1), f"$E(x)$\n{code}", size=(0.8, 0.6)),
        Box("real", (5.35, 3.1), "pair\n$(x, E(x))$", size=(1.1, 0.62)),
        Box("z", (0.65, 0.8), "$z \\sim N(0, 1)$\n" + f"{code}", "random", (1.15, 0.6)),
        Box("generator", (2.3, 0.8), _named("generator $G$", back), "learned", _NETWORK,
            "wide"),
        Box("made", (3.85, 0.8), f"$G(z)$\n{features}", size=(0.8, 0.6)),
        Box("forged", (5.35, 0.8), "pair\n$(G(z), z)$", size=(1.1, 0.62)),
        Box("discriminator", (6.95, 1.95), "discriminator\n$D$", "learned",
            (1.3, 1.2), "narrow"),
        Box("verdict", (8.5, 1.95), "which kind\nof pair?", "score", (1.1, 0.62)),
    ]  # fmt: skip


def _sizes_to_code(layer_sizes: Sequence[int]) -> list[int]:
    sizes = [as_count(size, "layer size", least=1) for size in layer_sizes]
    if len(sizes) < 2:
        raise ValueError("layer_sizes go from the input to the code: (18, 15, 7, 2)")
    return sizes


def _named(name: str, sizes: Sequence[int]) -> str:
    return f"{name}\n{'-'.join(map(str, sizes))}" if sizes else name
