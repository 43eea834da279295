"""Checkpoints are read exactly, and nothing in them is ever run."""

import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from consumers.trainer.errors import WeightsError
from consumers.trainer.networks.checkpoint import LEGACY_MAGIC, LEGACY_PROTOCOL, read_checkpoint

# The pickler in C cannot be taught to write a global by its name alone.
_PythonPickler: Any = vars(pickle)["_Pickler"]


class _Global:
    """Pickles as a name, whatever stands behind it."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class _Tensor:
    def __init__(self, key: str, values: NDArray[Any], storage: str = "FloatStorage") -> None:
        self.key, self.values, self.storage = key, values, storage


class _Writer(_PythonPickler):  # type: ignore[misc]
    """Writes what torch.save writes, as far as tensors go."""

    dispatch: ClassVar = dict(_PythonPickler.dispatch)

    def persistent_id(self, obj: Any) -> object:
        return ("storage", _Global("torch", obj[2]), obj[1], "cpu", obj[3], None) if _is_storage(obj) else None

    def save_global_by_name(self, obj: _Global, name: str | None = None) -> None:
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())

    def save_tensor(self, obj: _Tensor) -> None:
        self.save(_Global("torch._utils", "_rebuild_tensor_v2"))
        strides = tuple(step // obj.values.itemsize for step in obj.values.strides)
        storage = ("storage of", obj.key, obj.storage, obj.values.size)
        self.save((storage, 0, obj.values.shape, strides, False, OrderedDict()))
        self.write(pickle.REDUCE)

    dispatch[_Global] = save_global_by_name
    dispatch[_Tensor] = save_tensor


def _is_storage(obj: object) -> bool:
    return isinstance(obj, tuple) and len(obj) == 4 and obj[0] == "storage of"


def _pickled(value: object) -> bytes:
    stream = io.BytesIO()
    _Writer(stream, protocol=2).dump(value)
    return stream.getvalue()


def _flat(values: NDArray[Any]) -> bytes:
    """The bytes of the storage: in memory order, whatever the axes are called."""
    return values.tobytes("A")


_TENSORS = {
    "conv.weight": _Tensor("1", np.arange(24, dtype=np.float32).reshape(2, 3, 4)),
    # Fortran order: a tensor whose axes were turned before it was saved.
    "turned": _Tensor("2", np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))),
    "count": _Tensor("3", np.array([7], np.int64), "LongStorage"),
}


def _legacy(tree: object = None, tensors: dict[str, _Tensor] = _TENSORS) -> bytes:
    keys = [tensor.key for tensor in tensors.values()]
    system = {"protocol_version": LEGACY_PROTOCOL, "little_endian": True, "type_sizes": {}}
    head = b"".join(map(_pickled, (LEGACY_MAGIC, LEGACY_PROTOCOL, system, tree or OrderedDict(tensors), keys)))
    return head + b"".join(struct.pack("<q", t.values.size) + _flat(t.values) for t in tensors.values())


def _zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("net/data.pkl", _pickled(OrderedDict(_TENSORS)))
        for tensor in _TENSORS.values():
            archive.writestr(f"net/data/{tensor.key}", _flat(tensor.values))
    return stream.getvalue()


@pytest.mark.parametrize("content", [_legacy(), _zipped()], ids=["legacy", "zip"])
def test_tensors_are_read_as_they_were_written(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.pth"
    path.write_bytes(content)
    found = read_checkpoint(path)
    assert {name: values.tolist() for name, values in found.items()} == {
        name: tensor.values.tolist() for name, tensor in _TENSORS.items()
    }
    assert found["conv.weight"].dtype == np.float32


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (Path("owned"), "by a checkpoint"))


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pth"
    path.write_bytes(_legacy(tree={"weight": _Evil()}))
    with pytest.raises(WeightsError, match="refused"):
        read_checkpoint(path)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("cut", [1, 30, 200, 600])
def test_a_checkpoint_that_ends_early_is_named(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "net.pth"
    path.write_bytes(_legacy()[:-cut])
    with pytest.raises(WeightsError):
        read_checkpoint(path)


def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    whole, small = np.zeros((4, 4), np.float32), np.zeros(3, np.float32)
    content = _legacy(tensors={"weight": _Tensor("1", whole)})
    path.write_bytes(content[: -8 - whole.nbytes] + struct.pack("<q", small.size) + small.tobytes())
    with pytest.raises(WeightsError, match="leaves its storage"):
        read_checkpoint(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="No such file"):
        read_checkpoint(tmp_path / "net.pth")


@given(st.binary(max_size=300), st.integers(0, 700))
def test_garbage_raises_one_clear_error(tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("garbage") / "net.pth"
    content = _legacy()
    for damaged in (noise, content[:at] + noise + content[at + len(noise) :]):
        path.write_bytes(damaged)
        try:
            read_checkpoint(path)  # a change within numbers may go unseen: a checkpoint carries no checksum
        except WeightsError as error:
            assert str(error)  # noqa: PT017
