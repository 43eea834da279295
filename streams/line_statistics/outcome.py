"""What a step gives out, and minutes as the records that travel."""

from dataclasses import dataclass, field
from typing import Final

from schemas.records import Alarm, EdgeStatistics, Histogram
from streams.line_statistics.state import (
    BLUR_BOUNDS,
    BRIGHTNESS_BOUNDS,
    LATENCY_BOUNDS,
    SCORE_BOUNDS,
    Buckets,
    Minute,
    PartMinute,
)

# The camera_id of what belongs to an edge as a whole.
WHOLE_EDGE: Final = "*"
_US: Final = 1_000_000


@dataclass(slots=True)
class Outcome:
    """What a step has to say; `refused` holds the index of each impossible event and why."""

    statistics: list[EdgeStatistics] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def camera_record(edge_id: str, camera_id: str, minute: Minute) -> EdgeStatistics:
    """A camera's minute as it stands."""
    return EdgeStatistics(
        edge_id=edge_id,
        camera_id=camera_id,
        minute_us=minute.minute_us,
        writer=minute.writer,
        closed=minute.closed,
        inspections=minute.inspections,
        verdicts=dict(minute.verdicts),
        defect_classes=dict(minute.defect_classes),
        models=dict(minute.models),
        first_sequence=minute.first_sequence,
        last_sequence=minute.last_sequence,
        missing=minute.missing,
        deadline_missed=minute.deadline_missed,
        latency=_histogram(LATENCY_BOUNDS, minute.latency, _US),
        scores=_histogram(SCORE_BOUNDS, minute.scores),
        brightness=_histogram(BRIGHTNESS_BOUNDS, minute.brightness),
        blur=_histogram(BLUR_BOUNDS, minute.blur),
    )


def part_record(edge_id: str, minute: PartMinute) -> EdgeStatistics:
    """The parts of a minute as they stand."""
    return EdgeStatistics(
        edge_id=edge_id,
        camera_id=WHOLE_EDGE,
        minute_us=minute.minute_us,
        writer=minute.writer,
        closed=minute.closed,
        parts=dict(minute.verdicts),
        first_pass_parts=minute.first_pass,
    )


def gap_alarm(edge_id: str, camera_id: str, first: int, last: int, at_us: int) -> Alarm:
    """The alarm for frames `first` to `last` that never came."""
    missing = last - first + 1
    frames = f"frame {first} is" if missing == 1 else f"frames {first} to {last} are"
    return Alarm(
        alarm_id=f"sequence_gap/{camera_id}/{first}-{last}",
        kind="sequence_gap",
        severity="critical",
        raised=True,
        at_us=at_us,
        edge_id=edge_id,
        camera_id=camera_id,
        message=f"{frames} lost: no verdict was ever given; look at the gateway's log and spool",
        value=float(missing),
        bound=0.0,
    )


def _histogram(bounds: tuple[float, ...], counted: Buckets, unit: int = 1) -> Histogram:
    return Histogram(bounds=list(bounds), counts=list(counted.counts), sum=counted.sum / unit)
