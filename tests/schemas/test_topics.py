import pytest

from schemas.errors import InvalidIdentifierError
from schemas.store import FILES
from schemas.topics import (
    CATALOGUE,
    DESIRED,
    FRAMES,
    INSPECTIONS,
    UnknownTopicError,
    edge_topics,
    find_topic,
    shared_topics,
)


def test_every_record_has_a_topic_and_every_topic_but_schemas_a_record() -> None:
    assert {topic.record for topic in CATALOGUE if topic.record} == set(FILES)


def test_names_are_unique_and_partition_counts_are_the_contract() -> None:
    assert len({topic.name for topic in CATALOGUE}) == len(CATALOGUE)
    counts = {topic.name: topic.partitions for topic in CATALOGUE}
    assert counts == {
        **dict.fromkeys(("inspections", "labels", "labeling-requests", "labeling-tasks", "ticks"), 12),
        **dict.fromkeys(("frames.<edge>", "training-jobs", "training-progress"), 4),
        **dict.fromkeys(("cameras", "models", "rollout-commands", "rollouts", "desired.<edge>", "edge-reported"), 1),
        **dict.fromkeys(
            ("edge-policies", "edge-statistics", "alarms", "audit", "dead-letters", "schemas", "datasets"), 1
        ),
    }


def test_co_partitioned_topics_of_the_labeling_queue_have_one_count() -> None:
    read = [topic for topic in CATALOGUE if "labeling_queue" in topic.readers and topic.name != "edge-policies"]
    assert len(read) == 4
    assert {topic.partitions for topic in read} == {INSPECTIONS.partitions}


def test_a_topic_of_an_edge_is_found_by_its_real_name() -> None:
    assert find_topic(FRAMES.of("press-1")) is FRAMES
    assert find_topic(DESIRED.of("press-1")) is DESIRED
    assert find_topic("inspections") is INSPECTIONS
    with pytest.raises(UnknownTopicError, match="'bogus'"):
        find_topic("bogus")


def test_an_unusable_edge_id_makes_no_topic() -> None:
    for bad in ("", "Press", "a.b", "a_b", "-a", "a-", "ä", "a" * 64, "a/b"):
        with pytest.raises(InvalidIdentifierError, match="edge id"):
            FRAMES.of(bad)


def test_shared_and_edge_topics_are_the_whole_catalogue() -> None:
    assert len(shared_topics()) + len(edge_topics()) == len(CATALOGUE)


def test_retention_and_compaction_become_kafka_settings() -> None:
    assert FRAMES.configuration()["retention.ms"] == str(7 * 86_400_000)
    assert FRAMES.configuration()["compression.type"] == "uncompressed"
    assert "retention.ms" not in DESIRED.configuration()
    assert DESIRED.configuration()["cleanup.policy"] == "compact"
