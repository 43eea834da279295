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

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

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
    """What Kafka says of a group's offsets."""

    def __init__(self, admin: AdminClient, group: str, topics: Collection[str]) -> None:
        self._admin = admin
        self._group = group
        self._topics = frozenset(topics)

    def standings(self) -> dict[Partition, Standing]:
        """Where the group stands in each partition of its topics; KafkaException while no broker answers."""
        request = [ConsumerGroupTopicPartitions(self._group)]
        (answer,) = self._admin.list_consumer_group_offsets(request, request_timeout=10).values()
        committed = {(tp.topic, tp.partition): tp.offset for tp in answer.result().topic_partitions or []}
        partitions = self._partitions()
        first = self._offsets(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = self._offsets(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        # Records deleted before anyone read them wait for nobody.
        return {p: Standing(max(committed.get(p, 0), first[p]), end[p]) for p in partitions}

    def _offsets(self, partitions: list[Partition], spec: OffsetSpec) -> dict[Partition, int]:
        answers = self._admin.list_offsets({TopicPartition(*p): spec for p in partitions}, request_timeout=10)
        return {(tp.topic, tp.partition): int(answer.result().offset) for tp, answer in answers.items()}

    def _partitions(self) -> list[Partition]:
        known = self._admin.list_topics(timeout=10).topics
        return [(topic, partition) for topic in self._topics & known.keys() for partition in known[topic].partitions]


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
