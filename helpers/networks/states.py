"""What a training has reached, as plain arrays."""

from dataclasses import dataclass, field

from numpy.typing import NDArray

__all__ = ["TrainingState"]


@dataclass
class TrainingState:
    """All that a training needs to go on: plain arrays, lists and numbers.

    `history` maps "loss" and, with validation rows, "val_loss" to one value an epoch.
    `best_epoch` counts from 0; it is that of the weights the network has at the end.
    """

    variables: list[NDArray] = field(default_factory=list)
    optimizer: list[NDArray] = field(default_factory=list)
    best: list[NDArray] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = -1  # none yet
    since: int = 0  # the epoch at which this call of `train` began

    @property
    def epochs(self) -> int:
        """Epochs trained so far."""
        return len(self.history.get("loss", ()))
