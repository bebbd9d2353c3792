"""Every drawing: its parts are there, no text or arrow lies over another part."""

from itertools import combinations, pairwise

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch
from matplotlib.transforms import Bbox

from helpers import plots
from helpers.plots.drawings import canvas

SIZES = {
    "rnn, two steps": lambda: plots.rnn_diagram(2),
    "rnn, four steps": lambda: plots.rnn_diagram(4),
    "rnn, many steps": lambda: plots.rnn_diagram(48),
    "rnn, every step": lambda: plots.rnn_diagram(5, every_step=True),
    "lstm": plots.lstm_diagram,
    "gru": plots.gru_diagram,
    "gru, reset before": lambda: plots.gru_diagram(reset_after=False),
    "autoencoder 8-3-8": lambda: plots.autoencoder_diagram((8, 3, 8)),
    "autoencoder, deep": lambda: plots.autoencoder_diagram((100, 64, 16, 64, 100)),
    "autoencoder, deeper": lambda: plots.autoencoder_diagram((18, 15, 7, 2, 7, 15, 18)),
    "vae": plots.vae_diagram,
    "vae, small": lambda: plots.vae_diagram((9, 2)),
    "vae, large": lambda: plots.vae_diagram((118, 128, 64, 10)),
    "bigan": plots.bigan_diagram,
    "bigan, small": lambda: plots.bigan_diagram((9, 2)),
    "bigan, large": lambda: plots.bigan_diagram((118, 128, 64, 10)),
    **{
        f"encoder-decoder of {steps}, {reads}, backwards {backwards}": (
            lambda steps=steps, reads=reads, backwards=backwards: (
                plots.encoder_decoder_diagram(
                    steps, decoder_reads=reads, backwards=backwards
                )
            )
        )
        for steps, reads, backwards in (
            (2, "own", True),
            (2, "true", False),
            (3, "code", True),
            (3, "nothing", False),
            (48, "own", False),
            (48, "true", True),
            (48, "code", False),
        )
    },
    "attention": plots.attention_diagram,
    "attention over two": lambda: plots.attention_diagram((0.9, 0.1)),
    "attention over six": lambda: plots.attention_diagram([1 / 6] * 6),
    "online": plots.online_diagram,
    "online, large": lambda: plots.online_diagram(batch=128, hard=10, full=1000),
}
each_drawing = pytest.mark.parametrize("name", SIZES)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def rendered(name):
    """Return the axes of a drawing, and the boxes of its texts in pixels."""
    ax = SIZES[name]()
    ax.figure.canvas.draw()
    texts = [*ax.texts, ax.title, *(ax.get_legend().texts if ax.get_legend() else [])]
    if ax.axison:
        texts += [*ax.get_xticklabels(), ax.xaxis.label, ax.yaxis.label]
    shown = [text for text in texts if text.get_text().strip()]
    return ax, {text: text.get_window_extent() for text in shown}


