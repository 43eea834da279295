"""The step of line_statistics: pure, `(state, events) -> (state, outcome)`.

It uses no clock and no randomness; state goes in and out as bytes, so nothing is shared with what came before. Frames
at or below a camera's high-water mark are dropped: however often and in whatever batches events come again, each frame
is counted once.
"""

from collections.abc import Sequence
from typing import Final

from schemas.errors import InvalidIdentifierError
from schemas.identifiers import checked_identifier
from streams.line_statistics.events import Counted, Event, Rule, Second
from streams.line_statistics.minutes import count_frame, current_minute, publish_kept, publish_open, unpublished
from streams.line_statistics.outcome import Outcome, gap_alarm
from streams.line_statistics.parts import awaits_second, join_frame, pass_second, publish_stored
from streams.line_statistics.state import Camera, EdgeState, PartRule, decode_state, encode_state

# Cameras of one edge: more than any inspection point has; beyond, ids are made up and would grow the state for ever.
MAX_CAMERAS: Final = 256


def step(edge_id: str, state: bytes | None, events: Sequence[Event]) -> tuple[EdgeState, Outcome]:
    """Take events of one edge into its state (None: never seen), in order; returns the new state and what to send.

    Publish the outcome before the state is stored with `encode_state`; StateVersionError when the state is unreadable.
    """
    edge = EdgeState(edge_id=edge_id) if state is None else decode_state(state)
    out = Outcome()
    if events:
        seconds = [event for event in events if isinstance(event, Second)]
        publish_stored(edge, out, minutes=bool(seconds), again=any(second.again for second in seconds))
    for index, event in enumerate(events):
        if isinstance(event, Counted):
            reason = _take_frame(edge, event, out)
            if reason is not None:
                out.refused.append((index, reason))
        elif isinstance(event, Second):
            _take_second(edge, event, out)
        else:
            _take_rule(edge, event)
    return edge, out


def advance(edge_id: str, state: bytes | None, events: Sequence[Event]) -> tuple[bytes, Outcome]:
    """`step` from bytes to bytes."""
    edge, out = step(edge_id, state, events)
    return encode_state(edge), out


def _take_frame(edge: EdgeState, frame: Counted, out: Outcome) -> str | None:
    camera_id, sequence = frame.camera_id, frame.sequence
    camera = edge.cameras.get(camera_id)
    if camera is None:
        reason = _impossible(edge, frame)
        if reason is not None:
            return reason
        camera = edge.cameras[camera_id] = Camera(epoch=frame.epoch, sequence=sequence - 1)
    if sequence <= camera.sequence:
        if frame.epoch > camera.epoch:
            return (
                f"frame {frame.frame_id} of epoch {frame.epoch} goes back behind {camera.sequence} of epoch "
                f"{camera.epoch}: a camera's numbers only rise"
            )
        edge.totals.duplicates += 1
        return None
    minute = current_minute(edge, camera_id, camera, frame, out)
    expected = camera.sequence + 1
    if sequence > expected:
        minute.missing += sequence - expected
        out.alarms.append(gap_alarm(edge.edge_id, camera_id, expected, sequence - 1, frame.captured_at_us))
    camera.sequence = sequence
    camera.epoch = max(camera.epoch, frame.epoch)
    count_frame(minute, frame)
    join_frame(edge, frame)
    return None


def _impossible(edge: EdgeState, frame: Counted) -> str | None:
    try:
        checked_identifier(frame.camera_id, "camera")
    except InvalidIdentifierError as error:
        return str(error)
    if frame.sequence < 0:
        return f"frame {frame.frame_id}: sequence {frame.sequence} is below 0"
    if len(edge.cameras) >= MAX_CAMERAS:
        return f"edge {edge.edge_id} has {MAX_CAMERAS} cameras, camera {frame.camera_id} would be one too many"
    return None


def _take_second(edge: EdgeState, second: Second, out: Outcome) -> None:
    for camera_id, camera in edge.cameras.items():
        publish = publish_kept if second.again else publish_open
        publish(edge.edge_id, camera_id, camera, out)
    pass_second(edge, second)


def _take_rule(edge: EdgeState, rule: Rule) -> None:
    if rule.revision > edge.rule.revision:
        edge.rule = PartRule(revision=rule.revision, cameras=list(rule.cameras), deadline_us=rule.deadline_us)


def awaits_tick(edge: EdgeState) -> bool:
    """Whether a tick would change or publish anything: edges at rest cost nothing."""
    return awaits_second(edge.parts) or any(unpublished(camera) for camera in edge.cameras.values())
