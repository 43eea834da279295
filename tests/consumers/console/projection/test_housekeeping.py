"""What is too old goes; nothing else does."""

import pytest
from sqlalchemy import select

from consumers.console.auth import sessions
from consumers.console.projection import housekeeping
from consumers.console.projection.housekeeping import Housekeeping
from consumers.console.services import Services
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.people import SessionRow
from consumers.console.tables.progress import ChangeRow
from tests.consumers.console import records
from tests.consumers.console.browsers import add_person
from tests.consumers.console.projection.test_writing import write
from tests.consumers.console.services import FakeClock

DAY_US = 86_400_000_000


def test_inspections_are_kept_for_so_many_days(services: Services, clock: FakeClock) -> None:
    write(services.database, *(records.inspection(n, captured_at_us=clock.at_us - n * DAY_US) for n in range(10)))
    Housekeeping(services, keep_days=4.5).run()
    with services.database.read() as session:
        assert sorted(session.scalars(select(InspectionRow.sequence))) == [0, 1, 2, 3, 4]


def test_much_is_deleted_a_little_at_a_time(
    services: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_AT_ONCE", 3)
    write(services.database, *(records.inspection(n, captured_at_us=clock.at_us - 9 * DAY_US) for n in range(7)))
    keeping = Housekeeping(services, keep_days=1)
    left = []
    for _ in range(4):
        keeping.run()
        with services.database.read() as session:
            left.append(len(session.scalars(select(InspectionRow.sequence)).all()))
    assert left == [4, 1, 0, 0]


def test_old_changes_and_sessions_go_too(services: Services, clock: FakeClock) -> None:
    add_person(services, "ann")
    write(services.database, records.inspection(1, captured_at_us=clock.at_us))  # noted at a time long ago
    with services.database.write() as session:
        sessions.start(session, "ann", clock.at_us - 13 * 3_600_000_000, None)
        sessions.start(session, "ann", clock.at_us, None)
    Housekeeping(services, keep_days=1).run()
    with services.database.read() as session:
        assert session.scalars(select(ChangeRow.change_id)).all() == []
        assert len(session.scalars(select(SessionRow.token_hash)).all()) == 1
