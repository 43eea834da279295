"""Minutes of an edge."""

from consumers.console.database import Database
from consumers.console.monitoring.minutes import LONGEST_US, minute_view, statistics_of
from consumers.console.tables.edges import MinuteRow
from consumers.console.views.monitor import StatisticsView
from schemas.records import EdgeStatistics
from schemas.records.operations import Histogram
from tests.consumers.console.labeling.rows import NOW, fill
from tests.consumers.console.monitoring.test_edges import minute

MINUTE_US = 60_000_000


def record(camera: str, **changes: object) -> EdgeStatistics:
    values = {"edge_id": "e", "camera_id": camera, "minute_us": NOW, "writer": "line_statistics", "closed": True}
    return EdgeStatistics(**{**values, **changes})  # type: ignore[arg-type]


def test_cameras_parts_and_labels_come_together() -> None:
    scores = Histogram(bounds=[0.5], counts=[1, 2])
    view = minute_view(
        NOW,
        [
            record("cam-1", inspections=3, verdicts={"pass": 2, "fail": 1}, defect_classes={"dent": 1}, scores=scores),
            record("cam-2", inspections=3, verdicts={"pass": 3}, scores=scores, missing=1, deadline_missed=2),
            record("*", parts={"pass": 2, "fail": 1}, first_pass_parts=2),
            record("*", writer="labeling_queue", labels=4, escapes=1, overkill=2, kappa=0.7, closed=False),
        ],
    )
    assert (view.inspections, view.verdicts, view.defect_classes) == (6, {"pass": 5, "fail": 1}, {"dent": 1})
    assert (view.missing, view.deadline_missed, view.parts, view.first_pass_parts) == (1, 2, {"pass": 2, "fail": 1}, 2)
    assert (view.labels, view.escapes, view.overkill, view.kappa, view.closed) == (4, 1, 2, 0.7, False)
    assert view.scores is not None
    assert (view.scores.counts, view.latency) == ([2, 4], None)


def test_a_span_has_its_minutes_in_order(database: Database) -> None:
    fill(database, *(minute(number, "cam-1", number) for number in range(1, 6)), minute(3, "cam-2", 10))
    with database.read() as session:
        found = statistics_of(session, "press-1", NOW - 4 * MINUTE_US, NOW - MINUTE_US)
        assert statistics_of(session, "press-2", 0, NOW).minutes == []
    found = StatisticsView.model_validate_json(found.model_dump_json())
    assert [(one.minute_us, one.inspections) for one in found.minutes] == [
        (NOW - 4 * MINUTE_US, 4),
        (NOW - 3 * MINUTE_US, 13),
        (NOW - 2 * MINUTE_US, 2),
    ]
    assert found.truncated_before_us is None


def test_a_span_too_long_says_where_it_was_cut(database: Database) -> None:
    row: MinuteRow = minute(1, "cam-1", 5)
    fill(database, row)
    with database.read() as session:
        found = statistics_of(session, "press-1", 0, NOW)
    assert found.truncated_before_us == NOW - LONGEST_US
    assert len(found.minutes) == 1
