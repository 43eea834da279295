"""Model artifacts on the edge's disk, by digest; downloads go on where they stopped."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import psutil

from consumers.edge.errors import EdgeStateError, ModelUnusableError
from consumers.inference.artifact import Artifact, load_artifact
from consumers.inference.bundle import unpack
from consumers.inference.errors import ArtifactError
from infra.blobs import BlobMissingError, BlobStore
from schemas.records import ClaimCheck

_KEEP: Final = 6
"""Artifacts kept beside those in use: room for a few rollbacks, within a factory PC's disk."""
_CHUNK: Final = 1 << 20


class ModelCache:
    """The models folder of an edge; processes of one edge on one machine may share it."""

    def __init__(self, directory: Path, blobs: BlobStore) -> None:
        self._directory, self._blobs = directory, blobs

    def find(self, digest: str) -> Artifact | None:
        """The artifact if it is here whole; a damaged one is removed, so that it is fetched again."""
        place = self._place(digest)
        if not place.is_dir():
            return None
        try:
            artifact = load_artifact(place, digest)
        except ArtifactError:
            shutil.rmtree(place, ignore_errors=True)
            return None
        (place / "model.json").touch()  # remembers its last use
        return artifact

    def bring(self, digest: str, blob: ClaimCheck, wanted: Callable[[], bool]) -> Artifact | None:
        """The artifact, downloaded if need be; None once it is not `wanted` any more.

        BlobError when the store does not answer (try again: it goes on where it stopped); ModelUnusableError when
        the blob is gone, is not what its hash says, or is not the artifact of this digest.
        """
        if (found := self.find(digest)) is not None:
            return found
        bundle = self._partial(blob)
        if not self._download(blob, bundle, wanted):
            return None
        try:
            return unpack(bundle, self._place(digest), digest)
        except ArtifactError as error:
            # Another process of this edge may have been quicker.
            if (found := self.find(digest)) is not None:
                return found
            raise ModelUnusableError(f"model {digest}: {error}") from error
        finally:
            bundle.unlink(missing_ok=True)

    def prune(self, used: Iterable[str]) -> None:
        """Remove the artifacts longest unused, but none in `used` (digests)."""
        kept = {self._place(digest) for digest in used}
        found = [place for place in self._directory.glob("sha256-*") if place.is_dir() and place not in kept]
        found.sort(key=_last_use, reverse=True)
        for place in found[_KEEP:]:
            shutil.rmtree(place, ignore_errors=True)

    def _place(self, digest: str) -> Path:
        return self._directory / digest.replace(":", "-")

    def _partial(self, blob: ClaimCheck) -> Path:
        """The file this process downloads into; it goes on with what a process that ended has left."""
        own = self._directory / f".{blob.sha256}.{os.getpid()}.partial"
        for left in self._directory.glob(f".{blob.sha256}.*.partial"):
            if left != own and not psutil.pid_exists(int(left.suffixes[-2][1:])):
                os.replace(left, own)
        return own

    def _download(self, blob: ClaimCheck, target: Path, wanted: Callable[[], bool]) -> bool:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with target.open("ab") as sink:
                for chunk in self._blobs.open_range(blob, sink.tell()):
                    if not wanted():
                        return False
                    sink.write(chunk)
        except BlobMissingError as error:
            raise ModelUnusableError(str(error)) from error
        except OSError as error:
            raise EdgeStateError(f"{target}: cannot be written: {error}") from error
        size, digest = target.stat().st_size, _sha256(target)
        if (size, digest) != (blob.size, blob.sha256):
            target.unlink()
            raise ModelUnusableError(f"blob {blob.reference}: {size} bytes came, which are not those that were signed")
        return True


def _last_use(place: Path) -> float:
    document = place / "model.json"
    return document.stat().st_mtime if document.is_file() else 0.0


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
