"""The Keras side of the neural detectors: training, layers, architectures.

Importing this package imports Keras, which takes seconds: detectors do so inside their
methods, never at the top of a module.
"""

import logging


def _is_relevant(record: logging.LogRecord) -> bool:
    """Say whether a line of TensorFlow's log tells a learner anything.

    It warns when several small networks are compiled one after the other, as if that
    were one network compiled again and again.
    """
    return "triggered tf.function retracing" not in record.getMessage()


logging.getLogger("tensorflow").addFilter(_is_relevant)
