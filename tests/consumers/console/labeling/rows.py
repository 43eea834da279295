"""Rows that labeling tests need, as the projection would write them."""

from typing import Any

from consumers.console.database import Database
from consumers.console.labeling.answers import Answer
from consumers.console.tables.edges import PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import TaskRow
from schemas.records import Box

NOW = 1_764_000_000_000_000
SHA = "ab" * 32


def task_row(number: int, **changes: Any) -> TaskRow:
    """An open task about frame `cam-1/<number>` of edge press-1."""
    round_ = changes.get("round", "first")
    values: dict[str, Any] = {
        "task_id": f"cam-1/{number}/{round_}",
        "edge_id": "press-1",
        "camera_id": "cam-1",
        "sequence": number,
        "captured_at_us": NOW + number,
        "frame_topic": "frames.press-1",
        "frame_partition": 0,
        "frame_offset": number,
        "sha256": SHA,
        "state": "opened",
        "revision": 1,
        "changed_at_us": NOW,
        "reason": "review",
        "round": "first",
        "priority": 1.0,
        "skill": None,
        "part_id": None,
        "product": None,
        "request_id": None,
        "prediction": {"label": "scratch", "score": 0.7, "boxes": []},
        "verdict": "review",
        "excluded_labelers": [],
        "close_reason": None,
    }
    return TaskRow(**{**values, **changes})


def policy_row(edge_id: str = "press-1", **changes: Any) -> PolicyRow:
    """A policy with three classes."""
    values: dict[str, Any] = {
        "edge_id": edge_id,
        "revision": 1,
        "set_by": "olga",
        "set_at_us": NOW,
        "line": "line-1",
        "tags": ["glass"],
        "product": "panel",
        "cameras": [],
        "part_deadline_us": 10_000_000,
        "sample_rate": 0.01,
        "near_threshold": 0.05,
        "second_label_rate": 0.05,
        "queue_cap": 500,
        "skill": None,
        "drift_bound": 0.25,
        "bandwidth": None,
        "window": None,
        "classes": ["good", "scratch", "dent"],
        "draw_boxes": True,
        "guide": {"scratch": "a thin line"},
    }
    return PolicyRow(**{**values, **changes})


def inspection_row(number: int, **changes: Any) -> InspectionRow:
    """The inspection of frame `cam-1/<number>`: an image of 640 x 480."""
    stages = ("transport", "queue", "fetch", "decode", "preprocess", "infer", "judge", "total")
    values: dict[str, Any] = {
        "camera_id": "cam-1",
        "sequence": number,
        "edge_id": "press-1",
        "instance": "pc-1",
        "captured_at_us": NOW + number,
        "inspected_at_us": NOW + number + 100_000,
        "frame_topic": "frames.press-1",
        "frame_partition": 0,
        "frame_offset": number,
        "sha256": SHA,
        "verdict": "review",
        "reason": None,
        "defect_class": "scratch",
        "score": 0.7,
        "scores": {"scratch": 0.7},
        "margin": -0.1,
        "boxes": [],
        "image_width": 640,
        "image_height": 480,
        "model": {"name": "press", "version": "3", "digest": "sha256:" + "b" * 64, "kind": "classification"},
        "config_revision": 1,
        "rollout_id": None,
        "part_id": None,
        "product": None,
        "brightness": 100.0,
        "blur": 200.0,
        "shadow": None,
        "latency": {f"{stage}_us": 1000 for stage in stages},
        "deadline_missed": False,
    }
    return InspectionRow(**{**values, **changes})


def fill(database: Database, *rows: object) -> None:
    """Write rows, in place of those with the same key."""
    with database.write() as session:
        for row in rows:
            session.merge(row)


def answer(**changes: Any) -> Answer:
    """A person says: scratch, one box."""
    values: dict[str, Any] = {
        "outcome": "labeled",
        "label": "scratch",
        "boxes": (Box(label="scratch", x=10, y=20, w=30, h=40),),
        "image_width": 640,
        "image_height": 480,
        "note": None,
        "seconds_taken": 2.5,
        "prediction_shown": False,
    }
    return Answer(**{**values, **changes})
