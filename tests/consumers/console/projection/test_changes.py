"""Folding changes: what is left of many is what writing them one by one would leave."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.console.projection.changes import Change, Delete, Put, key_of, rule_of, staying, steps, table_of
from consumers.console.tables.edges import AlarmRow, PolicyRow
from consumers.console.tables.inspections import InspectionRow

ALARMS, POLICIES = table_of(AlarmRow), table_of(PolicyRow)


def alarm(name: str, at_us: int, mark: int) -> Put:
    return Put(ALARMS, {"alarm_id": name, "at_us": at_us, "mark": mark})


def one_by_one(changes: list[Change]) -> dict[Any, Any]:
    """The plain meaning: each change applied in its order."""
    held: dict[Any, Any] = {}
    for change in changes:
        if isinstance(change, Delete):
            held = {key: row for key, row in held.items() if row["alarm_id"] != change.where["alarm_id"]}
        else:
            before = held.get(change.row["alarm_id"])
            held[change.row["alarm_id"]] = change.row if before is None else staying("at_us", before, change.row)
    return held


@given(
    st.lists(
        st.one_of(
            st.builds(alarm, st.sampled_from("abc"), st.integers(0, 5), st.integers()),
            st.builds(lambda name: Delete(ALARMS, {"alarm_id": name}), st.sampled_from("abc")),
        ),
        max_size=30,
    )
)
def test_folded_changes_mean_the_same(changes: list[Change]) -> None:
    folded: list[Change] = []
    for step in steps(changes):
        folded += [Put(ALARMS, row) for row in step.puts.get(ALARMS, {}).values()]
        folded += step.deletes
    assert one_by_one(folded) == one_by_one(changes)


def test_without_deletions_there_is_one_step() -> None:
    (step,) = steps([alarm("a", 1, 1), alarm("a", 2, 2), Put(POLICIES, {"edge_id": "e", "revision": 1})])
    assert [row["mark"] for row in step.puts[ALARMS].values()] == [2]
    assert set(step.puts) == {ALARMS, POLICIES}


@pytest.mark.parametrize(("rule", "stays"), [("first", 1), ("last", 2), ("rank", 1)])
def test_the_rule_says_which_stays(rule: str, stays: int) -> None:
    assert staying(rule, {"mark": 1, "rank": 9}, {"mark": 2, "rank": 8})["mark"] == stays


def test_of_equals_the_last_stays() -> None:
    assert staying("rank", {"mark": 1, "rank": 9}, {"mark": 2, "rank": 9})["mark"] == 2


def test_rule_and_key_come_from_the_table() -> None:
    table = table_of(InspectionRow)
    assert rule_of(table) == "first"
    assert key_of(table, {"camera_id": "c", "sequence": 4, "verdict": "pass"}) == ("c", 4)
