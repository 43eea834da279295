"""Webcams and RTSP: a real stream, lost and found; and addresses whose secrets stay hidden."""

import logging
from itertools import islice, pairwise
from queue import Queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.sources.cameras import masked, rtsp_camera, webcam
from producers.sources.live import CameraState, LiveSource
from producers.sources.source import BrokenImage, Capture
from producers.sources.uri import open_source
from tests.producers.sources.pictures import grey_of
from tests.producers.sources.rtsp_server import RtspCamera


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.0.0.7/stream1", "rtsp://10.0.0.7/stream1"),
        ("rtsp://admin:secret@10.0.0.7:554/s", "rtsp://***@10.0.0.7:554/s"),
        ("rtsp://admin:p@ss/w@rd@cam/s", "rtsp://***@cam/s"),
        ("rtsp://cam/user=admin&password=secret&channel=1", "rtsp://cam/user=***&password=***&channel=1"),
        ("rtsp://cam/s?PWD=secret#x", "rtsp://cam/s?PWD=***#x"),
        ("rtsp://cam/user=admin_password=secret_channel=1.sdp", "rtsp://cam/user=***"),
    ],
)
def test_secrets_are_masked(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert "secret" not in shown


@given(user=st.text(min_size=4), password=st.text(min_size=4))
def test_no_user_and_no_password_gets_through(user: str, password: str) -> None:
    assert masked(f"rtsp://{user}:{password}@camera/s") == "rtsp://***@camera/s"


class Listener:
    """Hears of states, and does something the first time a state comes."""

    def __init__(self) -> None:
        self.states: Queue[tuple[CameraState, int]] = Queue()

    def __call__(self, state: CameraState, attempts: int) -> None:
        self.states.put((state, attempts))

    def until(self, state: CameraState) -> list[tuple[CameraState, int]]:
        """Wait for `state`; returns everything heard up to it."""
        heard = [self.states.get(timeout=60)]
        while heard[-1][0] != state:
            heard.append(self.states.get(timeout=60))
        return heard


def live(address: str, listener: Listener, timeout_ms: int = 1000) -> LiveSource:
    return LiveSource(
        rtsp_camera(address, timeout_ms=timeout_ms),
        masked(address),
        on_state=listener,
        wait=lambda stop, _: stop.wait(0.02),
    )


def capture(item: Capture | BrokenImage) -> Capture:
    assert isinstance(item, Capture)
    return item


@pytest.mark.integration
def test_frames_of_an_rtsp_camera_come_in_order() -> None:
    with RtspCamera() as camera:
        source = open_source(camera.address)
        assert not source.replayable
        items = source.open()
        frames = [capture(item) for item in islice(items, 10)]
        items.close()  # type: ignore[attr-defined]
    greys = [grey_of(frame.image) for frame in frames]
    assert all(after > before for before, after in pairwise(greys))
    assert {(frame.width, frame.height, frame.content_type, frame.position) for frame in frames} == {
        (64, 48, "image/jpeg", None)
    }
    stamps = [frame.monotonic_ns for frame in frames]
    assert stamps == sorted(stamps)


@pytest.mark.integration
def test_a_camera_that_vanishes_is_found_again() -> None:
    listener = Listener()
    with RtspCamera() as camera:
        source = live(camera.address, listener)
        items = source.open()
        next(items)
        assert listener.until("connected") == [("connected", 1)]
        camera.vanish()
        assert listener.until("lost") == [("lost", 0)]
        assert listener.until("lost") == [("lost", 1)]
        camera.appear()
        heard = listener.until("connected")
        assert heard[-1][1] == len(heard) + 1
        assert capture(next(items)).width == 64
        source.close()
        assert len(list(items)) < 40


@pytest.mark.integration
def test_a_camera_that_falls_silent_is_given_up_after_its_timeout() -> None:
    listener = Listener()
    with RtspCamera() as camera:
        source = live(camera.address, listener)
        items = source.open()
        next(items)
        listener.until("connected")
        camera.fall_silent()
        assert listener.until("lost") == [("lost", 0)]
        source.close()


@pytest.mark.integration
def test_a_camera_that_is_not_there_yet_is_waited_for(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    listener = Listener()
    camera = RtspCamera(user="admin", password="secret")
    with camera:
        camera.vanish()
        source = live(camera.address, listener)
        items = iter(source.open())
        camera.appear()
        frame = capture(next(items))
        source.close()
    assert listener.until("connected")
    assert "secret" not in caplog.text + "".join(capfd.readouterr()) + frame.origin + source.description
    assert "***@" in frame.origin


@pytest.mark.integration
def test_a_wrong_password_is_a_lost_camera_and_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    states = []

    def hear(state: CameraState, attempts: int) -> None:
        states.append((state, attempts))
        source.close()

    with RtspCamera(user="admin", password="right") as camera:
        address = camera.address.replace("right", "secret")
        source = open_source(address, on_state=hear)
        assert list(source.open()) == []
    assert states == [("lost", 1)]
    assert "secret" not in "".join(capfd.readouterr())


def test_a_webcam_that_is_not_there_is_no_camera() -> None:
    assert webcam(63)() is None
