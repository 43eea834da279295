"""Requests: named frames, and standing spans of time."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from schemas.errors import InvalidIdentifierError
from schemas.identifiers import frame_id as frame_id_of
from schemas.records import LabelingRequest, RequestedFrame
from schemas.records.labeling import TaskReason
from streams.labeling_queue.admission import (
    ImpossibleEventError,
    bounded,
    duplicate,
    requested_task,
    short,
    wish_priority,
)
from streams.labeling_queue.events import Asking
from streams.labeling_queue.room import change, code_of, put
from streams.labeling_queue.state import REQUEST_IDS, SPANS, Queue, Span, Task, add

_EVER: Final = 2**62
_DAY_US: Final = 24 * 3_600_000_000
# A frame closed for these reasons was never judged, so a person may ask for it again.
_UNJUDGED: Final = frozenset({"displaced", "no_place", "gave_up"})


def take_request(queue: Queue, asking: Asking) -> None:
    """Take one request; ImpossibleEventError when nothing can come of it."""
    request = asking.request
    name = sha256(request.request_id.encode()).hexdigest()[:16]
    seen = asking.offset <= queue.requests.offset or name in queue.request_ids
    queue.requests.offset = max(queue.requests.offset, asking.offset)
    if seen:
        add(queue.totals.dropped, "seen_before")
        return
    queue.request_ids.append(name)
    del queue.request_ids[:-REQUEST_IDS]
    if request.frames:
        _take_frames(queue, request)
    elif request.from_us is not None or request.to_us is not None:
        _take_span(queue, request)
    else:
        bare = f"names {len(request.frame_ids)} frames without their data (field frames): ask in the console"
        raise _impossible(request, bare if request.frame_ids else "asks for nothing: name frames or a span of time")


def _take_frames(queue: Queue, request: LabelingRequest) -> None:
    wrong = []
    for frame in request.frames:
        try:
            _take_frame(queue, request, frame)
        except (InvalidIdentifierError, ImpossibleEventError) as error:
            wrong.append(str(error))
    if wrong:
        raise _impossible(request, f"has {len(wrong)} frames that can't be asked about, the first: {wrong[0]}")


def _take_frame(queue: Queue, request: LabelingRequest, frame: RequestedFrame) -> None:
    at_us, key = request.requested_at_us, frame_id_of(frame.camera_id, frame.sequence)
    known = queue.open.get(key)
    if known is not None and not known.requested and known.round == "first":
        _wish_for(queue, request, known)
        change(known, at_us)
        return
    task = requested_task(queue, frame, reason_for(request), at_us)
    again = queue.closed.get(key)
    if again is not None and code_of(again.close_reason or "") in _UNJUDGED and again.round == "first":
        task = again
        task.state, task.close_reason, task.passes = "reopened", None, 0
        change(task, at_us)
    elif cause := duplicate(queue, key, task):
        add(queue.totals.dropped, cause)
        return
    _wish_for(queue, request, task)
    put(queue, key, bounded(task, key), at_us)


def _wish_for(queue: Queue, request: LabelingRequest, task: Task) -> None:
    task.reason, task.request_id = reason_for(request), short(request.request_id)
    task.skill = request.skill or queue.rule.skill
    task.priority = wish_priority(queue.rule, request.priority, task)


def reason_for(request: LabelingRequest) -> TaskReason:
    """The reason of a request's tasks: drift when a drift alarm asks, else request."""
    return "drift" if request.origin == "drift" else "request"


def _take_span(queue: Queue, request: LabelingRequest) -> None:
    queue.spans = _standing(queue.spans, request.requested_at_us)
    if len(queue.spans) >= SPANS:
        raise _impossible(request, f"is one too many: {SPANS} stand for {queue.edge_id}, wait until one is served")
    queue.spans.append(
        Span(
            request_id=short(request.request_id) or "",
            reason=reason_for(request),
            from_us=0 if request.from_us is None else request.from_us,
            to_us=_EVER if request.to_us is None else request.to_us,
            verdicts=[str(verdict) for verdict in request.verdicts],
            left=max(request.limit, 0),
            priority=request.priority,
            skill=short(request.skill),
        )
    )


def _impossible(request: LabelingRequest, why: str) -> ImpossibleEventError:
    return ImpossibleEventError(f"request {request.request_id} {why}")


def _standing(spans: Sequence[Span], now_us: int) -> list[Span]:
    """Spans that may still be served: frames come up to a day late."""
    return [span for span in spans if span.left > 0 and span.to_us > now_us - _DAY_US]
