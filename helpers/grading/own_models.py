"""A model whose class a learner wrote: it stays in the box, and is asked there.

Outside stands an estimator that scikit-learn clones, fits and asks as any other; rows
go into the box and values come back. A class that adds nothing to what it inherits from
a library is no such thing: `recipes` makes its model anew from the library's class.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from helpers.grading.plain import Node

Ask = Callable[[Node], Node]
_METHODS = (
    *("fit", "partial_fit", "fit_predict", "fit_transform", "fit_resample"),
    *("predict", "predict_proba", "predict_log_proba", "decision_function"),
    *("score_samples", "score", "transform", "inverse_transform"),
    *("reconstruct", "encode", "get_feature_names_out"),
)
_FORESTS = {
    "RandomForestClassifier": "sklearn.ensemble",
    "BalancedRandomForestClassifier": "imblearn.ensemble",
}
_MOST_LEARNED = 50  # fits of forests that are told of one call
_UNKNOWN = -1  # the number of a forest whose fit was not told of


# -- in the box ------------------------------------------------------------------------


def is_own(value: Any) -> bool:
    """Say whether a value is a model, of a class that is no library's."""
    kind = type(value)
    of_library = kind.__module__.split(".")[0] in ("sklearn", "imblearn", "helpers")
    asked = ("get_params", "fit")
    return not of_library and all(callable(getattr(kind, each, None)) for each in asked)


def described(value: Any, handle: int) -> Node:
    """Return the node of a model that stays in the box."""
    from sklearn.base import is_classifier

    kind = type(value)
    methods = [each for each in _METHODS if callable(getattr(value, each, None))]
    return {
        "is": "own_model",
        "kind": kind.__name__[:80],
        "handle": handle,
        "methods": methods,
        "classifier": bool(is_classifier(value)),
    }


def asked(task: Any, request: Node) -> Node:
    """Answer a request about a model in the box; raises what the model raises."""
    from helpers.grading.fitted import is_fitted

    what, held = request["what"], task.handles[request["at"]]
    if what == "clone":
        from sklearn.base import clone

        return {"handle": task.hand_out(clone(held))}
    if what == "fitted":
        return {"fitted": is_fitted(held)}
    if what == "get":
        return {"value": task._read(getattr(held, request["name"]))}
    if what == "params":
        params = held.get_params(deep=request["deep"])
        return {"params": [[name, task._read(each)] for name, each in params.items()]}
    arguments = [task.decoded(each) for each in request["arguments"]]
    named = {name: task.decoded(each) for name, each in request["named"]}
    with _forests_watched(task) as (learned, asked_ones):
        value = getattr(held, request["name"])(*arguments, **named)
    reply = {
        "learned": [[at, name, task._read(rows)] for at, name, rows in learned],
        "forests_asked": sorted(asked_ones),
    }
    return reply | ({"itself": True} if value is held else {"value": task._read(value)})


@contextlib.contextmanager
def _forests_watched(task: Any) -> Iterator[tuple[list[Any], set[int]]]:
    """Note what a random forest learns from, and which answer, as checks outside would.

    A forest is known by a number of the task's; copies of it keep the number.
    """
    import importlib
    from unittest.mock import patch

    learned: list[Any] = []
    asked: set[int] = set()

    def fits(method: Any, name: str) -> Any:
        def noting(self: Any, X: Any, y: Any, *more: Any, **named: Any) -> Any:
            if len(learned) < _MOST_LEARNED:
                self._number = task.hand_out(None)
                learned.append((self._number, name, (X, y)))
            return method(self, X, y, *more, **named)

        return noting

    def answers(method: Any, name: str) -> Any:
        def noting(self: Any, X: Any) -> Any:
            asked.add(vars(self).get("_number", _UNKNOWN))
            return method(self, X)

        return noting

    with contextlib.ExitStack() as stack:
        for name, module in _FORESTS.items():
            forest = getattr(importlib.import_module(module), name)
            for method, noting in (("fit", fits), ("predict_proba", answers)):
                noted = noting(getattr(forest, method), name)
                stack.enter_context(patch.object(forest, method, noted))
        yield learned, asked


# -- outside ---------------------------------------------------------------------------


def own_model(task: Any, node: Node, boxed: type, name: str) -> Any:
    """Return what stands outside for a model in the box, a subclass of `boxed`."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    mixins = (ClassifierMixin,) if node.get("classifier") is True else ()
    told = node["methods"] if isinstance(node["methods"], list) else []
    methods = {each: _method(each) for each in _METHODS if each in told}
    kind = type(name, (_OwnModel, *mixins, BaseEstimator, boxed), methods)
    made: Any = object.__new__(kind)
    vars(made).update(_task=task, _handle=int(node["handle"]), _forests={})
    return made


class _OwnModel:
    """What all models in the box have; `_handle` is its number there.

    `_forests` are those out here that stand for forests in the box, by their numbers.
    """

    _task: Any
    _handle: int
    _forests: dict[int, Any]

    def _ask(self, what: str, **more: Any) -> Node:
        return self._task.ask({"do": "model", "what": what, "at": self._handle, **more})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in _METHODS:
            raise AttributeError(name)
        return self._task.value(self._ask("get", name=name)["value"])

    def __sklearn_clone__(self) -> Any:
        made: Any = object.__new__(type(self))
        handle = int(self._ask("clone")["handle"])
        vars(made).update(_task=self._task, _handle=handle, _forests=self._forests)
        return made

    def __sklearn_is_fitted__(self) -> bool:
        return self._ask("fitted")["fitted"] is True

    def __deepcopy__(self, memory: object) -> Any:
        return self.__sklearn_clone__()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return its parameters by name."""
        found = self._ask("params", deep=bool(deep))["params"]
        return {str(name): self._task.value(each) for name, each in found}

    def set_params(self, **params: Any) -> Any:
        """Change parameters, in the box."""
        return self._called("set_params", (), params)

    def _called(self, name: str, arguments: tuple, named: dict[str, Any]) -> Any:
        reply = self._ask(
            "call",
            name=name,
            arguments=[self._task.node(each) for each in arguments],
            named=[[key, self._task.node(each)] for key, each in named.items()],
        )
        for number, forest, rows in reply["learned"][:_MOST_LEARNED]:
            learned = _learned_outside(str(forest), *self._task.value(rows))
            self._forests[int(number)] = learned
        for number in reply["forests_asked"][:_MOST_LEARNED]:
            forest = self._forests.get(number) or _learned_outside(*_NOTHING)
            forest.predict_proba([[0.0] * forest.n_features_in_])
        return self if reply.get("itself") is True else self._task.value(reply["value"])


_NOTHING = ("RandomForestClassifier", [[0.0], [1.0]], [0, 1])


def _method(name: str) -> Any:
    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        return self._called(name, arguments, named)

    method.__name__ = name
    return method


def _learned_outside(forest: str, X: Any, y: Any) -> Any:
    """Return a forest that learned out here what one in the box learned.

    Checks that look see it learn, and see it asked where that one is.
    """
    import importlib

    kind = getattr(importlib.import_module(_FORESTS[forest]), forest)
    return kind(n_estimators=1, max_depth=1).fit(X, y)
