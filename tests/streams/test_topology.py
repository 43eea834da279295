"""The diagram says what the catalogue and the apps say."""

import pytest
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.settings import Settings
from schemas.topics import CATALOGUE, INSPECTIONS, LABELS
from streams.line_statistics.app import build_app
from streams.line_statistics.processor import TopicNames
from streams.topology import FLOWS, StreamFlow, TopologyError, check_flows, mermaid


def test_every_topic_and_process_of_the_catalogue_is_drawn() -> None:
    drawn = mermaid()
    assert drawn.startswith("flowchart LR\n")
    assert "frames.&lt;edge&gt; (4)" in drawn
    for topic in CATALOGUE:
        assert f"({topic.partitions})" in drawn
        for name in (*topic.writers, *(reader for reader in topic.readers if reader != "every reader")):
            assert f'["{name}"]' in drawn
    assert "p_edge --> t_inspections" in drawn
    assert "t_inspections --> p_line_statistics" in drawn
    assert "every" not in drawn


def test_a_flow_the_catalogue_does_not_know_is_an_error() -> None:
    with pytest.raises(TopologyError, match="labels"):
        check_flows([StreamFlow("line_statistics", reads=(INSPECTIONS, LABELS), writes=())])


def test_line_statistics_reads_and_writes_what_its_app_declares(tmp_path: object) -> None:
    (flow,) = [flow for flow in FLOWS if flow.process == "line_statistics"]
    names = TopicNames()
    app = build_app(Settings(), BlobStore("memory://blobs"), CollectorRegistry(), store="memory://").app
    (agent,) = app.agents.values()
    read = {*agent.channel.topics, names.policies}
    assert read == {topic.name for topic in flow.reads}
    assert {names.statistics, names.alarms, names.dead_letters} == {topic.name for topic in flow.writes}
