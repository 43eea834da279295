"""An outage of the blob store is waited out; a blob that is not there is told."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.edge import fetching
from consumers.edge.fetching import Fetched, Fetcher
from infra.blobs import BlobError, BlobStore
from schemas.records import ClaimCheck
from tests.consumers.edge.frames import claim_of


class Away(BlobStore):
    """A store that does not answer so many times."""

    failures = 0

    def open_range(self, check: ClaimCheck, start: int) -> Iterator[bytes]:
        if self.failures:
            self.failures -= 1
            raise BlobError("no answer")
        return super().open_range(check, start)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_FIRST_WAIT", 0.0)
    monkeypatch.setattr(fetching, "_LONGEST_WAIT", 0.0)


@pytest.fixture
def blobs(tmp_path: Path) -> Away:
    return Away(str(tmp_path / "blobs"))


def always() -> bool:
    return True


def test_what_is_there_is_fetched(blobs: Away) -> None:
    fetched = Fetcher(blobs, threading.Event(), lambda: None).fetch(blobs.put(b"image"), always)

    assert fetched is not None
    assert (fetched.data, fetched.problem) == (b"image", None)


def test_an_outage_is_waited_out_and_counted(blobs: Away) -> None:
    retries: list[str | None] = []
    fetcher = Fetcher(blobs, threading.Event(), lambda: retries.append(None))
    check = blobs.put(b"image")
    blobs.failures = 50

    fetched = fetcher.fetch(check, always)

    assert fetched is not None
    assert fetched.data == b"image"
    assert len(retries) == 50
    assert fetcher.trouble is None


def test_while_it_lasts_the_outage_is_told(blobs: Away) -> None:
    told: list[str | None] = []
    fetcher = Fetcher(blobs, threading.Event(), lambda: None)
    check = blobs.put(b"image")
    blobs.failures = 1000

    def wanted() -> bool:
        told.append(fetcher.trouble)
        return len(told) < 3

    assert fetcher.fetch(check, wanted) is None
    assert told[1:] == ["no answer", "no answer"]
    assert fetcher.trouble is None


def test_a_blob_that_is_gone_or_damaged_is_a_problem_no_waiting_mends(blobs: Away, tmp_path: Path) -> None:
    fetcher = Fetcher(blobs, threading.Event(), lambda: None)
    check = blobs.put(b"image")
    (tmp_path / "blobs" / check.sha256[:2] / check.sha256[2:4] / check.sha256).write_bytes(b"other")

    for one, reason in ((claim_of(b"never stored"), "is not in"), (check, "not what was stored")):
        fetched = fetcher.fetch(one, always)
        assert isinstance(fetched, Fetched)
        assert fetched.data is None
        assert reason in (fetched.problem or "")


def test_an_edge_that_stops_does_not_wait(blobs: Away) -> None:
    stop = threading.Event()
    stop.set()
    check = blobs.put(b"image")
    blobs.failures = 1

    assert Fetcher(blobs, stop, lambda: None).fetch(check, always) is None
