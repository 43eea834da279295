"""How events are shown."""

from typing import Any

import msgspec
import pytest

from consumers.console.event_views import show_all
from consumers.console.monitoring.edges import EdgeTable
from consumers.console.services import Services
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row, policy_row, task_row
from tests.consumers.console.manifests import made_manifest
from tests.consumers.console.monitoring.test_alarms import alarm
from tests.consumers.console.test_datasets import stored


@pytest.fixture
def filled(services: Services) -> Services:
    fill(services.database, policy_row(), inspection_row(1), task_row(1, round="second"), alarm(1))
    stored(services, made_manifest())
    show_all(services.hub, EdgeTable(services.database, lambda: NOW))
    return services


def shown(services: Services, kind: str, *keys: list[Any]) -> list[dict[str, Any]]:
    with services.database.read() as session:
        found = services.hub._views[kind](session, [tuple(key) for key in keys])
    return [msgspec.json.decode(text) for text in found.values()]


def test_every_kind_has_a_view_that_leaves_out_what_is_gone(filled: Services) -> None:
    digest = made_manifest().digest
    assert [one["frame_id"] for one in shown(filled, "inspection", ["cam-1", 9], ["cam-1", 1])] == ["cam-1/1"]
    assert [one["edge_id"] for one in shown(filled, "edge", ["press-1"], ["press-7"])] == ["press-1"]
    assert [one["state"] for one in shown(filled, "task", ["x"], ["cam-1/1/second"])] == ["opened"]
    assert [one["alarm_id"] for one in shown(filled, "alarm", ["a0001"], ["x"])] == ["a0001"]
    assert [one["name"] for one in shown(filled, "dataset", ["plates", digest], ["x", digest])] == ["plates"]
    assert shown(filled, "build", ["x"]) == []


def test_a_blind_task_gives_nothing_away_to_those_who_listen(filled: Services) -> None:
    (task,) = shown(filled, "task", ["cam-1/1/second"])
    assert not {"prediction", "verdict"} & set(task)
