"""How events are shown: from the keys that were noted to the views that pages know."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from consumers.console.datasets import dataset_view
from consumers.console.events import Hub
from consumers.console.monitoring.alarms import alarm_view
from consumers.console.monitoring.edges import EdgeTable
from consumers.console.monitoring.inspections import views_of
from consumers.console.tables.builds import BuildRow
from consumers.console.tables.edges import AlarmRow
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.ledger import DatasetRow
from consumers.console.views.datasets import BuildView
from consumers.console.views.labeling import TaskChangeView

Keys = Sequence[Sequence[Any]]


def show_all(hub: Hub, edges: EdgeTable) -> None:
    """Tell the hub how every kind of event is shown."""
    hub.show("inspection", lambda session, keys: _json(views_of(session, keys)))
    hub.show("edge", lambda session, keys: _json(edges.some(session, {key[0] for key in keys})))
    hub.show("task", _tasks)
    hub.show("alarm", _alarms)
    hub.show("build", _builds)
    hub.show("dataset", _datasets)


def _tasks(session: Session, keys: Keys) -> Iterable[Any]:
    """(task_id,) -> TaskChangeView: nothing that a blind labeler must not see."""
    return _json(task_change_view(row) for row in _rows(session, TaskRow, keys, (TaskRow.task_id,)))


def task_change_view(row: TaskRow) -> TaskChangeView:
    """A task that changed, without what was predicted of its frame."""
    return TaskChangeView.model_construct(
        task_id=row.task_id,
        frame_id=f"{row.camera_id}/{row.sequence}",
        edge_id=row.edge_id,
        state=row.state,
        revision=row.revision,
        reason=row.reason,
        round=row.round,
        priority=row.priority,
        skill=row.skill,
        close_reason=row.close_reason,
    )


def _alarms(session: Session, keys: Keys) -> Iterable[Any]:
    return _json(alarm_view(row) for row in _rows(session, AlarmRow, keys, (AlarmRow.alarm_id,)))


def _builds(session: Session, keys: Keys) -> Iterable[Any]:
    return _json(build_view(row) for row in _rows(session, BuildRow, keys, (BuildRow.build_id,)))


def build_view(row: BuildRow) -> BuildView:
    """A build's view."""
    values = {name: getattr(row, name) for name in BuildView.model_fields if name != "name"}
    return BuildView.model_construct(name=row.wanted["name"], **values)


def _datasets(session: Session, keys: Keys) -> Iterable[Any]:
    return _json(dataset_view(row) for row in _rows(session, DatasetRow, keys, (DatasetRow.name, DatasetRow.digest)))


def _rows(session: Session, table: type[Any], keys: Keys, columns: tuple[Any, ...]) -> list[Any]:
    """The rows with these primary keys, in that order."""
    wanted = [tuple(key[: len(columns)]) for key in keys]
    which: ColumnElement[bool] = tuple_(*columns).in_(wanted)
    found = {
        tuple(getattr(row, column.key) for column in columns): row
        for row in session.scalars(select(table).where(which))
    }
    return [found[key] for key in wanted if key in found]


def _json(views: Iterable[BaseModel]) -> list[Any]:
    return [view.model_dump(mode="json") for view in views]
