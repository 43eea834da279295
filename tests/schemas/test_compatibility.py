import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.compatibility import check_all, check_schema, current_schemas, versions_of

Change = Callable[[dict[str, Any]], None]


def test_every_schema_in_force_may_follow_its_whole_history() -> None:
    assert check_all() == []


def _changed(stem: str, change: Change) -> str:
    schema = json.loads(current_schemas()[stem])
    change(schema)
    return json.dumps(schema)


def _add_without_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "new", "type": "long"})


def _add_with_default(schema: dict[str, Any]) -> None:
    schema["fields"].append({"name": "new", "type": "long", "default": 0})


def _drop_required(schema: dict[str, Any]) -> None:
    assert "default" not in schema["fields"].pop(0)


def _retype(schema: dict[str, Any]) -> None:
    schema["fields"][0]["type"] = "boolean"


@pytest.mark.parametrize("stem", sorted(current_schemas()))
def test_a_field_without_default_breaks_every_reader(stem: str) -> None:
    problems = check_schema(stem, _changed(stem, _add_without_default), versions_of(stem))
    assert any("BACKWARD" in problem.direction for problem in problems)


@pytest.mark.parametrize("stem", sorted(current_schemas()))
def test_another_type_breaks_every_reader(stem: str) -> None:
    assert any("BACKWARD" in p.direction for p in check_schema(stem, _changed(stem, _retype), versions_of(stem)))


@pytest.mark.parametrize("stem", ["frame", "inspection", "label"])
def test_a_dropped_required_field_breaks_old_readers_of_what_outlives_a_rollout(stem: str) -> None:
    assert any("FORWARD" in p.direction for p in check_schema(stem, _changed(stem, _drop_required), versions_of(stem)))


def test_a_dropped_field_is_fine_where_only_new_readers_count() -> None:
    problems = check_schema("alarm", _changed("alarm", _drop_required), versions_of("alarm"))
    assert [problem.direction for problem in problems] == ["frozen"]


def test_a_compatible_change_only_asks_to_be_frozen() -> None:
    (problem,) = check_schema("frame", _changed("frame", _add_with_default), versions_of("frame"))
    assert "linewatch schemas freeze" in str(problem)
