"""Rendered images on disk."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.console.image_cache import ImageCache


def on_disk(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.glob("??/*")}


def test_what_was_put_is_there_also_after_a_restart(tmp_path: Path) -> None:
    ImageCache(tmp_path).put("abcd-320", b"picture")
    again = ImageCache(tmp_path)
    assert again.get("abcd-320") == b"picture"
    assert again.get("abcd-640") is None
    assert again.total_bytes == 7


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path, cap_bytes=30)
    for key in ("aa1", "bb2", "cc3"):
        cache.put(key, bytes(10))
    assert cache.get("aa1") is not None
    cache.put("dd4", bytes(10))
    assert set(on_disk(tmp_path)) == {"aa1", "cc3", "dd4"}


def test_the_order_survives_a_restart(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path, cap_bytes=30)
    for number, key in enumerate(("aa1", "bb2", "cc3")):
        cache.put(key, bytes(10))
        os.utime(tmp_path / key[:2] / key, ns=(number, number))
    ImageCache(tmp_path, cap_bytes=30).put("dd4", bytes(10))
    assert set(on_disk(tmp_path)) == {"bb2", "cc3", "dd4"}


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["aa", "bb", "cc", "dd"]), st.integers(0, 40)), max_size=30))
def test_there_is_never_more_than_the_cap(
    tmp_path_factory: pytest.TempPathFactory, puts: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    cache = ImageCache(folder, cap_bytes=60)
    for key, size in puts:
        cache.put(key, bytes(size))
        files = on_disk(folder)
        assert sum(files.values()) == cache.total_bytes <= 60
        assert files[key] == size


def test_what_is_larger_than_the_cap_is_not_kept_and_drives_nothing_out(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path, cap_bytes=10)
    cache.put("aa1", bytes(10))
    cache.put("bb2", bytes(11))
    assert on_disk(tmp_path) == {"aa1": 10}


def test_half_written_files_of_a_killed_process_go(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "x.partial").write_bytes(b"half")
    assert ImageCache(tmp_path).total_bytes == 0
    assert on_disk(tmp_path) == {}


def test_a_file_that_somebody_deleted_is_just_not_there(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path)
    cache.put("abcd", b"x")
    (tmp_path / "ab" / "abcd").unlink()
    assert cache.get("abcd") is None
    cache.put("abcd", b"yy")
    assert (cache.get("abcd"), cache.total_bytes) == (b"yy", 2)


def test_without_space_on_disk_nothing_is_kept_and_nothing_fails(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_bytes(b"in the way")
    cache = ImageCache(folder)
    cache.put("abcd", b"x")
    assert cache.get("abcd") is None
    assert cache.total_bytes == 0
