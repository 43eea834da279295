"""Dataset builds in the background."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from consumers.console.builds import GONE_US, RESTARTED, Builds, selection_from
from consumers.console.services import Services
from consumers.console.tables.builds import BuildRow
from consumers.console.tables.progress import ChangeRow
from consumers.datasets.build import BuildProgress
from consumers.datasets.errors import CancelledError, ImagesMissingError, SelectionError
from consumers.datasets.manifest import Manifest
from consumers.datasets.selection import Selection
from tests.consumers.console.manifests import made_manifest
from tests.consumers.console.services import FakeClock
from tests.integration.edge_line import wait_until

WANTED: dict[str, Any] = {
    "name": "plates",
    "edge_ids": ["press-1"],
    "from_us": 1,
    "to_us": 2,
    "classes": ["dent"],
    "include_imported": True,
    "allow_missing": False,
}


class Job:
    """A build that does what a test says."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.go.set()
        self.failure: Exception | None = None
        self.began: list[tuple[Selection, str, str, bool]] = []

    def __call__(
        self,
        selection: Selection,
        asked_by: str,
        role: str,
        preview: bool,
        on_progress: Callable[[BuildProgress], None],
        stop: threading.Event,
    ) -> Manifest:
        self.began.append((selection, asked_by, role, preview))
        on_progress(BuildProgress("images", 3, 10))
        while not self.go.wait(0.01):
            if stop.is_set():
                raise CancelledError("stopped while images were read; nothing was written")
        if self.failure is not None:
            raise self.failure
        return made_manifest()


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def builds(services: Services, job: Job) -> Iterator[Builds]:
    running = Builds(services, job)
    running.start()
    yield running
    running.close()


def ask(builds: Builds, *, preview: bool = False) -> str:
    return builds.ask(selection_from(WANTED), WANTED, by="dora", role="model_developer", preview=preview).build_id


def row(services: Services, build_id: str) -> BuildRow:
    with services.database.read() as session:
        return session.get_one(BuildRow, build_id)


def wait_for(services: Services, build_id: str, state: str) -> BuildRow:
    wait_until(lambda: row(services, build_id).state == state, f"build {state}")
    return row(services, build_id)


def test_a_build_ends_with_its_digest_and_figures(services: Services, builds: Builds, job: Job) -> None:
    done = wait_for(services, ask(builds), "done")
    manifest = made_manifest()
    assert (done.digest, done.asked_by, done.detail) == (manifest.digest, "dora", None)
    assert done.result is not None
    assert (done.result["images"], done.result["classes"]) == (manifest.header.images, manifest.header.classes)
    assert done.ended_at_us == services.clock()
    (began,) = job.began
    assert began == (selection_from(WANTED), "dora", "model_developer", False)
    with services.database.read() as session:
        noted = [change.keys for change in session.query(ChangeRow) if change.kind == "build"]
    assert noted.count([[done.build_id]]) >= 3


def test_progress_shows_while_it_runs(services: Services, builds: Builds, job: Job) -> None:
    job.go.clear()
    build_id = ask(builds)
    wait_until(lambda: row(services, build_id).done == 3, "progress")
    running = row(services, build_id)
    assert (running.state, running.phase, running.total) == ("running", "reading images", 10)
    job.go.set()
    wait_for(services, build_id, "done")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (SelectionError("edges press-1 have no label at all"), "edges press-1 have no label at all"),
        (ValueError("oops"), "a bug in linewatch (ValueError)"),
    ],
)
def test_a_build_that_fails_says_why_and_the_next_goes_on(
    services: Services, builds: Builds, job: Job, failure: Exception, said: str
) -> None:
    job.failure = failure
    failed = wait_for(services, ask(builds), "failed")
    assert failed.detail is not None
    assert said in failed.detail
    job.failure = None
    wait_for(services, ask(builds), "done")


def test_missing_images_are_listed(services: Services, builds: Builds, job: Job) -> None:
    job.failure = ImagesMissingError("2 images are missing", tuple(f"cam-1/{number}" for number in range(150)))
    failed = wait_for(services, ask(builds), "failed")
    assert (failed.missing[:2], len(failed.missing), failed.detail) == (
        ["cam-1/0", "cam-1/1"],
        100,
        "2 images are missing",
    )


def test_builds_run_one_after_the_other_and_each_can_be_cancelled(services: Services, builds: Builds, job: Job) -> None:
    job.go.clear()
    first, second, third = (ask(builds) for _ in range(3))
    wait_for(services, first, "running")
    builds.cancel(second)
    assert wait_for(services, second, "cancelled").detail == "cancelled before it began"
    builds.cancel(first)
    assert wait_for(services, first, "cancelled").detail is not None
    job.go.set()
    wait_for(services, third, "done")
    builds.cancel(third)
    assert row(services, third).state == "done"


def test_another_console_can_cancel(services: Services, builds: Builds, job: Job) -> None:
    job.go.clear()
    build_id = ask(builds)
    wait_for(services, build_id, "running")
    Builds(services, Job()).cancel(build_id)
    wait_for(services, build_id, "cancelled")


def test_a_console_that_stops_fails_its_builds(services: Services, job: Job) -> None:
    job.go.clear()
    stopping = Builds(services, job)
    stopping.start()
    running, queued = ask(stopping), ask(stopping)
    wait_for(services, running, "running")
    stopping.close()
    assert [row(services, build_id).state for build_id in (running, queued)] == ["failed", "failed"]
    assert row(services, running).detail == RESTARTED


def test_builds_of_a_console_that_was_killed_fail_once_it_is_gone(
    services: Services, clock: FakeClock, job: Job
) -> None:
    killed = Builds(services, Job())  # never started: as good as dead
    build_id = ask(killed)
    other = Builds(services, job)
    other.start()
    try:
        clock.at_us += GONE_US
        assert row(services, build_id).state == "queued"
        clock.at_us += 1
        assert wait_for(services, build_id, "failed").detail == RESTARTED
        assert job.began == []
    finally:
        other.close()
