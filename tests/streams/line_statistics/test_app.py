"""The app as declared: one agent, one table, and no reading before its topics exist."""

import pytest
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.settings import Settings
from streams.errors import TopicsMissingError
from streams.line_statistics import app as module
from streams.line_statistics.app import APP_ID, build_app, run_statistics


def test_one_table_one_agent_one_event_at_a_time() -> None:
    built = build_app(Settings(), BlobStore("memory://app"), CollectorRegistry(), store="memory://")
    (agent,) = built.app.agents.values()
    assert agent.concurrency == 1
    assert list(built.app.tables.values()) == [built.table]
    assert built.table.partitions == 12
    assert built.app.conf.id == APP_ID


def test_it_does_not_start_without_its_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_settings: Settings, topics: object) -> None:
        raise TopicsMissingError(f"topics {topics} do not exist")

    monkeypatch.setattr(module, "require_topics", missing)
    with pytest.raises(TopicsMissingError, match="inspections"):
        run_statistics(Settings(), BlobStore("memory://app"), instance="1", metrics_port=None)
