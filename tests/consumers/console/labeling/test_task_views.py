"""Tasks as people see them."""

from typing import Any

from consumers.console.database import Database
from consumers.console.labeling.claims import Lease
from consumers.console.labeling.task_views import image_url, task_views, thumbnail_url
from consumers.console.tables.labels import LabelRow
from consumers.console.tables.leases import DraftRow
from consumers.console.views.labeling import TaskView
from tests.consumers.console.labeling.rows import NOW, SHA, fill, inspection_row, policy_row, task_row

BOX = {"label": "scratch", "x": 1, "y": 2, "w": 3, "h": 4, "score": 0.8}


def label_row(label_id: str, **changes: Any) -> LabelRow:
    values: dict[str, Any] = {
        "label_id": label_id,
        "edge_id": "press-1",
        "sha256": SHA,
        "camera_id": "cam-1",
        "sequence": 1,
        "captured_at_us": NOW,
        "frame": None,
        "part_id": None,
        "product": None,
        "task_id": label_id.rpartition("/")[0],
        "version": 1,
        "labeler": "ann",
        "labeled_at_us": NOW,
        "seconds_taken": 3.0,
        "outcome": "labeled",
        "round": label_id.split("/")[2],
        "label": "scratch",
        "boxes": [],
        "image_width": 640,
        "image_height": 480,
        "prediction_shown": None,
        "verdict_shown": None,
        "note": None,
    }
    return LabelRow(**{**values, **changes})


def view(database: Database, task_id: str, name: str = "ann") -> TaskView:
    with database.read() as session:
        (one,) = task_views(session, name, [Lease(task_id, 3, NOW + 5)])
    # What is sent must pass the model that browsers' types come from.
    return TaskView.model_validate_json(one.model_dump_json())


def test_a_task_brings_all_that_its_page_needs(database: Database) -> None:
    prediction = {"label": "scratch", "score": 0.7, "boxes": [BOX]}
    fill(
        database,
        task_row(1, prediction=prediction),
        policy_row(),
        inspection_row(1),
        DraftRow(
            task_id="cam-1/1/first",
            labeler="ann",
            fencing_token=2,
            outcome=None,
            label="dent",
            boxes=[BOX],
            note="n",
            saved_at_us=NOW,
        ),
    )
    shown = view(database, "cam-1/1/first")
    assert (shown.frame_id, shown.classes, shown.draw_boxes) == ("cam-1/1", ["good", "scratch", "dent"], True)
    assert shown.prediction is not None
    assert (shown.prediction.boxes[0].score, shown.verdict) == (0.8, "review")
    assert (shown.image_width, shown.image_height) == (640, 480)
    assert (shown.image_url, shown.thumbnail_url) == (image_url("cam-1", 1), thumbnail_url("cam-1", 1))
    assert shown.lease is not None
    assert (shown.lease.fencing_token, shown.lease.expires_at_us) == (3, NOW + 5)
    assert shown.draft is not None
    assert (shown.draft.label, shown.draft.boxes[0].x) == ("dent", 1)
    assert view(database, "cam-1/1/first", "bo").draft is None


def test_without_policy_and_inspection_a_task_is_still_a_task(database: Database) -> None:
    fill(database, task_row(1, prediction=None, verdict=None))
    shown = view(database, "cam-1/1/first")
    assert (shown.classes, shown.draw_boxes, shown.image_width, shown.prediction) == ([], False, None, None)


def test_a_second_label_is_blind(database: Database) -> None:
    fill(database, task_row(1, round="second"), policy_row(), label_row("cam-1/1/first/1", label="dent"))
    shown = view(database, "cam-1/1/second", "bo")
    assert (shown.prediction, shown.verdict, shown.earlier) == (None, None, [])
    assert "dent" not in shown.model_dump_json(exclude={"classes"})


def test_adjudication_shows_the_newest_of_both_without_names(database: Database) -> None:
    fill(
        database,
        task_row(1, round="adjudication"),
        label_row("cam-1/1/first/1", labeler="ann", label="good"),
        label_row("cam-1/1/first/1/v2", task_id="cam-1/1/first", version=2, round="correction", note="second look"),
        label_row("cam-1/1/first/0", labeler="cy", outcome="unsure", label=None),
        label_row("cam-1/1/second/1", labeler="bo", label="dent", boxes=[BOX]),
    )
    shown = view(database, "cam-1/1/adjudication", "dora")
    assert [one.who for one in shown.earlier] == ["A", "B"]
    assert {one.label for one in shown.earlier} == {"scratch", "dent"}
    assert {one.note for one in shown.earlier} == {"second look", None}
    assert not {"ann", "bo", "cy"} & set(shown.model_dump_json().replace('"', " ").split())
    assert shown.prediction is not None


def test_who_is_a_is_no_matter_of_who_came_first(database: Database) -> None:
    firsts = set()
    for number in range(1, 9):
        fill(
            database,
            task_row(number, round="adjudication"),
            label_row(f"cam-1/{number}/first/1", sequence=number, label="good"),
            label_row(f"cam-1/{number}/second/1", sequence=number, label="dent"),
        )
        firsts.add(view(database, f"cam-1/{number}/adjudication").earlier[0].label)
    assert firsts == {"good", "dent"}
