"""No blob that anything names is ever removed, whatever names it and however."""

import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.archive.collecting import GRACE_S, find_unreferenced, sweep
from consumers.archive.errors import CollectionRefusedError
from consumers.archive.references import Piece
from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.records import ClaimCheck, DeadLetter, FrameLocation, Record
from tests.consumers.archive.made import location, task

CODEC = Codec()


def aged(store: BlobStore, digest: str, hours: float) -> None:
    """Make a blob look older."""
    os.utime(Path(store.url) / digest[:2] / digest[2:4] / digest, (time.time() - hours * 3600,) * 2)


def named_by_task(digest: str) -> Record:
    """A task about the image."""
    return task(FrameLocation(topic="frames.e", partition=0, offset=0, sha256=digest))


def named_by_letter(digest: str) -> Record:
    """A letter whose bytes lie in the blob."""
    check = ClaimCheck(reference=f"sha256:{digest}", sha256=digest, size=1)
    return DeadLetter(reader="r", at_us=0, reason="", kind="K", claim_check=check)


WAYS: list[Callable[[str], bytes]] = [
    lambda digest: CODEC.encode(named_by_task(digest)),
    lambda digest: CODEC.encode(named_by_letter(digest)),
    lambda digest: f'{{"kind":"image","sha256":"{digest}"}}\n'.encode(),
    lambda digest: f"0123456789{digest}abcdef".encode(),  # hex digits on both sides
    lambda digest: b"\xff\x00damaged" + digest.encode() + os.urandom(20),
]


@given(
    st.lists(
        st.tuples(st.binary(min_size=1, max_size=6), st.floats(0, 100), st.none() | st.sampled_from(WAYS)),
        unique_by=lambda one: one[0],
        max_size=12,
    )
)
def test_what_is_named_or_young_stays_and_the_rest_goes(
    tmp_path_factory: pytest.TempPathFactory, blobs: list[tuple[bytes, float, Callable[[str], bytes] | None]]
) -> None:
    store = BlobStore(str(tmp_path_factory.mktemp("blobs")))
    stays, pieces = set(), []
    for data, hours, way in blobs:
        digest = store.put(data).sha256
        aged(store, digest, hours)
        if way is not None:
            pieces.append(Piece("somewhere", way(digest)))
        if way is not None or hours < GRACE_S / 3600 - 0.01:
            stays.add(digest)
    found = find_unreferenced(store, pieces)
    assert found.total == len(blobs)
    removed = sweep(store, found)
    left = {blob.digest for blob in store.blobs()}
    assert stays <= left, "a blob in use was removed"
    near = {sha256(data).hexdigest() for data, hours, _ in blobs if abs(hours * 3600 - GRACE_S) < 60}
    assert left - stays <= near
    assert {blob.digest for blob in removed} | left == {sha256(data).hexdigest() for data, _, _ in blobs}


def test_a_blob_put_again_or_stored_while_references_are_read_stays(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    again, lost = store.put(b"again").sha256, store.put(b"lost").sha256
    aged(store, again, 100)
    aged(store, lost, 100)

    def pieces() -> Iterator[Piece]:
        store.put(b"again")
        store.put(b"new")
        yield Piece("nothing", b"")

    removed = sweep(store, find_unreferenced(store, pieces()))
    assert [blob.digest for blob in removed] == [lost]
    assert store.has(again)


def test_references_that_can_not_be_read_stop_everything(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    aged(store, store.put(b"x").sha256, 100)

    def pieces() -> Iterator[Piece]:
        yield Piece("first", b"")
        raise CollectionRefusedError("the broker went away")

    with pytest.raises(CollectionRefusedError):
        find_unreferenced(store, pieces())
    assert len(list(store.blobs())) == 1


def test_too_short_a_grace_age_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectionRefusedError, match="--older-than 1 h"):
        find_unreferenced(BlobStore(str(tmp_path)), [], 3600)


def test_figures(tmp_path: Path) -> None:
    store = BlobStore(str(tmp_path))
    for number in range(5):
        aged(store, store.put(bytes([number] * 10)).sha256, 30 + number)
    store.put(b"young")
    named: Any = CODEC.encode(task(location(1)))
    found = find_unreferenced(store, [Piece("p", named)])
    assert (found.total, found.total_size, found.young, len(found.blobs), found.size) == (6, 55, 1, 5, 50)
    assert [blob.modified for blob in found.blobs] == sorted(blob.modified for blob in found.blobs)
