"""The registry of files: what each must be, byte for byte, and where it comes from."""

import builtins
import functools
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from helpers.errors import KitError
from helpers.paths import datasets_dir


def _stays_below(path: str) -> str:
    """Return `path` if it is a relative path that can't leave its folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path:
        raise ValueError("is no relative path below a folder")
    return path


RelativePath = Annotated[str, AfterValidator(_stays_below)]


class RegisteredFile(BaseModel):
    """One file of `datasets/registry.toml`.

    `bundled` is its path in `datasets/` (None when it doesn't ship), `mirror` its path
    below `WORKSHOP_DATA_DIR`, a class mirror and the cache, `url` its pinned address
    (None when it has none).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    mirror: RelativePath
    bytes: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: str
    source: str
    bundled: RelativePath | None = None
    url: Annotated[str, Field(pattern=r"^https://")] | None = None

    @property
    def size(self) -> str:
        """The size in words, as in `2.8 MB`."""
        return readable_size(self.bytes)

    def matches(self, content: builtins.bytes) -> bool:
        """Tell whether `content` is this file: its SHA-256 decides."""
        return hashlib.sha256(content).hexdigest() == self.sha256


def readable_size(n_bytes: int) -> str:
    """Return a number of bytes in words: `11 kB`, `2.8 MB`."""
    if n_bytes >= 1_000_000:
        return f"{n_bytes / 1_000_000:.1f} MB"
    return f"{max(1, round(n_bytes / 1000))} kB"


def parse_registry(text: str) -> Mapping[str, RegisteredFile]:
    """Return the files of a registry by name, in the order of the text.

    Raises `KitError` with one line for text that is not TOML, an entry that breaks a
    rule, or a name that occurs twice.
    """
    try:
        entries = tomllib.loads(text).get("file", [])
    except tomllib.TOMLDecodeError as error:
        raise KitError(f"registry.toml is no valid TOML: {error}.") from None
    if not isinstance(entries, list):
        raise KitError("registry.toml: file is no list of [[file]] tables.")
    files: dict[str, RegisteredFile] = {}
    for position, entry in enumerate(entries, start=1):
        file = _parse_entry(entry, position)
        if file.name in files:
            raise KitError(f"registry.toml has two files named {file.name}.")
        files[file.name] = file
    return MappingProxyType(files)


def _parse_entry(entry: object, position: int) -> RegisteredFile:
    try:
        return RegisteredFile.model_validate(entry)
    except ValidationError as error:
        name = entry.get("name") if isinstance(entry, dict) else None
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"])) or "entry"
        raise KitError(
            f"registry.toml, file {name or position}: {field}: {fault['msg']}."
        ) from None


@functools.cache
def registered_files() -> Mapping[str, RegisteredFile]:
    """Return every file of `datasets/registry.toml` by name."""
    path = datasets_dir() / "registry.toml"
    return parse_registry(path.read_text(encoding="utf-8"))
