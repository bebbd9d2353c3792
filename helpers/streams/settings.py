"""The settings of a stream: one TOML file per data set, edited by hand.

`[initial]` says what is fitted on the first rows, `[online]` how the rest is followed.
A mistake in the file is told in one line: the file, the key, and what is allowed.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from helpers._arrays import as_told
from helpers.detectors.base import Detector, all_detectors
from helpers.errors import KitError
from helpers.files import as_path, read_text, write_whole
from helpers.streams.online import OnlineDetector
from helpers.text import first_line, listed

__all__ = [
    "InitialSettings",
    "OnlineSettings",
    "StreamSettings",
    "change_settings",
    "read_settings",
    "settings_text",
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class InitialSettings(_Section):
    """What is fitted before the stream begins: on how many rows, and which detector."""

    rows: int = Field(ge=1)
    detector: str = "EncoderDecoderDetector"
    parameters: dict[str, Any] = Field(default_factory=dict)


class OnlineSettings(_Section):
    """How the stream is followed; what `OnlineDetector` and `StreamRun` take."""

    batch: int = Field(default=8, ge=1)
    hard_points: int = Field(default=1, ge=1)
    full: int = Field(default=50, ge=1)
    updates: bool = True
    update_epochs: int = Field(default=30, ge=1)
    reestimate: Literal["none", "running", "replace"] = "replace"
    hold_out: float = Field(default=0.2, gt=0, le=0.5)
    keep: int = Field(default=2000, ge=1)
    anomalous_points: int = Field(default=1, ge=1)
    delay: int = Field(default=0, ge=0)
    checkpoint_every: int = Field(default=50, ge=1)


class StreamSettings(_Section):
    """All settings of a stream; `window` is in rows."""

    window: int = Field(ge=1)
    initial: InitialSettings
    online: OnlineSettings = Field(default_factory=OnlineSettings)

    def detector(self) -> Detector:
        """Return the detector, not fitted. Raises `ValueError` where there is none."""
        kinds = {kind.__name__: kind for kind in _windows_detectors()}
        name, parameters = self.initial.detector, self.initial.parameters
        if name not in kinds:
            raise ValueError(
                f"initial.detector must be one of {', '.join(kinds)}; got "
                f"{as_told(name)}"
            )
        known = kinds[name]().get_params()
        if strange := [key for key in parameters if key not in known]:
            raise ValueError(
                f"initial.parameters.{_as_key(strange[0])} is no parameter of {name}, "
                f"which has {', '.join(known)}"
            )
        detector = kinds[name](**parameters)
        try:
            detector._check_parameters()
        except ValueError as error:
            raise ValueError(f"initial.parameters.{error}") from None
        return detector

    def online_detector(self, detector: Detector, *, updates: bool) -> OnlineDetector:
        """Return a detector to follow the stream with, `updates` in place of ours."""
        names = set(OnlineDetector(detector=detector).get_params(deep=False))
        chosen = {k: v for k, v in self.online.model_dump().items() if k in names}
        return OnlineDetector(detector=detector, **chosen | {"updates": updates})


def read_settings(path: str | os.PathLike) -> StreamSettings:
    """Return the settings in a file.

    Raises `KitError`, in one line, with the file, the key and what is allowed.
    """
    place = as_path(path)
    settings = _parsed(read_text(place), place)
    try:
        settings.detector()
    except ValueError as error:
        raise KitError(f"{place}: {error}") from None
    return settings


def change_settings(path: str | os.PathLike, changes: Mapping[str, Any]) -> None:
    """Write numbers into a settings file, by key: {"initial.parameters.units": 15}.

    The keys must be there. All else, comments too, stays. Raises `KitError` where a
    key is missing or its value isn't allowed; then the file is as it was.
    """
    place = as_path(path)
    text = read_text(place)
    for key, value in changes.items():
        text = _changed(text, key, value, place)
    _parsed(text, place)
    write_whole(place, text.encode())


def settings_text(
    settings: StreamSettings, *, title: str, beside: Mapping[str, Any] | None = None
) -> str:
    """Return the text of a settings file: each key, what it is, a value to be edited.

    `beside` has published values by key, which stand behind ours.
    """
    values = settings.model_dump()
    parameters = values["initial"].pop("parameters")
    sections = {
        "initial": values.pop("initial"),
        "initial.parameters": parameters,
        "online": values.pop("online"),
    }
    lines = [f"# {title}", _line("window", values["window"], beside or {})]
    for section, entries in sections.items():
        lines += ["", f"[{section}]"]
        lines += [_line(f"{section}.{k}", v, beside or {}) for k, v in entries.items()]
    return "\n".join([*lines, ""])


# ------------------------------------------------------------------------ details

_TABLES = ("model_type", "dict_type")
_MEANING = {
    "window": "rows in a window",
    "initial.rows": "the first rows, which the detector is fitted on",
    "online.batch": "windows scored together",
    "online.hard_points": "points above the threshold that make a window hard",
    "online.full": "batches of hard windows that an update waits for",
    "online.updates": "false: the detector stays as it is",
    "online.update_epochs": "epochs of an update, at most",
    "online.reestimate": "thresholds, mean and covariance: none, running or replace",
    "online.hold_out": "share of the normal windows that train nobody",
    "online.keep": "windows that a buffer keeps, at most",
    "online.anomalous_points": "anomalous points that make a window an anomaly",
    "online.delay": "batches scored before the labels of a batch are revealed",
    "online.checkpoint_every": "batches between two checkpoints",
}


def _line(key: str, value: Any, beside: Mapping[str, Any]) -> str:
    remarks = [_MEANING[key]] if key in _MEANING else []
    if key in beside:
        remarks.append(f"published: {_as_toml(beside[key])}")
    line = f"{key.rpartition('.')[2]} = {_as_toml(value)}"
    return f"{line:<32}# {'; '.join(remarks)}" if remarks else line


def _as_toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _changed(text: str, key: str, value: Any, path: Path) -> str:
    """Return the text with another value on the line of `key`."""
    section, _, name = key.rpartition(".")
    current, lines = "", text.split("\n")
    for number, line in enumerate(lines):
        if found := re.fullmatch(r"\s*\[([^\[\]]+)\]\s*(#.*)?", line):
            current = found[1].strip()
        entry = re.fullmatch(rf"(\s*{name}\s*=\s*)([^#\"]*?)(\s*(#.*)?)", line)
        if entry and current == section:
            lines[number] = f"{entry[1]}{_as_toml(value)}{entry[3]}"
            return "\n".join(lines)
    raise KitError(f"{path} has no line {name} = ... in [{section}]; write one first")


def _parsed(text: str, path: Path) -> StreamSettings:
    try:
        return StreamSettings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise KitError(f"{path} is no TOML: {first_line(error)}") from None
    except ValidationError as error:
        raise KitError(f"{path}: {_told(error.errors()[0])}") from None


def _told(fault: Any) -> str:
    """Return the key, what is allowed, and what is there."""
    key = _as_key(".".join(map(str, fault["loc"])))
    if fault["type"] == "extra_forbidden":
        return f"{key} is no setting; there are {listed(_names(fault['loc'][:-1]))}"
    if fault["type"] == "missing":
        return f"{key} is missing"
    rule = fault["msg"].removeprefix("Input should be ")
    rule = "a table" if fault["type"] in _TABLES else rule
    return f"{key} must be {rule}; got {as_told(fault['input'])}"


def _as_key(key: str) -> str:
    """Return a key as a message shows it: as it is, or quoted where it is no word."""
    return key if re.fullmatch(r"[\w.-]{1,60}", key) else as_told(key)


def _names(section: tuple) -> list[str]:
    """Return the names of the settings of a section."""
    model: Any = StreamSettings
    for name in section:
        model = model.model_fields[name].annotation
    return list(model.model_fields)


def _windows_detectors() -> list[type[Detector]]:
    return [kind for kind in all_detectors() if kind.input_kind == "windows"]
