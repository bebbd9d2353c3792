"""Packages that only some commands need: asked for by the name of their extra."""

from importlib.util import find_spec

from helpers.errors import KitError

__all__ = ["MissingExtra", "require"]


class MissingExtra(KitError, ModuleNotFoundError):
    """A package is missing: a line on the command line, an `ImportError` in code."""


def require(package: str, what: str, *, extra: str) -> None:
    """Raise `MissingExtra`, in one line, where a package is missing.

    `what` is what asks for it, `extra` the kit's extra that brings it.
    """
    if find_spec(package) is None:
        told = f'{what} needs {package}: pip install "anomaly-workshop[{extra}]"'
        raise MissingExtra(told, name=package)
