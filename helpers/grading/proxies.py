"""Stand-ins for answers that stay in the box: checks take them as the answers.

A function of a learner's is called like any other, and its arguments go in and its
result comes out as plain data. What it changes in an array or a table that it is given
is changed out here as well, so that checks that look for it find it.
"""

import contextlib
import copy
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from helpers.exercises.outcomes import CannotCheck
from helpers.grading.box import Incident
from helpers.grading.channel import Channel, Closed, Late
from helpers.grading.own_models import own_model
from helpers.grading.own_networks import own_part
from helpers.grading.plain import Node, Unreadable, decode, encode
from helpers.grading.recipes import RECIPES, made_of, recipe_of
from helpers.grading.watched import MOST_SEEN

ENDED = "its process ended before it had answered"
# what answers do with a detector that lives out here: no files are read or written
_MAY_BE_CALLED = frozenset(
    (
        *("fit", "partial_fit", "predict", "decision_function", "score_samples"),
        *("fit_predict", "predict_proba", "transform", "fit_transform"),
        *("inverse_transform", "reconstruct", "get_params", "score"),
    )
)
_MOST_SHARED = 100  # objects out here that an answer may have copies of
_MOST_DEPTH = 10  # of calls from the box back out here, one in the other


class Raised(Exception):
    """What a learner's cell raised when it ran: the class's name, the message."""

    def __init__(self, kinds: list[str], message: str, line: int | None):
        super().__init__(message)
        self.kinds, self.line = kinds, line

    @property
    def kind(self) -> str:
        """The name of the exception's class."""
        return self.kinds[0] if self.kinds else "Exception"


@dataclass(frozen=True)
class Ground:
    """What stands above an exercise's cell: statements, and what it may not call.

    `imports` and `functions` are the lesson's own, `own` the learner's other cells
    where they are wanted, `others` those of other exercises, `seed` makes
    unseeded draws the same at each grading.
    """

    imports: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    may_not_call: tuple[str, ...] = ()
    seed: int = 0
    sparing: bool = False  # run of other cells only what the answers depend on
    changed: bool = False  # leave given values as other cells have changed them


_NO_TEXT = re.compile(r"[<>\x00-\x1f\x7f\ud800-\udfff]")  # of a page or a screen


