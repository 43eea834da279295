"""Frames in Kafka become inspections in Kafka, each once and in its camera's order, whatever the frames are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.blobs import open_blobs
from infra.settings import Settings
from schemas.records import ClaimCheck
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.integration.edge_line import EdgeProcess, Line, edge_process, first_of_each, open_line, wait_until
from tests.paths import SHARED_DATA

pytestmark = pytest.mark.integration

DARK, LIGHT = 20, 230


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[Line]:
    with open_line(broker_settings, unique) as opened:
        yield opened


@pytest.fixture
def edge(line: Line, tmp_path: Path) -> Iterator[EdgeProcess]:
    brightness_artifact(tmp_path / "model")
    with edge_process(line, "one", tmp_path / "edge.log", "--model", str(tmp_path / "model")) as process:
        yield process


def test_every_frame_of_two_cameras_has_one_inspection_in_order(line: Line, edge: EdgeProcess) -> None:
    cameras = line.cameras_apart(2)
    for number in range(150):
        for camera in cameras:
            camera.publish(image_of(DARK if number % 3 == 0 else LIGHT, noise=number))

    inspections = line.wait_for(cameras)

    assert len(inspections) == 300
    assert first_of_each(inspections) == inspections
    assert all((one.verdict == "fail") == (one.sequence % 3 == 0) for one in inspections)
    assert edge.stop() == 0


def test_an_inspection_says_everything_about_its_frame(line: Line, edge: EdgeProcess) -> None:
    camera = line.camera("cam-1")
    frame = camera.publish(image_of(DARK))

    (inspection,) = line.wait_for([camera])

    assert inspection.frame.topic == f"frames.{line.edge_id}"
    assert inspection.frame.sha256 == frame.sha256
    assert (inspection.verdict, inspection.defect_class) == ("fail", "dark")
    assert inspection.score == pytest.approx(1 - DARK / 255, abs=0.01)
    assert inspection.model is not None
    assert inspection.model.name == "brightness"
    assert inspection.model.digest.startswith("sha256:")
    assert (inspection.instance, inspection.part_id, inspection.product) == ("one", "part-0", "card")
    assert (inspection.image_width, inspection.image_height) == (64, 64)
    assert inspection.brightness == pytest.approx(DARK, abs=1)
    assert len(inspection.embedding) == 16
    stages = inspection.latency
    assert stages.decode_us > 0
    assert stages.infer_us > 0
    spent = stages.queue_us + stages.fetch_us + stages.decode_us + stages.preprocess_us + stages.infer_us
    assert stages.total_us == pytest.approx(spent + stages.judge_us, abs=5)
    headers = dict(line.inspections_log.messages[-1].headers() or [])
    assert headers["ce_type"] == b"linewatch.Inspection"
    assert str(headers["traceparent"]).startswith("b'00-")


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the data sets are not beside the repository")
def test_real_images_are_inspected_once_each(line: Line, edge: EdgeProcess) -> None:
    camera = line.camera("cam-1")
    files = sorted((SHARED_DATA / "screws_missing" / "images").iterdir())
    for file in files:
        camera.publish(file.read_bytes())

    inspections = line.wait_for([camera])

    assert len(inspections) == len(files)
    assert {one.verdict for one in inspections} <= {"pass", "fail", "review"}


def test_images_nobody_can_decode_get_the_verdict_error(line: Line, edge: EdgeProcess) -> None:
    camera = line.camera("cam-1")
    whole = image_of(LIGHT)
    for image in (whole, b"no image", whole[: len(whole) // 2], b"\xff\xd8\xff\xe0 half a header", b"\0" * 1000, whole):
        camera.publish(image)

    inspections = line.wait_for([camera])

    assert [one.verdict for one in inspections] == ["pass", "error", "error", "error", "error", "pass"]
    assert all(one.reason for one in inspections if one.verdict == "error")
    assert edge.process.poll() is None


def test_records_nobody_can_read_go_to_the_dead_letters_and_the_line_goes_on(line: Line, edge: EdgeProcess) -> None:
    camera = line.camera("cam-1")
    camera.publish(image_of(LIGHT))
    garbage = (b"garbage", b"\xc3\x01" + b"x" * 40, b"\0\0\0\0\x01abc")
    for value in garbage:
        camera.publish_raw(value)
    camera.publish(image_of(LIGHT))

    assert len(line.wait_for([camera])) == 2
    wait_until(lambda: len(line.letters) == len(garbage), "the dead letters")
    assert {letter.raw for letter in line.letters} == set(garbage)
    assert all(letter.offset is not None and letter.reason for letter in line.letters)


def test_repeated_frames_are_dropped_and_a_second_one_with_other_bytes_is_a_dead_letter(
    line: Line, edge: EdgeProcess
) -> None:
    camera = line.camera("cam-1")
    for number in range(5):
        camera.publish(image_of(LIGHT, noise=number))
    for number in range(2, 5):
        camera.publish(image_of(LIGHT, noise=number), sequence=number)
    camera.publish(image_of(DARK, noise=4), sequence=4)
    camera.publish(image_of(LIGHT))

    inspections = line.wait_for([camera])

    assert [one.sequence for one in inspections] == [0, 1, 2, 3, 4, 5]
    assert inspections[4].verdict == "pass"
    wait_until(lambda: len(line.letters) == 1, "the dead letter")
    assert "came before with other bytes" in line.letters[0].reason


def test_claim_checks_are_fetched_and_a_blob_that_is_gone_is_the_verdict_error(line: Line, edge: EdgeProcess) -> None:
    camera, image = line.camera("cam-1"), image_of(DARK, side=2000)
    check = open_blobs(line.settings).put(image)
    gone = "0" * 64
    camera.publish(image, claim=check)
    camera.publish(image, claim=ClaimCheck(reference=f"sha256:{gone}", sha256=gone, size=7))
    camera.publish(image_of(LIGHT))

    inspections = line.wait_for([camera])

    assert [one.verdict for one in inspections] == ["fail", "error", "pass"]
    assert inspections[0].latency.fetch_us > 0
    assert gone in (inspections[1].reason or "")


def test_after_a_restart_nothing_is_inspected_twice(line: Line, edge: EdgeProcess, tmp_path: Path) -> None:
    cameras = line.cameras_apart(2)
    for camera in cameras:
        for number in range(20):
            camera.publish(image_of(LIGHT, noise=number))
    line.wait_for(cameras)
    assert edge.stop() == 0
    for camera in cameras:
        # A gateway that lost its acknowledgements sends its last frames again.
        for number in range(15, 25):
            camera.publish(image_of(LIGHT, noise=number), sequence=number)

    with edge_process(line, "two", tmp_path / "two.log", "--model", str(tmp_path / "model")):
        inspections = line.wait_for(cameras)

    assert len(inspections) == 50
    assert first_of_each(inspections) == inspections
