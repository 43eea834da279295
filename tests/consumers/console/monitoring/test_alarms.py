"""Alarms."""

from consumers.console.database import Database
from consumers.console.monitoring.alarms import MOST, alarms_of
from consumers.console.tables.edges import AlarmRow
from consumers.console.views.monitor import AlarmView
from tests.consumers.console.labeling.rows import NOW, fill


def alarm(number: int, *, raised: bool = True) -> AlarmRow:
    return AlarmRow(
        alarm_id=f"a{number:04}",
        kind="drift",
        severity="warning",
        raised=raised,
        at_us=NOW + number,
        edge_id="press-1",
        camera_id=None,
        message="scores drifted: look at the light",
        value=0.4,
        bound=0.25,
    )


def test_the_newest_come_first_and_those_that_stand_alone_when_asked(database: Database) -> None:
    fill(database, alarm(1), alarm(2, raised=False), alarm(3))
    with database.read() as session:
        shown = [[one.alarm_id for one in alarms_of(session, raised=raised)] for raised in (None, True, False)]
        (first, *_) = alarms_of(session, raised=None)
    assert shown == [["a0003", "a0002", "a0001"], ["a0003", "a0001"], ["a0002"]]
    assert AlarmView.model_validate_json(first.model_dump_json()) == first


def test_there_are_never_more_than_a_page_can_show(database: Database) -> None:
    fill(database, *(alarm(number) for number in range(MOST + 2)))
    with database.read() as session:
        assert len(alarms_of(session, raised=True)) == MOST