class Task:
    """One exercise and one draw in the box: run cells there, get answers, call them.

    `raised` names the classes of all exceptions that came out of it, `incident` says
    why the box had to end it, `seen` what it reached for.
    """

    def __init__(self, channel: Channel):
        self.channel = channel
        self.shared: list[Any] = []  # what the box may call out here
        self.deep = 0
        self.raised: list[str] = []
        self.incident: str | None = None
        self.seen: list[str] = []

    def borrows(self, ground: Ground, cell: str, answers: Sequence[str]) -> str | None:
        """Return what a cell or another one uses for the answers and may not, or None.

        Raises `Incident` where that can't be told.
        """
        cells = [*ground.own, *ground.others, cell]
        request = {
            "do": "borrows",
            "about": [list(ground.imports), cells, list(answers)],
            "forbidden": list(ground.may_not_call),
        }
        reply = self._asked(request)
        if "borrowed" not in reply:
            raise self._broken("it is too intricate to tell what its code uses")
        found = reply["borrowed"]
        return None if found is None else str(found)[:80]

    def run(
        self, ground: Ground, cell: str, given: dict[str, Any], names: tuple[str, ...]
    ) -> tuple[Any, ...]:
        """Run a cell on given values; return the answers, or stand-ins for them.

        Raises `Raised` with what a cell raised, `Incident` where the box had to end it.
        """
        request = {
            "do": "run",
            "cell": cell,
            "ground": list(ground.functions),
            "own": list(ground.own),
            "sparing": ground.sparing,
            "changed": ground.changed,
            "others": list(ground.others),
            "may_not_call": list(ground.may_not_call),
            "seed": ground.seed,
            "names": list(names),
            "given": [[name, self.node(value)] for name, value in given.items()],
        }
        reply = self._asked(request)
        if "raised" in reply:
            raise self._noted(reply)
        nodes = reply.get("answers")
        skipped = reply.get("skipped")
        if not isinstance(nodes, list) or len(nodes) != len(names):
            raise self._broken("what came out of the box was no answer")
        if isinstance(skipped, list):
            self.raised += [_name(each, "Exception") for each in skipped[:20]]
        return tuple(self.value(each) for each in nodes)

    def call(self, at: int, arguments: tuple, named: dict[str, Any]) -> Any:
        """Call a function of the box, by its handle; raises what it raises, by name."""
        request = {
            "do": "call",
            "at": at,
            "arguments": [self.node(each) for each in arguments],
            "named": [[name, self.node(each)] for name, each in named.items()],
        }
        reply = self._asked(request)
        if "raised" in reply:
            raised = self._noted(reply)
            raise _exception(raised)(str(raised)) from None
        for place, node in _changes(reply, len(arguments)):
            _change(arguments[place], self.value(node))
        return self.value(reply.get("value"))

    def ask(self, request: Node) -> Node:
        """Send any request; return its reply. Raises what the other side raised."""
        reply = self._asked(request)
        if "raised" in reply:
            raised = self._noted(reply)
            raise _exception(raised)(str(raised)) from None
        return reply

    def _noted(self, reply: dict[str, Any]) -> Raised:
        raised = _what_was_raised(reply)
        self.raised += raised.kinds
        return raised

    def _broken(self, why: str) -> Incident:
        self.incident = self.incident or why
        return Incident(why)

    def _asked(self, request: Node) -> dict[str, Any]:
        if self.incident is not None:
            raise Incident(self.incident)
        try:
            self.channel.send(request)
            while True:
                reply = self.channel.receive()
                if not isinstance(reply, dict):
                    raise self._broken("what came out of the box was no answer")
                if "seen" in reply:
                    self._notice(reply["seen"])
                    continue
                if "back" not in reply:
                    break
                self.channel.send(self._called_back(reply))
        except Late:
            raise self._broken("it did not end within its time") from None
        except Closed:
            raise self._broken(ENDED) from None
        except Unreadable as problem:
            why = f"what came out of the box can't be read: {problem}"
            raise self._broken(why) from None
        except Incident as incident:
            raise self._broken(str(incident)) from None
        if "unreadable" in reply:
            raise CannotCheck(
                f"the answer can't be read: {str(reply['unreadable'])[:200]}"
            )
        return reply

    def _notice(self, seen: Any) -> None:
        if isinstance(seen, str) and len(self.seen) < MOST_SEEN:
            self.seen.append(_NO_TEXT.sub("?", seen[:150]))

    def _called_back(self, request: dict[str, Any]) -> Node:
        """Call a function of the check's, or of the lesson's, for the box."""
        self.deep += 1
        try:
            if self.deep > _MOST_DEPTH:
                raise RecursionError("maximum recursion depth exceeded")
            if "copy" in request:
                return {"value": self.node(self._copied(request))}
            asked = self._asked_for(request)
            if request.get("get") is True:
                return (
                    {"method": True} if callable(asked) else {"value": self.node(asked)}
                )
            arguments = [self.value(each) for each in request["arguments"]]
            named = {str(name): self.value(each) for name, each in request["named"]}
            return {"value": self.node(asked(*arguments, **named))}
        except (Incident, Closed, Late):
            raise
        except Exception as error:
            return {"raised": type(error).__name__, "message": str(error)[:2000]}
        finally:
            self.deep -= 1

    def _copied(self, request: dict[str, Any]) -> Any:
        """Return a copy of a model that is shared, unfitted or as it is."""
        from sklearn.base import BaseEstimator, clone

        found = self.shared[int(request["back"])]
        if not isinstance(found, BaseEstimator) or len(self.shared) > _MOST_SHARED:
            raise TypeError("it can't be copied")
        return clone(found) if request["copy"] == "clone" else copy.deepcopy(found)

    def _asked_for(self, request: dict[str, Any]) -> Any:
        """Return what the box asks for: a shared object, or a public part of it."""
        found, name = self.shared[int(request["back"])], request.get("method")
        if name is None:
            return found
        if not isinstance(name, str) or name.startswith("_") or not name.isidentifier():
            raise AttributeError("only public methods can be called")
        part = getattr(found, name)
        if callable(part) and name not in _MAY_BE_CALLED:
            raise AttributeError(f"{name} can't be called from an answer")
        return part

    def node(self, value: Any) -> Node:
        """Return a value as it goes into the box."""
        return encode(value, self._kept)

    def _kept(self, value: Any) -> Node:
        if isinstance(value, Boxed):
            return {"is": "mine", "at": vars(value)["_handle"]}
        recipe = recipe_of(value, lambda part: encode(part, self._kept))
        if recipe is not None:
            return recipe
        for at, known in enumerate(self.shared):
            if known is value:
                return {"is": "outside", "at": at}
        self.shared.append(value)
        return {"is": "outside", "at": len(self.shared) - 1}

    def value(self, node: Node) -> Any:
        """Return what stands out here for a node that came out of the box."""
        return decode(node, self._reached)

    def _reached(self, node: Node) -> Any:
        kind = node.get("is")
        if kind in RECIPES:
            return made_of(node, self.value)
        if kind == "outside":
            return self.shared[int(node["at"])]
        if kind == "unreadable":
            return Unread(str(node.get("reason"))[:200])
        if kind == "class":
            return _class_of(self, node)
        if kind == "own_model":
            return own_model(self, node, Boxed, _name(node.get("kind"), "your class"))
        if kind in ("own_network", "own_layer"):
            return own_part(self, node, Boxed, _name(node.get("kind"), "your class"))
        if kind == "object":
            return _boxed(self, node)
        raise Unreadable("it is no plain data")


