"""Bundles of inspections, labels, requests and ticks through the step of labeling_queue.

State first, then what it has to say (announce says why): a step is stored, its changelog record awaited, its news
sent, its bundle acknowledged. A state whose news were not sent yet is never stepped on from.

Most inspections are nothing to ask about and move only their camera's mark. They cost neither a step nor a write: the
marks go with the next step that is one. Should they be lost, those frames are looked at again, against the same state,
and are again nothing to ask about.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from infra.blobs import BlobStore
from infra.kafka import key_partition
from schemas.codec import Codec
from schemas.records import Inspection, Label, LabelingRequest
from schemas.topics import (
    ALARMS,
    DEAD_LETTERS,
    EDGE_POLICIES,
    EDGE_STATISTICS,
    INSPECTIONS,
    LABELING_REQUESTS,
    LABELING_TASKS,
    LABELS,
    TICKS,
)
from streams.bundles import Record
from streams.labeling_queue.admission import concerns
from streams.labeling_queue.announce import alarms_of, has_news, minutes_of, tasks_of
from streams.labeling_queue.events import Answered, Asking, Event, Passed, Sources, rule_of
from streams.labeling_queue.metrics import LabelingMetrics
from streams.labeling_queue.state import WRITER, Queue, StateVersionError, decode_state, encode_state
from streams.labeling_queue.step import step
from streams.outputs import Output
from streams.processor import Batch, BundleProcessor, Host, Policies, Sender
from streams.state_table import Stamped, StateTable

_LOG: Final = logging.getLogger(__name__)


class TopicNames(NamedTuple):
    """Where labeling_queue reads and writes."""

    inspections: str = INSPECTIONS.name
    labels: str = LABELS.name
    requests: str = LABELING_REQUESTS.name
    ticks: str = TICKS.name
    policies: str = EDGE_POLICIES.name
    tasks: str = LABELING_TASKS.name
    statistics: str = EDGE_STATISTICS.name
    alarms: str = ALARMS.name
    dead_letters: str = DEAD_LETTERS.name

    @property
    def read(self) -> tuple[str, ...]:
        """The topics that the agent reads."""
        return self.inspections, self.labels, self.requests, self.ticks


class Processor(BundleProcessor[Queue]):
    """Keeps the queues of the edges in the table."""

    def __init__(
        self,
        host: Host,
        table: StateTable,
        sender: Sender,
        policies: Policies,
        codec: Codec,
        blobs: BlobStore,
        metrics: LabelingMetrics,
        names: TopicNames,
        sources: Sources,
    ) -> None:
        super().__init__(
            host,
            table,
            sender,
            codec,
            blobs,
            reader=WRITER,
            dead_letters=names.dead_letters,
            on_letter=metrics.dead_letters.inc,
        )
        self._policies = policies
        self._metrics = metrics
        self._names = names
        self._sources = sources
        self._known: dict[int, dict[bytes, Queue]] = {}  # per partition: its edges as they are stored
        self._news: dict[int, dict[bytes, Queue]] = {}  # of these, with something left to say
        self._passed: dict[bytes, dict[str, tuple[int, int]]] = {}  # marks that wait for the next step of their edge

    async def take(self, event: Any) -> list["asyncio.Future[Any]"] | None:
        """Process one bundle; what its states have to say is sent once the changelog has them."""
        changelog = await super().take(event)
        if changelog:
            await asyncio.gather(*changelog)
            ours = event.message.generation_id == self._host.generation
            if not ours or not await self._announce(event.message.partition):
                return None
        return changelog

    async def process(self, event: Any, partition: int) -> Batch[Queue] | None:
        """Step through a bundle."""
        if not await self._announce(partition):
            return None
        batch, records = Batch[Queue](), event.value
        topic = event.message.topic
        if topic == self._names.ticks:
            self._tick(batch, event, partition)
        elif topic == self._names.inspections:
            self._inspections(batch, event, records, partition)
        else:
            read = self._read_label if topic == self._names.labels else self._read_request
            for key, (events, origins) in self._by_edge(batch, records, read).items():
                self._step(batch, event, key, events, origins)
        return batch

    def encode(self, state: Queue) -> bytes:
        """A state as it is stored."""
        return encode_state(state)

    def begin(self) -> None:
        """Forget every partition."""
        self._known.clear()
        self._news.clear()
        self._passed.clear()
        self._metrics.forget()

    def meet(self, partition: int, stored: Iterable[tuple[bytes, Stamped]]) -> None:
        """Show the states of a partition; what their last steps had to say is said again."""
        self._known[partition], self._news[partition] = {}, {}
        for key, stamped in stored:
            self.keep(partition, key, stamped, decode_state(stamped.value))

    def keep(self, partition: int, key: bytes, stamped: Stamped, state: Queue) -> None:
        """Show a state, and note whether it has something to say."""
        self._known[partition][key] = state
        self._metrics.keep(partition, state)
        if has_news(state):
            self._news[partition][key] = state

    # Saying ----------------------------------------------------------------------------------------------------------

    async def _announce(self, partition: int) -> bool:
        news = self._news[partition]
        outputs = [output for queue in news.values() for output in self._outputs(queue)]
        if outputs and not await self._say(outputs):
            return False
        news.clear()
        return True

    def _outputs(self, queue: Queue) -> list[Output]:
        names, home = self._names, key_partition(queue.edge_id, LABELING_TASKS.partitions)
        return [
            *(Output(names.tasks, task.frame_id, task, home) for task in tasks_of(queue)),
            *(Output(names.statistics, minute.key, minute) for minute in minutes_of(queue)),
            *(Output(names.alarms, alarm.alarm_id, alarm) for alarm in alarms_of(queue)),
        ]

    # Reading ---------------------------------------------------------------------------------------------------------

    def _inspections(self, batch: Batch[Queue], event: Any, records: Sequence[Record], partition: int) -> None:
        def read(_: int, record: Record) -> tuple[str, Inspection]:
            inspection = self._codec.decode(record.value, Inspection)
            return inspection.edge_id, inspection

        for key, (inspections, origins) in self._by_edge(batch, records, read).items():
            known = self._known[partition].get(key)
            if known is None or self._outdated(known) or any(concerns(known, seen) for seen in inspections):
                self._step(batch, event, key, inspections, origins)
            else:
                marks = self._passed.setdefault(key, {})
                marks.update({seen.camera_id: (seen.epoch, seen.sequence) for seen in inspections})

    def _read_label(self, _: int, record: Record) -> tuple[str, Event]:
        label = self._codec.decode(record.value, Label)
        return label.edge_id, Answered(label, record.offset)

    def _read_request(self, _: int, record: Record) -> tuple[str, Event]:
        request = self._codec.decode(record.value, LabelingRequest)
        return request.edge_id, Asking(request, record.offset)

    def _tick(self, batch: Batch[Queue], event: Any, partition: int) -> None:
        tick = self._new_tick(batch, event.value, partition)
        if tick is None:
            return
        self._metrics.last_tick.set(tick[0] / 1e6)
        for key, known in list(self._known[partition].items()):
            if self._outdated(known):
                self._step(batch, event, key, (), ())

    def _outdated(self, known: Queue) -> bool:
        policy = self._policies.get(known.edge_id)
        return policy is not None and policy.revision > known.rule.revision

    def _step(
        self, batch: Batch[Queue], event: Any, key: bytes, events: Sequence[Event], origins: Sequence[Record]
    ) -> None:
        """Step one edge; an event that no step survives is dead-lettered, and the others go on without it."""
        edge_id = key.decode()
        stamped = self._table.load(event, key)
        before = stamped.value if stamped.revision >= 0 else None
        policy = self._policies.get(edge_id)
        lead: list[Event] = [self._sources, Passed(self._passed.pop(key, {}))]
        if policy is not None:
            lead.append(rule_of(policy))
        try:
            queue, out = step(edge_id, before, [*lead, *events])
        except StateVersionError:
            raise
        except Exception:  # noqa: BLE001 - a bug of ours must not stop the other edges
            _LOG.exception("edge %s: a batch of %d events failed as a whole, now one by one", edge_id, len(events))
            queue, out = step(edge_id, before, [*lead, *events], careful=True)
        batch.states[key] = (stamped, queue)
        for index, reason in out.refused:
            if index >= len(lead):
                self._bury(batch, origins[index - len(lead)], reason, "ImpossibleEvent")
