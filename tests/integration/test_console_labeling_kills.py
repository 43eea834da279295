"""kill -9 of the console in the middle of submits: no label is lost, none counts twice, drafts are there again."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from infra.settings import Settings
from tests.integration.console_line import ConsoleLine, Person, decision, open_console_line
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.integration
KILLS = 8
TASKS = 400


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[ConsoleLine]:
    with open_console_line(broker_settings, unique) as opened:
        yield opened


class Labeler:
    """A page: it claims, answers, and after a lost connection sends the same answer until the server takes it."""

    def __init__(self, person: Person, line: ConsoleLine) -> None:
        self.person, self.line = person, line
        self.acknowledged: list[str] = []
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            claim = {"edge_id": self.line.edge_id, "count": 2}
            while tasks := self._until_answered("/api/label/claim", claim)["tasks"]:
                for task in tasks:
                    said = self._until_answered("/api/label/submit", decision(task))
                    self.acknowledged.append(said["label_id"])
        except BaseException as error:  # noqa: BLE001 - shown by the test's assertion
            self.failure = error

    def _until_answered(self, path: str, body: object) -> dict[str, Any]:
        while True:
            try:
                answer = self.person.post(path, body)
            except httpx2.HTTPError:
                threading.Event().wait(0.02)  # the page tries again in a moment
                continue
            if answer.status_code == 503:
                continue
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found


def test_killed_again_and_again_every_task_gets_exactly_one_label(line: ConsoleLine) -> None:
    chance = random.Random(7)
    people = [line.person(name) for name in ("ann", "bo", "cy")]
    line.publish(*(line.task(number) for number in range(TASKS)))
    left = f"/api/label/progress?edge_id={line.edge_id}"
    wait_until(lambda: people[0].get(left)["queue_left"] == TASKS, "the tasks")
    labelers = [Labeler(person, line) for person in people]
    for labeler in labelers:
        labeler.thread.start()
    killed_at = []
    for _ in range(KILLS):
        before = len(line.labels())
        wait_until(lambda before=before: _answered(labelers) > before or _idle(labelers), "labels go on")  # type: ignore[misc]
        threading.Event().wait(chance.random() * 0.05)  # anywhere in a submit
        killed_at.append(_answered(labelers))
        line.kill()
        line.start()
    for labeler in labelers:
        labeler.thread.join(120)
    assert [labeler.failure for labeler in labelers] == [None, None, None]
    # What nobody asked for again is sent by the console itself.
    wait_until(lambda: len({label.label_id for label in line.labels()}) == TASKS, "every label", timeout=60)
    labels = line.labels()
    distinct = {label.label_id: label.task_id for label in labels}
    assert Counter(distinct.values()) == Counter({line.task(number).task_id: 1 for number in range(TASKS)})
    acknowledged = [label_id for labeler in labelers for label_id in labeler.acknowledged]
    assert set(acknowledged) <= set(distinct)
    assert len(set(killed_at)) > 1, "all kills fell on an idle console"


def _answered(labelers: list[Labeler]) -> int:
    return sum(len(labeler.acknowledged) for labeler in labelers)


def _idle(labelers: list[Labeler]) -> bool:
    return not any(labeler.thread.is_alive() for labeler in labelers)


def test_a_draft_survives_the_server_and_the_browser(line: ConsoleLine) -> None:
    ann = line.person("ann")
    line.publish(line.task(1))
    claim = {"edge_id": line.edge_id, "count": 1}
    wait_until(lambda: len(ann.post("/api/label/claim", claim).json()["tasks"]) == 1, "the task")
    (task,) = ann.post("/api/label/claim", claim).json()["tasks"]
    lease = {"task_id": task["task_id"], "fencing_token": task["lease"]["fencing_token"]}
    box = {"label": "dent", "x": 7, "y": 8, "w": 9, "h": 10}
    headers = {"X-CSRF-Token": ann.csrf}
    saved = ann.client.put("/api/label/draft", json={**lease, "boxes": [box], "note": "half"}, headers=headers)
    assert saved.status_code == 204
    line.kill()
    line.start()
    (again,) = ann.post("/api/label/claim", claim).raise_for_status().json()["tasks"]
    assert again["lease"]["fencing_token"] == task["lease"]["fencing_token"]
    assert (again["draft"]["note"], again["draft"]["boxes"]) == ("half", [{**box, "score": None}])
