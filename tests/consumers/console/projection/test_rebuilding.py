"""Forgetting what topics say, and nothing else; and what compaction leaves is enough."""

from typing import Any

from sqlalchemy import select

from consumers.console.database import Database
from consumers.console.projection.catching_up import is_catching_up
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.tables.people import PersonRow
from consumers.console.tables.progress import ProjectorRow
from schemas.records import Record
from tests.consumers.console import records
from tests.consumers.console.browsers import add_person
from tests.consumers.console.contents import contents
from tests.consumers.console.projection.test_rows import SAMPLES
from tests.consumers.console.projection.test_writing import write
from tests.consumers.console.services import make_services


def test_everything_projected_goes_people_stay(database: Database, tmp_path: Any) -> None:
    add_person(make_services(database, tmp_path), "ann")
    write(database, *SAMPLES)
    with database.write() as session:
        session.add(ProjectorRow(one=1, holder="x|1|1|y", expires_at_us=0))
    forget_projection(database)
    with database.read() as session:
        assert is_catching_up(session), "nobody is given a task until it is read again"
    assert all(rows == [] for rows in contents(database).values())
    with database.read() as session:
        assert session.scalars(select(PersonRow.name)).all() == ["ann"]
        assert session.scalars(select(ProjectorRow.holder)).all() == []


def test_what_compaction_leaves_makes_the_same_rows(database: Database) -> None:
    """Of each key of a compacted topic only the last record stays; a frame's closed first task goes with its second."""
    history: list[tuple[str, Record]] = []
    for n in range(4):
        history += [
            ("cam-1/1", records.task(1, revision=n + 1, state="closed" if n == 3 else "opened")),
            ("press-1/one", records.report(frames=n)),
            ("policy", records.policy(n + 1, queue_cap=n + 1)),
            ("minute", records.minute(inspections=n)),
            ("dataset", records.dataset(frames=n)),
            ("cam-1", records.claim(epoch=n)),
        ]
    write(database, *(record for _, record in history))
    whole = contents(database)
    forget_projection(database)
    write(database, *dict(history).values())
    assert contents(database) == whole
