"""What a record wants kept; the loop on Kafka is proven in tests/integration/test_archive.py."""

from typing import Any

import pytest

from consumers.archive.images import wanted
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import LabelingRequest, RequestedFrame
from schemas.topics import LABELING_REQUESTS, LABELING_TASKS
from tests.consumers.archive.made import location, task

CODEC = Codec()


class Record:
    """A message as far as `wanted` looks at it."""

    def __init__(self, topic: str, value: bytes | None) -> None:
        self._topic, self._value = topic, value

    def topic(self) -> str:
        """Its topic."""
        return self._topic

    def value(self) -> bytes | None:
        """Its value."""
        return self._value


def asked(topic: str, value: bytes | None) -> list[Any]:
    """What it wants."""
    return list(wanted(Record(topic, value), CODEC))  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "kept"), [("opened", 1), ("reopened", 1), ("closed", 0)])
def test_open_tasks_want_their_frame(state: str, kept: int) -> None:
    value = CODEC.encode(task(location(1), state=state))
    assert asked(LABELING_TASKS.name, value) == [location(1)] * kept


def test_a_deleted_task_wants_nothing() -> None:
    assert asked(LABELING_TASKS.name, None) == []


def test_a_request_wants_every_frame_it_names_in_full() -> None:
    frames = [RequestedFrame(camera_id="c1", sequence=n, captured_at_us=0, frame=location(n)) for n in (1, 2)]
    request = LabelingRequest(
        request_id="r", edge_id="e1", origin="person", requested_by="kim", requested_at_us=0, note="", frames=frames
    )
    assert asked(LABELING_REQUESTS.name, CODEC.encode(request)) == [location(1), location(2)]


def test_garbage_is_an_error_for_the_dead_letters() -> None:
    with pytest.raises(DecodeError):
        asked(LABELING_TASKS.name, b"garbage")
    with pytest.raises(DecodeError):
        asked(LABELING_REQUESTS.name, None)
