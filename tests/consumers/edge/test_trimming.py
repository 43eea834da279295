"""Pages of a mapped model file are given back, and its contents stay readable; the collector leaves objects alone."""

import gc
import mmap
import sys
from pathlib import Path

import pytest

from consumers.edge.trimming import mapped_regions, release_file_pages, spare_lasting_objects


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_a_mapped_file_reads_the_same_after_its_pages_were_dropped(tmp_path: Path) -> None:
    path, content = tmp_path / "a model.tflite", bytes(range(256)) * 4096
    path.write_bytes(content)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:] == content

        assert release_file_pages(path) == len(content)

        assert mapped[:] == content


def test_a_file_that_is_not_mapped_has_nothing_to_give_back(tmp_path: Path) -> None:
    assert release_file_pages(tmp_path / "model.onnx") == 0


@pytest.mark.parametrize("maps", ["", "garbage", "7f00-7f80 rw-p 0 fe:00 99 /m", "7f00-7f80 r--p 0 fe:00 99 /other"])
def test_only_read_only_mappings_of_the_file_count(maps: str) -> None:
    assert mapped_regions(maps, Path("/m")) == []


def test_lasting_objects_are_out_of_the_collectors_sight() -> None:
    class Node:
        pass

    lasting = Node()
    try:
        assert spare_lasting_objects() > 1000

        assert not any(each is lasting for each in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(each is lasting for each in gc.get_objects())
