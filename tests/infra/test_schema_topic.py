import dataclasses
import json

import pytest
from confluent_kafka.cimpl import NewTopic

from infra.kafka import make_admin, make_producer
from infra.schema_topic import TopicSchemas, make_codec, publish_schemas
from infra.settings import Settings
from schemas.records import Tick
from schemas.store import committed_history, fingerprint_of, schema_text
from schemas.topics import SCHEMAS

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(broker_settings: Settings) -> Settings:
    admin = make_admin(broker_settings)
    for future in admin.create_topics([NewTopic(SCHEMAS.name, 1, 1)]).values():
        if future.exception() is not None:
            assert "already exists" in str(future.exception())
    return broker_settings


def test_schemas_are_published_once_and_found_by_fingerprint(settings: Settings) -> None:
    publish_schemas(settings)
    assert publish_schemas(settings) == 0
    text = TopicSchemas(settings).find(fingerprint_of(schema_text(Tick)))
    assert text is not None
    assert text in {text for _, text in committed_history().values()}


def test_a_schema_published_later_is_found_when_asked_again(
    settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.schema_topic._ASK_AGAIN", 0.0)
    text = json.dumps({"type": "record", "name": unique, "fields": [{"name": "a", "type": "long"}]})
    schemas = TopicSchemas(settings)
    assert schemas.find(fingerprint_of(text)) is None
    producer = make_producer(settings)
    producer.produce(SCHEMAS.name, key=fingerprint_of(text), value=text.encode())
    assert producer.flush(30) == 0
    assert schemas.find(fingerprint_of(text)) == text


def test_another_unknown_schema_is_looked_up_at_once_the_same_one_not_again_so_soon(
    settings: Settings, unique: str
) -> None:
    schemas = TopicSchemas(settings)
    texts = [json.dumps({"type": "record", "name": f"{unique}{n}", "fields": []}) for n in range(2)]
    assert [schemas.find(fingerprint_of(text)) for text in texts[:1]] == [None]
    producer = make_producer(settings)
    for text in texts:
        producer.produce(SCHEMAS.name, key=fingerprint_of(text), value=text.encode())
    assert producer.flush(30) == 0
    assert schemas.find("0" * 16) is None
    assert schemas.find(fingerprint_of(texts[1])) == texts[1]


def test_without_the_topic_no_schema_is_known(
    broker_settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.schema_topic.SCHEMAS", dataclasses.replace(SCHEMAS, name=unique))
    assert TopicSchemas(broker_settings).find("0" * 16) is None


def test_the_codec_of_settings_frames_as_they_say(settings: Settings) -> None:
    assert make_codec(settings).encode(Tick(at_us=1))[:2] == b"\xc3\x01"
    registry = settings.model_copy(update={"schema_registry_url": "mock://settings"})
    assert make_codec(registry).encode(Tick(at_us=1))[:1] == b"\x00"
