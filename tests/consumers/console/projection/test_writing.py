"""Rows in either database, as the tables' rules say."""

import pytest
from sqlalchemy import select

from consumers.console.database import Database, is_refusal
from consumers.console.projection.changes import Change, Delete, table_of
from consumers.console.projection.rows import apply
from consumers.console.projection.writing import write_changes
from consumers.console.tables.edges import AlarmRow, PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import ImageLabelRow, TaskRow
from consumers.console.tables.progress import ChangeRow
from schemas.records import Record
from tests.consumers.console import records
from tests.consumers.console.contents import contents
from tests.consumers.console.projection.test_rows import SAMPLES


def write(database: Database, *given: Record | Change) -> None:
    changes: list[Change] = []
    for one in given:
        changes += apply(one, 0) if isinstance(one, Record) else [one]
    with database.write() as session:
        write_changes(session, database, changes, records.AT_US)


def test_every_record_comes_back_as_it_was_written(database: Database) -> None:
    write(database, *SAMPLES)
    held = contents(database)
    for sample in SAMPLES:
        (change,) = apply(sample, 0)
        assert not isinstance(change, Delete)
        assert held[change.table.name] == [change.row], change.table.name


def test_writing_twice_changes_nothing(database: Database) -> None:
    write(database, *SAMPLES)
    before = contents(database)
    write(database, *SAMPLES)
    assert contents(database) == before


def test_the_first_inspection_of_a_frame_counts(database: Database) -> None:
    write(database, records.inspection(1), records.inspection(1, verdict="fail"))
    write(database, records.inspection(1, verdict="review"))
    with database.read() as session:
        assert session.scalars(select(InspectionRow.verdict)).all() == ["pass"]


def test_a_task_goes_by_its_revision_whatever_comes_again(database: Database) -> None:
    write(database, records.task(1, revision=3, state="closed"))
    write(database, records.task(1, revision=2))
    with database.read() as session:
        assert session.scalars(select(TaskRow.state)).all() == ["closed"]
    write(database, records.task(1, revision=4, state="reopened"))
    with database.read() as session:
        assert session.scalars(select(TaskRow.state)).all() == ["reopened"]


def test_the_last_policy_counts_as_it_does_for_kafka(database: Database) -> None:
    write(database, records.policy(5, line="a"))
    write(database, records.policy(4, line="b"))
    with database.read() as session:
        assert session.scalars(select(PolicyRow.line)).all() == ["b"]


def test_an_alarm_goes_by_its_time(database: Database) -> None:
    write(database, records.alarm(at_us=10, raised=False))
    write(database, records.alarm(at_us=9))
    with database.read() as session:
        assert session.scalars(select(AlarmRow.raised)).all() == [False]


def test_what_is_deleted_is_gone_and_may_come_again(database: Database) -> None:
    gone = Delete(table_of(PolicyRow), {"edge_id": "press-1"})
    write(database, records.policy(1), gone)
    with database.read() as session:
        assert session.scalars(select(PolicyRow.revision)).all() == []
    write(database, records.policy(1), gone, records.policy(2))
    with database.read() as session:
        assert session.scalars(select(PolicyRow.revision)).all() == [2]


def believed(database: Database) -> list[tuple[str | None, str, str]]:
    with database.read() as session:
        return [(row.label, row.state, row.labeler) for row in session.scalars(select(ImageLabelRow))]


def test_the_label_that_counts_is_that_of_datasets(database: Database) -> None:
    second = records.label(
        1, label_id="cam-1/1/second/1", task_id="cam-1/1/second", round="second", labeler="bea", label="dent"
    )
    write(database, records.label(1))
    assert believed(database) == [("scratch", "single", "ann")]
    write(database, second)
    assert believed(database) == [("scratch", "disputed", "ann")]
    correction = records.label(
        1, label_id="cam-1/1/first/1/v2", round="correction", version=2, outcome="unsure", label=None
    )
    write(database, correction)
    assert believed(database) == [("dent", "single", "bea")]


def test_a_label_taken_back_leaves_none(database: Database) -> None:
    write(database, records.label(1))
    write(
        database,
        records.label(1, label_id="cam-1/1/first/1/v2", round="correction", version=2, outcome="unsure", label=None),
    )
    assert believed(database) == []


def test_changes_are_noted_for_browsers_by_edge_newest_last(database: Database) -> None:
    write(
        database,
        *(records.inspection(number) for number in range(30)),
        records.inspection(1, edge_id="b", camera_id="x"),
    )
    with database.read() as session:
        noted = {row.edge_id: row for row in session.scalars(select(ChangeRow))}
    assert noted["press-1"].keys == [["cam-1", number] for number in range(5, 30)]
    assert (noted["press-1"].left_out, noted["b"].left_out, noted["b"].keys) == (5, 0, [["x", 1]])


def test_a_row_that_a_database_can_not_hold_is_a_refusal(database: Database) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the driver's business
        write(database, records.task(1, priority=float("nan")))
    assert is_refusal(caught.value)
