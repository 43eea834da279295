"""Frames for tests of line_statistics, and the plain count that its numbers must equal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.records import (
    EdgeStatistics,
    FrameLocation,
    Histogram,
    Inspection,
    ModelRef,
    StageLatency,
    Verdict,
)
from streams.line_statistics.events import Counted

EDGE = "press-1"
START = 1_764_000_000_000_000
MINUTE = 60_000_000


def counted(
    sequence: int,
    *,
    camera: str = "cam-1",
    at_us: int = START,
    verdict: Verdict = "pass",
    part: str | None = None,
    epoch: int = 1,
    defect: str | None = None,
    score: float = 0.1,
    total_us: int = 90_000,
    model: str | None = "sha256:aa",
    late: bool = False,
    edge: str = EDGE,
) -> Counted:
    """One frame as the step sees it."""
    return Counted(
        edge, camera, sequence, epoch, at_us, verdict, defect, score, 120.0, 300.0, model, part, total_us, late
    )


def inspection(frame: Counted) -> Inspection:
    """A whole inspection from which that frame would be counted."""
    digest = frame.model_digest
    return Inspection(
        edge_id=frame.edge_id,
        instance="test-1",
        camera_id=frame.camera_id,
        sequence=frame.sequence,
        epoch=frame.epoch,
        captured_at_us=frame.captured_at_us,
        inspected_at_us=frame.captured_at_us + frame.total_us,
        frame=FrameLocation(topic=f"frames.{frame.edge_id}", partition=0, offset=frame.sequence, sha256="0" * 64),
        verdict=frame.verdict,
        defect_class=frame.defect_class,
        score=frame.score,
        scores={} if frame.defect_class is None else {frame.defect_class: frame.score},
        model=None if digest is None else ModelRef(name="m", version="1", digest=digest, kind="rules"),
        part_id=frame.part_id,
        brightness=frame.brightness,
        blur=frame.blur,
        embedding=[0.5] * 16,
        latency=StageLatency(
            transport_us=-5,
            queue_us=1,
            fetch_us=0,
            decode_us=2,
            preprocess_us=3,
            infer_us=4,
            judge_us=5,
            total_us=frame.total_us,
        ),
        deadline_missed=frame.deadline_missed,
    )


@dataclass
class Count:
    """What a camera's minute must hold."""

    inspections: int = 0
    missing: int = 0
    deadline_missed: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    defects: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)


Counts = dict[tuple[str, int], Count]


def plain_count(frames: Iterable[Counted]) -> Counts:
    """Count distinct frames, each camera's in the order of their numbers, the slow and obvious way."""
    found: Counts = defaultdict(Count)
    last: dict[str, int] = {}
    for frame in frames:
        count = found[frame.camera_id, frame.captured_at_us // MINUTE * MINUTE]
        count.inspections += 1
        count.missing += frame.sequence - last.get(frame.camera_id, frame.sequence - 1) - 1
        count.deadline_missed += frame.deadline_missed
        count.verdicts[frame.verdict] += 1
        if frame.defect_class:
            count.defects[frame.defect_class] += 1
        if frame.model_digest:
            count.models[frame.model_digest] += 1
        last[frame.camera_id] = frame.sequence
    return dict(found)


def latest(published: Sequence[EdgeStatistics]) -> list[EdgeStatistics]:
    """The last value of each key, as a compacted topic keeps it."""
    return list({record.key: record for record in published}.values())


def summed(published: Sequence[EdgeStatistics]) -> Counts:
    """The statistics of cameras as a reader adds them up: over all keys of a camera's minute."""
    found: Counts = defaultdict(Count)
    for record in latest(published):
        if record.camera_id == "*":
            continue
        count = found[record.camera_id, record.minute_us]
        count.inspections += record.inspections
        count.missing += record.missing
        count.deadline_missed += record.deadline_missed
        count.verdicts.update(record.verdicts)
        count.defects.update(record.defect_classes)
        count.models.update(record.models)
        for histogram in (record.latency, record.scores, record.brightness, record.blur):
            assert isinstance(histogram, Histogram)
            assert sum(histogram.counts) == record.inspections
            assert len(histogram.counts) == len(histogram.bounds) + 1
    return dict(found)


def parts_of(published: Sequence[EdgeStatistics]) -> Counter[str]:
    """Parts by verdict, and `first` for first passes, over all keys."""
    found: Counter[str] = Counter()
    for record in latest(published):
        found.update(record.parts)
        found["first"] += record.first_pass_parts
    return +found
