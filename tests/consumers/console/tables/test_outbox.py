"""The outbox keeps order."""

from sqlalchemy import select

from consumers.console.database import Database
from consumers.console.tables.outbox import OutboxRow


def test_events_are_numbered_in_their_order(database: Database) -> None:
    for number in range(3):
        with database.write() as session:
            session.add(OutboxRow(event={"number": number}))
    with database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id)).all()
    assert [row.event["number"] for row in rows] == [0, 1, 2]
