"""Bytes become an inspection, whatever the bytes and whatever the model does."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.ledger import Assignment
from consumers.edge.marks import CameraMarks
from consumers.edge.progress import PartitionProgress
from consumers.edge.slot import LineUp, Standing
from consumers.edge.stages import Arrived, Identity, inspect_frame, prepare
from consumers.inference.errors import ModelRuntimeError
from consumers.inference.predictor import Prediction, Predictor, Prepared
from schemas.codec import Codec
from schemas.records import EdgeConfig, Frame, Inspection, Region
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.consumers.edge.frames import frame_of

WHO = Identity("edge-1", "one")
DARK, LIGHT = image_of(20), image_of(230)


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor(brightness_artifact(tmp_path_factory.mktemp("stages") / "model"))


def arrived(frame: Frame, line_up: LineUp) -> Arrived:
    return Arrived(
        frame=frame,
        assignment=Assignment(2, CameraMarks(), PartitionProgress()),
        offset=17,
        topic="frames.edge-1",
        traceparent=None,
        received_us=time.time_ns() // 1000,
        received_ns=time.perf_counter_ns(),
        line_up=line_up,
    )


def inspected(frame: Frame, line_up: LineUp, data: bytes | None = None) -> Inspection:
    return inspect_frame(prepare(arrived(frame, line_up), data or frame.image), WHO)


def test_an_inspection_carries_what_the_frame_said(predictor: Predictor) -> None:
    frame = frame_of(DARK, sequence=9)
    standing = Standing(predictor=predictor, config=EdgeConfig(revision=4), revision=7, rollout_id="rollout-1")

    inspection = inspected(frame, LineUp(standing))

    assert inspection.frame_id == "cam-1/9"
    assert (inspection.edge_id, inspection.instance) == ("edge-1", "one")
    assert (inspection.part_id, inspection.product) == ("part-7", "card")
    assert (inspection.frame.partition, inspection.frame.offset, inspection.frame.sha256) == (2, 17, frame.sha256)
    assert (inspection.model, inspection.config_revision, inspection.rollout_id) == (
        standing.reference,
        4,
        "rollout-1",
    )
    assert (inspection.verdict, inspection.defect_class) == ("fail", "dark")
    assert inspection.deadline_missed
    assert inspection.latency.transport_us == pytest.approx(time.time_ns() // 1000 - 1_000_000, abs=60_000_000)


def test_a_verdict_in_time_is_in_time(predictor: Predictor) -> None:
    frame = msgspec.structs.replace(frame_of(LIGHT), captured_at_us=time.time_ns() // 1000)

    assert not inspected(
        frame, LineUp(Standing(predictor=predictor, config=EdgeConfig(deadline_us=60_000_000), revision=1))
    ).deadline_missed


@given(st.binary(max_size=300))
def test_bytes_that_are_no_image_get_the_verdict_error(data: bytes) -> None:
    inspection = inspected(frame_of(data), LineUp(_standing()), data)

    assert inspection.verdict == "error"
    assert inspection.reason
    assert Codec().decode(Codec().encode(inspection), Inspection) == inspection


_KEPT: list[Standing] = []


def _standing() -> Standing:
    return _KEPT[0]


@pytest.fixture(scope="module", autouse=True)
def _keep(predictor: Predictor) -> None:
    _KEPT[:] = [Standing(predictor=predictor, config=EdgeConfig(), revision=1)]


def test_other_bytes_than_the_camera_published_get_the_verdict_error(predictor: Predictor) -> None:
    inspection = inspected(frame_of(DARK), LineUp(_standing()), LIGHT)

    assert inspection.verdict == "error"
    assert "not those the camera published" in (inspection.reason or "")


def test_a_problem_found_before_decoding_is_the_reason() -> None:
    ready = prepare(arrived(frame_of(DARK), LineUp(_standing())), None, 5, "the blob is gone")

    inspection = inspect_frame(ready, WHO)
    assert (inspection.verdict, inspection.reason, inspection.latency.fetch_us) == ("error", "the blob is gone", 5)


def test_a_region_outside_the_image_is_the_verdict_error(predictor: Predictor) -> None:
    config = EdgeConfig(region=Region(x=1000, y=0, w=10, h=10))

    inspection = inspected(frame_of(DARK), LineUp(Standing(predictor=predictor, config=config, revision=1)))
    assert inspection.verdict == "error"
    assert "outside" in (inspection.reason or "")


class Failing(Predictor):
    """A predictor whose model fails."""

    error: Exception = ModelRuntimeError("the model failed")

    def infer(self, prepared: Prepared) -> Prediction:
        raise self.error


@pytest.mark.parametrize("error", [ModelRuntimeError("the model failed"), ZeroDivisionError("a bug")])
def test_a_model_that_fails_gives_the_verdict_error(predictor: Predictor, error: Exception) -> None:
    failing = Failing(predictor.artifact)
    failing.error = error

    inspection = inspected(frame_of(DARK), LineUp(Standing(predictor=failing, config=EdgeConfig(), revision=1)))

    assert inspection.verdict == "error"
    assert str(error) in (inspection.reason or "")
    assert inspection.brightness == pytest.approx(20, abs=1)


def test_a_candidate_that_fails_leaves_the_verdict_alone(predictor: Predictor) -> None:
    failing = Standing(predictor=Failing(predictor.artifact), config=EdgeConfig(), revision=2)
    outside = Standing(predictor=predictor, config=EdgeConfig(region=Region(x=1000, y=0, w=10, h=10)), revision=2)

    for shadow in (failing, outside):
        inspection = inspected(frame_of(DARK), LineUp(_standing(), shadow))
        assert inspection.verdict == "fail"
        assert inspection.shadow is not None
        assert inspection.shadow.verdict == "error"


def test_an_inspection_does_not_depend_on_who_decodes_first(predictor: Predictor) -> None:
    first, second = (arrived(frame_of(image, sequence=n), LineUp(_standing())) for n, image in ((1, DARK), (2, LIGHT)))
    later, earlier = prepare(second, second.frame.image), prepare(first, first.frame.image)

    assert inspect_frame(earlier, WHO).verdict == "fail"
    assert inspect_frame(later, WHO).verdict == "pass"
