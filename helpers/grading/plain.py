"""Values as plain data, in and out of the box: JSON with tags, never pickle.

`encode` makes nodes of values: `None`, truth values, numbers, texts and lists stand for
themselves, all else is `{"is": kind, ...}`. `decode` trusts nothing: whatever a node
says is looked at before anything is made of it, so that no answer can take more memory
than `Bounds` allow, run code, or raise anything but `Unreadable`.

What is neither plain data nor a recipe (`recipes`) stays where it is: a *handle*, a
number under which the other side asks for it (`keep`, `reach`).
"""

import base64
import json
import math
import re
from collections import Counter, deque
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

Node = Any  # what json.loads gives
Keep = Callable[[object], Node]  # what has no plain form -> a node with a handle
Reach = Callable[[Node], object]  # a node with a handle -> what stands for it here


class Unreadable(ValueError):
    """A value that doesn't fit into plain data, or a node that isn't one of ours."""


def plain_only(value: Any) -> Any:
    """Be `keep` or `reach` where nothing but plain data may pass."""
    raise Unreadable("it is no plain data")


@dataclass(frozen=True)
class Bounds:
    """How much may pass at a time: bytes, items (of lists, dicts, columns), depth."""

    size: int = 32_000_000
    items: int = 300_000
    depth: int = 25


BOUNDS = Bounds()
_SAFE = 2**53  # whole numbers up to here are the same everywhere
_ZONE = re.compile(r"(?!dateutil)[A-Za-z][A-Za-z0-9_+:-]*(/[A-Za-z0-9_+-]+)*")
_LONGEST = 2**12  # bits of a whole number
_KINDS_OF_ARRAY = "biufcMmUS"
_OF_CLOCKS = (datetime, date, time)  # a datetime is a date, too: it comes first
_PLAIN: tuple[Any, ...] = (int, float, bool, str, object, complex)
_PLAIN_TYPES: dict[Any, str] = {  # what models take as parameters: dtype=float
    kind: f"{kind.__module__}.{kind.__name__}"
    for kind in [*_PLAIN, *np.sctypeDict.values()]
}


# -- to plain data ---------------------------------------------------------------------


def encode(value: object, keep: Keep, bounds: Bounds = BOUNDS) -> Node:
    """Return the node of `value`; raises `Unreadable` where it is too large or deep."""
    return _Encoder(keep, bounds).node(value, 0)


def dumps(node: Node, bounds: Bounds = BOUNDS) -> bytes:
    """Return a node as bytes; raises `Unreadable` where they are too many."""
    data = json.dumps(node, allow_nan=False, separators=(",", ":")).encode()
    if len(data) > bounds.size:
        raise Unreadable(f"it takes more than {bounds.size // 1_000_000} MB")
    return data


