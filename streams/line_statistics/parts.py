"""Frames into parts.

A part is judged when every camera of the edge's policy has shown it; the worst verdict wins: fail, then review, then
pass. `error` counts as review: a part nobody could look at must be looked at. A camera that is silent for the policy's
deadline makes the part review; its frame, should it still come, changes nothing. Without cameras in the policy, or
without a part id, each frame is its own part. A part that is seen again after it was judged (rework) is judged and
counted again, but only its first pass is a first pass, as far as the latest part ids are remembered.

A part's age is counted from the first tick that finds it open, and only while inspections are read up to the end: a
backlog after an outage is no silence of a camera.

When a part is judged depends on ticks, and where a tick falls among inspections may differ when they are read again.
So nothing is published of parts but what the stored state already holds: a step that crashed before its state was
stored can't leave a key behind that its repetition would not overwrite.
"""

from hashlib import sha256
from typing import Final

from streams.line_statistics.events import Counted, Second
from streams.line_statistics.outcome import Outcome, part_record
from streams.line_statistics.state import WRITER, EdgeState, OpenPart, PartMinute, Parts, add_part_minute
from streams.minute import MINUTE_US, minute_of

RANKS: Final = ("pass", "review", "fail")
_REVIEW: Final = RANKS.index("review")
_RANK: Final = {"pass": 0, "review": _REVIEW, "error": _REVIEW, "fail": 2}

MAX_OPEN: Final = 256  # open parts of an edge; beyond, the oldest is judged as if its deadline had passed
REMEMBERED: Final = 256  # judged and expired part ids kept
KEPT_MINUTES: Final = 8  # cameras run apart by transport, so parts of several minutes come mixed
_ID_LENGTH: Final = 64


def publish_stored(state: EdgeState, out: Outcome, *, minutes: bool, again: bool = False) -> None:
    """Publish what was let go, and at a tick the `minutes` that changed, or all `again`; before the state changes."""
    parts = state.parts
    for minute in parts.outbox:
        out.statistics.append(part_record(state.edge_id, minute))
    parts.outbox.clear()
    for minute in parts.minutes if minutes else ():
        if again or minute.published != minute.total:
            minute.published = minute.total
            out.statistics.append(part_record(state.edge_id, minute))


def join_frame(state: EdgeState, frame: Counted) -> None:
    """Count a frame towards its part."""
    rank, minute_us = _RANK[frame.verdict], minute_of(frame.captured_at_us)
    part_id = None if frame.part_id is None else _short(frame.part_id)
    if part_id is None or not state.rule.cameras:
        _judge(state, part_id, rank, minute_us)
    elif not _too_late(state.parts, part_id, frame.camera_id):
        part = _opened(state, part_id, rank, minute_us)
        part.rank, part.minute_us = max(part.rank, rank), min(part.minute_us, minute_us)
        if frame.camera_id not in part.cameras:
            part.cameras.append(frame.camera_id)
        _judge_when_whole(state, part_id, part)


def _short(part_id: str) -> str:
    return part_id if len(part_id) <= _ID_LENGTH else sha256(part_id.encode()).hexdigest()


def _too_late(parts: Parts, part_id: str, camera_id: str) -> bool:
    absent = parts.expired.get(part_id)
    if absent is None:
        return False
    if camera_id not in absent:  # a camera that had shown it shows it again: another round
        del parts.expired[part_id]
        return False
    absent.remove(camera_id)
    if not absent:
        del parts.expired[part_id]
    return True


def _opened(state: EdgeState, part_id: str, rank: int, minute_us: int) -> OpenPart:
    parts = state.parts
    part = parts.open.get(part_id)
    if part is None:
        if len(parts.open) >= MAX_OPEN:
            parts.crowded_out += 1
            _expire(state, next(iter(parts.open)))
        part = parts.open[part_id] = OpenPart(rank=rank, cameras=[], minute_us=minute_us)
    return part


def _judge_when_whole(state: EdgeState, part_id: str, part: OpenPart) -> bool:
    if not all(camera in part.cameras for camera in state.rule.cameras):
        return False
    del state.parts.open[part_id]
    _judge(state, part_id, part.rank, part.minute_us)
    return True


def _expire(state: EdgeState, part_id: str) -> None:
    parts = state.parts
    part = parts.open.pop(part_id)
    parts.expired[part_id] = [camera for camera in state.rule.cameras if camera not in part.cameras]
    if len(parts.expired) > REMEMBERED:
        del parts.expired[next(iter(parts.expired))]
    _judge(state, part_id, max(part.rank, _REVIEW), part.minute_us)


def _judge(state: EdgeState, part_id: str | None, rank: int, minute_us: int) -> None:
    parts = state.parts
    minute = _minute(state, minute_us)
    verdict = RANKS[rank]
    minute.verdicts[verdict] = minute.verdicts.get(verdict, 0) + 1
    if rank == 0 and (part_id is None or part_id not in parts.judged):
        minute.first_pass += 1
    if part_id is not None:
        parts.judged.pop(part_id, None)
        parts.judged[part_id] = None
        if len(parts.judged) > REMEMBERED:
            del parts.judged[next(iter(parts.judged))]


def _minute(state: EdgeState, start: int) -> PartMinute:
    parts = state.parts
    minutes = parts.minutes
    if minutes and minutes[-1].minute_us == start:
        return minutes[-1]
    for index, minute in enumerate(minutes):
        if minute.minute_us == start:
            minutes.append(minutes.pop(index))
            return minute
    minutes.append(_begun(parts, start))
    if len(minutes) > KEPT_MINUTES:
        _let_go(state, minutes[0])
    return minutes[-1]


def _begun(parts: Parts, start: int) -> PartMinute:
    if start > parts.latest_minute_us:
        parts.latest_minute_us = start
        return PartMinute(minute_us=start, writer=WRITER)
    parts.reopened += 1
    return PartMinute(minute_us=start, writer=f"{WRITER}+{parts.reopened}")


def _let_go(state: EdgeState, minute: PartMinute) -> None:
    minute.closed = True
    state.parts.minutes.remove(minute)
    add_part_minute(state.totals, minute)
    state.parts.outbox.append(minute)


def pass_second(state: EdgeState, second: Second) -> None:
    """Judge the parts whose deadline has passed, let go of minutes long past."""
    for part_id, part in list(state.parts.open.items()):
        if _judge_when_whole(state, part_id, part) or not second.caught_up:
            continue
        if part.seen_us == 0:
            part.seen_us = second.at_us
        elif second.at_us - part.seen_us >= state.rule.deadline_us:
            _expire(state, part_id)
    past = state.parts.latest_minute_us - MINUTE_US
    for minute in list(state.parts.minutes):
        if minute.minute_us < past and minute.published == minute.total:
            _let_go(state, minute)


def awaits_second(parts: Parts, cutoff: int = MINUTE_US) -> bool:
    """Whether the next tick has parts to judge, or minutes to publish or close."""
    past = parts.latest_minute_us - cutoff
    return bool(parts.open or parts.outbox) or any(m.published != m.total or m.minute_us < past for m in parts.minutes)
