"""Whether a model was fitted, asked without running any code of the model's own."""

from typing import Any


def is_fitted(model: Any) -> bool:
    """Say whether a model of scikit-learn or the kit holds what only `fit` leaves."""
    steps = vars(model).get("steps")
    if isinstance(steps, list) and steps:
        return any(is_fitted(step[1]) for step in steps if hasattr(step[1], "__dict__"))
    return any(name[-1:] == "_" and name[:1] != "_" for name in vars(model))