class _Encoder:
    def __init__(self, keep: Keep, bounds: Bounds):
        self.keep, self.bounds, self.left = keep, bounds, bounds.items

    def node(self, value: Any, depth: int) -> Node:
        if depth > self.bounds.depth:
            raise Unreadable("it is nested too deeply")
        if value is None or value is True or value is False:
            return value
        if type(value) in (int, float, str):
            return _number_or_text(value, self.bounds)
        if issubclass(type(value), type) and value in _PLAIN_TYPES:
            return {"is": "type", "name": _PLAIN_TYPES[value]}
        for kind, types in _types():
            if issubclass(type(value), types):
                return getattr(self, f"_{kind}")(value, depth + 1)
        return self.keep(value)

    def several(self, values: Any, depth: int) -> list[Node]:
        nodes = []
        for each in values:
            self.left -= 1
            if self.left < 0:
                raise Unreadable(f"it has more than {self.bounds.items:,} items")
            nodes.append(self.node(each, depth))
        return nodes

    def _ellipsis(self, value: Any, depth: int) -> Node:
        return {"is": "ellipsis"}

    def _list(self, value: list, depth: int) -> Node:
        return self.several(value, depth)

    def _tuple(self, value: tuple, depth: int) -> Node:
        return {"is": "tuple", "items": self.several(value, depth)}

    def _set(self, value: Any, depth: int) -> Node:
        return {"is": "set", "items": self.several(value, depth)}

    def _view(self, value: Any, depth: int) -> Node:
        """What a generator or a view of a dict gives, as far as there is room."""
        return {"is": "iterator", "items": self.several(value, depth)}

    def _dict(self, value: dict, depth: int) -> Node:
        keys, items = list(value.keys()), list(value.values())
        return {
            "is": "dict",
            "keys": self.several(keys, depth),
            "items": self.several(items, depth),
        }

    def _range(self, value: range, depth: int) -> Node:
        return {"is": "range", "items": [value.start, value.stop, value.step]}

    def _slice(self, value: slice, depth: int) -> Node:
        ends = (value.start, value.stop, value.step)
        return {"is": "slice", "items": self.several(ends, depth)}

    def _subclass(self, value: Any, depth: int) -> Node:
        """An int, float or text of another class (an enumeration's member)."""
        base = next(each for each in (int, float, str) if isinstance(value, each))
        return self.node(base(value), depth)

    def _bytes(self, value: bytes, depth: int) -> Node:
        return {"is": "bytes", "data": _text_of(bytes(value))}

    def _complex(self, value: complex, depth: int) -> Node:
        return {"is": "complex", "items": self.several((value.real, value.imag), depth)}

    def _decimal(self, value: Any, depth: int) -> Node:
        return {"is": "decimal", "text": str(value)[:100]}

    def _fraction(self, value: Any, depth: int) -> Node:
        ends = (value.numerator, value.denominator)
        return {"is": "fraction", "items": self.several(ends, depth)}

    def _namespace(self, value: SimpleNamespace, depth: int) -> Node:
        return {"is": "namespace", "of": self._dict(vars(value), depth)}

    def _scalar(self, value: np.generic, depth: int) -> Node:
        if value.dtype.kind not in _KINDS_OF_ARRAY:
            return self.node(value.item(), depth)
        return {"is": "scalar", "array": self._array(np.asarray(value), depth)}

    def _masked(self, value: np.ma.MaskedArray, depth: int) -> Node:
        filled = np.asarray(value.data), np.ma.getmaskarray(value)
        return {"is": "masked", "items": [self._array(each, depth) for each in filled]}

    def _array(self, value: np.ndarray, depth: int) -> Node:
        shape = list(value.shape)
        if value.dtype.kind not in _KINDS_OF_ARRAY:  # objects, texts, records
            items = self.several(value.ravel().tolist(), depth)
            return {"is": "objects", "shape": shape, "items": items}
        if value.nbytes > self.bounds.size:
            raise Unreadable(f"it takes more than {self.bounds.size // 1_000_000} MB")
        data = np.ascontiguousarray(value).tobytes()
        return {
            "is": "array",
            "dtype": value.dtype.str,
            "shape": shape,
            "data": _text_of(data),
        }

    def _sparse(self, value: Any, depth: int) -> Node:
        coo = value.tocoo()
        parts = (coo.row, coo.col, coo.data)
        return {
            "is": "sparse",
            "shape": list(coo.shape),
            "format": value.format,
            "items": [self._array(np.asarray(part), depth) for part in parts],
        }

    def _timestamp(self, value: Any, depth: int) -> Node:
        return {"is": "timestamp", "text": str(value)[:100]}

    def _datetime(self, value: Any, depth: int) -> Node:
        """A date, a time or both, of the standard library."""
        kind = next(each for each in _OF_CLOCKS if isinstance(value, each))
        text = kind.isoformat(value)[:100]
        return {"is": "datetime", "kind": kind.__name__, "text": text}

    def _duration(self, value: timedelta, depth: int) -> Node:
        return {
            "is": "duration",
            "items": [value.days, value.seconds, value.microseconds],
        }

    def _timedelta(self, value: Any, depth: int) -> Node:
        return {"is": "timedelta", "text": value.isoformat()}

    def _period(self, value: Any, depth: int) -> Node:
        return {"is": "period", "text": str(value)[:100], "freq": value.freqstr}

    def _interval(self, value: Any, depth: int) -> Node:
        ends = self.several((value.left, value.right), depth)
        return {"is": "interval", "items": ends, "closed": value.closed}

    def _na(self, value: Any, depth: int) -> Node:
        return {"is": "NA"}

    def _nat(self, value: Any, depth: int) -> Node:
        return {"is": "NaT"}

    def _rangeindex(self, value: Any, depth: int) -> Node:
        ends = [value.start, value.stop, value.step]
        return {"is": "rangeindex", "items": ends, "name": self.node(value.name, depth)}

    def _multiindex(self, value: Any, depth: int) -> Node:
        names = self.several(value.names, depth)
        return {
            "is": "multiindex",
            "items": self.several(list(value), depth),
            "names": names,
        }

    def _index(self, value: Any, depth: int) -> Node:
        freq = getattr(value, "freqstr", None)
        return {
            "is": "index",
            "values": self._column(value, depth),
            "freq": freq,
            "name": self.node(value.name, depth),
        }

    def _series(self, value: Any, depth: int) -> Node:
        return {
            "is": "series",
            "values": self._column(value, depth),
            "index": self.node(value.index, depth),
            "name": self.node(value.name, depth),
        }

    def _frame(self, value: Any, depth: int) -> Node:
        columns = [value.iloc[:, place] for place in range(value.shape[1])]
        self.left -= len(columns)
        if self.left < 0:
            raise Unreadable(f"it has more than {self.bounds.items:,} items")
        return {
            "is": "frame",
            "columns": self.node(value.columns, depth),
            "index": self.node(value.index, depth),
            "items": [self._column(each, depth) for each in columns],
        }

    def _column(self, value: Any, depth: int) -> Node:
        """Return the values of a Series or an index, with their dtype in pandas."""
        import pandas as pd

        plain = value.dtype
        if isinstance(plain, np.dtype):
            return self._array(np.asarray(value), depth)
        if isinstance(plain, pd.CategoricalDtype):
            return {
                "is": "categories",
                "codes": self._array(np.asarray(value.cat.codes), depth)
                if hasattr(value, "cat")
                else self._array(np.asarray(value.codes), depth),
                "of": self.node(plain.categories, depth),
                "ordered": bool(plain.ordered),
            }
        if isinstance(plain, pd.DatetimeTZDtype):
            utc = np.asarray(value.astype("datetime64[ns, UTC]").astype("int64"))
            return {"is": "zoned", "at": self._array(utc, depth), "zone": str(plain.tz)}
        if isinstance(plain, pd.IntervalDtype):
            ends = pd.IntervalIndex(value)
            nodes = [self._column(each, depth) for each in (ends.left, ends.right)]
            return {"is": "intervals", "items": nodes, "closed": ends.closed}
        items = self.several(value.tolist(), depth)
        return {"is": "extension", "dtype": str(plain)[:100], "items": items}


