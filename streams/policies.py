"""The edges' policies as they stand, followed by a thread of its own.

`edge-policies` has one partition and so cannot be co-partitioned with inspections. A step takes a policy in as an event
and keeps what it needs, with the revision, in its state: what a policy decided once stays decided on a replay.
"""

import logging
import threading
from typing import Final

from confluent_kafka import KafkaException, Message, TopicPartition

from infra.kafka import ANSWER_TIMEOUT, checked_message, make_consumer, read_to_end
from infra.settings import Settings
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import EdgePolicy
from schemas.topics import EDGE_POLICIES

_LOG: Final = logging.getLogger(__name__)


class PolicyFollower:
    """Keeps the latest policy of every edge in memory."""

    def __init__(self, settings: Settings, codec: Codec, topic: str = EDGE_POLICIES.name) -> None:
        self._settings = settings
        self._codec = codec
        self._topic = topic
        self._policies: dict[str, EdgePolicy] = {}
        self._next_offset = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="policies", daemon=True)

    def start(self) -> None:
        """Read what is there, then follow in the background; BrokerAwayError when it can't be read to its end."""
        for message in read_to_end(self._settings, self._topic, timeout=6 * ANSWER_TIMEOUT):
            self._take(message)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def get(self, edge_id: str) -> EdgePolicy | None:
        """An edge's policy; None when it has none of its own."""
        return self._policies.get(edge_id)

    def _take(self, message: Message) -> None:
        self._next_offset = (message.offset() or 0) + 1
        edge_id = (message.key() or b"").decode(errors="replace")
        value = message.value()
        if value is None:
            self._policies.pop(edge_id, None)
            return
        try:
            policy = self._codec.decode(value, EdgePolicy)
        except DecodeError as error:
            # The console projects this topic and dead-letters it; here the policy before it stays in force.
            _LOG.error("policy of edge %r at offset %s ignored: %s", edge_id, message.offset(), error)
            return
        if policy.edge_id == edge_id:
            self._policies[edge_id] = policy

    def _follow(self) -> None:
        consumer = make_consumer(self._settings, "linewatch.policies")
        consumer.assign([TopicPartition(self._topic, 0, self._next_offset)])
        while not self._stopped.is_set():
            try:
                message = checked_message(consumer.poll(0.5))
            except KafkaException as error:
                _LOG.error("%s can't be followed now: %s", self._topic, error)
                self._stopped.wait(1.0)
                continue
            if message is not None:
                self._take(message)
        consumer.close()