def arrows_of(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def said(ax):
    return " ".join(text.get_text().replace("\n", " ") for text in ax.texts)


def shrunk(box, pixels):
    return Bbox.from_extents(
        box.x0 + pixels, box.y0 + pixels, box.x1 - pixels, box.y1 - pixels
    )


def crosses(points, box):
    path = mpl.path.Path(points)
    return path.intersects_bbox(box, filled=False)


@each_drawing
def test_no_text_lies_over_another_or_is_small(name):
    _, boxes = rendered(name)
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        assert not shrunk(first, 0.5).overlaps(second), (one, other)
    assert min(text.get_fontsize() for text in boxes) >= 9


@each_drawing
def test_nothing_is_cut_off(name):
    ax, boxes = rendered(name)
    width, height = ax.figure.canvas.get_width_height()
    for text, box in boxes.items():
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= width, text
        assert box.y1 <= height, text


@each_drawing
def test_no_arrow_runs_through_a_text(name):
    ax, boxes = rendered(name)
    for arrow in arrows_of(ax):
        points = ax.transData.transform(arrow._path_original.vertices)
        for text, box in boxes.items():
            assert not crosses(points, shrunk(box, 1)), (text, points)


@each_drawing
def test_a_drawing_fits_a_notebook(name):
    ax, _ = rendered(name)
    width, height = ax.figure.get_size_inches()
    assert width <= 9.6
    assert height <= 7


@pytest.fixture
def drawn(monkeypatch):
    """Collect the data of the drawings that are made."""
    collected = []
    original = canvas.draw

    def remember(drawing, **options):
        collected.append(drawing)
        return original(drawing, **options)

    for module in ("recurrent", "autoencoders", "sequences", "online"):
        monkeypatch.setattr(f"helpers.plots.drawings.{module}.draw", remember)
    return collected


def is_inside(point, box, slack=0.02):
    distance = np.abs(np.subtract(point, box.at))
    if box.shape == "circle":
        return bool(np.hypot(*distance) < box.size[0] / 2 - slack)
    return bool((distance < np.divide(box.size, 2) - slack).all())


@each_drawing
def test_arrows_end_at_parts_and_pass_through_none(name, drawn):
    SIZES[name]()
    for drawing in drawn:
        boxes = {box.name: box for box in drawing.boxes}
        assert len(boxes) == len(drawing.boxes), "two parts of one name"
        for arrow in drawing.arrows:
            points = canvas.route(arrow, boxes)
            for box in boxes.values():
                for start, end in pairwise(points):
                    between = np.linspace(start, end, 60)
                    assert not any(is_inside(p, box) for p in between), (arrow, box)


@each_drawing
def test_parts_do_not_lie_over_each_other_and_hold_their_labels(name, drawn):
    ax, texts = rendered(name)
    for drawing in drawn:
        for one, other in combinations(drawing.boxes, 2):
            apart = np.abs(np.subtract(one.at, other.at))
            room = np.add(one.size, other.size) / 2
            assert (apart >= room - 0.01).any(), (one, other)
        for box in drawing.boxes:
            (label,) = [
                text for text in texts if np.allclose(text.get_position(), box.at)
            ]
            width = texts[label].width / ax.figure.dpi
            share = 0.78 if box.shape in ("narrow", "wide") else 1
            assert width <= box.size[0], box
            assert texts[label].height / ax.figure.dpi <= share * box.size[1], box


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("rnn, many steps", ["$x_{48}$", r"\hat{y}_{48}", "$h_{1}$", "$W$", "$U$"]),
        ("lstm", ["forget gate", "input gate", "output gate", "$c_t$", "$h_t$",
                  r"$c_t = f_t \odot c_{t-1} + i_t \odot \tilde{c}_t$"]),
        ("gru", ["update gate", "reset gate", "candidate", r"r_t \odot (W_h",
                 r"$h_t = z_t \odot h_{t-1} + (1 - z_t) \odot \tilde{h}_t$"]),
        ("gru, reset before", [r"W_h(r_t \odot h_{t-1})"]),
        ("autoencoder 8-3-8", ["encoder", "decoder"]),
        ("vae", [r"$\mu$: 2", r"\log\sigma^2", "KL", "encoder 15-7", "7-15-18",
                 "reconstruction error"]),
        ("bigan", ["encoder $E$", "generator $G$", "discriminator", "$(x, E(x))$",
                   "$(G(z), z)$"]),
        ("attention", ["context", r"$\alpha$ = 0.6", "softmax", "$s_{t-1}$"]),
        ("online", ["expert", "anomalous windows", "hard normal windows", "update",
                    "50 batches"]),
    ],
)  # fmt: skip
def test_a_drawing_has_its_parts(name, parts):
    text = said(SIZES[name]())
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("rnn, many steps", "unrolled over 48 steps"),
        ("rnn, every step", "every step gives an output"),
        ("lstm", "3 gates and 2 states"),
        ("gru", "2 gates and 1 state"),
        ("autoencoder 8-3-8", "8-3-8 with 59 parameters"),
        ("vae", "2 means and 2 log variances"),
        ("bigan", "sees pairs, a real row with its code or a made row with the code"),
        ("attention", "decides the weights, here 0.05, 0.15, 0.6, 0.15, 0.05"),
        ("online, large", "batches of 128 windows are scored, then an expert reveals"),
    ],
)
def test_the_summary_says_what_is_drawn(name, told):
    assert told in plots.summary(SIZES[name]())


