from pathlib import Path

import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from consumers.archive.errors import ArchiveError
from consumers.archive.letters import Letters
from consumers.archive.metrics import ArchiveMetrics
from infra.blobs import BlobStore
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.errors import DecodeError
from tests.conftest import MakeTopic, ReadTopic


@pytest.mark.integration
def test_a_letter_is_in_kafka_when_flush_returns(
    broker_settings: Settings,
    make_topic: MakeTopic,
    kafka_producer: Producer,
    read_topic: ReadTopic,
    tmp_path: Path,
    unique: str,
) -> None:
    from infra.kafka import make_admin, read_to_end
    from schemas.records import DeadLetter
    from schemas.topics import DEAD_LETTERS

    apply_topics(make_admin(broker_settings), broker_settings)
    topic = make_topic(unique)
    kafka_producer.produce(topic, key="k", value=b"garbage of " + unique.encode())
    kafka_producer.flush(30)
    (message,) = read_topic(topic, 1)
    metrics = ArchiveMetrics.build(CollectorRegistry())
    letters = Letters(broker_settings, Codec(), BlobStore(str(tmp_path)), metrics)
    letters.write(message, DecodeError("why"))
    letters.flush()
    found = [Codec().decode(one.value(), DeadLetter) for one in read_to_end(broker_settings, DEAD_LETTERS.name)]
    (letter,) = [one for one in found if one.topic == topic]
    assert (letter.reader, letter.reason, letter.raw) == ("archive", "why", b"garbage of " + unique.encode())
    assert metrics.dead_letters._value.get() == 1


def test_a_letter_that_kafka_did_not_take_stops_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = ArchiveMetrics.build(CollectorRegistry())
    letters = Letters(Settings(kafka={"log_level": "0"}), Codec(), BlobStore(str(tmp_path)), metrics)

    class Silent:
        """A producer whose broker never answers."""

        def flush(self, _timeout: float) -> int:
            """One is left."""
            return 1

    monkeypatch.setattr(letters, "_producer", Silent())
    with pytest.raises(ArchiveError, match="not acknowledged"):
        letters.flush()
