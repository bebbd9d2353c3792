"""Pages to play with, inside a notebook, the book or a file: no server, no network.

`playground` moves a threshold over the scores of labelled rows; `rebuilt_playground`
shows what a detector rebuilds, row by row. Both are a page of their own in a frame,
with a sentence outside it: a stored notebook that is not trusted shows no frame.
"""

from helpers.playground.pages import Playground
from helpers.playground.rebuilt import rebuilt_playground
from helpers.playground.thresholds import playground

__all__ = ["Playground", "playground", "rebuilt_playground"]
