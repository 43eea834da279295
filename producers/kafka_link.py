"""The link to a real Kafka: a transactional producer whose id is the camera's, so that the broker fences old gateways.

Source: KIP-98 (exactly once delivery and transactional messaging).
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from infra.kafka import ANSWER_TIMEOUT, BrokerAwayError, key_partition, make_admin, make_producer
from infra.settings import Settings
from infra.topics import TopicsError, ensure_edge_topics
from producers.camera_history import end_offset, look, newest_claim
from producers.captured import Ledger
from producers.errors import GatewaySettingsError
from producers.link import LinkError, LinkFencedError, LinkTooLargeError, Outgoing
from producers.numbering import KafkaView
from schemas.codec import Codec
from schemas.records import CameraClaim
from schemas.topics import FRAMES

_log = logging.getLogger(__name__)

_TRANSACTION_MS: Final = 60_000  # after that the broker gives up on a gateway that fell silent in mid-transaction
_DELIVERY_MS: Final = 30_000  # below that of the transaction, so that the gateway notices first
_ASK_AGAIN_S: Final = 0.1  # when the answer was "not yet" at once
_SLICE_S: Final = 1.0  # of waiting, between two looks whether the gateway is to end
_COMMIT_SLICE_S: Final = 20.0
_HEAR_EVERY_BYTES: Final = 2**20  # each look for answers lets another thread run and waits for it
_SILENT: Final = frozenset({KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN})
_NO_TOPIC: Final = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
)
_FENCED: Final = frozenset(
    {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.FENCED_INSTANCE_ID}
)


def gateway_producer(settings: Settings, **overrides: str | float | bool) -> Producer:
    """A producer with a gateway's settings; GatewaySettingsError when librdkafka refuses one of them."""
    tuned: dict[str, str | float | bool] = {
        "linger_ms": 20,  # a few images fill a batch of 1 MB; a lone one waits no longer than this
        # librdkafka (2.16) calls poll(0) without end, a whole core, while a message older than linger_ms waits and five
        # are unanswered. One request under way and one behind it, of four messages each, never come to that.
        "max_in_flight": 1,
        "batch_num_messages": 4,
        "queue_buffering_max_kbytes": 4 * 1024,  # memory: what waits longer, waits in the spool
        "delivery_timeout_ms": _DELIVERY_MS,
        "reconnect_backoff_max_ms": 1_000,
        "socket_nagle_disable": True,
        "log_level": 0,  # the gateway says itself, once, that Kafka is away
    }
    try:
        return make_producer(settings, **{**tuned, **overrides})
    except KafkaException as error:
        raise GatewaySettingsError(f"Kafka settings are wrong: {error.args[0].str()}; see linewatch.toml") from error


def read_newest_claim(settings: Settings, codec: Codec, camera_id: str) -> CameraClaim | None:
    """The newest claim on a camera, None when there never was one. Raises LinkError."""
    try:
        return newest_claim(settings, codec, camera_id)
    except KafkaException as error:
        raise _link_error(error, "reading the topic cameras") from error
    except BrokerAwayError as error:
        raise LinkError(str(error)) from error


