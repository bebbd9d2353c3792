"""Estimators in files: written whole or not at all, checked before they are trusted.

A file is one line that says what it is, one line of JSON (class, versions, length and
SHA-256 of all of it), then a joblib pickle. The first two lines can be read without
running anything; the pickle cannot. Load only files that you or your colleagues wrote.
"""

import hashlib
import io
import json
import os
import platform
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import joblib

from helpers.files import as_path, write_whole

__all__ = ["read_estimator", "write_estimator"]

MAGIC = b"anomaly-workshop detector 1\n"
PACKAGES = ("anomaly-workshop", "numpy", "scikit-learn", "keras")


def write_estimator(estimator: Any, path: str | os.PathLike) -> None:
    """Write `estimator` to `path`: a reader sees the old file or the new one."""
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    body = buffer.getbuffer()
    header = {
        "class": type(estimator).__name__,
        "module": type(estimator).__module__,
        "versions": _versions(),
        "bytes": len(body),
    }
    header["sha256"] = _sha256(header, body)
    write_whole(path, MAGIC, json.dumps(header).encode() + b"\n", body)


def read_estimator(path: str | os.PathLike, wanted: type) -> Any:
    """Return the estimator in the file, which must be a `wanted`.

    Raises `ValueError` when the file is another kind of file, is torn, holds another
    class of estimator, or was written by versions that this environment cannot read.
    Warns where versions differ.
    """
    path = as_path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name the file in it")
    with path.open("rb") as file:
        header = _header(file, path)
        body = file.read()
    if len(body) != header["bytes"] or _sha256(header, body) != header["sha256"]:
        raise ValueError(
            f"{path} is damaged ({len(body)} of {header['bytes']} bytes, or changed); "
            "save it again"
        )
    _say_other_versions(header["versions"], path)
    estimator = _unpickle(body, header, path)
    if not isinstance(estimator, wanted):
        name = type(estimator).__name__
        raise ValueError(
            f"{path} holds a {name}, not a {wanted.__name__}; use {name}.load"
        )
    return estimator


def _header(file: Any, path: str | os.PathLike) -> dict[str, Any]:
    if file.readline(len(MAGIC)) != MAGIC:
        raise ValueError(f"{path} is not a saved detector; write one with save(path)")
    try:
        header = json.loads(file.readline())
        dict(**header["versions"])  # names and versions, as nothing else is
        return {
            key: header[key]
            for key in ("class", "module", "versions", "bytes", "sha256")
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path} is damaged; save it again") from None


def _unpickle(body: bytes, header: dict[str, Any], path: str | os.PathLike) -> Any:
    try:
        return joblib.load(io.BytesIO(body))
    except Exception as error:  # a pickle can fail in any way
        written = ", ".join(f"{name} {v}" for name, v in header["versions"].items())
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path} holds a {header['class']} of {header['module']} that cannot be "
            f"read here ({reason}); it was written with {written}"
        ) from error


def _say_other_versions(written: dict[str, str], path: str | os.PathLike) -> None:
    """Warn where the file was written with other versions than are here."""
    here = _versions()
    others = [
        f"{name} {old} (here {here.get(name, 'missing')})"
        for name, old in written.items()
        if here.get(name) != old
    ]
    if others:
        told = f"{path} was written with {', '.join(others)}: check its scores"
        warnings.warn(told, UserWarning, stacklevel=4)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _sha256(header: dict[str, Any], body: bytes | memoryview) -> str:
    stated = {name: value for name, value in header.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode())
    digest.update(body)
    return digest.hexdigest()
