"""Runs a Keras network over prepared images in inference mode, batch by batch."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consumers.trainer.metrics import Indices
from consumers.trainer.prepared_images import PLAIN, Batch, PreparedImages, View
from consumers.trainer.tensorflow_setup import tensorflow

Values = NDArray[np.float32]
Forward = Callable[[Values], dict[str, Any]]
INFERENCE_BATCH: Final = 16


def compile_forward(model: Any) -> Forward:
    """The network in inference mode as one traced function of images (n, height, width, channels), any n."""
    tf = tensorflow()
    shape = (None, *model.input_shape[1:])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
    def forward(inputs: Any) -> Any:
        return model(inputs, training=False)

    return forward  # type: ignore[no-any-return]


def each_batch(
    forward: Forward, images: PreparedImages, rows: Indices, view: View = PLAIN
) -> Iterator[tuple[Batch, dict[str, Values]]]:
    """Each batch of the rows, in their order, with the network's outputs by name."""
    for batch in images.batches(rows, INFERENCE_BATCH, view):
        yield batch, {name: output.numpy() for name, output in forward(batch.images).items()}


def output_of(forward: Forward, name: str, images: PreparedImages, rows: Indices, view: View = PLAIN) -> Values:
    """One output for all rows, (n, ...); there must be a row."""
    return np.concatenate([outputs[name] for _, outputs in each_batch(forward, images, rows, view)])
