"""How events are shown: from the keys that were noted to the views that pages know."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.datasets import dataset_view
from consumers.console.events import Hub, Key, View
from consumers.console.keys import is_one_of
from consumers.console.monitoring.alarms import alarm_view
from consumers.console.monitoring.edges import EdgeTable
from consumers.console.monitoring.inspections import views_of
from consumers.console.tables.builds import BuildRow
from consumers.console.tables.edges import AlarmRow
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.ledger import DatasetRow
from consumers.console.views.datasets import BuildView
from consumers.console.views.labeling import TaskChangeView

Keys = Sequence[Key]
Texts = dict[Key, msgspec.Raw]


def show_all(hub: Hub, edges: EdgeTable) -> None:
    """Tell the hub how every kind of event is shown."""

    def edge(session: Session, keys: Keys) -> Texts:
        return _texts(((view.edge_id,), view) for view in edges.some(session, (edge_id for (edge_id,) in keys)))

    hub.show("inspection", _inspections)
    hub.show("edge", edge)
    hub.show("task", _by_row(TaskRow, (TaskRow.task_id,), task_change_view))
    hub.show("alarm", _by_row(AlarmRow, (AlarmRow.alarm_id,), alarm_view))
    hub.show("build", _by_row(BuildRow, (BuildRow.build_id,), build_view))
    hub.show("dataset", _by_row(DatasetRow, (DatasetRow.name, DatasetRow.digest), dataset_view))


def _inspections(session: Session, keys: Keys) -> Texts:
    return _texts(((view.camera_id, view.sequence), view) for view in views_of(session, keys))


def task_change_view(row: TaskRow) -> TaskChangeView:
    """A task that changed, without what was predicted of its frame: nothing that a blind labeler must not see."""
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


def build_view(row: BuildRow) -> BuildView:
    """A build's view."""
    values = {name: getattr(row, name) for name in BuildView.model_fields if name != "name"}
    return BuildView.model_construct(name=row.wanted["name"], **values)


def _by_row(table: type[Any], columns: tuple[Any, ...], view: Callable[[Any], BaseModel]) -> View:
    """How a kind is shown whose keys are these columns of one table."""

    def show(session: Session, keys: Keys) -> Texts:
        rows = session.scalars(select(table).where(is_one_of(session, columns, keys)))
        return _texts((tuple(getattr(row, column.key) for column in columns), view(row)) for row in rows)

    return show


def _texts(views: Iterable[tuple[Key, BaseModel]]) -> Texts:
    return {key: msgspec.Raw(view.model_dump_json().encode()) for key, view in views}
