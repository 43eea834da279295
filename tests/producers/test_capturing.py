"""From a source into the spool: what is remembered of each capture, and what becomes of what is no image."""

import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from producers.captured import Spooled
from producers.capturing import Capturing
from producers.errors import SourceError
from producers.gateway import GatewayOptions
from producers.metrics import make_metrics
from producers.sources.source import BrokenImage, Capture, Clock, Source
from producers.spool import Spool
from tests.producers.gateway_fakes import CAMERA, EDGE, NOW_US, open_spool

CLOCK = Clock(unix_us=lambda: NOW_US, monotonic_ns=lambda: 9)


class Shots:
    """A source of given items."""

    description = "shots"

    def __init__(self, items: list[Capture | BrokenImage], *, replayable: bool) -> None:
        self.items, self.replayable = items, replayable
        self.opened: list[int] = []
        self.closed = threading.Event()

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        self.opened.append(position)
        yield from self.items[position:]

    def close(self) -> None:
        self.closed.set()


def shot(image: bytes, position: int | None = None, product: str | None = None) -> Capture:
    return Capture(
        image=image,
        content_type="image/png",
        captured_at_us=NOW_US,
        monotonic_ns=5,
        origin="shots",
        position=position,
        product=product,
    )


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = open_spool(tmp_path / "spool")
    yield opened
    opened.close()


class Cameras:
    """Makes captures of one camera, as one gateway after the other would."""

    def __init__(self, spool: Spool, registry: CollectorRegistry) -> None:
        self._spool, self._registry = spool, registry
        self._metrics = make_metrics(
            registry, edge_id=EDGE, camera_id=CAMERA, limit_bytes=1, spool_frames=lambda: 0, spool_bytes=lambda: 0
        )

    def value(self, name: str, **more: str) -> float | None:
        labels = {"edge": EDGE, "camera": CAMERA, **more}
        return self._registry.get_sample_value(f"linewatch_gateway_{name}", labels)

    def of(self, source: Source | Path, limit: int | None = None, product: str | None = None) -> Capturing:
        name = str(source) if isinstance(source, Path) else "shots"
        options = GatewayOptions(edge_id=EDGE, camera_id=CAMERA, source=name, limit=limit, product=product)
        return Capturing(options, self._spool, self._metrics, CLOCK, None if isinstance(source, Path) else source)

    def taken(self) -> list[Spooled]:
        self._spool.flush()
        self._spool.rewind()
        found: list[Spooled] = []
        while more := self._spool.take(10**9, 0):
            found += more
        return found


@pytest.fixture
def cameras(spool: Spool, registry: CollectorRegistry) -> Cameras:
    return Cameras(spool, registry)


def draw(path: Path, shade: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cv2.imencode(".png", np.full((4, 6, 3), shade, np.uint8))[1].tobytes())
    return path


def test_a_live_cameras_frames_are_kept_whole_with_what_is_known(cameras: Cameras) -> None:
    capturing = cameras.of(Shots([shot(b"a"), shot(b"b", product="lid")], replayable=False), product="door")

    capturing.run()

    first, second = cameras.taken()
    assert (first.image, first.sha256, first.path) == (b"a", sha256(b"a").hexdigest(), None)
    assert (first.facts.product, second.facts.product) == ("door", "lid")
    assert (first.facts.content_type, first.facts.captured_at_us, first.facts.monotonic_ns) == ("image/png", NOW_US, 5)
    assert (capturing.counts.frames, capturing.counts.size) == (2, 2)
    assert (cameras.value("captured_frames_total"), cameras.value("captured_bytes_total")) == (2, 2)


def test_a_limit_ends_the_capture_and_closes_the_source(cameras: Cameras) -> None:
    source = Shots([shot(bytes([number])) for number in range(5)], replayable=False)

    cameras.of(source, limit=3).run()

    assert len(cameras.taken()) == 3
    assert source.closed.is_set()
    assert cameras.value("camera_up") == 0