def test_the_thicker_the_line_the_larger_the_attention():
    ax = plots.attention_diagram((0.05, 0.7, 0.25))
    usual = canvas.Arrow("", "").width
    widths = [a.get_linewidth() for a in arrows_of(ax) if a.get_linewidth() != usual]
    assert np.argsort(widths).tolist() == [0, 2, 1]


def test_the_decoder_reads_what_it_is_said_to_read():
    forced = said(plots.encoder_decoder_diagram(4, decoder_reads="true"))
    assert "start" in forced
    assert "teacher forcing" in forced
    assert "$x_{4}$" in forced
    assert "start" not in said(plots.encoder_decoder_diagram(4, decoder_reads="own"))


def test_kinds_of_parts_differ_without_colour():
    looks = [
        (kind["linewidth"], kind.get("linestyle"), kind["facecolor"])
        for kind in canvas.KINDS.values()
    ]
    lightness = {
        name: np.dot(mpl.colors.to_rgb(kind["facecolor"]), [0.3, 0.59, 0.11])
        for name, kind in canvas.KINDS.items()
    }
    assert len(set(looks)) == len(looks)
    assert min(lightness.values()) > 0.8  # black text is read on all of them


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.rnn_diagram(1), "steps"),
        (lambda: plots.autoencoder_diagram((8, 3, 7)), "same number"),
        (lambda: plots.autoencoder_diagram((8, 8)), "a code between"),
        (lambda: plots.vae_diagram((8,)), "from the input to the code"),
        (lambda: plots.bigan_diagram((8, 0)), "layer size"),
        (lambda: plots.encoder_decoder_diagram(3, decoder_reads="all"), "own, true"),
        (lambda: plots.attention_diagram((0.5, 0.2)), "sum is 1, not 0.7"),
        (lambda: plots.attention_diagram((1.5, -0.5)), "not negative"),
        (lambda: plots.attention_diagram([0.1] * 10), "2 to 6"),
        (lambda: plots.online_diagram(hard=0), "hard"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert plt.get_fignums() == []


# -- the equations, written out in NumPy, are what Keras computes


def sigma(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, h, c, U, W, b):
    i, f, candidate, o = np.split(W.T @ h + U.T @ x + b, 4)  # the order in Keras
    c = sigma(f) * c + sigma(i) * np.tanh(candidate)
    return sigma(o) * np.tanh(c), c


def gru_step(x, h, U, W, b, d):
    reads_x, reads_h = (np.split(v, 3) for v in (U.T @ x + b, W.T @ h + d))
    z, r = (sigma(reads_x[i] + reads_h[i]) for i in range(2))
    candidate = np.tanh(r * reads_h[2] + reads_x[2])
    return z * h + (1 - z) * candidate


def gru_step_reset_before(x, h, U, W, b):
    z, r = (sigma(part) for part in np.split(W.T @ h + U.T @ x + b, 3)[:2])
    candidate_U, candidate_W = U[:, -len(h) :], W[:, -len(h) :]
    reads = candidate_W.T @ (r * h) + candidate_U.T @ x + b[-len(h) :]
    return z * h + (1 - z) * np.tanh(reads)


@pytest.mark.parametrize("cell", ["lstm", "gru", "gru, reset before"])
def test_the_equations_are_those_of_keras(cell):
    keras = pytest.importorskip("keras")
    random = np.random.default_rng(0)
    units, rows = 3, random.normal(size=(4, 2))
    layer = {
        "lstm": lambda: keras.layers.LSTM(units),
        "gru": lambda: keras.layers.GRU(units),
        "gru, reset before": lambda: keras.layers.GRU(units, reset_after=False),
    }[cell]()
    layer.build((1, 4, 2))
    weights = [random.normal(size=weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    U, W, b = weights
    h = c = np.zeros(units)
    for x in rows:
        if cell == "lstm":
            h, c = lstm_step(x, h, c, U, W, b)
        elif cell == "gru":
            h = gru_step(x, h, U, W, *b)
        else:
            h = gru_step_reset_before(x, h, U, W, b)
    said = keras.ops.convert_to_numpy(layer(rows[None].astype("float32")))[0]
    np.testing.assert_allclose(said, h, atol=1e-5)
