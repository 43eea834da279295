import logging
from pathlib import Path

import pytest

from consumers.archive.marks_file import drop_marks, path_of, read_marks, write_marks
from infra.blobs import BlobError, BlobStore


def test_marks_come_back(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    marks = {f"c{number}": number for number in range(5_000)}
    write_marks(store, 3, 99, marks)
    assert read_marks(store, 3, 99) == marks
    drop_marks(store, 3, 99)
    drop_marks(store, 3, 99)
    assert not (tmp_path / path_of(3, 99)).exists()


def test_marks_that_are_gone_or_broken_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = BlobStore(str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert read_marks(store, 3, 1) == {}
        store.write_file(path_of(3, 2), b"{")
        assert read_marks(store, 3, 2) == {}
    assert caplog.text.count("is not to be had") == 2


def test_a_store_that_does_not_answer_is_no_missing_file(tmp_path: Path) -> None:
    (tmp_path / path_of(3, 1)).mkdir(parents=True)
    with pytest.raises(BlobError, match="can't hand out"):
        read_marks(BlobStore(str(tmp_path)), 3, 1)
