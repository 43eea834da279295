"""The thread that projects: take, read, write rows and positions in one transaction, again.

Whatever fails is tried again from what the database holds, and how it stands can be read off `state` meanwhile. A
record that nobody can read, or that the database refuses, goes to `dead-letters` and the rest goes on.
"""

import logging
import threading
import time
from contextlib import closing
from typing import Final

from confluent_kafka import KafkaException, Message
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from consumers.console.database import is_refusal
from consumers.console.errors import ConsoleError
from consumers.console.projection.batch_size import BatchSize
from consumers.console.projection.batches import Batch, batch_of, only_positions
from consumers.console.projection.catching_up import AWAITED, begin_catching_up, end_catching_up
from consumers.console.projection.housekeeping import Housekeeping
from consumers.console.projection.ownership import Ownership, ProjectionLostError
from consumers.console.projection.taking import Place, TopicReader
from consumers.console.projection.writing import write_changes
from consumers.console.publishing import Outgoing
from consumers.console.services import Services
from consumers.console.tables.progress import PositionRow
from infra.dead_letters import dead_message
from infra.errors import InfraError
from infra.kafka import BrokerAwayError
from schemas.topics import DEAD_LETTERS

READER: Final = "console"
_MOST: Final = 4000  # messages of one transaction: enough to make it cheap, few enough to keep it under a second
_STANDBY_S: Final = 2.0
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 10.0
_LOOKED_AFTER_S: Final = 2.0  # how often the hold, the lag and an idle broker are looked after
_LOG: Final = logging.getLogger(__name__)


class RecordRefusedError(ConsoleError):
    """A record that can be read, with a value that no database row can hold; it lies in `dead-letters`."""


