"""The app as declared: one agent over four topics, one table, and no reading before its topics exist."""

from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.kafka import make_admin
from infra.settings import Settings
from streams.errors import TopicsMissingError
from streams.labeling_queue import app as module
from streams.labeling_queue.app import APP_ID, build_app, run_labeling, topic_ids
from streams.labeling_queue.processor import TopicNames


def test_one_table_one_agent_one_event_at_a_time() -> None:
    built = build_app(Settings(), BlobStore("memory://app"), CollectorRegistry(), store="memory://")
    (agent,) = built.app.agents.values()
    assert agent.concurrency == 1
    assert set(agent.channel.topics) == {"inspections", "labels", "labeling-requests", "ticks"}
    assert list(built.app.tables.values()) == [built.table]
    assert (built.table.partitions, built.app.conf.id) == (12, APP_ID)


def test_it_does_not_start_without_its_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_settings: Settings, topics: object) -> None:
        raise TopicsMissingError(f"topics {topics} do not exist")

    monkeypatch.setattr(module, "require_topics", missing)
    with pytest.raises(TopicsMissingError, match="labeling-tasks"):
        run_labeling(Settings(), BlobStore("memory://app"), instance="1", metrics_port=None)


@pytest.mark.integration
def test_a_topic_made_anew_has_another_id(
    broker_settings: Settings, make_topic: Callable[..., str], unique: str
) -> None:
    names = TopicNames(labels=make_topic(f"{unique}-labels"), requests=make_topic(f"{unique}-requests"))
    assert "object at" not in str(topic_ids(make_admin(broker_settings), names)), "an id, not a Python object's name"
    first = topic_ids(make_admin(broker_settings), names)
    assert first == topic_ids(make_admin(broker_settings), names)
    assert first.labels != first.requests
