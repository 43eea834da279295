"""Server-sent events: what changed, told to every browser that wants to know, from a table that all replicas share.

Whoever changes something that browsers watch notes it in the same transaction:

    note_change(session, database, "build", edge_id=None, keys=[[build_id]], at_us=services.clock())

The projection does so for inspection, task, edge, alarm and dataset. Each console reads the `changes` table by id and
turns keys into views, once for all its browsers, only for kinds and edges that somebody watches, and with one query a
kind however many changes there were. A page adds its view with

    hub.show("task", view)          # view(session, keys) -> {key: JSON value}, without keys that are gone

in event_views.py. A browser that reads slowly loses its oldest events and is told how many (`event: dropped`).
"""

import asyncio
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import anyio.to_thread
import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from consumers.console.database import Database, is_refusal, lock_key
from consumers.console.metrics import ConsoleMetrics
from consumers.console.tables.progress import ChangeRow

Kind = Literal["inspection", "task", "edge", "alarm", "build", "dataset"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Key = tuple[Any, ...]
View = Callable[[Session, Sequence[Key]], Mapping[Key, Any]]
"""From keys, as they were noted, to JSON values, or msgspec.Raw: such as text; a key without a row is left out."""

KEYS_A_CHANGE: Final = 25
"""The newest so many keys of one change are shown, the rest only counted: nobody looks at 1,000 images a second."""
WAITING: Final = 256  # events that may wait for one browser
_EVERY_S: Final = 0.5  # how often other replicas' changes are looked for
_AT_ONCE: Final = 200  # changes read at once
_KEYS_A_QUERY: Final = 500
_LOG: Final = logging.getLogger(__name__)


def note_change(
    session: Session, database: Database, kind: Kind, *, edge_id: str | None, keys: list[list[Any]], at_us: int
) -> None:
    """Note a change in the transaction that makes it. Call it last: on PostgreSQL it makes other writers wait.

    Ids must become visible in their order, or a reader that asks for "greater than my last" would miss some.
    """
    if database.kind == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("changes")})
    shown = keys[-KEYS_A_CHANGE:]
    session.add(ChangeRow(at_us=at_us, kind=kind, edge_id=edge_id, keys=shown, left_out=len(keys) - len(shown)))


