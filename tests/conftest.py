"""Fixtures that all tests share."""

import os
import signal

# tests never reach for the network: what is not bundled or mirrored is skipped
os.environ["WORKSHOP_OFFLINE"] = "1"
# nor touch the record of whoever runs them
os.environ["WORKSHOP_RECORD"] = ""
# checks speak English, to the kernels of nbval, too
os.environ["WORKSHOP_LANG"] = "en"

# a shell that runs tests in the background has them ignore Ctrl-C, which some press
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import matplotlib
import pytest
from hypothesis import settings

import helpers  # noqa: F401  before a test can import Keras: it sets how TensorFlow adds

# not through MPLBACKEND: the kernels that nbval starts would inherit it, and not draw
matplotlib.use("Agg")

# the same examples on every run, and no verdict by the clock of a busy machine
settings.register_profile("kit", deadline=None, derandomize=True)
settings.load_profile("kit")


@pytest.fixture
def load_or_skip():
    """Return `load`, but skip with its one-line reason where the data are absent."""
    from helpers.datasets import DatasetUnavailable, load

    def load_data(name):
        try:
            return load(name)
        except DatasetUnavailable as error:
            pytest.skip(str(error))

    return load_data


def pytest_make_parametrize_id(val):
    """Keep bytes out of a test's name: packed ones hold the time of their packing.

    Two workers that collect at different seconds would not know the same tests.
    """
    return "bytes" if isinstance(val, bytes) else None
