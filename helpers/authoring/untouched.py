"""The notebook that nobody has answered, beside the one that is solved.

A cell can do something else there only where it reads a name that an answer binds or
changes. So only the exercises, their checks and these cells run here; what the others
bind, and the networks they train, is taken over from the solved notebook.
"""

import pickle
from collections.abc import Callable
from types import FunctionType

Run = Callable[[str, dict[str, object], int], object]
_NOT_THERE = object()


class Watched(dict):
    """Names that know which of them were read before they were bound, and bound."""

    def __init__(self, *names: dict[str, object]) -> None:
        super().__init__(*names)
        self.watch()

    def watch(self) -> None:
        """Forget what was read and bound so far."""
        self.read: set[str] = set()
        self.bound: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """Return what a name holds, as code does that reads it."""
        if name not in self.bound:
            self.read.add(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, held: object) -> None:
        """Bind a name."""
        self.bound.add(name)
        super().__setitem__(name, held)

    def __delitem__(self, name: str) -> None:
        """Unbind a name."""
        self.bound.add(name)
        super().__delitem__(name)


class Untouched:
    """What names hold in the notebook without answers, where that is something else.

    `solved` are the names of the solved notebook, `run(source, names, line)` runs a
    cell, and `copied` copies names with the data in them. `again` tells the first lines
    of the cells that ran a second time; `fault` is what one of them raised.
    """

    def __init__(
        self,
        solved: Watched,
        run: Run,
        copied: Callable[[dict[str, object]], dict[str, object]],
    ) -> None:
        self.again: list[int] = []
        self.fault: BaseException | None = None
        self._solved, self._run, self._copied = solved, run, copied
        self._own: dict[str, object] = {}

    def names(self) -> Watched:
        """Return the names as they are here before a cell runs, data copied."""
        held = self._copied(self._solved) | self._own
        here = Watched({name: it for name, it in held.items() if it is not _NOT_THERE})
        for name, it in list(here.items()):
            # a function finds its global names where it was defined
            if isinstance(it, FunctionType) and it.__globals__ is self._solved:
                dict.__setitem__(here, name, _moved(it, here))
        return here

    def keep(self, here: Watched) -> None:
        """Keep what differs after an exercise; `here` is how its blank left the names.

        Names that were read count, too: what they hold may have been changed.
        """
        met = here.bound | here.read | self._solved.bound | self._solved.read
        for name in met | self._own.keys():
            ours = here.get(name, _NOT_THERE)
            if _differs(ours, self._solved.get(name, _NOT_THERE)):
                self._own[name] = ours
            else:
                self._own.pop(name, None)

    def run_beside(self, source: str, line: int) -> None:
        """Run a cell in the solved notebook, and here where it can do something else.

        Raises what it raises there; after a `fault` here nothing runs here any more.
        """
        alike = self.fault is not None or not self._own
        here = Watched() if alike else self.names()
        self._solved.watch()
        self._run(source, self._solved, line)
        if alike:
            return
        if self._solved.read.isdisjoint(self._own):
            for name in self._solved.bound:
                self._own.pop(name, None)
            return
        self.again.append(line)
        try:
            self._run(source, here, line)
        except (Exception, SystemExit) as error:
            self.fault = error
        self.keep(here)


def _moved(function: FunctionType, names: dict[str, object]) -> FunctionType:
    moved = FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    moved.__kwdefaults__ = function.__kwdefaults__
    moved.__dict__.update(function.__dict__)
    return moved


def _differs(one: object, other: object) -> bool:
    """Whether two notebooks hold something else.

    Data are compared, functions by their code; of all else nobody knows.
    """
    if one is other:
        return False
    if type(one) is not type(other):
        return True
    if isinstance(one, FunctionType) and isinstance(other, FunctionType):
        return one.__code__ is not other.__code__
    if hasattr(one, "equals"):  # a table, a column, an index
        return not one.equals(other)
    import joblib
    import numpy as np

    if isinstance(one, np.ndarray | list | dict | set | tuple | str | float | int):
        try:
            return joblib.hash(one) != joblib.hash(other)
        except (TypeError, AttributeError, RecursionError, pickle.PicklingError):
            return True  # models in a list
    return True
