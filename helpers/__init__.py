"""What the lessons of the anomaly-detection workshop import."""

from helpers.environment import set_defaults, start

set_defaults()  # before anything can import TensorFlow

__version__ = "0.1.0"
__all__ = ["__version__", "start"]
