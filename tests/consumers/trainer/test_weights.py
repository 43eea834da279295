"""Imported weights are found by path, digest and name, and only as they were imported."""

import hashlib
from pathlib import Path

import pytest

from consumers.trainer.errors import WeightsError
from consumers.trainer.weights import WeightsStore


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "weights")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resnet50.h5"
    path.write_bytes(b"weights of a network")
    return path


def test_an_imported_file_is_found_by_name_and_digest(store: WeightsStore, file: Path) -> None:
    kept = store.add(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.unlink()
    assert kept.sha256 == digest
    for wanted in ("resnet50.h5", digest, f"sha256:{digest}", digest[:8]):
        assert store.find(wanted) == kept
    assert store.files() == [kept]


def test_a_path_is_taken_as_it_is(store: WeightsStore, file: Path) -> None:
    assert store.find(str(file)).path == file


def test_importing_twice_changes_nothing(store: WeightsStore, file: Path) -> None:
    assert store.add(file) == store.add(file)
    assert len(store.files()) == 1


def test_a_file_that_changed_is_refused(store: WeightsStore, file: Path) -> None:
    store.add(file).path.write_bytes(b"other weights")
    file.unlink()
    with pytest.raises(WeightsError, match="has changed since"):
        store.find("resnet50.h5")


def test_two_files_of_one_name_are_told_apart_by_digest(store: WeightsStore, file: Path) -> None:
    first = store.add(file)
    file.write_bytes(b"another one")
    second = store.add(file)
    file.unlink()
    with pytest.raises(WeightsError, match="name one by its digest"):
        store.find("resnet50.h5")
    assert {store.find(first.sha256).path, store.find(second.sha256).path} == {first.path, second.path}


def test_what_is_not_there_is_told_with_what_is(store: WeightsStore, file: Path) -> None:
    store.add(file)
    with pytest.raises(WeightsError, match=r"no weights 'vgg'.*resnet50\.h5"):
        store.find("vgg")


@pytest.mark.parametrize(("name", "words"), [("missing.h5", "is not a file"), ("notes.txt", "ends in '.txt'")])
def test_only_files_of_weights_are_imported(store: WeightsStore, tmp_path: Path, name: str, words: str) -> None:
    if name.endswith(".txt"):
        (tmp_path / name).write_text("x")
    with pytest.raises(WeightsError, match=words):
        store.add(tmp_path / name)
