"""What a released check knows of its visible draw: results as data, in place of code.

At home a check compares answers with a reference and with functions that make known
mistakes. A released check has tables in their place: what each of them gave for the
arguments that occur, by a hash of these. Whoever reads a table finds numbers, and
nothing that would solve the exercise for others.

    _recorded = Recorded.beside(__file__, globals())
    table_3 = _recorded.table("3")
    _MISTAKES = _recorded.mistakes(0, 1, 2)
"""

import builtins
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from helpers.exercises.declared import ANYTHING, Mistake
from helpers.exercises.outcomes import CannotCheck
from helpers.grading.plain import Node, Unreadable, decode, encode

OTHER_VALUES = (
    "The values that this check was given are not those of the lesson as it was "
    "released: something above was changed, or this machine computes a little "
    "differently. Your teacher has a check for any values."
)


class Unrecorded(CannotCheck):
    """A table was asked for arguments that did not occur when it was recorded."""

    def __init__(self, table: str):
        super().__init__(OTHER_VALUES)
        self.table = table


class Table:
    """A function of which only results are known: hash of arguments -> entry."""

    def __init__(self, name: str, entries: Mapping[str, Node], names: Mapping):
        self.name, self.entries, self.names = name, entries, names
        self.__name__ = self.__qualname__ = f"table {name}"

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Return what was recorded for these arguments, or raise it.

        Raises `Unrecorded` where nothing was.
        """
        entry = self.entries.get(key_of(arguments, named))
        entry = entry or self._nearest(arguments, named)
        if entry is None:
            raise Unrecorded(self.name)
        for place, state in entry.get("random", {}).items():
            generator_at(arguments, named, place).bit_generator.state = state
        if "raises" in entry:
            raise _exception(*entry["raises"])
        return value_of(entry["gives"], self.names)

    def _nearest(self, arguments: tuple, named: Mapping[str, Any]) -> Node | None:
        """Return the entry of the nearest numbers, for what a lesson's cells call.

        There another machine may compute a little differently. Checks ask exactly.
        """
        ours = floats_in(arguments, named)
        found = [
            (float(np.abs(theirs - ours).max(initial=0.0)), place)
            for place, entry in enumerate(self.entries.values())
            if "floats" in entry
            and (theirs := decode(entry["floats"], _reach)).shape == ours.shape
        ]
        return list(self.entries.values())[min(found)[1]] if found else None


class Recorded:
    """The tables and the mistakes of one module of released checks."""

    def __init__(self, data: Mapping[str, Any], names: Mapping[str, Any]):
        self.data, self.names = data, names

    @classmethod
    def beside(cls, file: str, names: Mapping[str, Any]) -> "Recorded":
        """Return what was recorded for the module in `file`; `names`: its globals."""
        text = Path(file).with_suffix(".json").read_text(encoding="utf-8")
        return cls(json.loads(text), names)

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        return Table(name, self.data["tables"].get(name, {}), self.names)

    def mistakes(self, *numbers: int) -> list[Mistake]:
        """Return known mistakes: diagnosis, idea and what each of them gives."""
        return [self._mistake(**self.data["mistakes"][number]) for number in numbers]

    def _mistake(self, diagnosis: str, says: str, table: str) -> Mistake:
        return Mistake(diagnosis, says, self.table(table))


def generator_at(
    arguments: tuple, named: Mapping[str, Any], place: str
) -> np.random.Generator:
    """Return the argument at a place: "0" for the first, "x" for the one named x."""
    return arguments[int(place)] if place.isdigit() else named[place]


def _exception(name: str, message: str) -> Exception:
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, Exception)):
        known = type(name, (Exception,), {})
    try:
        return known(message)
    except TypeError:  # UnicodeDecodeError wants more than a message
        return type(name, (Exception,), {})(message)


# -- arguments as a key ----------------------------------------------------------------


def key_of(arguments: Iterable[Any], named: Mapping[str, Any]) -> str:
    """Return a hash of arguments; floats count in single precision.

    So a last bit that another machine computes differently makes no difference.
    """
    digest = hashlib.sha256()
    _tell([*arguments, *sorted(named.items())], digest.update)
    return digest.hexdigest()[:20]


def _tell(value: Any, note: Callable[[bytes], Any]) -> None:
    """Pass bytes to `note` that stand for a value; unknown kinds by their class."""
    if isinstance(value, np.random.Generator):
        state = json.dumps(value.bit_generator.state, sort_keys=True, default=str)
        return note(f"random {state};".encode())
    if isinstance(value, bool | str | bytes | type(None)):
        return note(f"{type(value).__name__} {value!r};".encode())
    if isinstance(value, int | np.integer) and not isinstance(value, np.bool_):
        return note(f"int {int(value)};".encode())
    if isinstance(value, float | np.floating):
        return note(f"float {float(np.float32(value)) + 0.0!r};".encode())
    return _tell_several(value, note)


def _tell_several(value: Any, note: Callable[[bytes], Any]) -> None:
    if isinstance(value, Mapping):
        return _tell_each(
            "dict", [part for pair in value.items() for part in pair], note
        )
    if isinstance(value, set | frozenset):
        return _tell_each("set", sorted(value, key=repr), note)
    if isinstance(value, list | tuple):
        return _tell_each("list", value, note)
    if (fields := _fields(value)) is not None:
        return _tell_each("record", [getattr(value, name) for name in fields], note)
    if isinstance(value, partial):
        parts = [value.func, value.args, value.keywords]
        return _tell_each("partial", parts, note)
    if hasattr(value, "columns") and hasattr(value, "items"):  # a table
        parts = [part for pair in value.items() for part in pair]
        return _tell_each("frame", parts, note)
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        return _tell_each("series", [value.to_numpy(), value.index.to_numpy()], note)
    if hasattr(type(value), "__array__"):
        return _tell_array(np.asarray(value), note)
    named = isinstance(value, type) or callable(value)
    told = getattr(value, "__qualname__", None) if named else None
    return note(f"object {told or type(value).__qualname__};".encode())


def _tell_each(kind: str, values: Iterable[Any], note: Callable[[bytes], Any]) -> None:
    note(f"{kind}(".encode())
    for each in values:
        _tell(each, note)
    note(b")")


def _tell_array(array: np.ndarray, note: Callable[[bytes], Any]) -> None:
    note(f"array {array.dtype.kind} {array.shape};".encode())
    if array.dtype.kind == "O":
        return _tell_each("objects", array.ravel().tolist(), note)
    if array.dtype.kind == "f":
        with np.errstate(over="ignore"):
            array = array.astype(np.float32) + np.float32(0)  # no minus zero
    return note(np.ascontiguousarray(array).tobytes())


def floats_in(arguments: Iterable[Any], named: Mapping[str, Any]) -> np.ndarray:
    """Return the floats of arguments that are numbers or arrays, in one array."""
    values = (np.asarray(each) for each in (*arguments, *named.values()))
    flat = [each.ravel() for each in values if each.dtype.kind == "f"]
    return np.concatenate([np.zeros(0), *flat]).astype(np.float32)


# -- results as plain data -------------------------------------------------------------


def node_of(value: Any, module: str) -> Node:
    """Return a result as plain data; raises `Unreadable` for what has no such form.

    Named tuples and dataclasses of `module` are kept by class and field.
    """
    if value is ANYTHING:
        return {"anything": True}
    fields = _fields(value)
    if fields is not None:
        if type(value).__module__ != module:
            raise Unreadable(f"a {type(value).__name__} is of another module")
        made = {name: node_of(getattr(value, name), module) for name in fields}
        return {"record": type(value).__name__, "fields": made}
    if type(value) in (set, frozenset):  # in an order that no process changes
        items = [node_of(each, module) for each in sorted(value, key=repr)]
        return {"each": type(value).__name__, "items": items}
    if type(value) in (list, tuple):
        items = [node_of(each, module) for each in value]
        if any("plain" not in each for each in items):
            return {"each": type(value).__name__, "items": items}
    if type(value) is dict and any(type(each) in _UNORDERED for each in value.values()):
        items = [node_of(list(pair), module) for pair in value.items()]
        return {"each": "dict", "items": items}
    return {"plain": encode(value, _keep)}


_UNORDERED = (set, frozenset)
_SEVERAL: dict[str, Callable[[list], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
}


def _fields(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return tuple(value._fields)
    if isinstance(value, type):
        return None
    declared = getattr(type(value), "__dataclass_fields__", None)
    return None if declared is None else tuple(declared)


def _keep(value: Any) -> Node:
    if hasattr(type(value), "__array__"):  # a tensor
        return encode(np.asarray(value), _keep)
    raise Unreadable(f"a {type(value).__name__} is no plain data")


def value_of(node: Node, names: Mapping[str, Any]) -> Any:
    """Return the value of a node, fresh at each call; `names` hold its classes."""
    if "anything" in node:
        return ANYTHING
    if "record" in node:
        made = {name: value_of(each, names) for name, each in node["fields"].items()}
        return names[node["record"]](**made)
    if "each" in node:
        items = [value_of(each, names) for each in node["items"]]
        return _SEVERAL[node["each"]](items)
    return decode(node["plain"], _reach)


def _reach(node: Node) -> Any:
    raise Unreadable("it is no plain data")
