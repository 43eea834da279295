"""The stream of events over HTTP; the hub itself is tested in test_events.py beside it."""

from collections.abc import Callable

import anyio
import pytest
from fastapi import Request
from sqlalchemy import select

from consumers.console.api import events
from consumers.console.api.events import _checked_kinds, _stream
from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import SESSION_COOKIE
from consumers.console.errors import ProblemError
from consumers.console.services import Services
from consumers.console.tables.people import SessionRow
from tests.consumers.console.browsers import Browser, SomeActor, add_person
from tests.consumers.console.services import FakeClock


@pytest.mark.parametrize("kinds", ["", "nothing", "task,nothing", ","])
def test_unknown_kinds_are_refused(browse: Callable[..., Browser], kinds: str) -> None:
    answer = browse("inspector").get("/api/events", params={"kinds": kinds})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_kind")


def test_kinds_are_words_between_commas() -> None:
    assert _checked_kinds(" task , edge ") == {"task", "edge"}
    with pytest.raises(ProblemError):
        _checked_kinds("task;edge")


def signed_in(services: Services) -> Request:
    """Ann's request."""
    add_person(services, "ann")
    with services.database.write() as session:
        secret = sessions.start(session, "ann", services.clock(), None)
    headers = [(b"cookie", f"{SESSION_COOKIE}={secret}".encode())]
    return Request({"type": "http", "headers": headers, "client": None, "method": "GET"})


def test_a_stream_on_a_busy_plant_ends_with_the_session_and_is_no_use_of_it(
    services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_PING_S", 0.0)
    request, started = signed_in(services), clock()
    clock.pass_s(3600)

    async def listen() -> list[bytes]:
        subscriber = services.hub.subscribe(frozenset({"task"}), None)
        heard = []
        async for piece in _stream(request, services, subscriber):
            heard.append(piece)
            subscriber.put(b"event: task\n\n")
            if len(heard) == 3:
                with services.database.write() as session:
                    assert session.scalars(select(SessionRow.seen_at_us)).one() == started
                    people.change(session, "ann", {"active": False}, by=SomeActor(), at_us=clock())
        return heard

    assert len(anyio.run(listen)) == 3


def test_a_stream_begins_at_once_and_ends_with_the_console(services: Services) -> None:
    async def listen() -> list[bytes]:
        subscriber = services.hub.subscribe(frozenset({"task"}), None)
        request = signed_in(services)
        heard = []
        async for piece in _stream(request, services, subscriber):
            heard.append(piece)
            subscriber.put(b"event: task\n\n")
            subscriber.ended = True
        assert services.hub.subscribers == 0
        return heard

    assert anyio.run(listen) == [b": ping\n\n"]
