"""What a client may send: strict JSON, numbers by name or in order, all finite."""

import json
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

__all__ = ["MOST_ROWS", "BadRequest", "Query", "matrix", "read_json", "read_query"]

MOST_ROWS = 1000
MOST_PARTS = 4 * MOST_ROWS  # lists and objects: each takes 20 times its bytes
_BESIDE = ("id", "label")  # a record of /data may be sent back as it came
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_ROWS = TypeAdapter(list[list[_Number]])


class BadRequest(Exception):
    """A request that is refused: HTTP status and one line."""

    def __init__(self, status: int, told: str):
        super().__init__(told)
        self.status = status


class Query(BaseModel):
    """The body of `/predict`: rows as records by column name, or as lists in order."""

    model_config = ConfigDict(extra="forbid", strict=True)

    data: list[dict[str, Any] | list[Any]] = Field(min_length=1, max_length=MOST_ROWS)
    model: str | None = None
    threshold: _Number | None = None
    errors: bool = False


def read_json(body: bytes) -> Any:
    """Return what JSON says; NaN, repeated keys and bottomless nesting are refused."""
    if body.count(b"[") + body.count(b"{") > MOST_PARTS:
        raise BadRequest(400, f"the JSON has more than {MOST_PARTS} lists and objects")
    try:
        text = body.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except BadRequest:
        raise
    except RecursionError:
        raise BadRequest(400, "the JSON is nested too deeply") from None
    except ValueError:
        raise BadRequest(400, "the body is not JSON in UTF-8") from None


def read_query(body: bytes) -> Query:
    """Return the checked body; raise `BadRequest`."""
    try:
        return Query.model_validate(read_json(body))
    except ValidationError as error:
        raise BadRequest(422, _line(error)) from None


def matrix(query: Query, columns: list[str]) -> NDArray[np.float64]:
    """Return the rows as numbers (n, len(columns)); raise `BadRequest`."""
    rows = [_in_order(row, at, columns) for at, row in enumerate(query.data)]
    try:
        return np.array(_ROWS.validate_python(rows), dtype=np.float64)
    except ValidationError as error:
        at, column = error.errors()[0]["loc"][:2]
        told = f"row {at}, {columns[int(column)]}: a finite number is needed"
        raise BadRequest(422, told) from None


def _in_order(row: dict[str, Any] | list[Any], at: int, columns: list[str]) -> list:
    if isinstance(row, list):
        if len(row) != len(columns):
            told = f"row {at} has {len(row)} values, {len(columns)} are needed"
            raise BadRequest(422, told)
        return row
    try:
        values = [row[name] for name in columns]
    except KeyError as missing:
        raise BadRequest(422, f"row {at} lacks {missing.args[0]}") from None
    if len(row) > len(columns) + sum(name in row for name in _BESIDE):
        strange = min(row.keys() - set(columns) - set(_BESIDE))
        raise BadRequest(422, f"row {at} has an unknown column {_short(strange)}")
    return values


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadRequest(400, "a key stands twice in the JSON")
    return found


def _no_constant(name: str) -> None:
    raise BadRequest(400, f"{name} is not JSON")


def _line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(_short(part) for part in first["loc"][:2]) or "body"
    return f"{place}: {first['msg']}"


def _short(text: object) -> str:
    return ascii(text)[:60]
