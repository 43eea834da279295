"""Frames into minutes.

A camera's frames come in the order of their numbers, so a minute closes when a frame of another one comes. A clock that
steps back makes an old minute current again: while it is among the latest kept, its numbers go on; later it is begun
anew under a writer of its own (`line_statistics+<first sequence>`). Either way each frame is counted under exactly one
key, so the sum over all keys is always exact, and nothing grows with time.
"""

from bisect import bisect_left
from typing import Final

from streams.line_statistics.events import Counted
from streams.line_statistics.outcome import Outcome, camera_record
from streams.line_statistics.state import (
    BLUR_BOUNDS,
    BRIGHTNESS_BOUNDS,
    LATENCY_BOUNDS,
    MINUTE_NAMES,
    OTHER,
    SCORE_BOUNDS,
    WRITER,
    Camera,
    EdgeState,
    Minute,
    add_minute,
)
from streams.minute import minute_of

# A camera's minutes kept: the open one and two before it. Clocks are set by seconds, rarely by more.
KEPT_MINUTES: Final = 3
_NAME_LENGTH: Final = 100
_LATENCY_BOUNDS_US: Final = tuple(round(bound * 1_000_000) for bound in LATENCY_BOUNDS)


def current_minute(state: EdgeState, camera_id: str, camera: Camera, frame: Counted, out: Outcome) -> Minute:
    """The minute a frame belongs to, made the camera's open one; publishes the one it closes."""
    start = minute_of(frame.captured_at_us)
    minutes = camera.minutes
    if minutes:
        if minutes[-1].minute_us == start:
            return minutes[-1]
        _close(state.edge_id, camera_id, minutes[-1], out)
    minute = _kept(minutes, start) or _begun(camera, start, frame.sequence)
    minutes.append(minute)
    if len(minutes) > KEPT_MINUTES:
        add_minute(state.totals, minutes.pop(0))
    return minute


def _close(edge_id: str, camera_id: str, minute: Minute, out: Outcome) -> None:
    minute.closed = True
    out.statistics.append(camera_record(edge_id, camera_id, minute))


def _kept(minutes: list[Minute], start: int) -> Minute | None:
    for index, minute in enumerate(minutes):
        if minute.minute_us == start:
            minute.closed, minute.published = False, -1
            return minutes.pop(index)
    return None


def _begun(camera: Camera, start: int, sequence: int) -> Minute:
    if start > camera.latest_minute_us:
        camera.latest_minute_us = start
        return Minute(minute_us=start, writer=WRITER)
    return Minute(minute_us=start, writer=f"{WRITER}+{sequence}")


def count_frame(minute: Minute, frame: Counted) -> None:
    """Add one frame to a minute."""
    minute.inspections += 1
    verdicts = minute.verdicts
    verdicts[frame.verdict] = verdicts.get(frame.verdict, 0) + 1
    if frame.defect_class is not None:
        _tally(minute.defect_classes, frame.defect_class)
    if frame.model_digest is not None:
        _tally(minute.models, frame.model_digest)
    if minute.first_sequence < 0:
        minute.first_sequence = frame.sequence
    minute.last_sequence = frame.sequence
    if frame.deadline_missed:
        minute.deadline_missed += 1
    latency = minute.latency
    latency.counts[bisect_left(_LATENCY_BOUNDS_US, frame.total_us)] += 1
    latency.sum += frame.total_us
    for counted, bounds, value in (
        (minute.scores, SCORE_BOUNDS, frame.score),
        (minute.brightness, BRIGHTNESS_BOUNDS, frame.brightness),
        (minute.blur, BLUR_BOUNDS, frame.blur),
    ):
        # Not-a-number and infinities are in no bucket: one would poison the sum for good.
        if value - value == 0.0:
            counted.counts[bisect_left(bounds, value)] += 1
            counted.sum += value


def _tally(tally: dict[str, int], name: str) -> None:
    short = name[:_NAME_LENGTH]
    if short not in tally and len(tally) >= MINUTE_NAMES:
        short = OTHER
    tally[short] = tally.get(short, 0) + 1


def publish_kept(edge_id: str, camera_id: str, camera: Camera, out: Outcome) -> None:
    """Publish every minute kept, whether it was published before or not."""
    for minute in camera.minutes:
        if not minute.closed:
            minute.published = minute.inspections
        out.statistics.append(camera_record(edge_id, camera_id, minute))


def publish_open(edge_id: str, camera_id: str, camera: Camera, out: Outcome) -> None:
    """Publish the open minute when frames came since it was last published."""
    if camera.minutes and (minute := camera.minutes[-1]).published != minute.inspections:
        minute.published = minute.inspections
        out.statistics.append(camera_record(edge_id, camera_id, minute))


def unpublished(camera: Camera) -> bool:
    """Whether the next tick has something of this camera to publish."""
    return bool(camera.minutes) and camera.minutes[-1].published != camera.minutes[-1].inspections
