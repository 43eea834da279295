"""Records to rows: every column given, everything kept that pages show."""

import math
from typing import Any

import pytest

from consumers.console.projection.changes import Delete, Put
from consumers.console.projection.rows import TOPICS, apply, apply_tombstone
from schemas.errors import DecodeError
from schemas.records import Record
from schemas.topics import CATALOGUE
from tests.consumers.console import records

SAMPLES: list[Record] = [
    records.inspection(1),
    records.task(1),
    records.label(1),
    records.policy(),
    records.report(),
    records.minute(),
    records.alarm(),
    records.audit_event(),
    records.dead_letter(),
    records.dataset(),
    records.claim(),
]


def test_there_is_a_sample_of_every_projected_topic() -> None:
    assert {type(sample) for sample in SAMPLES} == {topic.record for topic in TOPICS}


def test_what_is_projected_is_what_the_console_reads_of_what_runs_today() -> None:
    later = {"training-progress", "models", "rollouts"}  # their pages come with the trainer's and the manager's issues
    read = {topic.name for topic in CATALOGUE if "console" in topic.readers} - later
    assert {topic.name for topic in TOPICS} - {"edge-policies"} == read - {"edge-policies"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)
def test_every_column_is_given(sample: Record) -> None:
    (change,) = apply(sample, 7)
    assert isinstance(change, Put)
    assert set(change.row) == set(change.table.columns.keys())


def test_an_inspection_is_flat_where_it_is_searched() -> None:
    (change,) = apply(records.inspection(3, score=0.5, margin=math.nan, brightness=math.inf), 0)
    assert isinstance(change, Put)
    row = change.row
    assert (row["frame_topic"], row["frame_offset"], row["sha256"]) == ("frames.press-1", 3, records.sha(3))
    assert (row["score"], row["margin"], row["brightness"]) == (0.5, None, None)
    assert list(row["scores"]) == ["good", "bad"]
    assert row["latency"]["total_us"] == 20


def test_a_dead_letter_is_known_by_what_it_is_of() -> None:
    def letter_id(**more: Any) -> str:
        (change,) = apply(records.dead_letter(**more), 9)
        assert isinstance(change, Put)
        assert change.row["letter_offset"] == 9
        return str(change.row["letter_id"])

    assert letter_id(at_us=1) == letter_id(at_us=2), "one message given up twice is one letter"
    nowhere: dict[str, Any] = {"topic": None, "partition": None, "offset": None, "origin": "/a.jpg"}
    assert letter_id(**nowhere, at_us=1) != letter_id(**nowhere, at_us=2)


@pytest.mark.parametrize(
    ("topic", "key", "where"),
    [
        ("labeling-tasks", b"cam-1/7", {"camera_id": "cam-1", "sequence": 7}),
        ("edge-reported", b"press-1/one", {"edge_id": "press-1", "instance": "one"}),
        ("edge-policies", b"press-1", {"edge_id": "press-1"}),
        ("cameras", b"cam-1", {"camera_id": "cam-1"}),
        ("datasets", b"a:sha256:ff", {"name": "a", "digest": "sha256:ff"}),
        (
            "edge-statistics",
            b"press-1/*/5/line_statistics",
            {"edge_id": "press-1", "camera_id": "*", "minute_us": 5, "writer": "line_statistics"},
        ),
    ],
)
def test_a_tombstone_deletes_what_its_key_names(topic: str, key: bytes, where: dict[str, object]) -> None:
    (change,) = apply_tombstone(topic, key)
    assert isinstance(change, Delete)
    assert change.where == where


def test_a_tombstone_of_nothing_that_is_kept_by_key_changes_nothing() -> None:
    assert apply_tombstone("inspections", b"press-1") == []


@pytest.mark.parametrize(
    ("topic", "key"), [("labeling-tasks", b"no frame"), ("edge-reported", b"\xff"), ("edge-reported", b"a")]
)
def test_a_tombstone_with_a_strange_key_is_unreadable(topic: str, key: bytes) -> None:
    with pytest.raises(DecodeError, match="tombstone"):
        apply_tombstone(topic, key)
