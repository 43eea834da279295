"""The protocol every runtime implements, and the quantisation of its tensors."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from consumers.inference.document import InputSpec, Quantisation
from consumers.inference.errors import ModelRuntimeError

Tensor = NDArray[Any]


class Inferencer(Protocol):
    """A loaded model. Not safe across threads: one thread calls `infer` at a time."""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Shape of one input without its batch axis, as model.json gives it."""
        ...

    def infer(self, batch: Tensor) -> tuple[Tensor, ...]:
        """Return one array per output of the document, in its order, batch axis first, dequantised to float32.

        `batch` is (n, *input_shape), n >= 1, in the input's dtype; float32 is quantised here for integer inputs.
        ModelRuntimeError when the shape does not fit or the runtime fails.
        """
        ...

    def close(self) -> None:
        """Free the model; `infer` must not be called afterwards."""
        ...


def shape_of(spec: InputSpec) -> tuple[int, int, int]:
    """Return the shape of one input tensor without its batch axis."""
    if spec.layout == "nchw":
        return spec.channels, spec.height, spec.width
    return spec.height, spec.width, spec.channels


def check_shape(batch: Tensor, spec: InputSpec) -> None:
    """Raise ModelRuntimeError unless the batch is (n >= 1, *shape_of(spec))."""
    if batch.ndim != 4 or batch.shape[0] < 1 or batch.shape[1:] != shape_of(spec):
        raise ModelRuntimeError(f"input has shape {batch.shape}, the model takes (n, {shape_of(spec)})")


def quantise(values: Tensor, quantisation: Quantisation | None, dtype: Any) -> Tensor:
    """Return values in a tensor's dtype: unchanged when they have it, else round(values / scale) + zero_point."""
    if values.dtype == dtype:
        return values
    if quantisation is None:
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    stored = np.round(values / quantisation.scale) + quantisation.zero_point
    return np.clip(stored, limits.min, limits.max).astype(dtype)


def dequantise(stored: Tensor, quantisation: Quantisation | None) -> Tensor:
    """Return a tensor's real values as float32: (stored - zero_point) * scale, or unchanged when it is float32."""
    if quantisation is None:
        return stored if stored.dtype == np.float32 else stored.astype(np.float32)
    return (stored.astype(np.float32) - np.float32(quantisation.zero_point)) * np.float32(quantisation.scale)
