"""Liveness is offset progress: a worker that commits nothing while records wait ends, for its supervisor to restart.

Faust's consumer can die in silence, its loop can hang, its group can lose it. So the question is put to Kafka itself,
from a thread and a client of its own: do this worker's committed offsets move?
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.kafka import ANSWER_TIMEOUT

_LOG: Final = logging.getLogger(__name__)
EXIT_STALLED: Final = 70
# Transaction markers at a partition's end count as offsets that nobody can ever commit.
_MARKERS: Final = 2

Partition = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a group has read one partition."""

    committed: int  # the first offset there is when nothing was committed
    end: int

    @property
    def lag(self) -> int:
        return max(self.end - self.committed, 0)


class Stall:
    """Decides when no progress has lasted too long in any one partition; knows no clock of its own."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._moved: dict[Partition, tuple[float, int]] = {}  # when each partition last moved, and where it stood

    def check(self, now: float, standings: Mapping[Partition, Standing]) -> str | None:
        """A reason to end the process, or None. `now` is monotonic, in seconds; one call for each look at Kafka."""
        waiting = {partition: standing for partition, standing in standings.items() if standing.lag > _MARKERS}
        moved = {}
        for partition, standing in waiting.items():
            since, committed = self._moved.get(partition, (now, standing.committed))
            moved[partition] = (since if committed == standing.committed else now, standing.committed)
        self._moved = moved
        stuck = {partition: now - since for partition, (since, _) in moved.items() if now - since >= self._limit}
        if not stuck:
            return None
        worst, seconds = max(stuck.items(), key=lambda item: item[1])
        where, lag = f"{worst[0]}[{worst[1]}]", waiting[worst].lag
        return f"no offset of {where} was committed for {seconds:.0f} s while {lag} records wait"


class GroupView:
    """What Kafka says of a group's offsets.

    It asks through a consumer that never joins the group: librdkafka's admin client ends the whole process by an
    assertion (`rd_kafka_enq_once_del_source_return`) when a broker dies under a request for offsets.
    """

    def __init__(self, consumer: Consumer, topics: Collection[str]) -> None:
        self._consumer = consumer
        self._topics = frozenset(topics)

    def standings(self) -> dict[Partition, Standing]:
        """Where the group stands in each partition of its topics; KafkaException while no broker answers."""
        known = self._consumer.list_topics(timeout=ANSWER_TIMEOUT).topics
        places = [TopicPartition(topic, p) for topic in self._topics & known.keys() for p in known[topic].partitions]
        found = {}
        for place in self._consumer.committed(places, timeout=ANSWER_TIMEOUT):
            first, end = self._consumer.get_watermark_offsets(place, timeout=ANSWER_TIMEOUT)
            # Records deleted before anyone read them wait for nobody; "nothing committed" is a negative offset.
            found[place.topic, place.partition] = Standing(max(place.offset, first), end)
        return found

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()


class Watchdog:
    """Looks every few seconds; ends the process when progress has stalled."""

    def __init__(
        self,
        view: GroupView,
        assigned: Callable[[], Collection[Partition]],
        limit: float,
        *,
        on_look: Callable[[Mapping[Partition, Standing]], None] = lambda _: None,
        end: Callable[[int], None] = os._exit,
    ) -> None:
        self._view = view
        self._assigned = assigned
        self._stall = Stall(limit)
        self._period = min(5.0, limit / 4)
        self._on_look = on_look
        self._end = end
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._view.close()

    def look(self) -> None:
        """Look once."""
        try:
            standings = self._view.standings()
        except KafkaException as error:
            _LOG.warning("Kafka does not say how far we are: %s", error)
            return
        self._on_look(standings)
        mine = set(self._assigned())
        # Without any partition the worker may have lost its group: then somebody must move all of them.
        watched = {partition: s for partition, s in standings.items() if partition in mine} if mine else standings
        reason = self._stall.check(time.monotonic(), watched)
        if reason is not None:
            _LOG.critical("this worker is stalled and ends itself, to be started anew: %s", reason)
            logging.shutdown()
            self._end(EXIT_STALLED)

    def _watch(self) -> None:
        while not self._stopped.wait(self._period):
            self.look()
