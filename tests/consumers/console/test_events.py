"""The hub: what changed reaches every browser that wants to know, in order, and a slow one harms nobody."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy.orm import Session

from consumers.console import events
from consumers.console.database import Database
from consumers.console.events import Hub, Key, Subscriber, note_change, sse
from consumers.console.metrics import ConsoleMetrics


@pytest.fixture
def hub(database: Database) -> Hub:
    made = Hub(database, ConsoleMetrics.build())
    made.show("task", lambda _session, keys: {key: {"task_id": key[0]} for key in keys})
    return made


@asynccontextmanager
async def running(hub: Hub) -> Any:
    task = asyncio.create_task(hub.run())
    await asyncio.sleep(0)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def note(database: Database, kind: Any, *keys: str, edge_id: str | None = None) -> None:
    with database.write() as session:
        note_change(session, database, kind, edge_id=edge_id, keys=[[key] for key in keys], at_us=1)


async def begun(hub: Hub) -> None:
    """Wait until the hub knows where it starts: only what happens then is told."""
    while hub._last is None:
        await asyncio.sleep(0.01)


async def heard(subscriber: Subscriber, words: int) -> str:
    """What came, once it holds so many events."""
    text = ""
    while text.count("event: ") < words:
        piece = await subscriber.take(30)
        assert piece is not None, text
        text += piece.decode()
    return text


def test_each_hears_what_it_wants_in_order_with_ids(database: Database, hub: Hub) -> None:
    async def listen() -> tuple[str, str]:
        async with running(hub):
            tasks = hub.subscribe(frozenset({"task"}), None)
            mine = hub.subscribe(frozenset({"task", "edge"}), "press-1")
            await begun(hub)
            note(database, "task", "a", "b", edge_id="press-2")
            note(database, "edge", "press-1", edge_id="press-1")
            note(database, "task", "c", edge_id="press-1")
            hub.nudge()
            return await heard(tasks, 3), await heard(mine, 2)

    tasks, mine = asyncio.run(listen())
    assert [line for line in tasks.splitlines() if line.startswith("data")] == [
        f'data: {{"task_id":"{name}"}}' for name in "abc"
    ]
    assert "id: " in tasks
    assert [line for line in mine.splitlines() if line.startswith("event")] == ["event: edge", "event: task"]


def test_another_console_on_the_database_hears_it_too(database: Database, hub: Hub) -> None:
    async def listen() -> str:
        async with running(hub):
            subscriber = hub.subscribe(frozenset({"task"}), None)
            await begun(hub)
            note(database, "task", "a")  # nobody nudges: it was done elsewhere
            return await heard(subscriber, 1)

    assert '"a"' in asyncio.run(listen())


def test_a_slow_browser_loses_the_oldest_and_is_told_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "WAITING", 3)

    async def slow() -> bytes | None:
        subscriber = Subscriber(frozenset({"task"}), None)
        gone = [subscriber.put(sse("task", number)) for number in range(5)]
        assert gone == [0, 0, 0, 1, 1]
        return await subscriber.take(1)

    said = asyncio.run(slow())
    assert said == sse("dropped", {"count": 2}) + b"".join(sse("task", number) for number in (2, 3, 4))


def test_of_a_large_change_the_newest_are_shown_and_the_rest_counted(database: Database, hub: Hub) -> None:
    async def listen() -> str:
        async with running(hub):
            subscriber = hub.subscribe(frozenset({"task"}), None)
            await begun(hub)
            note(database, "task", *(f"t{number}" for number in range(40)))
            hub.nudge()
            return await heard(subscriber, 26)

    said = asyncio.run(listen())
    assert said.startswith('event: dropped\ndata: {"count":15}')
    assert '"t15"' in said
    assert '"t14"' not in said


def test_a_row_that_cannot_be_shown_is_left_out_and_the_rest_goes_on(database: Database, hub: Hub) -> None:
    def view(_session: Session, keys: Sequence[Key]) -> dict[Key, object]:
        if ("odd",) in keys:
            raise ValueError("nobody foresaw it")
        return {key: {"task_id": key[0]} for key in keys}

    hub.show("task", view)

    async def listen() -> tuple[str, str]:
        async with running(hub):
            subscriber = hub.subscribe(frozenset({"task"}), None)
            await begun(hub)
            note(database, "task", "odd", "other")
            hub.nudge()
            first = await heard(subscriber, 1)
            note(database, "task", "a")
            hub.nudge()
            return first, await heard(subscriber, 1)

    first, then = asyncio.run(listen())
    assert first == 'event: dropped\ndata: {"count":2}\n\n', "the page knows that it missed something"
    assert '{"task_id":"a"}' in then


def test_a_failure_that_nobody_foresaw_is_tried_again(
    database: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = hub._read, iter([True])

    def sometimes(wanted: set[tuple[str, str | None]]) -> object:
        if hub._last is not None and next(failures, False):
            raise RuntimeError("nobody foresaw it")
        return read(wanted)

    monkeypatch.setattr(hub, "_read", sometimes)

    async def listen() -> str:
        async with running(hub):
            subscriber = hub.subscribe(frozenset({"task"}), None)
            await begun(hub)
            note(database, "task", "a")
            hub.nudge()
            return await heard(subscriber, 1)

    assert '"a"' in asyncio.run(listen())


def test_a_hub_that_died_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die() -> None:
        raise MemoryError

    monkeypatch.setattr(hub, "_look", die)
    assert hub.trouble is None
    with pytest.raises(MemoryError):
        asyncio.run(hub.run())
    assert hub.trouble == "live events ended: MemoryError"


def test_the_end_reaches_everybody(hub: Hub) -> None:
    async def listen() -> bool:
        async with running(hub):
            subscriber = hub.subscribe(frozenset({"task"}), None)
            hub.end()
            await subscriber.filled.wait()
            return subscriber.ended and hub.subscribe(frozenset({"task"}), None).ended

    assert asyncio.run(listen())


def test_nothing_for_so_long_is_nothing() -> None:
    assert asyncio.run(Subscriber(frozenset(), None).take(0.01)) is None
