"""Alarms by their newest word."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.tables.edges import AlarmRow
from consumers.console.views.monitor import AlarmView

MOST: Final = 500


def alarms_of(session: Session, *, raised: bool | None) -> list[AlarmView]:
    """The newest alarms, the newest first: all, those that stand (raised) or those that were cleared."""
    query = select(AlarmRow).order_by(AlarmRow.at_us.desc(), AlarmRow.alarm_id).limit(MOST)
    rows = session.scalars(query if raised is None else query.where(AlarmRow.raised == raised))
    return [alarm_view(row) for row in rows]


def alarm_view(row: AlarmRow) -> AlarmView:
    """One alarm's view."""
    return AlarmView.model_construct(**{name: getattr(row, name) for name in AlarmView.model_fields})