class Projection:
    """Projects in a thread of its own between `start` and `stop`; how it stands is `services.projection`."""

    def __init__(self, services: Services, *, keep_days: float) -> None:
        self._services, self._state = services, services.projection
        self._ownership = Ownership(services.database)
        self._housekeeping = Housekeeping(services, keep_days=keep_days)
        self._stopped = threading.Event()
        self._looked_after = 0.0
        self._thread = threading.Thread(target=self._run, name="console-projection", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch at hand and let another console go on."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        wait = _FIRST_WAIT_S
        while not self._stopped.is_set():
            started = time.monotonic()
            try:
                self._try()
            except Exception as error:  # noqa: BLE001 - a projection that dies in silence shows a plant that stands still
                self._say_failed(error)
            # What lasted was a good run: the next failure is waited out from the start.
            wait = _FIRST_WAIT_S if time.monotonic() - started > _LONGEST_WAIT_S else min(2 * wait, _LONGEST_WAIT_S)
            self._stopped.wait(wait if self._state.get().standing == "waiting" else 0.0)
        self._give_up()

    def _try(self) -> None:
        if self._ownership.acquire(self._services.clock()):
            self._project()
        else:
            self._stand("standby", "another console on this database projects")
            self._stopped.wait(_STANDBY_S)

    def _project(self) -> None:
        with closing(TopicReader(self._services.settings, self._positions())) as reader:
            if reader.began_behind(AWAITED):
                self._say_caught_up(yet=False)
            caught_up, batch_size = False, BatchSize(_MOST)
            self._stand("running", "")
            while not self._stopped.is_set():
                messages = reader.take(batch_size.size)
                if messages:
                    started, waited = time.monotonic(), self._services.database.waited
                    self._take(messages)
                    others_waited = self._services.database.waited > waited
                    batch_size.note(len(messages), time.monotonic() - started, others_waited=others_waited)
                if not caught_up and reader.has_read_to_end(AWAITED):
                    self._say_caught_up(yet=True)
                    caught_up = True
                self._look_after(reader, idle=not messages)

    def _say_caught_up(self, *, yet: bool) -> None:
        with self._services.database.write() as session:
            self._ownership.renew(session, self._services.clock())
            (end_catching_up if yet else begin_catching_up)(session)

    def _positions(self) -> dict[Place, int]:
        with self._services.database.read() as session:
            return {(row.topic, row.partition): row.next_offset for row in session.scalars(select(PositionRow))}

    def _take(self, messages: list[Message]) -> None:
        """Set aside what nobody can read, then write the rest; after a crash in between it is set aside again."""
        batch = batch_of(messages, self._services.codec)
        self._set_aside(batch.unreadable)
        self._write(messages, batch)

    def _write(self, messages: list[Message], batch: Batch) -> None:
        """Write a batch; of one that the database refuses, each half, down to the record that it is about."""
        try:
            self._commit(batch)
        except Exception as error:
            if not is_refusal(error):
                raise
            if len(messages) == 1:
                self._set_aside([(messages[0], RecordRefusedError(f"the database refuses it: {_reason(error)}"))])
                self._commit(Batch(only_positions(batch), [], batch.taken))
                return
            middle = len(messages) // 2
            for half in (messages[:middle], messages[middle:]):
                self._write(half, batch_of(half, self._services.codec))

    def _commit(self, batch: Batch) -> None:
        services, now = self._services, self._services.clock()
        with services.database.write(durable=False) as session:
            self._ownership.renew(session, now)
            write_changes(session, services.database, batch.changes, now)
        services.hub.nudge()
        for topic, count in batch.taken.items():
            services.metrics.projected.labels(topic).inc(count)

    def _set_aside(self, unreadable: list[tuple[Message, Exception]]) -> None:
        services, outgoing = self._services, []
        for message, error in unreadable:
            _LOG.warning("dead letter: %s[%s]@%s: %s", message.topic(), message.partition(), message.offset(), error)
            letter = dead_message(READER, error, message, at_us=services.clock(), blobs=services.blobs)
            outgoing.append(Outgoing(topic=DEAD_LETTERS, record=letter, event_id=letter.event_id, key=None))
        services.publisher.send_all(outgoing)
        for message, _ in unreadable:
            services.metrics.projection_dead_letters.labels(message.topic()).inc()

    def _look_after(self, reader: TopicReader, *, idle: bool) -> None:
        if time.monotonic() - self._looked_after < _LOOKED_AFTER_S:
            return
        if idle:
            with self._services.database.write(durable=False) as session:
                self._ownership.renew(session, self._services.clock())
            reader.check()
        behind = reader.lag()
        for topic, count in behind.items():
            self._services.metrics.projection_lag.labels(topic).set(count)
        self._state.set(lag=sum(behind.values()))
        self._housekeeping.run()
        self._looked_after = time.monotonic()

    def _say_failed(self, error: Exception) -> None:
        if isinstance(error, ProjectionLostError):
            _LOG.info("%s", error)
            self._stand("standby", str(error))
            return
        self._services.metrics.projection_failures.inc()
        foreseen = isinstance(error, KafkaException | InfraError | ConsoleError | DBAPIError)
        away = isinstance(error, BrokerAwayError | KafkaException)
        if self._state.get().standing != "waiting" or not foreseen:
            _LOG.warning("the projection waits: %s", error, exc_info=None if foreseen else error)
        detail = str(error) if foreseen else f"a bug in linewatch ({type(error).__name__}): see the log"
        self._stand("waiting", detail if away or not isinstance(error, DBAPIError) else "the database does not answer")

    def _stand(self, standing: str, detail: str) -> None:
        if self._state.get().standing != standing:
            self._state.set(since_us=self._services.clock())
            _LOG.info("projection: %s%s", standing, f" ({detail})" if detail else "")
        self._state.set(standing=standing, detail=detail)
        self._services.metrics.projecting.set(standing == "running")

    def _give_up(self) -> None:
        try:
            self._ownership.release()
        except DBAPIError as error:
            _LOG.warning("the projection could not be handed over, others wait for it: %s", error)
        self._stand("stopped", "")


def _reason(error: Exception) -> str:
    """What the database itself said, without the statement and its parameters."""
    said = getattr(error, "orig", None) or error
    first = said.args[0] if said.args else said
    return str(first.get("M", first)) if isinstance(first, dict) else str(said)
