"""Packages that only some commands need: asked for by the name of their extra."""

from importlib.util import find_spec

__all__ = ["require"]

_EXTRAS = {"onnx": ("onnx", "onnxruntime")}


def require(extra: str, what: str) -> None:
    """Raise `ModuleNotFoundError`, in one line, where an extra's packages are missing.

    `what` is what asks for them.
    """
    missing = [name for name in _EXTRAS[extra] if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f"{what} needs {' and '.join(missing)}: "
            f'pip install "anomaly-workshop[{extra}]"'
        )