_known_types: list[tuple[str, tuple[type, ...]]] = []


def _types() -> list[tuple[str, tuple[type, ...]]]:
    """Return which method encodes which types, the first that fits."""
    if not _known_types:
        from decimal import Decimal
        from fractions import Fraction

        import pandas as pd
        from scipy import sparse

        found: list[tuple[str, Any]] = [
            ("ellipsis", type(...)),
            ("nat", type(pd.NaT)),
            ("na", type(pd.NA)),
            ("timestamp", pd.Timestamp),
            ("timedelta", pd.Timedelta),
            ("period", pd.Period),
            ("interval", pd.Interval),
            ("masked", np.ma.MaskedArray),
            ("array", np.ndarray),
            ("scalar", np.generic),
            ("subclass", (int, float, str)),
            ("complex", complex),
            ("bytes", (bytes, bytearray)),
            ("datetime", _OF_CLOCKS),
            ("duration", timedelta),
            ("list", (list, deque)),
            ("tuple", tuple),
            ("set", (set, frozenset)),
            ("dict", dict),
            ("view", (KeysView, ValuesView, ItemsView, Iterator)),
            ("range", range),
            ("slice", slice),
            ("decimal", Decimal),
            ("fraction", Fraction),
            ("namespace", SimpleNamespace),
            ("frame", pd.DataFrame),
            ("series", pd.Series),
            ("rangeindex", pd.RangeIndex),
            ("multiindex", pd.MultiIndex),
            ("index", pd.Index),
            ("sparse", (sparse.spmatrix, sparse.sparray)),
        ]
        for kind, types in found:
            _known_types.append((kind, types if isinstance(types, tuple) else (types,)))
    return _known_types