def test_a_limit_of_0_opens_nothing(cameras: Cameras) -> None:
    source = Shots([shot(b"a")], replayable=False)

    cameras.of(source, limit=0).run()

    assert (source.opened, cameras.taken()) == ([], [])


def test_a_source_of_positions_goes_on_behind_what_was_kept(cameras: Cameras, spool: Spool) -> None:
    items: list[Capture | BrokenImage] = [shot(bytes([number]), number) for number in range(5)]
    cameras.of(Shots(items, replayable=True), limit=2).run()
    spool.flush()
    second = Shots(items, replayable=True)

    cameras.of(second).run()

    assert second.opened == [2]
    assert [frame.image for frame in cameras.taken()] == [bytes([number]) for number in range(5)]


def test_a_folder_is_captured_once_and_what_was_added_later(cameras: Cameras, spool: Spool, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    old = [draw(folder / f"{name}.png", shade) for shade, name in enumerate("bd")]
    cameras.of(folder).run()
    spool.flush()
    added = draw(folder / "c.png", 50)
    old[0].write_bytes(draw(folder / "b.png", 60).read_bytes())

    again = cameras.of(folder)
    again.run()

    assert (again.counts.frames, again.skipped) == (2, 1)
    assert [frame.facts.origin for frame in cameras.taken()] == [str(old[0]), str(old[1]), str(old[0]), str(added)]


def test_files_are_referred_to_not_copied(cameras: Cameras, tmp_path: Path) -> None:
    path = draw(tmp_path / "images" / "a.png", 1)

    cameras.of(path.parent).run()

    (frame,) = cameras.taken()
    assert (frame.image, frame.path, frame.size) == (None, str(path), path.stat().st_size)
    assert (frame.facts.width, frame.facts.height) == (6, 4)


def test_a_file_that_is_no_image_is_told_once_and_takes_no_number(
    cameras: Cameras, spool: Spool, tmp_path: Path
) -> None:
    draw(tmp_path / "images" / "a.png", 1)
    broken = tmp_path / "images" / "b.png"
    broken.write_bytes(b"no image")
    capturing = cameras.of(tmp_path / "images")
    capturing.run()
    spool.flush()
    again = cameras.of(tmp_path / "images")
    again.run()
    spool.flush()

    ((_, notice),) = spool.take_notices()
    assert (notice.kind, notice.origin, notice.raw) == ("BrokenImage", str(broken), b"no image")
    assert (capturing.counts.broken, again.counts.broken, again.skipped) == (1, 0, 2)
    assert cameras.value("dead_letters_total") == 1
    assert [frame.index for frame in cameras.taken()] == [0]


def test_a_camera_lost_and_found_is_one_alarm_raised_and_cleared(cameras: Cameras, spool: Spool) -> None:
    capturing = cameras.of(Shots([], replayable=False))

    capturing._on_state("lost", 1)
    assert cameras.value("camera_up") == 0
    capturing._on_state("lost", 2)
    capturing._on_state("connected", 3)
    spool.flush()

    alarms = [notice for _, notice in spool.take_notices()]
    assert [(alarm.kind, alarm.raised, alarm.value) for alarm in alarms] == [
        ("camera_lost", True, 1.0),
        ("camera_lost", False, 3.0),
    ]
    assert len({alarm.alarm_id for alarm in alarms}) == 1
    assert "look at its cable, power and address" in alarms[0].message
    assert (cameras.value("camera_up"), cameras.value("reconnects_total")) == (1, 2)


def test_frames_a_camera_was_too_quick_for_are_counted(cameras: Cameras) -> None:
    cameras.of(Shots([], replayable=False))._on_drop(3)

    assert cameras.value("dropped_frames_total", reason="slow_reader") == 3


def test_stopped_it_ends_quietly(cameras: Cameras, spool: Spool) -> None:
    source = Shots([shot(b"a")], replayable=False)
    capturing = cameras.of(source)
    capturing.stop()

    capturing.run()

    assert source.closed.is_set()
    assert capturing.counts.frames == 0


def test_a_source_that_is_not_there_is_said_at_once(cameras: Cameras, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        cameras.of(tmp_path / "nowhere")
