"""Labeling through a real console process, with a real broker: tasks in, labels out."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from infra.settings import Settings
from tests.integration.console_line import ConsoleLine, Person, decision, open_console_line
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[ConsoleLine]:
    with open_console_line(broker_settings, unique) as opened:
        yield opened


def claimed(person: Person, line: ConsoleLine, count: int = 1) -> list[dict[str, Any]]:
    answer = person.post("/api/label/claim", {"edge_id": line.edge_id, "count": count})
    found: list[dict[str, Any]] = answer.raise_for_status().json()["tasks"]
    return found


def test_a_task_is_claimed_labeled_and_in_the_topic(line: ConsoleLine) -> None:
    ann = line.person("ann")
    line.publish(line.task(1), line.task(2, state="closed"), line.task(3, skill="expert"))
    wait_until(lambda: len(claimed(ann, line)) == 1, "the task")
    (task,) = claimed(ann, line, 5)
    assert task["frame_id"] == f"{line.edge_id}-cam/1"
    done = ann.post("/api/label/submit", decision(task)).raise_for_status().json()
    (label,) = line.labels()
    assert (label.label_id, label.labeler, label.label, label.round) == (done["label_id"], "ann", "scratch", "first")
    assert label.frame is not None
    assert label.frame.offset == 1
    assert claimed(ann, line, 5) == []  # at once, though nobody has closed it yet
    progress = f"/api/label/progress?edge_id={line.edge_id}"
    assert ann.get(progress)["mine_today"] == 1
    wait_until(lambda: ann.get(progress)["queue_left"] == 0, "what is left")
    # The projection has it too, and the frame counts as labeled once.
    wait_until(lambda: ann.get("/api/label/recent")["labels"][0]["label_id"] == label.label_id, "the label")
    assert ann.get(progress)["mine_today"] == 1


def test_a_reopened_task_goes_to_somebody_else(line: ConsoleLine) -> None:
    ann, bo = line.person("ann"), line.person("bo")
    line.publish(line.task(1))
    wait_until(lambda: len(claimed(ann, line)) == 1, "the task")
    (task,) = claimed(ann, line)
    unsure = {**decision(task), "outcome": "unsure", "label": None, "boxes": []}
    ann.post("/api/label/submit", unsure).raise_for_status()
    line.publish(line.task(1, state="reopened", revision=2, excluded_labelers=["ann"]))
    wait_until(lambda: len(claimed(bo, line)) == 1, "the reopened task")
    assert claimed(ann, line) == []
    (again,) = claimed(bo, line)
    assert again["lease"]["fencing_token"] > task["lease"]["fencing_token"]
    bo.post("/api/label/submit", decision(again)).raise_for_status()
    assert [label.outcome for label in line.labels()] == ["unsure", "labeled"]


def test_people_at_once_label_everything_once(line: ConsoleLine) -> None:
    total = 60
    people = [line.person(f"person-{number}") for number in range(4)]
    line.publish(*(line.task(number) for number in range(total)))
    wait_until(lambda: people[0].get(f"/api/label/progress?edge_id={line.edge_id}")["queue_left"] == total, "the tasks")
    failures: list[BaseException] = []

    def work(person: Person) -> None:
        try:
            while tasks := claimed(person, line, 3):
                for task in tasks:
                    person.post("/api/label/submit", decision(task)).raise_for_status()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    labels = line.labels()
    assert Counter(label.task_id for label in labels) == Counter(
        {line.task(number).task_id: 1 for number in range(total)}
    )
    assert len({label.labeler for label in labels}) > 1
    for person in people:
        assert claimed(person, line) == []
