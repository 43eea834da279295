"""Reads the tensors of a PyTorch checkpoint without PyTorch and without running what the file says.

A `.pth` file is a pickle, and a pickle may call anything. `RestrictedUnpickler` admits only what a dictionary of
tensors needs (an ordered dictionary, the rebuilding of a tensor, the names of storage types) and refuses the rest.
Both layouts are read: the legacy one (pickles in a row, then the storages, PyTorch < 1.6) and the zip archive.
"""

import collections
import pickle
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from consumers.trainer.errors import WeightsError

type_of_storage: Final = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}

# torch.save's magic number and protocol of the legacy layout (torch/serialization.py, since 2016).
LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
LEGACY_PROTOCOL: Final = 1001

# What the standard library raises on garbage in a pickle or a zip archive.
_DAMAGE: Final = (
    pickle.UnpicklingError, zipfile.BadZipFile, EOFError, ValueError, LookupError, TypeError, AttributeError,
    ImportError, OverflowError, MemoryError, NotImplementedError, struct.error, RecursionError,
)  # fmt: skip

StateDict = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Storage:
    """A flat run of numbers named by the pickle; its bytes come later in the file."""

    key: str
    dtype: np.dtype[Any]
    count: int


@dataclass(frozen=True, slots=True)
class _TensorView:
    """A tensor as a window on a storage: offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, flat: NDArray[Any]) -> NDArray[Any]:
        """The tensor as a contiguous array; raises WeightsError when the window leaves the storage."""
        reach = self.offset + sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True)) + 1
        if min((*self.shape, *self.strides, self.offset, 1)) < 0 or reach > flat.size:
            raise WeightsError(f"a tensor of shape {self.shape} leaves its storage of {flat.size} numbers")
        steps = tuple(s * flat.itemsize for s in self.strides)
        return np.ascontiguousarray(as_strided(flat[self.offset :], self.shape, steps))


def _rebuild_tensor(storage: _Storage, offset: int, shape: Any, strides: Any, *_: object) -> _TensorView:
    return _TensorView(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


class RestrictedUnpickler(pickle.Unpickler):
    """Admits dictionaries of tensors; any other name raises WeightsError before it is imported."""

    def find_class(self, module: str, name: str) -> Any:
        """Look a global up in the short list of admitted ones."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in type_of_storage:
            return type_of_storage[name]
        raise WeightsError(f"the checkpoint asks for {module}.{name}, which a file of tensors does not need; refused")

    def persistent_load(self, pid: Any) -> _Storage:
        """Turn ('storage', type, key, device, count[, view]) into a storage to be filled later."""
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] != "storage" or not isinstance(pid[1], np.dtype):
            raise WeightsError(f"the checkpoint holds an unknown persistent id {pid!r:.80}")
        if len(pid) > 5 and pid[5] is not None:
            raise WeightsError("the checkpoint holds a view of a storage, a form older than 2017 that is not read")
        return _Storage(str(pid[2]), pid[1], int(pid[4]))


def read_checkpoint(path: Path) -> StateDict:
    """Every tensor of a PyTorch state dictionary by name, as NumPy arrays in PyTorch's axis order.

    Raises WeightsError when the file is missing, damaged, or holds anything but tensors.
    """
    try:
        with path.open("rb") as stream:
            return _read_zip(stream) if zipfile.is_zipfile(stream) else _read_legacy(stream)
    except OSError as error:
        raise WeightsError(f"cannot read the weights at {path}: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise WeightsError(f"{path} is not a whole PyTorch checkpoint: {error}") from error


def _read_legacy(stream: IO[bytes]) -> StateDict:
    stream.seek(0)
    magic, protocol = RestrictedUnpickler(stream).load(), RestrictedUnpickler(stream).load()
    if magic != LEGACY_MAGIC or protocol != LEGACY_PROTOCOL:
        raise WeightsError(f"not a PyTorch checkpoint: it starts with {magic!r:.40}, {protocol!r:.40}")
    system = RestrictedUnpickler(stream).load()
    if system.get("little_endian") is not True:
        raise WeightsError("the checkpoint was written on a big-endian machine, which is not read")
    tree, keys = RestrictedUnpickler(stream).load(), RestrictedUnpickler(stream).load()
    views = _views(tree)
    dtypes = {view.storage.key: view.storage.dtype for view in views.values()}
    storages = {key: _read_storage(stream, dtypes[key]) for key in keys}
    return {name: view.read(storages[view.storage.key]) for name, view in views.items()}


def _read_storage(stream: IO[bytes], dtype: np.dtype[Any]) -> NDArray[Any]:
    (count,) = struct.unpack("<q", stream.read(8).ljust(8, b"\xff"))
    data = stream.read(count * dtype.itemsize) if count >= 0 else b""
    if count < 0 or len(data) != count * dtype.itemsize:
        raise WeightsError(f"the checkpoint ends inside a storage of {count} numbers; fetch the file again")
    return np.frombuffer(data, dtype)


def _read_zip(stream: IO[bytes]) -> StateDict:
    with zipfile.ZipFile(stream) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise WeightsError(f"the archive holds {len(pickles)} files named data.pkl instead of one")
        folder = pickles[0].removesuffix("data.pkl")
        with archive.open(f"{folder}data.pkl") as pickled:
            views = _views(RestrictedUnpickler(pickled).load())
        return {name: view.read(_read_entry(archive, f"{folder}data/", view.storage)) for name, view in views.items()}


def _read_entry(archive: zipfile.ZipFile, folder: str, storage: _Storage) -> NDArray[Any]:
    return np.frombuffer(archive.read(f"{folder}{storage.key}"), storage.dtype)


def _views(tree: Any) -> dict[str, _TensorView]:
    if not isinstance(tree, dict) or not all(isinstance(view, _TensorView) for view in tree.values()):
        raise WeightsError("the checkpoint is not a plain dictionary of tensors (a state_dict)")
    return {str(name): view for name, view in tree.items()}
