"""Drafts."""

from typing import Any

import pytest

from consumers.console.database import Database
from consumers.console.errors import ProblemError
from consumers.console.labeling import drafts
from consumers.console.labeling.claims import Labeler, claim
from consumers.console.tables.leases import DraftRow
from schemas.records import Box
from tests.consumers.console.labeling.rows import NOW, fill, task_row

TASK = "cam-1/1/first"


def claimed(database: Database, name: str, now_us: int = NOW) -> int:
    with database.write() as session:
        (lease,) = claim(session, Labeler(name, frozenset()), None, 1, now_us=now_us, lease_us=1000)
    return lease.fencing_token


def saved(database: Database, name: str, token: int, **changes: Any) -> bool:
    values: dict[str, Any] = {
        "outcome": None,
        "label": None,
        "boxes": (Box(label="dent", x=1, y=2, w=3, h=4),),
        "note": None,
        "now_us": NOW,
    }
    with database.write() as session:
        return drafts.save(session, name, TASK, token, **{**values, **changes})


def kept(database: Database, name: str) -> DraftRow | None:
    with database.read() as session:
        return session.get(DraftRow, (TASK, name))


def test_each_edit_replaces_the_last(database: Database) -> None:
    fill(database, task_row(1))
    token = claimed(database, "ann")
    assert saved(database, "ann", token)
    assert saved(database, "ann", token, label="scratch", outcome="labeled", boxes=(), note="here", now_us=NOW + 1)
    draft = kept(database, "ann")
    assert draft is not None
    assert (draft.label, draft.outcome, draft.boxes, draft.note, draft.saved_at_us) == (
        "scratch",
        "labeled",
        [],
        "here",
        NOW + 1,
    )


def test_a_draft_outlives_its_lease_and_is_nobody_elses(database: Database) -> None:
    fill(database, task_row(1))
    token = claimed(database, "ann")
    other = claimed(database, "bo", NOW + 1000)
    assert not saved(database, "ann", token, note="mine")
    assert saved(database, "bo", other, note="his")
    mine, his = kept(database, "ann"), kept(database, "bo")
    assert mine is not None
    assert his is not None
    assert (mine.note, his.note) == ("mine", "his")


def test_a_forgotten_window_overwrites_nothing(database: Database) -> None:
    fill(database, task_row(1))
    old = claimed(database, "ann")
    new = claimed(database, "ann", NOW + 1000)
    assert saved(database, "ann", new, note="new")
    assert not saved(database, "ann", old, note="old")
    draft = kept(database, "ann")
    assert draft is not None
    assert draft.note == "new"


@pytest.mark.parametrize("token", [0, NOW + 1])
def test_a_draft_needs_a_claim(database: Database, token: int) -> None:
    with pytest.raises(ProblemError, match="never claimed"):
        saved(database, "ann", 1)
    fill(database, task_row(1))
    claimed(database, "ann")
    with pytest.raises(ProblemError, match=f"never claimed with token {token}"):
        saved(database, "ann", token)


def test_old_drafts_go(database: Database) -> None:
    fill(database, task_row(1))
    token = claimed(database, "ann")
    saved(database, "ann", token)
    with database.write() as session:
        drafts.discard_old(session, NOW + drafts.KEPT_US)
    assert kept(database, "ann") is not None
    with database.write() as session:
        drafts.discard_old(session, NOW + drafts.KEPT_US + 1)
    assert kept(database, "ann") is None
