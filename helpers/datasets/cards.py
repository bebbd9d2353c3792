"""Cards: what a data set is, where it comes from, and what is wrong with it."""

import difflib
import functools
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers.datasets.errors import UnknownDataset
from helpers.datasets.registry import registered_files
from helpers.errors import KitError
from helpers.paths import datasets_dir
from helpers.text import percent

Kind = Literal["tabular", "series", "events", "sessions", "raw"]


class Card(BaseModel):
    """One data set in words and numbers, from `datasets/cards/<name>.toml`.

    `rows` and `features` are the shape of `X`, `anomalies` the number of ones in `y`
    (None without labels), `label` what y = 1 means, `flaws` what a user of the data
    should know and would not see at once, `extra` what `Dataset.extra` holds. `files`,
    `reader` and `options` tell the loader what to read and how.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    kind: Kind
    origin: str
    citation: str
    licence: str
    rows: int
    features: int
    anomalies: int | None = None
    label: str = ""
    flaws: tuple[str, ...] = ()
    extra: Mapping[str, str] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    reader: str
    options: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def bundled(self) -> bool:
        """Whether the data set ships with the kit or with scikit-learn."""
        files = registered_files()
        return all(files[name].bundled is not None for name in self.files)

    @property
    def anomaly_share(self) -> str:
        """The share of anomalies in words, as in `7.15 %`; empty without labels."""
        if self.anomalies is None:
            return ""
        return percent(self.anomalies / self.rows)

    @property
    def size(self) -> str:
        """Rows, features and, where there are labels, anomalies in words."""
        size = f"{self.rows:,} rows, {self.features} features"
        if self.anomalies is not None:
            size += f", {self.anomalies:,} anomalies ({self.anomaly_share})"
        return size

    def __str__(self) -> str:
        """Return the card as text, one fact or flaw a line."""
        lines = [f"{self.name}: {self.title}", f"{self.kind}, {self.size}"]
        lines += [f"y = 1: {self.label}"] if self.label else ["no labels (y is None)"]
        lines += [f"Origin: {self.origin}", f"Citation: {self.citation}"]
        lines += [f"Licence: {self.licence}"]
        lines += [f"extra[{key!r}]: {text}" for key, text in self.extra.items()]
        lines += ["Known flaws:", *(f"- {flaw}" for flaw in self.flaws)]
        return "\n".join(lines)


def parse_card(text: str, source: str) -> Card:
    """Return the card in a TOML text; raises `KitError` naming `source` and field."""
    try:
        return Card.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise KitError(f"{source} is no valid TOML: {error}.") from None
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        raise KitError(f"{source}: {field}: {fault['msg']}.") from None


@functools.cache
def cards() -> Mapping[str, Card]:
    """Return all cards by canonical name: bundled first, then by name."""
    paths = sorted((datasets_dir() / "cards").glob("*.toml"))
    found = [parse_card(path.read_text(encoding="utf-8"), path.name) for path in paths]
    found.sort(key=lambda card: (not card.bundled, card.name.casefold()))
    return MappingProxyType({card.name: card for card in found})


def names() -> tuple[str, ...]:
    """Return the names of all data sets: those that ship first, then by name."""
    return tuple(cards())


def card(name: str) -> Card:
    """Return the card of a data set.

    Capitals, `-` and `_` make no difference, and a few sets have a second name, such
    as `cover` for `adbench_cover`. Raises `UnknownDataset` with the nearest names.
    """
    if not isinstance(name, str):
        raise UnknownDataset(
            f"The name of a data set is a text like 'heart', not {type(name).__name__}."
        )
    try:
        return cards()[_by_any_name()[_fold(name)]]
    except KeyError:
        raise UnknownDataset(_suggestion(name)) from None


def _fold(name: str) -> str:
    return name.strip().casefold().replace("-", "_")


@functools.cache
def _by_any_name() -> Mapping[str, str]:
    """Return folded names and aliases -> canonical names; a clash is a `KitError`."""
    index: dict[str, str] = {}
    for one in cards().values():
        for name in (one.name, *one.aliases):
            other = index.setdefault(_fold(name), one.name)
            if other != one.name:
                raise KitError(f"{other} and {one.name} are both called {name}.")
    return MappingProxyType(index)


def _suggestion(name: str) -> str:
    """Return the line for an unknown name, with up to three names that are near."""
    known = _by_any_name()
    key = _fold(name)
    near = difflib.get_close_matches(key, known, n=3, cutoff=0.6)
    if len(key) >= 3:
        near += [other for other in known if key in other]
    proposals = list(dict.fromkeys(known[other] for other in near))[:3]
    hint = f" Did you mean {' or '.join(proposals)}?" if proposals else ""
    return f"No data set is called {name[:60]!r}.{hint} `workshop data list` shows all."
