"""The stages of a frame as pure functions over immutable records: arrived -> ready -> judged -> Inspection."""

import hashlib
import logging
import time
from dataclasses import dataclass

from consumers.edge.ledger import Assignment
from consumers.edge.slot import LineUp, Standing
from consumers.inference.errors import InferenceError
from consumers.inference.judge import Judgement, error, judge, margin
from consumers.inference.predictor import Prediction, Prepared
from schemas.records import Frame, FrameLocation, Inspection, ShadowResult, StageLatency

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A frame read from Kafka, and who will judge it."""

    frame: Frame
    assignment: Assignment
    offset: int
    topic: str
    traceparent: str | None
    received_us: int  # wall clock, Unix microseconds
    received_ns: int  # time.perf_counter_ns
    line_up: LineUp

    @property
    def line(self) -> tuple[Assignment, str]:
        """The order this frame keeps: its camera's, within one assignment of the partition."""
        return self.assignment, self.frame.camera_id


@dataclass(frozen=True, slots=True)
class Ready:
    """A frame decoded for its models; `prepared` is None when `problem` says why it can't be judged."""

    arrived: Arrived
    prepared: Prepared | None
    shadow: Prepared | None
    problem: str | None
    fetch_us: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who inspects."""

    edge_id: str
    instance: str


def prepare(arrived: Arrived, data: bytes | None, fetch_us: int = 0, problem: str | None = None) -> Ready:
    """Check and decode the bytes of a frame; whatever is wrong with them becomes `problem`, never an exception."""
    frame, line_up = arrived.frame, arrived.line_up
    problem = problem or _unlike(frame, data)
    if problem is not None or data is None:
        return Ready(arrived, None, None, problem, fetch_us)
    prepared, problem = _decoded(line_up.active, data)
    shadow = None
    if line_up.shadow is not None and prepared is not None:
        # A candidate's trouble is its own: the active model's verdict stands.
        shadow, _ = _decoded(line_up.shadow, data)
    return Ready(arrived, prepared, shadow, problem, fetch_us)


def _decoded(standing: Standing, data: bytes) -> tuple[Prepared | None, str | None]:
    """Decode for one model: what it takes, or why that is not to be had."""
    try:
        return standing.predictor.prepare(data, standing.region), None
    except InferenceError as failure:
        return None, str(failure)
    except Exception as failure:
        logger.exception("decoding failed in an unforeseen way")
        return None, f"decoding failed: {type(failure).__name__} {failure}"


def _unlike(frame: Frame, data: bytes | None) -> str | None:
    """Say how the bytes differ from what the camera published; None when they are the same."""
    if data is None:
        return f"no image bytes came with frame {frame.frame_id}"
    if hashlib.sha256(data).hexdigest() != frame.sha256:
        return f"image bytes ({len(data)}) are not those the camera published ({frame.size}, sha256 {frame.sha256})"
    return None


def inspect_frame(ready: Ready, who: Identity) -> Inspection:
    """Judge a frame by its line-up; call from one thread. Never raises: what fails becomes the verdict `error`."""
    started_ns = time.perf_counter_ns()
    prediction, judgement = _judged(ready.arrived.line_up.active, ready.prepared, ready.problem)
    finished_ns = time.perf_counter_ns()
    now_us = time.time_ns() // 1000
    latency = _latency(ready, prediction, started_ns, finished_ns)
    shadow = _shadow_result(ready)
    return _inspection(ready, who, prediction, judgement, latency, shadow, now_us)


def _judged(standing: Standing, prepared: Prepared | None, problem: str | None) -> tuple[Prediction | None, Judgement]:
    if prepared is None:
        return None, error(problem or "not decoded")
    try:
        prediction = standing.predictor.infer(prepared)
        return prediction, judge(prediction, standing.criteria)
    except InferenceError as failure:
        return None, error(str(failure))
    except Exception as failure:
        logger.exception("model %s failed", standing.reference.digest)
        return None, error(f"model failed: {type(failure).__name__} {failure}")


def _latency(ready: Ready, prediction: Prediction | None, started_ns: int, finished_ns: int) -> StageLatency:
    arrived = ready.arrived
    total = (finished_ns - arrived.received_ns) // 1000
    decode = ready.prepared.decode_us if ready.prepared else 0
    preprocess = ready.prepared.preprocess_us if ready.prepared else 0
    infer = prediction.durations.infer_us if prediction else 0
    judged = max((finished_ns - started_ns) // 1000 - infer, 0)
    return StageLatency(
        transport_us=arrived.received_us - arrived.frame.captured_at_us,
        queue_us=max(total - ready.fetch_us - decode - preprocess - infer - judged, 0),
        fetch_us=ready.fetch_us,
        decode_us=decode,
        preprocess_us=preprocess,
        infer_us=infer,
        judge_us=judged,
        total_us=total,
    )


def _shadow_result(ready: Ready) -> ShadowResult | None:
    standing = ready.arrived.line_up.shadow
    if standing is None or ready.prepared is None:
        return None
    prediction, judgement = _judged(standing, ready.shadow, None)
    return ShadowResult(
        model=standing.reference,
        verdict=judgement.verdict,
        defect_class=judgement.defect_class,
        score=prediction.score if prediction else 0.0,
        scores=prediction.scores if prediction else {},
        boxes=list(prediction.boxes) if prediction else [],
        infer_us=prediction.durations.infer_us if prediction else 0,
    )


def _inspection(
    ready: Ready,
    who: Identity,
    prediction: Prediction | None,
    judgement: Judgement,
    latency: StageLatency,
    shadow: ShadowResult | None,
    now_us: int,
) -> Inspection:
    arrived, frame, standing = ready.arrived, ready.arrived.frame, ready.arrived.line_up.active
    seen = _appearance(ready, prediction)
    return Inspection(
        edge_id=who.edge_id,
        instance=who.instance,
        camera_id=frame.camera_id,
        sequence=frame.sequence,
        epoch=frame.epoch,
        captured_at_us=frame.captured_at_us,
        inspected_at_us=now_us,
        frame=location_of(arrived),
        verdict=judgement.verdict,
        reason=judgement.reason,
        defect_class=judgement.defect_class,
        score=prediction.score if prediction else 0.0,
        scores=prediction.scores if prediction else {},
        margin=margin(prediction.score, prediction.scores, standing.criteria) if prediction else None,
        boxes=list(prediction.boxes) if prediction else [],
        image_width=ready.prepared.geometry.width if ready.prepared else 0,
        image_height=ready.prepared.geometry.height if ready.prepared else 0,
        model=standing.reference,
        config_revision=standing.config.revision,
        rollout_id=standing.rollout_id,
        part_id=frame.part_id,
        product=frame.product,
        brightness=seen.brightness,
        blur=seen.blur,
        embedding=seen.embedding,
        shadow=shadow,
        latency=latency,
        deadline_missed=now_us - frame.captured_at_us > standing.config.deadline_us,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    brightness: float
    blur: float
    embedding: list[float]


def _appearance(ready: Ready, prediction: Prediction | None) -> _Seen:
    if ready.prepared is None:
        return _Seen(0.0, 0.0, [])
    look = ready.prepared.appearance
    return _Seen(look.brightness, look.blur, list(prediction.embedding) if prediction else list(look.tones))


def location_of(arrived: Arrived) -> FrameLocation:
    """Where a frame lies in Kafka."""
    return FrameLocation(
        topic=arrived.topic,
        partition=arrived.assignment.partition,
        offset=arrived.offset,
        sha256=arrived.frame.sha256,
    )