def _number_or_text(value: Any, bounds: Bounds) -> Node:
    if type(value) is str:
        if len(value) > bounds.size:
            raise Unreadable("its text is too long")
        return value.encode("utf-8", "replace").decode()
    if type(value) is float:
        return value if math.isfinite(value) else {"is": "float", "text": repr(value)}
    if abs(value) <= _SAFE:
        return value
    if value.bit_length() > _LONGEST:
        raise Unreadable("it has a whole number of more than a thousand digits")
    return {"is": "int", "text": hex(value)}


def _text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


# -- and back --------------------------------------------------------------------------


def loads(data: bytes, bounds: Bounds = BOUNDS) -> Node:
    """Return the node that bytes hold; raises `Unreadable` for whatever else."""
    if len(data) > 2 * bounds.size:
        raise Unreadable(f"it takes more than {bounds.size // 1_000_000} MB")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > 12 * bounds.items:
        raise Unreadable(f"it has more than {bounds.items:,} items")
    try:
        return json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable("it is no plain data") from None


def _no_constant(text: str) -> None:
    raise ValueError(text)


def decode(node: Node, reach: Reach, bounds: Bounds = BOUNDS) -> Any:
    """Return the value of a node; raises `Unreadable` for one that isn't ours."""
    try:
        return _Decoder(reach, bounds).value(node, 0)
    except Unreadable:
        raise
    except Exception:
        raise Unreadable("it is no plain data") from None


def _spread(keys: list[Any]) -> list[Any]:
    """Return keys; raise `Unreadable` where so many share a hash that it takes long."""
    if len(keys) > _MOST_ALIKE:
        alike = Counter(map(hash, keys)).most_common(1)[0][1]
        if alike > _MOST_ALIKE:
            raise Unreadable("too many of its items have the same hash")
    return keys


_MOST_ALIKE = 1000  # items of a set or dict