class KafkaLink:
    """A `Link` over confluent_kafka. Every method raises LinkError for what may pass."""

    def __init__(
        self, settings: Settings, codec: Codec, *, edge_id: str, camera_id: str, ended: Callable[[], bool]
    ) -> None:
        """Connect, create the edge's topics where they are missing, and fence every older gateway of the camera.

        `ended` is asked about once a second while Kafka does not answer, and makes the link give up.
        """
        self._settings, self._codec, self._camera_id, self._ended = settings, codec, camera_id, ended
        self.topic = FRAMES.of(edge_id)
        self.partition = key_partition(camera_id, FRAMES.partitions)
        self._next_offset: int | None = None  # behind the newest frame known to be in Kafka
        self._unheard = 0  # bytes sent since answers were heard
        self._failure: LinkError | None = None
        self._in_transaction = False
        # Outside of what is tried again: settings that librdkafka refuses stay wrong.
        self._producer = gateway_producer(
            settings, transactional_id=f"linewatch.camera.{camera_id}", transaction_timeout_ms=_TRANSACTION_MS
        )
        try:
            self._patiently("finding a broker", ANSWER_TIMEOUT, lambda: self._producer.list_topics(timeout=_SLICE_S))
            ensure_edge_topics(make_admin(settings), edge_id, settings)
            self._patiently("connecting", _TRANSACTION_MS / 1000, lambda: self._producer.init_transactions(_SLICE_S))
        except KafkaException as error:
            raise _link_error(error, "connecting") from error
        except (BrokerAwayError, TopicsError) as error:
            raise LinkError(str(error)) from error

    def look(self, ledger: Ledger, claim: CameraClaim | None, hashes: Iterable[tuple[int, str]]) -> KafkaView:
        """As in Link."""
        try:
            return look(self._settings, self._codec, self._camera_id, ledger, claim, hashes)
        except KafkaException as error:
            raise _link_error(error, f"reading {self.topic}") from error
        except BrokerAwayError as error:
            raise LinkError(str(error)) from error

    def end_offset(self) -> int:
        """As in Link."""
        try:
            return end_offset(self._settings, self.topic, self.partition)
        except KafkaException as error:
            raise _link_error(error, f"asking for the end of {self.topic}") from error

    def send(self, message: Outgoing) -> None:
        """As in Link."""
        try:
            if not self._in_transaction:
                self._producer.begin_transaction()
                self._in_transaction = True
            while not self._enqueued(message):
                self._hear(0.1)
                if self._ended():
                    raise LinkError("the gateway is ending")
            self._unheard += message.size
            if self._unheard >= _HEAR_EVERY_BYTES:
                self._hear(0)
        except KafkaException as error:
            raise self._failure or _link_error(error, f"sending to {message.topic}", message.size) from error
        if self._failure is not None:
            raise self._failure

    def _hear(self, timeout: float) -> None:
        self._unheard = 0
        self._producer.poll(timeout)

    def _enqueued(self, message: Outgoing) -> bool:
        try:
            self._producer.produce(
                message.topic,
                value=message.value,
                key=message.key,
                partition=message.partition,
                headers=message.headers,
                timestamp=message.timestamp_ms,
                on_delivery=self._on_delivery,
            )
        except BufferError:
            return False
        return True

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            if message.partition() == self.partition and message.topic() == self.topic:
                self._next_offset = (message.offset() or 0) + 1
        elif self._failure is None and error.code() != KafkaError._PURGE_QUEUE:
            failed = KafkaException(error)
            self._failure = _link_error(failed, f"sending to {message.topic()}", len(message.value() or b""))

    def commit(self) -> int | None:
        """As in Link."""
        if not self._in_transaction:
            return None
        # Asked again in mid-commit, librdkafka goes on where it was. One that failed for good is not asked again:
        # the drain opens another link, which ends its transaction, and sees what of it Kafka has.
        self._patiently(
            "committing", _TRANSACTION_MS / 1000, lambda: self._producer.commit_transaction(_COMMIT_SLICE_S)
        )
        self._in_transaction = False
        offset, self._next_offset = self._next_offset, None
        return offset

    def _patiently(self, doing: str, timeout: float, attempt: Callable[[], object]) -> None:
        """Try again while Kafka is silent; LinkError after `timeout` seconds, or when the gateway is to end."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                attempt()
            except KafkaException as error:
                silent = error.args[0].retriable() or error.args[0].code() in _SILENT
                if not silent or time.monotonic() > deadline or self._ended():
                    raise self._failure or _link_error(error, doing) from error
                time.sleep(_ASK_AGAIN_S)
            else:
                return

    def close(self) -> None:
        """As in Link.

        Right after a commit the broker may not have begun the transaction that is given up here, as it still ends the
        one before; it then answers INVALID_TXN_STATE, which librdkafka logs as FATAL. There was nothing to give up.
        """
        try:
            self._producer.purge()
            if self._in_transaction:
                self._producer.abort_transaction(2.0)
            self._producer.poll(0)
        except KafkaException as error:  # whoever connects next ends that transaction
            _log.debug("the transaction of camera %s was left open: %s", self._camera_id, error)


def _link_error(error: KafkaException, doing: str, size: int = 0) -> LinkError:
    reason = error.args[0]
    hint = "; run `linewatch topics apply`" if reason.code() in _NO_TOPIC else ""
    words = f"{doing}: {reason.str()} ({reason.name()}){hint}"
    if reason.code() in _FENCED:
        return LinkFencedError(words)
    if reason.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return LinkTooLargeError(size)
    return LinkError(words)
