"""The stream of events over HTTP; the hub itself is tested in test_events.py beside it."""

from collections.abc import Callable

import anyio
import pytest
from fastapi import Request

from consumers.console.api.events import _checked_kinds, _stream
from consumers.console.errors import ProblemError
from consumers.console.services import Services
from tests.consumers.console.browsers import Browser


@pytest.mark.parametrize("kinds", ["", "nothing", "task,nothing", ","])
def test_unknown_kinds_are_refused(browse: Callable[..., Browser], kinds: str) -> None:
    answer = browse("inspector").get("/api/events", params={"kinds": kinds})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_kind")


def test_kinds_are_words_between_commas() -> None:
    assert _checked_kinds(" task , edge ") == {"task", "edge"}
    with pytest.raises(ProblemError):
        _checked_kinds("task;edge")


def test_a_stream_begins_at_once_and_ends_with_the_console(services: Services) -> None:
    async def listen() -> list[bytes]:
        subscriber = services.hub.subscribe(frozenset({"task"}), None)
        request = Request({"type": "http", "headers": [], "client": None, "method": "GET"})
        heard = []
        async for piece in _stream(request, services, subscriber):
            heard.append(piece)
            subscriber.put(b"event: task\n\n")
            subscriber.ended = True
        assert services.hub.subscribers == 0
        return heard

    assert anyio.run(listen) == [b": ping\n\n"]
