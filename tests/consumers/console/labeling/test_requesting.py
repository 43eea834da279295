"""Wishes, resolved to frames with all that is known of them."""

from typing import Any

import pytest

from consumers.console.database import Database
from consumers.console.errors import ProblemError
from consumers.console.labeling.requesting import Wish, resolve
from schemas.codec import Codec
from schemas.records import LabelingRequest
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row


def resolved(database: Database, **changes: Any) -> LabelingRequest:
    (request,) = all_resolved(database, **changes)
    return request


def all_resolved(database: Database, now_us: int = NOW + 1000, **changes: Any) -> tuple[LabelingRequest, ...]:
    values: dict[str, Any] = {
        "edge_id": "press-1",
        "frame_ids": (),
        "from_us": None,
        "to_us": None,
        "verdicts": (),
        "limit": 100,
        "note": "why not",
        "priority": 2.0,
        "skill": "expert",
    }
    with database.read() as session:
        requests = resolve(session, Wish(**{**values, **changes}), "r-1", "ann", now_us)
    for request in requests:
        assert Codec().decode(Codec().encode(request), LabelingRequest) == request
    return requests


def test_named_frames_travel_with_what_is_known(database: Database) -> None:
    boxes = [{"label": "scratch", "x": 1, "y": 2, "w": 3, "h": 4, "score": score / 100} for score in range(30)]
    fill(database, inspection_row(1, boxes=boxes, part_id="p-1"), inspection_row(2, model=None, verdict="error"))
    request = resolved(database, frame_ids=("cam-1/2", "cam-1/1", "cam-1/2"))
    assert request.frame_ids == ["cam-1/2", "cam-1/1"]
    assert (request.from_us, request.to_us, request.limit, request.origin) == (None, None, 2, "person")
    error, judged = request.frames
    assert (error.prediction, error.verdict) == (None, "error")
    assert judged.prediction is not None
    assert (judged.prediction.label, judged.prediction.score, len(judged.prediction.boxes)) == ("scratch", 0.7, 16)
    assert judged.prediction.boxes[0].score == 0.29
    assert (judged.frame.offset, judged.part_id, judged.captured_at_us) == (1, "p-1", NOW + 1)


def test_unknown_frames_and_those_of_other_edges_are_named(database: Database) -> None:
    fill(database, inspection_row(1), inspection_row(2, edge_id="press-2"))
    for frame_ids, said in (
        (("cam-1/1", "cam-1/9"), "never inspected, or too long ago: cam-1/9"),
        (("cam-1/2",), "not of edge press-1: cam-1/2"),
        (("nonsense",), "'nonsense' is not"),
        (("cam-1/99999999999999999999",), "no camera numbered"),
    ):
        with pytest.raises(ProblemError, match=said) as problem:
            resolved(database, frame_ids=frame_ids)
        assert problem.value.status == 422


def test_a_span_that_is_over_becomes_its_newest_frames(database: Database) -> None:
    rows = [inspection_row(number, verdict="fail" if number % 2 else "pass") for number in range(1, 9)]
    fill(database, *rows, inspection_row(20, verdict="error"), inspection_row(21, edge_id="press-2"))
    request = resolved(database, from_us=NOW, to_us=NOW + 500, verdicts=("fail",), limit=3)
    assert request.frame_ids == ["cam-1/7", "cam-1/5", "cam-1/3"]
    assert (request.from_us, request.to_us) == (None, None)
    everything = resolved(database, from_us=NOW, to_us=NOW + 500)
    assert len(everything.frames) == 8  # but the error: there is nothing to see
    with pytest.raises(ProblemError, match="no frame of edge press-1 was inspected") as problem:
        resolved(database, from_us=NOW + 100, to_us=NOW + 500)
    assert problem.value.code == "nothing_to_label"


def test_a_span_that_goes_on_is_two_requests_as_the_queue_takes_frames_or_a_span(database: Database) -> None:
    fill(database, *(inspection_row(number) for number in range(1, 4)))
    past, later = all_resolved(database, from_us=NOW, to_us=NOW + 10**9, limit=10)
    assert (past.request_id, len(past.frames), past.from_us) == ("r-1", 3, None)
    assert (later.request_id, later.frames, later.from_us, later.to_us, later.limit) == (
        "r-1-later",
        [],
        NOW + 4,
        NOW + 10**9,
        7,
    )
    future = resolved(database, from_us=NOW + 10**6, to_us=NOW + 10**9, limit=10)
    assert (future.request_id, future.frames, future.from_us, future.limit) == ("r-1", [], NOW + 10**6, 10)
    full = resolved(database, from_us=NOW, to_us=NOW + 10**9, limit=3)
    assert (full.from_us, len(full.frames)) == (None, 3)
