"""Topics made to agree with the catalogue, on a real broker."""

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from infra.broker.ports import HOST, free_ports
from infra.kafka import BrokerAwayError, read_to_end
from infra.settings import Settings
from infra.topics import (
    Difference,
    PartitionCountError,
    TopicsError,
    apply_topics,
    compare_topics,
    ensure_edge_topics,
    known_edges,
    wanted_topics,
)
from schemas.errors import SchemasError
from schemas.topics import DESIRED, FRAMES, INSPECTIONS, edge_topics, shared_topics
from tests.conftest import MakeTopic


def set_config(admin: AdminClient, topic: str, name: str, value: str) -> None:
    """Change one setting of a topic, as an operator might."""
    entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    admin.incremental_alter_configs([resource])[resource].result(30)


@pytest.fixture
def away() -> AdminClient:
    """An admin client of a broker that is not there."""
    return AdminClient({"bootstrap.servers": f"{HOST}:{free_ports(1)[0]}", "log_level": 0})


def test_the_catalogue_becomes_real_names() -> None:
    wanted = wanted_topics(Settings(), ["line-1", "line-2"])
    assert len(wanted) == len(shared_topics()) + 2 * len(edge_topics())
    assert wanted["frames.line-2"].partitions == FRAMES.partitions
    assert wanted["inspections"].config["retention.ms"] == str(INSPECTIONS.retention_ms)
    assert not any("<" in name for name in wanted)


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_with_three_replicas_two_must_have_a_record_before_it_counts(replicas: int, in_sync: str) -> None:
    topic = wanted_topics(Settings(replication_factor=replicas), [])["labels"]
    assert (topic.replicas, topic.config["min.insync.replicas"]) == (replicas, in_sync)


def test_an_unusable_edge_id_is_refused() -> None:
    with pytest.raises(SchemasError, match="Bad_Edge"):
        wanted_topics(Settings(), ["Bad_Edge"])


def test_differences_read_like_sentences() -> None:
    missing = Difference(topic="labels", what="missing", wanted="12 partitions, 1 replicas")
    setting = Difference(topic="labels", what="setting", setting="retention.ms", wanted="-1", actual="5")
    assert str(missing) == "labels is missing (wanted: 12 partitions, 1 replicas)"
    assert str(setting) == "labels: retention.ms is 5, wanted: -1"


@pytest.mark.integration
def test_applying_leaves_no_difference_and_applying_again_does_nothing(
    admin: AdminClient, broker_settings: Settings, unique: str
) -> None:
    applied = apply_topics(admin, broker_settings, [unique])
    assert {f"frames.{unique}", f"desired.{unique}"} <= set(applied.created)
    assert compare_topics(admin, wanted_topics(broker_settings, [unique])) == ()
    again = apply_topics(admin, broker_settings, [unique])
    assert (again.created, again.altered, again.left) == ((), (), ())
    assert unique in known_edges(admin)


@pytest.mark.integration
def test_a_new_topic_can_be_used_at_once(admin: AdminClient, broker_settings: Settings, unique: str) -> None:
    for number in range(5):
        edge = f"{unique}-{number}"
        assert set(ensure_edge_topics(admin, edge, broker_settings)) == {FRAMES.of(edge), DESIRED.of(edge)}
        for partition in range(FRAMES.partitions):
            assert list(read_to_end(broker_settings, FRAMES.of(edge), partition)) == []


@pytest.mark.integration
def test_an_edges_topics_are_made_once_with_the_catalogues_settings(
    admin: AdminClient, broker_settings: Settings, unique: str
) -> None:
    ensure_edge_topics(admin, unique, broker_settings)
    assert ensure_edge_topics(admin, unique, broker_settings) == ()
    own = {name: topic for name, topic in wanted_topics(broker_settings, [unique]).items() if name.endswith(unique)}
    assert len(own) == 2
    assert compare_topics(admin, own) == ()


@pytest.mark.integration
def test_a_setting_that_was_changed_by_hand_is_shown_and_set_back(
    admin: AdminClient, broker_settings: Settings, unique: str
) -> None:
    apply_topics(admin, broker_settings, [unique])
    topic = FRAMES.of(unique)
    set_config(admin, topic, "retention.ms", "1234567")
    set_config(admin, topic, "max.message.bytes", "2000000")
    [difference] = compare_topics(admin, wanted_topics(broker_settings, [unique]))
    assert str(difference) == f"{topic}: retention.ms is 1234567, wanted: {FRAMES.retention_ms}"
    assert apply_topics(admin, broker_settings, [unique]).altered == (topic,)
    assert compare_topics(admin, wanted_topics(broker_settings, [unique])) == ()
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    kept = admin.describe_configs([resource])[resource].result(30)["max.message.bytes"].value
    assert kept == "2000000", "what the catalogue does not name is an operator's own"


@pytest.mark.integration
def test_another_partition_count_is_refused_before_anything_changes(
    admin: AdminClient, broker_settings: Settings, make_topic: MakeTopic, unique: str
) -> None:
    make_topic(FRAMES.of(unique), partitions=3)
    with pytest.raises(PartitionCountError, match=rf"frames.{unique}: partitions is 3, wanted: 4: .* never changes"):
        apply_topics(admin, broker_settings, [unique])
    names = admin.list_topics(timeout=30).topics
    # It would be in the way of every test that applies topics of all edges.
    admin.delete_topics([FRAMES.of(unique)])[FRAMES.of(unique)].result(30)
    assert DESIRED.of(unique) not in names


@pytest.mark.integration
def test_another_replica_count_is_shown_and_left_to_the_operator(
    admin: AdminClient, broker_settings: Settings, unique: str
) -> None:
    ensure_edge_topics(admin, unique, broker_settings)
    wider = broker_settings.model_copy(update={"replication_factor": 2})
    own = {name: topic for name, topic in wanted_topics(wider, [unique]).items() if name.endswith(unique)}
    differences = compare_topics(admin, own)
    assert {str(difference) for difference in differences} == {
        f"frames.{unique}: replicas is 1, wanted: 2",
        f"desired.{unique}: replicas is 1, wanted: 2",
    }


@pytest.mark.integration
def test_more_replicas_than_brokers_is_said_by_kafka(
    admin: AdminClient, broker_settings: Settings, unique: str
) -> None:
    wider = broker_settings.model_copy(update={"replication_factor": 3})
    with pytest.raises(TopicsError, match=rf"creating .*{unique}: Kafka refused: .*INVALID_REPLICATION_FACTOR"):
        ensure_edge_topics(admin, unique, wider)


def test_without_a_broker_the_error_says_where_to_look(away: AdminClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.topics.ANSWER_TIMEOUT", 0.3)
    for ask in (
        lambda: known_edges(away),
        lambda: compare_topics(away, wanted_topics(Settings(), [])),
        lambda: ensure_edge_topics(away, "line-1", Settings()),
    ):
        with pytest.raises(BrokerAwayError, match=r"no broker answered .*linewatch broker status"):
            ask()