class _Decoder:
    def __init__(self, reach: Reach, bounds: Bounds):
        self.reach, self.bounds = reach, bounds
        self.left, self.bytes = bounds.items, bounds.size

    def value(self, node: Node, depth: int) -> Any:
        if depth > self.bounds.depth:
            raise Unreadable("it is nested too deeply")
        if isinstance(node, list):
            return self.several(node, depth + 1)
        if not isinstance(node, dict):
            return node
        kind = node.get("is")
        if kind not in _DECODED:
            return self.reach(node)
        return getattr(self, f"_{kind}")(node, depth + 1)

    def several(self, nodes: Node, depth: int) -> list[Any]:
        if not isinstance(nodes, list):
            raise Unreadable("it is no plain data")
        self.left -= len(nodes)
        if self.left < 0:
            raise Unreadable(f"it has more than {self.bounds.items:,} items")
        return [self.value(each, depth) for each in nodes]

    def _ellipsis(self, node: Node, depth: int) -> Any:
        return ...

    def _type(self, node: Node, depth: int) -> Any:
        return next(kind for kind, name in _PLAIN_TYPES.items() if name == node["name"])

    def _tuple(self, node: Node, depth: int) -> Any:
        return tuple(self.several(node["items"], depth))

    def _set(self, node: Node, depth: int) -> Any:
        return set(_spread(self.several(node["items"], depth)))

    def _iterator(self, node: Node, depth: int) -> Any:
        return iter(self.several(node["items"], depth))

    def _dict(self, node: Node, depth: int) -> Any:
        keys = _spread(self.several(node["keys"], depth))
        return dict(zip(keys, self.several(node["items"], depth), strict=True))

    def _range(self, node: Node, depth: int) -> Any:
        return self.short(range(*_whole(node["items"])))

    def _slice(self, node: Node, depth: int) -> Any:
        return slice(*self.several(node["items"], depth)[:3])

    def _float(self, node: Node, depth: int) -> Any:
        return float(node["text"][:10])

    def _int(self, node: Node, depth: int) -> Any:
        return int(node["text"][: _LONGEST // 4 + 4], 16)

    def _bytes(self, node: Node, depth: int) -> Any:
        return self.data(node["data"])

    def _complex(self, node: Node, depth: int) -> Any:
        return complex(*self.several(node["items"], depth))

    def _decimal(self, node: Node, depth: int) -> Any:
        from decimal import Decimal

        return Decimal(node["text"][:100])

    def _fraction(self, node: Node, depth: int) -> Any:
        from fractions import Fraction

        ends = self.several(node["items"], depth)
        if not all(type(each) is int for each in ends):  # a text may be endless work
            raise Unreadable("it is no plain data")
        return Fraction(*ends)

    def _namespace(self, node: Node, depth: int) -> Any:
        return SimpleNamespace(**self.value(node["of"], depth))

    def data(self, text: Any) -> bytes:
        data = base64.b64decode(text, validate=True)
        self.bytes -= len(data)
        if self.bytes < 0:
            raise Unreadable(f"it takes more than {self.bounds.size // 1_000_000} MB")
        return data

    def _scalar(self, node: Node, depth: int) -> Any:
        return self._array(node["array"], depth)[()]

    def _masked(self, node: Node, depth: int) -> Any:
        values, mask = (self._array(each, depth) for each in node["items"])
        return np.ma.MaskedArray(values, mask)

    def _array(self, node: Node, depth: int) -> np.ndarray:
        dtype = np.dtype(_short(node["dtype"]))
        if dtype.kind not in _KINDS_OF_ARRAY or dtype.hasobject:
            raise Unreadable("it is no plain data")
        shape = _whole(node["shape"])
        data = self.data(node["data"])
        if len(shape) > 32 or math.prod(shape) * dtype.itemsize != len(data):
            raise Unreadable("it is no plain data")
        if any(each > self.bounds.size for each in shape):  # of no entries
            raise Unreadable("it is no plain data")
        return np.frombuffer(data, dtype=dtype).reshape(shape).copy()

    def _objects(self, node: Node, depth: int) -> np.ndarray:
        items = self.several(node["items"], depth)
        made = np.empty(len(items), dtype=object)
        made[:] = items if items else []
        return made.reshape(_whole(node["shape"]))

    def _sparse(self, node: Node, depth: int) -> Any:
        from scipy import sparse

        row, column, data = (self._array(each, depth) for each in node["items"])
        rows, columns = _whole(node["shape"])
        if max(rows, columns) > self.bounds.items:
            raise Unreadable(f"it has more than {self.bounds.items:,} rows")
        made = sparse.coo_matrix((data, (row, column)), shape=(rows, columns))
        form = node["format"] if node["format"] in ("csr", "csc", "coo") else "csr"
        return made.asformat(form)

    def _timestamp(self, node: Node, depth: int) -> Any:
        import pandas as pd

        return pd.Timestamp(_short(node["text"]))

    def _datetime(self, node: Node, depth: int) -> Any:
        kind = next(each for each in _OF_CLOCKS if each.__name__ == node["kind"])
        return kind.fromisoformat(_short(node["text"]))

    def _duration(self, node: Node, depth: int) -> Any:
        return timedelta(*_whole(node["items"]))

    def _timedelta(self, node: Node, depth: int) -> Any:
        import pandas as pd

        return pd.Timedelta(_short(node["text"]))

    def _period(self, node: Node, depth: int) -> Any:
        import pandas as pd

        return pd.Period(_short(node["text"]), freq=_short(node["freq"]))

    def _interval(self, node: Node, depth: int) -> Any:
        import pandas as pd

        ends = self.several(node["items"], depth)
        return pd.Interval(*ends, closed=_short(node["closed"]))

    def _NA(self, node: Node, depth: int) -> Any:
        import pandas as pd

        return pd.NA

    def _NaT(self, node: Node, depth: int) -> Any:
        import pandas as pd

        return pd.NaT

    def _rangeindex(self, node: Node, depth: int) -> Any:
        import pandas as pd

        ends = self.short(range(*_whole(node["items"])))
        return pd.RangeIndex(ends, name=self.value(node["name"], depth))

    def short(self, numbers: range) -> range:
        if len(numbers) > 20 * self.bounds.items:
            raise Unreadable(f"it has more than {20 * self.bounds.items:,} items")
        return numbers

    def _multiindex(self, node: Node, depth: int) -> Any:
        import pandas as pd

        names = self.several(node["names"], depth)
        return pd.MultiIndex.from_tuples(
            self.several(node["items"], depth), names=names
        )

    def _index(self, node: Node, depth: int) -> Any:
        import pandas as pd

        name = self.value(node["name"], depth)
        made = pd.Index(self.column(node["values"], depth), name=name)
        freq = node.get("freq")
        timed = isinstance(made, pd.DatetimeIndex | pd.TimedeltaIndex)
        return (
            made if freq is None or not timed else type(made)(made, freq=_short(freq))
        )

    def _series(self, node: Node, depth: int) -> Any:
        import pandas as pd

        values, index = self.column(node["values"], depth), self.index(node, depth)
        if len(values) != len(index):
            raise Unreadable("it is no plain data")
        return pd.Series(values, index=index, name=self.value(node["name"], depth))

    def _frame(self, node: Node, depth: int) -> Any:
        import pandas as pd

        index = self.index(node, depth)
        columns = self.value(node["columns"], depth)
        if not isinstance(node["items"], list) or len(node["items"]) != len(columns):
            raise Unreadable("it is no plain data")
        self.left -= len(columns)
        if self.left < 0 or not isinstance(columns, pd.Index):
            raise Unreadable("it is no plain data")
        made = {}
        for place, each in enumerate(node["items"]):
            made[place] = pd.Series(self.column(each, depth), index=index)
        frame = pd.DataFrame(made, index=index, columns=range(len(columns)))
        frame.columns = columns
        return frame

    def index(self, node: Node, depth: int) -> Any:
        import pandas as pd

        found = self.value(node["index"], depth)
        if not isinstance(found, pd.Index):
            raise Unreadable("it is no plain data")
        return found

    def column(self, node: Node, depth: int) -> Any:
        import pandas as pd

        kind = node["is"]
        if kind in ("array", "objects"):
            return getattr(self, f"_{kind}")(node, depth)
        if kind == "categories":
            of, codes = self.value(node["of"], depth), self._array(node["codes"], depth)
            ordered = bool(node["ordered"])
            return pd.Categorical.from_codes(codes, categories=of, ordered=ordered)
        if kind == "zoned":
            at = self._array(node["at"], depth).astype("int64")
            zone = _short(node["zone"])
            if not _ZONE.fullmatch(zone):  # pandas would read any file as one
                raise Unreadable("it is of no known time zone")
            return pd.DatetimeIndex(at.view("M8[ns]"), tz="UTC").tz_convert(zone).array
        if kind == "intervals":
            left, right = (self.column(each, depth + 1) for each in node["items"])
            closed = _short(node["closed"])
            return pd.IntervalIndex.from_arrays(left, right, closed=closed)
        if kind == "extension":
            items = self.several(node["items"], depth)
            return pd.array(items, dtype=_short(node["dtype"]))
        raise Unreadable("it is no plain data")


_DECODED = frozenset(
    name[1:]
    for name, value in vars(_Decoder).items()
    if name.startswith("_") and not name.startswith("__") and callable(value)
)


def _short(text: Any) -> str:
    if not isinstance(text, str) or len(text) > 100:
        raise Unreadable("it is no plain data")
    return text


def _whole(numbers: Any) -> list[int]:
    if not isinstance(numbers, list) or not all(type(each) is int for each in numbers):
        raise Unreadable("it is no plain data")
    if any(abs(each) > _SAFE for each in numbers):
        raise Unreadable("it is no plain data")
    return numbers
