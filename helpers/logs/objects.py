"""JSON objects as pairs of names and values, in their order, repeated names too."""

from typing import Any

__all__ = ["DEPTH", "JsonObject", "flatten"]

DEPTH = 8  # of objects within objects


class JsonObject(list):
    """The pairs of a JSON object, as `object_pairs_hook` gives them."""


def flatten(
    pairs: JsonObject, prefix: str, depth: int, names: list[str], values: list[Any]
) -> None:
    """Append the names and values of an object, and of those in it, to two lists.

    Names of objects within objects are joined by a dot, down to `depth`.
    """
    for name, value in pairs:
        if isinstance(value, JsonObject) and depth:
            flatten(value, f"{prefix}{name}.", depth - 1, names, values)
        else:
            names.append(prefix + name)
            values.append(value)
