"""Model artifacts on the edge's disk: downloads resume, what is damaged is fetched again, what is unused goes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.edge.cache import ModelCache
from consumers.edge.errors import ModelUnusableError
from consumers.inference.artifact import Artifact
from consumers.inference.bundle import pack
from infra.blobs import BlobError, BlobStore
from schemas.records import ClaimCheck
from tests.consumers.edge.brightness import brightness_artifact


class Breaking(BlobStore):
    """A store whose connection breaks after so many bytes, as often as told."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.breaks, self.starts = 0, list[int]()

    def open_range(self, check: ClaimCheck, start: int) -> Iterator[bytes]:
        self.starts.append(start)
        data = b"".join(super().open_range(check, start))
        if self.breaks:
            self.breaks -= 1
            yield data[:500]
            raise BlobError("the connection broke")
        yield data


@pytest.fixture
def blobs(tmp_path: Path) -> Breaking:
    return Breaking(str(tmp_path / "blobs"))


@pytest.fixture
def cache(tmp_path: Path, blobs: Breaking) -> ModelCache:
    return ModelCache(tmp_path / "cache", blobs)


def always() -> bool:
    return True


def stored(blobs: BlobStore, directory: Path, version: str = "1") -> tuple[Artifact, ClaimCheck]:
    artifact = brightness_artifact(directory / f"m{version}", version=version)
    pack(artifact, directory / f"bundle{version}")
    return artifact, blobs.put_file(directory / f"bundle{version}")


def test_a_model_is_brought_once_and_then_found(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    artifact, blob = stored(blobs, tmp_path)
    assert cache.find(artifact.digest) is None

    brought = cache.bring(artifact.digest, blob, always)
    again = cache.bring(artifact.digest, blob, always)

    assert brought is not None
    assert again == brought
    assert brought.digest == artifact.digest
    assert blobs.starts == [0]
    assert not list((tmp_path / "cache").glob("*.partial"))


def test_a_download_goes_on_where_it_stopped(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    artifact, blob = stored(blobs, tmp_path)
    blobs.breaks = 2
    for _ in range(2):
        with pytest.raises(BlobError, match="the connection broke"):
            cache.bring(artifact.digest, blob, always)

    assert cache.bring(artifact.digest, blob, always) is not None
    assert blobs.starts == [0, 500, 1000]


def test_a_process_goes_on_with_what_one_that_ended_has_left_but_not_with_a_running_ones(
    cache: ModelCache, blobs: Breaking, tmp_path: Path
) -> None:
    artifact, blob = stored(blobs, tmp_path)
    content = (tmp_path / "bundle1").read_bytes()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    (tmp_path / "cache").mkdir()
    running = tmp_path / "cache" / f".{blob.sha256}.{os.getppid()}.partial"
    running.write_bytes(b"another one's")
    (tmp_path / "cache" / f".{blob.sha256}.{ended.pid}.partial").write_bytes(content[:700])

    assert cache.bring(artifact.digest, blob, always) is not None
    assert blobs.starts == [700]
    assert running.read_bytes() == b"another one's"


def test_a_blob_that_is_not_what_was_signed_is_refused_and_leaves_nothing(
    cache: ModelCache, blobs: Breaking, tmp_path: Path
) -> None:
    artifact, blob = stored(blobs, tmp_path)
    file = tmp_path / "blobs" / blob.sha256[:2] / blob.sha256[2:4] / blob.sha256
    file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(ModelUnusableError, match="not those that were signed"):
        cache.bring(artifact.digest, blob, always)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_blob_that_is_gone_is_refused(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    artifact, _ = stored(blobs, tmp_path)
    gone = ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=9)

    with pytest.raises(ModelUnusableError, match="is not in"):
        cache.bring(artifact.digest, gone, always)


def test_an_artifact_of_another_digest_is_refused(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    _, blob = stored(blobs, tmp_path)

    with pytest.raises(ModelUnusableError, match="expected sha256:00"):
        cache.bring("sha256:" + "0" * 64, blob, always)


def test_a_download_that_is_no_longer_wanted_ends(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    artifact, blob = stored(blobs, tmp_path)

    assert cache.bring(artifact.digest, blob, lambda: False) is None


def test_a_damaged_artifact_is_brought_again(cache: ModelCache, blobs: Breaking, tmp_path: Path) -> None:
    artifact, blob = stored(blobs, tmp_path)
    brought = cache.bring(artifact.digest, blob, always)
    assert brought is not None
    brought.runtime_file.write_bytes(b"bit rot")

    assert cache.find(artifact.digest) is None
    assert cache.bring(artifact.digest, blob, always) is not None


def test_the_artifacts_longest_unused_go_but_none_that_is_in_use(
    cache: ModelCache, blobs: Breaking, tmp_path: Path
) -> None:
    digests = []
    for number in range(9):
        artifact, blob = stored(blobs, tmp_path, str(number))
        brought = cache.bring(artifact.digest, blob, always)
        assert brought is not None
        os.utime(brought.directory / "model.json", (number, number))
        digests.append(artifact.digest)

    cache.prune([digests[0]])

    kept = {place.name.replace("-", ":") for place in (tmp_path / "cache").iterdir()}
    assert kept == {digests[0], *digests[3:]}
