"""Imports TensorFlow and Keras late, quietly and with settings that make a run repeatable.

The import takes seconds and writes to standard error, so nothing imports them at module level: `linewatch --help`
stays quick, and the log levels are set before the libraries read them.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to standard error; it is shown after all when the block fails.

    TensorFlow 2.21 logs while it is imported and the converter while it runs, whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


@cache
def tensorflow() -> Any:
    """The `tensorflow` module, its log silenced below errors (both the C++ and the Python side)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with quiet_stderr():
        import tensorflow as tf

        tf.constant(0)
    tf.get_logger().setLevel("ERROR")
    return tf


@cache
def keras() -> Any:
    """The `keras` module on the TensorFlow backend."""
    tensorflow()
    import keras as keras_module

    return keras_module


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow: the same seed, data and machine give the same model but for thread order."""
    keras().utils.set_random_seed(seed)
