"""The same edge with TensorFlow in place of LiteRT: the peer of edge-footprint.

`python -m benchmarks.edge_with_tensorflow edge ...` is `linewatch edge ...` whose models run as SavedModels.
"""

import os
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consumers.inference import predictor
from consumers.inference.artifact import Artifact
from consumers.inference.runtimes.inferencer import Inferencer, shape_of

SAVED_MODEL: Final = "BENCHMARK_SAVED_MODEL"


class SavedModelInferencer:
    """Runs the SavedModel that an artifact was made from, as TensorFlow's guide says: its signature, warmed up."""

    def __init__(self, artifact: Artifact, threads: int | None) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads or 0)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self._tf: Any = tf
        self._model: Any = tf.saved_model.load(os.environ[SAVED_MODEL])
        self._run: Any = self._model.signatures["serving_default"]
        self._input: str = next(iter(self._run.structured_input_signature[1]))
        self._shape = shape_of(artifact.document.input)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one input without its batch axis."""
        return self._shape

    def infer(self, batch: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Run the model on (n, *input_shape)."""
        outputs = self._run(**{self._input: self._tf.constant(batch)})
        return tuple(np.asarray(outputs[name]) for name in sorted(outputs))

    def close(self) -> None:
        """Free the model."""
        self._model = self._run = None


def open_saved_model(artifact: Artifact, threads: int | None = None) -> Inferencer:
    """Take the place of `open_inferencer`."""
    return SavedModelInferencer(artifact, threads)


def main() -> None:
    """Run linewatch's command line with the other runtime."""
    assert Path(os.environ[SAVED_MODEL]).is_dir()
    setattr(predictor, "open_inferencer", open_saved_model)  # noqa: B010 - the predictor imports it for itself alone
    from infra.cli import main as linewatch

    sys.argv[0] = "linewatch"
    linewatch()


if __name__ == "__main__":
    main()
