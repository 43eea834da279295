import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from consumers.archive.errors import ArchiveError
from consumers.archive.process import Archive, ArchiveOptions, check_store
from infra.blobs import BlobError, BlobStore
from infra.settings import Settings


class FailingPart:
    """Fails so many times, then waits to be told to stop."""

    def __init__(self, failures: int) -> None:
        self.failures, self.ran = failures, threading.Event()

    def run(self, stop: threading.Event) -> None:
        """One run."""
        if self.failures:
            self.failures -= 1
            raise BlobError("the store went away")
        self.ran.set()
        stop.wait()


def archive(tmp_path: Path, **parts: FailingPart) -> Archive:
    """A process with parts of ours."""
    made = Archive(Settings(data_dir=tmp_path), ArchiveOptions(), CollectorRegistry())
    made._makers = {name: lambda part=part: part for name, part in parts.items()}  # type: ignore[misc]
    return made


def test_a_part_that_fails_starts_again_and_the_other_goes_on(tmp_path: Path) -> None:
    images, inspections = FailingPart(2), FailingPart(0)
    made, stop = archive(tmp_path, images=images, inspections=inspections), threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    assert inspections.ran.wait(60)
    assert images.ran.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert made.metrics.failures.labels("images")._value.get() == 2


def test_inspections_need_the_store_itself() -> None:
    server = BlobStore("http://127.0.0.1:1")
    with pytest.raises(ArchiveError, match="--only images"):
        check_store(server, ("images", "inspections"))
    check_store(server, ("images",))


class BrokenPart(FailingPart):
    """Fails as nobody expected."""

    def run(self, stop: threading.Event) -> None:
        """One run."""
        raise ZeroDivisionError


def test_a_part_with_a_mistake_in_it_ends_the_process_loudly(tmp_path: Path) -> None:
    made = archive(tmp_path, images=BrokenPart(0), inspections=FailingPart(0))
    with pytest.raises(ZeroDivisionError):
        made.run(threading.Event())
