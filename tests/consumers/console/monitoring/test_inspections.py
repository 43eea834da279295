"""Inspections: pages and details."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from consumers.console.database import Database
from consumers.console.errors import ProblemError
from consumers.console.monitoring.inspections import Wanted, detail, search, views_of
from consumers.console.tables.labels import ImageLabelRow
from consumers.console.views.monitor import InspectionDetailView, InspectionsView
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row, task_row
from tests.consumers.console.labeling.test_task_views import label_row


def believed(number: int, label: str) -> ImageLabelRow:
    return ImageLabelRow(
        sha256=sha(number),
        edge_id="press-1",
        label_id="cam-1/1/first/1",
        label=label,
        outcome="labeled",
        state="single",
        labeler="ann",
        labeled_at_us=NOW,
    )


EXAMPLE = itertools.count(1)


def sha(number: int) -> str:
    return f"{number:064x}"


def row(number: int, **changes: Any) -> Any:
    return inspection_row(number, sha256=sha(number), **changes)


def found(database: Database, cursor: str | None = None, limit: int = 100, **wanted: Any) -> InspectionsView:
    with database.read() as session:
        page = search(session, Wanted(**wanted), cursor, limit)
    return InspectionsView.model_validate_json(page.model_dump_json())


def numbers(database: Database, **wanted: Any) -> list[int]:
    return [item.sequence for item in found(database, **wanted).items]


@pytest.fixture
def filled(database: Database) -> Database:
    fill(
        database,
        row(1, verdict="pass", score=0.1, defect_class=None),
        row(2, verdict="fail", score=0.9),
        row(3, verdict="review", score=0.5, edge_id="press-2", camera_id="cam-2"),
        row(4, verdict="error", score=None, model=None, defect_class=None),
        believed(2, "dent"),
        believed(3, "good"),
    )
    return database


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [4, 3, 2, 1]),
        ({"edge_id": "press-1"}, [4, 2, 1]),
        ({"camera_id": "cam-2"}, [3]),
        ({"verdict": "fail"}, [2]),
        ({"defect_class": "scratch"}, [3, 2]),
        ({"label": "dent"}, [2]),
        ({"labeled": True}, [3, 2]),
        ({"labeled": False}, [4, 1]),
        ({"from_us": NOW + 2, "to_us": NOW + 4}, [3, 2]),
        ({"min_score": 0.5}, [3, 2]),
        ({"max_score": 0.5}, [3, 1]),
        ({"edge_id": "press-1", "labeled": True, "min_score": 0.95}, []),
    ],
)
def test_filters(filled: Database, wanted: dict[str, Any], expected: list[int]) -> None:
    assert numbers(filled, **wanted) == expected


def test_an_inspection_brings_its_label_and_its_times_in_milliseconds(filled: Database) -> None:
    fail = found(filled, verdict="fail").items[0]
    assert fail.label is not None
    assert (fail.label.label, fail.label.labeler, fail.latency_ms.infer) == ("dent", "ann", 1.0)
    assert fail.image_url == "/api/frames/cam-1/2/image"
    assert fail.model is not None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 3), min_size=1, max_size=14), limit=st.integers(1, 5))
def test_pages_show_everything_once_whatever_is_added_in_front(
    database: Database, times: list[int], limit: int
) -> None:
    base = next(EXAMPLE)  # each example has an edge and frames of its own
    edge = f"edge-{base}"
    for number, at in enumerate(times):
        fill(database, row(base * 100 + number, edge_id=edge, captured_at_us=NOW + at, camera_id=f"cam-{number % 2}"))
    seen: list[str] = []
    cursor = None
    while True:
        page = found(database, cursor, limit, edge_id=edge)
        seen += [item.frame_id for item in page.items]
        assert len(page.items) <= limit
        cursor = page.next_cursor
        if cursor is None:
            break
        fill(database, row(base * 100 + 50 + len(seen), edge_id=edge, captured_at_us=NOW + 100))
    everything = sorted(
        ((NOW + at, f"cam-{number % 2}", base * 100 + number) for number, at in enumerate(times)), reverse=True
    )
    assert seen == [f"{camera}/{sequence}" for _, camera, sequence in everything]


def test_a_detail_says_where_it_lies_who_labeled_it_and_what_is_asked(filled: Database) -> None:
    fill(
        filled,
        task_row(2, state="closed", close_reason="agreed"),
        task_row(2, round="second", changed_at_us=NOW + 9),
        label_row("cam-1/2/first/1", sequence=2, label="dent"),
        label_row("cam-1/2/second/1", sequence=2, label="scratch", labeled_at_us=NOW + 1),
    )
    with filled.read() as session:
        shown = detail(session, "cam-1", 2)
        with pytest.raises(ProblemError, match="cam-1/99 was never inspected") as problem:
            detail(session, "cam-1", 99)
    shown = InspectionDetailView.model_validate_json(shown.model_dump_json())
    assert (shown.frame.topic, shown.frame.offset) == ("frames.press-1", 2)
    assert [label.label for label in shown.labels] == ["dent", "scratch"]
    assert shown.task is not None
    assert (shown.task.task_id, shown.task.state) == ("cam-1/2/second", "opened")
    assert problem.value.status == 404


def test_events_show_inspections_in_the_order_of_their_keys(filled: Database) -> None:
    with filled.read() as session:
        views = views_of(session, [["cam-1", 2], ["cam-1", 77], ["cam-1", 1]])
    assert [view.sequence for view in views] == [2, 1]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_inspections_captured_at_us"),
        ({"edge_id": "edge-3", "verdict": "fail"}, "ix_inspections_edge_id_verdict_captured_at_us"),
        ({"camera_id": "cam-3"}, "ix_inspections_camera_id_captured_at_us"),
        ({"defect_class": "scratch"}, "ix_inspections_defect_class"),
        ({"label": "dent"}, "ix_inspections_sha256"),
        ({"labeled": True}, "ix_inspections_sha256"),
    ],
)
def test_each_filter_has_its_index(database: Database, wanted: dict[str, Any], index: str) -> None:
    verdicts = ("pass",) * 18 + ("fail", "review")
    frames = [
        row(
            number,
            edge_id=f"edge-{number % 40}",
            camera_id=f"cam-{number % 40}",
            verdict=verdicts[number // 40 % 20],
            defect_class="scratch" if number % 50 == 0 else None,
        )
        for number in range(1600)
    ]
    with database.write() as session:
        session.add_all([*frames, *(believed(number, "dent") for number in range(0, 100, 20))])
    if database.kind == "postgresql":
        with database.write() as session:
            session.execute(text("ANALYZE inspections, image_labels"))
    plan = planned(database, Wanted(**wanted))
    assert f"{index} " in plan or f"{index}'" in plan, plan
    whole = ("SCAN inspections',", "Seq Scan on inspections")
    assert not any(word in plan for word in whole), plan


def planned(database: Database, wanted: Wanted) -> str:
    """How the database finds the first page."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as session:
        search(session, wanted, None, 24)
    event.remove(database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if database.kind == "sqlite" else "EXPLAIN "
    statement, parameters = next(one for one in asked if "LIMIT" in one[0])
    with database.engine.connect() as connection:
        return "\n".join(str(tuple(line)) for line in connection.exec_driver_sql(explain + statement, parameters))
