"""Ctrl-C for tests: pressed in this process, at a given epoch of a training."""

import os
import signal

from helpers.networks import training


def pressed_after(monkeypatch, epochs, times=1):
    """Press Ctrl-C in this process, once so many epochs are recorded."""
    recorded = training._record

    def record(engine, state, losses):
        recorded(engine, state, losses)
        if state.epochs == epochs:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(training, "_record", record)
