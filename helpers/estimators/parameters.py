"""Hyper-parameters, declared once: as fields of the class.

scikit-learn asks for an `__init__` that names every parameter and stores it unchanged.
Here it is made, by `dataclasses`, of the annotated attributes of the class:

    class RangeDetector(Detector):
        low: float = 0.0
        high: float = 1.0

    RangeDetector(high=2.0).get_params()
    # {'contamination': 0.1, 'high': 2.0, 'low': 0.0}

Parameters are keyword-only. A subclass inherits those of its bases and may declare one
again to give it another default. What is no parameter has no annotation in the class'
body, or that of a `ClassVar`; what `fit` learns is set in methods. A class that writes
its own `__init__`, as scikit-learn's classes do, keeps it, and so do its subclasses.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform

__all__ = ["ParameterFieldsMixin"]


@dataclass_transform(kw_only_default=True, eq_default=False)
class ParameterFieldsMixin:
    """Make the `__init__` of every subclass of its annotated attributes."""

    _own_init: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        """Make `__init__`, unless the class or one of its bases has written one."""
        super().__init_subclass__(**options)
        cls._own_init = cls._own_init or "__init__" in vars(cls)
        dataclass(init=not cls._own_init, kw_only=True, repr=False, eq=False)(cls)
