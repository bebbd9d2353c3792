"""Drawings of networks and of what data pass through: boxes, arrows, equations.

Each function describes its parts as data (`canvas.Box`, `canvas.Arrow`); `canvas.draw`
is the only place that knows matplotlib. One unit of a drawing is one inch of a figure
of its own, where no text is smaller than 9 points. On axes that are smaller than that
the parts shrink and the text does not: give a drawing a whole figure.

**Adding a drawing.** Write a function that returns `draw(Drawing(...), ...)`, export it
in `helpers.plots`, and add an example to `tests/test_plots.py`: the tests of all
drawings (no text over another, no arrow through a box) run on it.
"""

from helpers.plots.drawings.autoencoders import (
    autoencoder_diagram,
    bigan_diagram,
    vae_diagram,
)
from helpers.plots.drawings.online import online_diagram
from helpers.plots.drawings.recurrent import gru_diagram, lstm_diagram, rnn_diagram
from helpers.plots.drawings.sequences import (
    attention_diagram,
    encoder_decoder_diagram,
)

__all__ = [
    "attention_diagram",
    "autoencoder_diagram",
    "bigan_diagram",
    "encoder_decoder_diagram",
    "gru_diagram",
    "lstm_diagram",
    "online_diagram",
    "rnn_diagram",
    "vae_diagram",
]
