"""What the lessons of the anomaly-detection workshop import."""

from helpers.environment import start

__version__ = "0.1.0"
__all__ = ["__version__", "start"]
