"""The `schemas` topic: every schema by fingerprint, so that no record ever needs a registry to be read."""

import logging
import threading
import time
from typing import Final

from infra.errors import InfraError
from infra.kafka import TopicMissingError, make_producer, read_to_end
from infra.settings import Settings
from schemas.codec import Codec
from schemas.confluent import open_confluent
from schemas.store import SchemaStore, committed_history
from schemas.topics import SCHEMAS

# A fingerprint that is not there asks the broker again, but a flood of the same garbage must not: at most once in so
# many seconds. Another one is always looked up, as its schema may have been published this moment.
_ASK_AGAIN: Final = 5.0
_REMEMBERED: Final = 1000
_log = logging.getLogger(__name__)


class SchemasNotPublishedError(InfraError):
    """Kafka did not acknowledge every schema; see `linewatch broker status`, then publish again."""


class TopicSchemas:
    """Finds schemas in the `schemas` topic, read on from where it stopped whenever an unknown one comes up."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, str] = {}
        self._next_offset = 0
        self._asked_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def find(self, fingerprint_hex: str) -> str | None:
        with self._lock:
            if fingerprint_hex not in self._known and self._may_ask(fingerprint_hex):
                self._read_on()
                self._asked_at[fingerprint_hex] = time.monotonic()
            return self._known.get(fingerprint_hex)

    def _may_ask(self, fingerprint_hex: str) -> bool:
        if len(self._asked_at) >= _REMEMBERED:
            self._asked_at.clear()
        return time.monotonic() - self._asked_at.get(fingerprint_hex, float("-inf")) > _ASK_AGAIN

    def _read_on(self) -> None:
        try:
            for message in read_to_end(self._settings, SCHEMAS.name, start=self._next_offset):
                self._next_offset = (message.offset() or 0) + 1
                key, value = message.key(), message.value()
                if key and value:
                    self._known[key.decode()] = value.decode()
        except TopicMissingError as error:
            # Nobody ever published a schema: then nothing is known, and one bad record must not stop its reader.
            _log.warning("%s", error)


def make_codec(settings: Settings) -> Codec:
    """The codec of these settings: single-object framing, or Confluent's when a registry is set."""
    confluent = open_confluent({"url": settings.schema_registry_url}) if settings.schema_registry_url else None
    return Codec(SchemaStore(TopicSchemas(settings)), confluent)


def publish_schemas(settings: Settings) -> int:
    """Write every committed schema to the `schemas` topic; returns how many were new.

    Raises:
        SchemasNotPublishedError: not all were acknowledged.
        BrokerAwayError: no broker answered.
    """
    present = {message.key() for message in read_to_end(settings, SCHEMAS.name)}
    missing = {name: text for name, (_, text) in committed_history().items() if name.encode() not in present}
    producer = make_producer(settings)
    failures: list[str] = []
    for name, text in missing.items():
        producer.produce(
            SCHEMAS.name,
            key=name,
            value=text.encode(),
            on_delivery=lambda error, _: failures.append(error.str()) if error else None,
        )
    if producer.flush(60) or failures:
        why = "; ".join(sorted(set(failures))) or "no acknowledgement in 60 s"
        raise SchemasNotPublishedError(
            f"schemas were not all written ({why}): see `linewatch broker status`, try again"
        )
    return len(missing)