@dataclass(slots=True, eq=False)
class Subscriber:
    """One browser: what it wants and what waits for it."""

    kinds: frozenset[str]
    edge_id: str | None
    waiting: deque[bytes] = field(default_factory=deque)
    dropped: int = 0
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def wants(self, kind: str, edge_id: str | None) -> bool:
        return kind in self.kinds and self.edge_id in (None, edge_id)

    def put(self, event: bytes) -> int:
        """Let an event wait; gives how many older ones had to go for it."""
        gone = 0
        while len(self.waiting) >= WAITING:
            self.waiting.popleft()
            gone += 1
        self.waiting.append(event)
        self.dropped += gone
        self.filled.set()
        return gone

    def lose(self, count: int) -> None:
        """So many events can't be had: say so."""
        self.dropped += count
        self.filled.set()

    async def take(self, timeout_s: float) -> bytes | None:
        """Everything that waits, as one piece of the stream; None after `timeout_s` without anything."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.filled.wait()
        except TimeoutError:
            return None
        self.filled.clear()
        parts = [sse("dropped", {"count": self.dropped})] if self.dropped else []
        parts += self.waiting
        self.waiting.clear()
        self.dropped = 0
        return b"".join(parts)


def sse(kind: str, data: Any, event_id: int | None = None) -> bytes:
    """One server-sent event (WHATWG HTML, section 9.2); `data` is a JSON value, or msgspec.Raw: one as text."""
    identity = b"" if event_id is None else b"id: %d\n" % event_id
    return b"event: %s\ndata: %s\n%s\n" % (kind.encode(), msgspec.json.encode(data), identity)


class Hub:
    """Hands changes to the browsers of this process. `run` it on the event loop; call the rest from anywhere."""

    def __init__(self, database: Database, metrics: ConsoleMetrics) -> None:
        self._database, self._metrics = database, metrics
        self._views: dict[str, View] = {}
        self._subscribers: set[Subscriber] = set()
        self._last: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None
        self._ending = threading.Event()
        self._died: str | None = None

    def show(self, kind: Kind, view: View) -> None:
        """Say how a kind is shown; the last word counts."""
        self._views[kind] = view

    def nudge(self) -> None:
        """Look for changes now: something was just committed here."""
        self._on_loop(self._wake)

    def end(self) -> None:
        """End every browser's stream, so that the server can stop."""
        self._ending.set()
        self._on_loop(self._end)

    def subscribe(self, kinds: frozenset[str], edge_id: str | None) -> Subscriber:
        """A new browser; `unsubscribe` it at the end. On the event loop only."""
        subscriber = Subscriber(kinds, edge_id, ended=self._ending.is_set())
        self._subscribers.add(subscriber)
        self._metrics.subscribers.set(len(self._subscribers))
        self._wake()
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Forget a browser."""
        self._subscribers.discard(subscriber)
        self._metrics.subscribers.set(len(self._subscribers))

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    @property
    def trouble(self) -> str | None:
        """Why no browser hears of anything any more until this process starts anew; None while all is well."""
        return self._died

    async def run(self, stopping: asyncio.Event | None = None) -> None:
        """Look for changes until `stopping` is set: cancelled, it would leave a thread behind that still reads."""
        self._loop = asyncio.get_running_loop()
        woken = self._woken = asyncio.Event()
        try:
            while stopping is None or not stopping.is_set():
                with suppress(TimeoutError):
                    # Not wait_for: Python 3.11's forgets that it was cancelled when it is woken at the same moment.
                    async with asyncio.timeout(_EVERY_S):
                        await woken.wait()
                woken.clear()
                await self._look()
        except BaseException as error:
            self._died = f"live events ended: {type(error).__name__} {error}".rstrip()
            raise

    async def _look(self) -> None:
        if not self._subscribers:
            self._last = None  # whoever comes next hears only of what happens from then on
            return
        wanted = {(kind, one.edge_id) for one in self._subscribers for kind in one.kinds}
        try:
            more = await anyio.to_thread.run_sync(self._read, wanted)
        except DBAPIError as error:
            _LOG.warning("changes can't be read now: %s", error.orig)
            return
        except Exception:  # noqa: BLE001 - tried again in a moment: no browser would hear of anything any more
            _LOG.exception("changes can't be read: a bug in linewatch")
            return
        for change, events in more:
            self._hand_out(change, events)
        if len(more) == _AT_ONCE:
            self._wake()

    def _read(self, wanted: set[tuple[str, str | None]]) -> list[tuple[ChangeRow, list[bytes] | None]]:
        """The next changes with their events; None for what could not be shown, which is then as good as dropped."""
        with self._database.read() as session:
            if self._last is None:
                self._last = session.scalar(select(func.max(ChangeRow.change_id))) or 0
                return []
            query = select(ChangeRow).where(ChangeRow.change_id > self._last).order_by(ChangeRow.change_id)
            changes = list(session.scalars(query.limit(_AT_ONCE)))
            watched = [one for one in changes if {(one.kind, None), (one.kind, one.edge_id)} & wanted]
            try:
                shown = self._shown(session, watched)
            except Exception as error:
                if isinstance(error, DBAPIError) and not is_refusal(error):
                    raise
                ids = f"{changes[0].change_id} to {changes[-1].change_id}"
                _LOG.exception("changes %s can't be shown and are left out: a bug in linewatch", ids)
                return [(change, None) for change in changes]
            return [(change, shown.get(change.change_id, [])) for change in changes]

    def _shown(self, session: Session, changes: Sequence[ChangeRow]) -> Mapping[int, list[bytes]]:
        """The events of each change, by its id."""
        keys: defaultdict[str, dict[Key, None]] = defaultdict(dict)
        for change in changes:
            keys[change.kind].update((tuple(key), None) for key in change.keys)
        shown = {kind: self._values(session, kind, list(some)) for kind, some in keys.items()}
        events: dict[int, list[bytes]] = {}
        for change in changes:
            found = (shown[change.kind].get(tuple(key)) for key in change.keys)
            events[change.change_id] = [sse(change.kind, one, change.change_id) for one in found if one is not None]
        return events

    def _values(self, session: Session, kind: str, keys: Sequence[Key]) -> Mapping[Key, Any]:
        view = self._views.get(kind)
        if view is None:
            return {key: {"key": key} for key in keys}
        values: dict[Key, Any] = {}
        for start in range(0, len(keys), _KEYS_A_QUERY):
            values.update(view(session, keys[start : start + _KEYS_A_QUERY]))
        return values

    def _hand_out(self, change: ChangeRow, events: list[bytes] | None) -> None:
        self._last = change.change_id
        for subscriber in self._subscribers:
            if subscriber.wants(change.kind, change.edge_id):
                subscriber.dropped += change.left_out
                if events is None:
                    subscriber.lose(len(change.keys))
                    self._metrics.events_dropped.inc(len(change.keys))
                    continue
                gone = sum(subscriber.put(event) for event in events)
                self._metrics.events_dropped.inc(gone)

    def _wake(self) -> None:
        if self._woken is not None:
            self._woken.set()

    def _end(self) -> None:
        for subscriber in self._subscribers:
            subscriber.ended = True
            subscriber.filled.set()

    def _on_loop(self, call: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)
