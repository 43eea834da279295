"""Records to Kafka, acknowledged."""

import pytest

from consumers.console.errors import NotPublishedError
from consumers.console.publishing import Outgoing, Publisher
from infra.settings import Settings
from schemas.codec import Codec
from schemas.headers import read_headers
from schemas.records import AuditEvent
from schemas.topics import AUDIT, Topic
from tests.conftest import MakeTopic, ReadTopic
from tests.consumers.console import records

pytestmark = pytest.mark.integration


def topic(name: str) -> Topic:
    return Topic(**{**{field: getattr(AUDIT, field) for field in AUDIT.__slots__}, "name": name})


def test_once_it_returns_kafka_has_them_in_their_order(
    broker_settings: Settings, make_topic: MakeTopic, read_topic: ReadTopic, unique: str
) -> None:
    name, codec = make_topic(unique, partitions=3), Codec()
    publisher = Publisher(broker_settings, codec)
    publisher.send_all(
        Outgoing(topic=topic(name), record=records.audit_event(n), event_id=f"e{n}", key="k", partition=2)
        for n in range(20)
    )
    publisher.send(topic(name), records.audit_event(20), event_id="e20", key="k", partition=2)
    publisher.close()
    found = read_topic(name, 21)
    assert {message.partition() for message in found} == {2}
    assert [codec.decode(message.value(), AuditEvent) for message in found] == [
        records.audit_event(n) for n in range(21)
    ]
    headers = read_headers(found[3].headers())
    assert (headers["ce_id"], headers["ce_source"]) == (b"e3", b"/console")


def test_without_a_broker_it_fails_in_time_and_says_what_to_do() -> None:
    publisher = Publisher(Settings(bootstrap_servers="127.0.0.1:1"), Codec(), acknowledged_s=0.3)
    with pytest.raises(NotPublishedError, match="linewatch broker status"):
        publisher.send(AUDIT, records.audit_event(), event_id="e", key=None)
    publisher.close()
