"""Labeling over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from consumers.console.auth.cookies import PERSON_HEADER
from consumers.console.labeling.waiting import FRESH_US
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.services import Services
from consumers.console.tables.leases import DraftRow
from consumers.console.views.labeling import CorrectBody
from tests.consumers.console.browsers import Browser
from tests.consumers.console.labeling.rows import fill, inspection_row, policy_row, task_row
from tests.consumers.console.services import FakeClock, KeepingPublisher

Browse = Callable[..., Browser]


@pytest.fixture
def tasks(services: Services) -> Services:
    fill(services.database, policy_row(), *(task_row(number) for number in range(1, 6)), inspection_row(1))
    return services


def claimed(browser: Browser, count: int = 1, **body: Any) -> list[dict[str, Any]]:
    answer = browser.post("/api/label/claim", {"count": count, **body})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    return found


def lease(task: dict[str, Any]) -> dict[str, Any]:
    return {"task_id": task["task_id"], "fencing_token": task["lease"]["fencing_token"]}


def decision(task: dict[str, Any], **changes: Any) -> dict[str, Any]:
    box = {"label": "scratch", "x": 1, "y": 2, "w": 3, "h": 4}
    said = {"outcome": "labeled", "label": "scratch", "boxes": [box], "note": None, "seconds_taken": 1.5}
    return {**lease(task), **said, "image_width": 640, "image_height": 480, "prediction_shown": True, **changes}


def test_claim_draft_submit_recent_correct_progress(
    tasks: Services, browse: Browse, publisher: KeepingPublisher, clock: FakeClock
) -> None:
    ann = browse("inspector", "ann")
    (edge,) = ann.get("/api/label/edges").json()
    assert (edge["edge_id"], edge["open"], edge["classes"]) == ("press-1", 5, ["good", "scratch", "dent"])
    first, second, third = claimed(ann, 3, edge_id="press-1")
    assert [task["sequence"] for task in (first, second, third)] == [1, 2, 3]
    draft = {**lease(first), "boxes": [{"label": "dent", "x": 5, "y": 5, "w": 5, "h": 5}], "note": "draft"}
    assert ann.send("PUT", "/api/label/draft", draft).status_code == 204
    again = claimed(ann, 3)
    assert again[0]["draft"]["note"] == "draft"
    assert [lease(task) for task in again] == [lease(task) for task in (first, second, third)]

    done = ann.post("/api/label/submit", decision(first))
    label_id = f"cam-1/1/first/{first['lease']['fencing_token']}"
    assert (done.status_code, done.json()) == (200, {"label_id": label_id, "version": 1})
    assert ann.post("/api/label/submit", decision(first)).json() == done.json()
    corrected = decision(first, label="dent", boxes=[], label_id=label_id)
    for name in ("task_id", "fencing_token", "prediction_shown"):
        corrected.pop(name)
    fixed = ann.post("/api/label/correct", corrected)
    assert fixed.json() == {"label_id": f"{label_id}/v2", "version": 2}
    (recent,) = ann.get("/api/label/recent").json()["labels"]
    assert (recent["label"], recent["version"], recent["task"]["lease"]) == ("dent", 2, None)
    clock.pass_s(FRESH_US / 1e6)
    progress = ann.get("/api/label/progress?edge_id=press-1&tz_offset_minutes=540").json()
    assert progress == {"mine_today": 1, "seconds_per_label": 1.5, "queue_left": 4, "team_today": 1}
    assert len(publisher.records("labels")) == 2

    assert ann.post("/api/label/release", {"leases": [lease(second), lease(third)]}).status_code == 204
    assert [task["sequence"] for task in claimed(browse("inspector", "bo"), 2)] == [2, 3]


def test_two_people_never_see_the_same_task_and_a_late_one_keeps_the_draft(
    tasks: Services, browse: Browse, clock: FakeClock
) -> None:
    ann, bo = browse("inspector", "ann"), browse("inspector", "bo")
    (mine,) = claimed(ann)
    assert mine["task_id"] not in {task["task_id"] for task in claimed(bo, 10)}
    clock.pass_s(179)
    renewed = ann.post("/api/label/renew", {"leases": [lease(mine), {"task_id": "x", "fencing_token": 1}]}).json()
    assert renewed["lost"] == ["x"]
    assert renewed["renewed"][0]["expires_at_us"] == clock() + 180_000_000
    clock.pass_s(180)
    his = {task["task_id"]: lease(task) for task in claimed(bo, 10)}[mine["task_id"]]
    late = ann.post("/api/label/submit", decision(mine, note="mine"))
    assert (late.status_code, late.json()["code"]) == (409, "lease_lost")
    assert late.headers["content-type"] == "application/problem+json"
    saved = ann.send("PUT", "/api/label/draft", {**lease(mine), "note": "still mine"})
    assert (saved.status_code, saved.json()["code"]) == (409, "lease_lost")
    bo.post("/api/label/release", {"leases": [his]})
    (back,) = claimed(ann)
    assert (back["task_id"], back["draft"]["note"], back["lease"]["fencing_token"]) == (
        mine["task_id"],
        "still mine",
        his["fencing_token"] + 1,
    )


def test_kafka_away_is_said_and_nothing_is_lost(tasks: Services, browse: Browse, publisher: KeepingPublisher) -> None:
    ann = browse("inspector", "ann")
    (mine,) = claimed(ann)
    publisher.away = True
    away = ann.post("/api/label/submit", decision(mine))
    assert (away.status_code, away.json()["code"], away.headers["retry-after"]) == (503, "broker_away", "5")
    assert mine["task_id"] not in {task["task_id"] for task in claimed(ann, 10)}
    publisher.away = False
    assert (
        ann.post("/api/label/submit", decision(mine)).json()["label_id"]
        == f"cam-1/1/first/{mine['lease']['fencing_token']}"
    )
    assert len(publisher.records("labels")) == 1


def test_nobody_is_given_a_task_while_tasks_are_read_again(tasks: Services, browse: Browse) -> None:
    ann = browse("inspector", "ann")
    (mine,) = claimed(ann)
    forget_projection(tasks.database)
    fill(tasks.database, task_row(3))
    refused = ann.post("/api/label/claim", {})
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "catching_up", "2")
    assert ann.post("/api/label/submit", decision(mine)).json()["code"] == "catching_up"
    assert ann.post("/api/label/renew", {"leases": [lease(mine)]}).json()["lost"] == []


def test_the_work_of_who_was_here_before_is_not_taken_for_ones_own(
    tasks: Services, browse: Browse, publisher: KeepingPublisher
) -> None:
    ann, bo = browse("inspector", "ann"), browse("inspector", "bo")
    first, second = claimed(ann, 2)
    assert ann.post("/api/label/submit", decision(first), headers={PERSON_HEADER: "ann"}).status_code == 200
    label_id = f"{first['task_id']}/{first['lease']['fencing_token']}"
    corrected = {name: value for name, value in decision(first).items() if name in CorrectBody.model_fields}
    left_behind = [
        ("PUT", "/api/label/draft", {**lease(second), "note": "hers"}),
        ("POST", "/api/label/submit", decision(second)),
        ("POST", "/api/label/correct", {**corrected, "label_id": label_id}),
    ]
    for method, path, body in left_behind:
        refused = bo.send(method, path, body, headers={PERSON_HEADER: "ann"})
        assert (refused.status_code, refused.json()["code"]) == (401, "other_person"), path
    with tasks.database.read() as session:
        assert session.scalars(select(DraftRow)).all() == [], "nothing of hers became his"
    for method, path, body in left_behind:
        assert ann.send(method, path, body, headers={PERSON_HEADER: "ann"}).is_success, path
    assert len(publisher.records("labels")) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": "crack"}, "not one of this edge's"),
        ({"boxes": [{"label": "dent", "x": 1.5, "y": 0, "w": 1, "h": 1}]}, "valid integer"),
        ({"boxes": [{"label": "dent", "x": 640, "y": 0, "w": 1, "h": 1}]}, "not inside the image"),
        ({"note": "nul \x00"}, "NUL"),
        ({"outcome": "maybe"}, "outcome"),
        ({"seconds_taken": -1}, "seconds_taken"),
        ({"image_width": 0}, "image_width"),
        ({"typo": 1}, "typo"),
    ],
)
def test_wrong_input_says_what_is_wrong(tasks: Services, browse: Browse, changes: dict[str, Any], said: str) -> None:
    ann = browse("inspector", "ann")
    (mine,) = claimed(ann)
    refused = ann.post("/api/label/submit", decision(mine, **changes))
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["detail"]


def test_a_second_label_gives_nothing_away(services: Services, browse: Browse, publisher: KeepingPublisher) -> None:
    fill(services.database, policy_row(), task_row(1, round="second", excluded_labelers=["ann"]))
    assert claimed(browse("inspector", "ann")) == []
    bo = browse("inspector", "bo")
    (task,) = claimed(bo)
    assert (task["prediction"], task["verdict"], task["earlier"]) == (None, None, [])
    assert bo.post("/api/label/submit", decision(task)).status_code == 200
    (label,) = publisher.records("labels")
    assert getattr(label, "prediction_shown", 0) is None


def test_tasks_that_need_a_skill_reach_those_who_have_it(services: Services, browse: Browse) -> None:
    fill(services.database, task_row(1, skill="scratches"))
    assert claimed(browse("inspector", "ann")) == []
    assert len(claimed(browse("inspector", "bo", skills=("scratches",)))) == 1


@pytest.mark.parametrize("role", ["operations_manager", "product_manager"])
def test_others_do_not_label(services: Services, browse: Browse, role: str) -> None:
    assert browse(role).post("/api/label/claim", {}).status_code == 403
    assert browse().post("/api/label/claim", {}).status_code in (401, 403)