class Unread:
    """An answer that could not be taken out of the box, and why."""

    def __init__(self, reason: str):
        self.reason = reason


class Boxed:
    """An object that stays in the box: nothing is known of it but its class's name."""


class _BoxedFunction(Boxed):
    """A function that stays in the box, and can be called."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        own = vars(self)
        return own["_task"].call(own["_handle"], arguments, named)

    def __deepcopy__(self, memory: object) -> "_BoxedFunction":
        return self


def _boxed(task: Task, node: dict[str, Any]) -> Boxed:
    """Return a stand-in of a class that is called as the object's own class is."""
    base = _BoxedFunction if node.get("callable") is True else Boxed
    made = type(_name(node.get("kind"), "object"), (base,), {})()
    vars(made).update(_task=task, _handle=int(node.get("handle", -1)))
    if base is _BoxedFunction:
        vars(made)["__name__"] = _name(node.get("name"), "your function")
        signature = _signature(node.get("signature"))
        if signature is not None:
            vars(made)["__signature__"] = signature
    return made


def _name(text: Any, otherwise: str) -> str:
    """Return a name that an object in the box gives itself, if it is one."""
    said = isinstance(text, str) and text.isprintable() and 0 < len(text) <= 80
    return text if said else otherwise


def _signature(parts: Any) -> inspect.Signature | None:
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    str(name),
                    inspect._ParameterKind(kind),
                    default=None if has_default else inspect.Parameter.empty,
                )
                for name, kind, has_default in parts[:50]
            ]
        )
    except (TypeError, ValueError):
        return None


def _class_of(task: Task, node: dict[str, Any]) -> type:
    from helpers.grading.layers import LAYER, layer_class

    name = _name(node.get("kind"), "your class")
    bases = node.get("bases")
    if isinstance(bases, list) and LAYER in bases:
        return layer_class(task, name, int(node.get("handle", -1)), bases)
    return type(name, (Boxed,), {})


# -- what was raised, what was changed -------------------------------------------------


def _what_was_raised(reply: dict[str, Any]) -> Raised:
    kinds = [_name(each, "Exception") for each in list(reply["raised"])[:20]]
    line = reply.get("where")
    return Raised(
        kinds, str(reply.get("message"))[:2000], line if type(line) is int else None
    )


def _exception(raised: Raised) -> type[Exception]:
    """Return a class of exceptions that checks take for what was raised in the box."""
    import builtins

    for name in raised.kinds:
        known = getattr(builtins, name, None)
        if isinstance(known, type) and issubclass(known, Exception):
            if name == raised.kind and known is not UnicodeDecodeError:
                return known if _plain(known) else Exception
            return type(raised.kind, (known if _plain(known) else Exception,), {})
    return type(raised.kind, (Exception,), {})


def _plain(kind: type[Exception]) -> bool:
    """Say whether an exception can be made of a message alone."""
    return not issubclass(kind, UnicodeError | BaseExceptionGroup)


def _changes(reply: dict[str, Any], count: int) -> list[tuple[int, Node]]:
    found = reply.get("changed")
    if not isinstance(found, list):
        return []
    return [
        (each[0], each[1])
        for each in found[:count]
        if isinstance(each, list) and len(each) == 2 and each[0] in range(count)
    ]


def _change(ours: Any, theirs: Any) -> None:
    """Change an argument as the function in the box changed its copy."""
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        if ours.shape == theirs.shape:
            ours[...] = theirs
    elif isinstance(ours, list) and isinstance(theirs, list):
        ours[:] = theirs
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        ours.clear()
        ours.update(theirs)
    elif isinstance(ours, pd.DataFrame) and isinstance(theirs, pd.DataFrame):
        ours.drop(index=ours.index, columns=ours.columns, inplace=True)
        for name in theirs:
            ours[name] = theirs[name]
    elif isinstance(ours, pd.Series) and isinstance(theirs, pd.Series):
        with contextlib.suppress(ValueError):  # of another length
            ours.iloc[:] = theirs.to_numpy()


Answer = Callable[[dict[str, Any]], tuple[object, ...]]
