"""Frames go through fetching, decoding and judging in threads of their own, and come out as inspections."""

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from consumers.edge.fetching import Fetcher
from consumers.edge.ledger import Assignment
from consumers.edge.marks import CameraMarks
from consumers.edge.pipeline import Pipeline
from consumers.edge.progress import PartitionProgress
from consumers.edge.slot import LineUp, Standing
from consumers.edge.stages import Arrived, Identity
from consumers.inference.predictor import Predictor
from infra.blobs import BlobStore
from schemas.records import ClaimCheck, EdgeConfig, Inspection
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.consumers.edge.frames import claim_of, frame_of

FRAMES = 60


class Held(BlobStore):
    """A store that answers when a test lets it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.open = threading.Event()

    def open_range(self, check: ClaimCheck, start: int) -> Iterator[bytes]:
        assert self.open.wait(30)
        return super().open_range(check, start)


class Line:
    """A pipeline whose results a test takes."""

    def __init__(self, directory: Path) -> None:
        self.store = Held(str(directory / "blobs"))
        self.out: queue.Queue[tuple[Arrived, Inspection | None]] = queue.Queue()
        self.failures: list[BaseException] = []
        self.stop = threading.Event()
        predictor = Predictor(brightness_artifact(directory / "model"))
        self._line_up = LineUp(Standing(predictor=predictor, config=EdgeConfig(), revision=1))
        self.assignment = Assignment(0, CameraMarks(), PartitionProgress())
        self.pipeline = Pipeline(
            Identity("edge-1", "one"),
            Fetcher(self.store, self.stop, lambda: None),
            lambda arrived, inspection: self.out.put((arrived, inspection)),
            self.failures.append,
            decoders=2,
        )

    def submit(self, sequence: int, image: bytes, claim: ClaimCheck | None = None) -> None:
        frame = frame_of(image, sequence=sequence)
        if claim is not None:
            frame = msgspec.structs.replace(frame, image=None, claim_check=claim)
        self.pipeline.submit(
            Arrived(
                frame=frame,
                assignment=self.assignment,
                offset=sequence,
                topic="frames.edge-1",
                traceparent=None,
                received_us=time.time_ns() // 1000,
                received_ns=time.perf_counter_ns(),
                line_up=self._line_up,
            )
        )


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    made = Line(tmp_path)
    yield made
    made.store.open.set()
    made.stop.set()
    made.pipeline.close()


def test_every_frame_comes_out_once(line: Line) -> None:
    for number in range(FRAMES):
        line.submit(number, image_of(20 if number % 2 else 230, noise=number))

    found = dict[int, Inspection | None]()
    for _ in range(FRAMES):
        arrived, inspection = line.out.get(timeout=30)
        found[arrived.frame.sequence] = inspection

    assert sorted(found) == list(range(FRAMES))
    assert all(x is not None and x.verdict == ("fail" if n % 2 else "pass") for n, x in found.items())
    assert line.failures == []


def test_a_frame_that_waits_for_the_blob_store_does_not_hold_up_the_others(line: Line) -> None:
    image = image_of(20)
    line.store.put(image)
    for number in range(3):
        line.submit(number, image, claim_of(image))
    line.submit(3, image_of(230))

    assert line.out.get(timeout=30)[0].frame.sequence == 3
    line.store.open.set()
    rest = [line.out.get(timeout=30)[1] for _ in range(3)]
    assert [x.verdict for x in rest if x] == ["fail"] * 3


def test_frames_of_a_partition_that_was_taken_away_are_given_up(line: Line) -> None:
    image = image_of(20)
    line.store.put(image)
    line.submit(0, image, claim_of(image))
    line.assignment.revoked = True
    line.store.open.set()
    line.submit(1, image)

    assert [line.out.get(timeout=30)[1] for _ in range(2)] == [None, None]


def test_work_aside_that_fails_is_told(line: Line) -> None:
    done = threading.Event()

    def fail() -> None:
        done.set()
        raise ValueError("a bug")

    line.pipeline.run_aside(fail)
    assert done.wait(30)
    line.pipeline.close()
    assert [str(error) for error in line.failures] == ["a bug"]


def test_when_judging_fails_it_is_told_and_the_pipeline_still_closes(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(line.out, "put", fail)
    for number in range(30):
        line.submit(number, image_of(230))
    line.pipeline.close()

    assert [str(error) for error in line.failures] == ["a bug"]


def test_closing_twice_is_harmless_and_ends_the_threads(line: Line) -> None:
    line.pipeline.close()
    line.pipeline.close()

    assert not [thread for thread in threading.enumerate() if thread.name == "edge-judge"]
