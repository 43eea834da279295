"""Inspections, frames and tasks as tests need them."""

from hashlib import sha256
from typing import Any

from schemas.records import (
    Box,
    FrameLocation,
    Inspection,
    LabelingTask,
    ModelRef,
    ShadowResult,
    StageLatency,
)

DAY_US = 86_400_000_000
START_US = 1_764_000_000_000_000  # 2025-11-24T16:00 UTC
MODEL = ModelRef(name="screws", version="3", digest="sha256:" + "a" * 64, kind="detection")


def location(sequence: int, edge_id: str = "e1", camera_id: str = "c1") -> FrameLocation:
    """Where a frame lies."""
    digest = sha256(f"{camera_id}/{sequence}".encode()).hexdigest()
    return FrameLocation(topic=f"frames.{edge_id}", partition=1, offset=sequence, sha256=digest)


def inspection(sequence: int, edge_id: str = "e1", camera_id: str = "c1", **more: Any) -> Inspection:
    """An inspection with something in every field."""
    boxes = [Box(label="scratch", x=1, y=2, w=3, h=4, score=0.5), Box(label="dent", x=0, y=0, w=1, h=1)]
    values: dict[str, Any] = {
        "edge_id": edge_id,
        "instance": "i1",
        "camera_id": camera_id,
        "sequence": sequence,
        "epoch": 1,
        "captured_at_us": START_US + sequence * 1_000_003,
        "inspected_at_us": START_US + sequence * 1_000_003 + 41_007,
        "frame": location(sequence, edge_id, camera_id),
        "verdict": "fail",
        "reason": "why",
        "defect_class": "scratch",
        "score": 0.1 + 0.2,
        "scores": {"scratch": 0.30000000000000004, "dent": 0.0},
        "margin": -0.25,
        "boxes": boxes,
        "image_width": 640,
        "image_height": 480,
        "model": MODEL,
        "config_revision": 7,
        "rollout_id": "r1",
        "part_id": f"p{sequence}",
        "product": "panel",
        "brightness": 127.5,
        "blur": 1e-3,
        "embedding": [0.1 * n for n in range(16)],
        "shadow": ShadowResult(
            model=MODEL, verdict="pass", defect_class=None, score=0.0, scores={"dent": 1.0}, boxes=boxes[:1], infer_us=9
        ),
        "latency": StageLatency(
            transport_us=-5,
            queue_us=1,
            fetch_us=2,
            decode_us=3,
            preprocess_us=4,
            infer_us=5,
            judge_us=6,
            total_us=21,
        ),
        "deadline_missed": True,
    }
    return Inspection(**{**values, **more})


def bare(sequence: int) -> Inspection:
    """An inspection of a frame that no model could judge: everything optional is left out."""
    latency = StageLatency(**{f"{stage}_us": 0 for stage in StageLatency.__struct_fields__ for stage in [stage[:-3]]})
    return Inspection(
        edge_id="e1",
        instance="i1",
        camera_id="c1",
        sequence=sequence,
        epoch=1,
        captured_at_us=START_US,
        inspected_at_us=START_US,
        frame=location(sequence),
        verdict="error",
        latency=latency,
    )


def task(where: FrameLocation, edge_id: str = "e1", sequence: int = 1, **more: Any) -> LabelingTask:
    """A task about a frame."""
    values: dict[str, Any] = {
        "task_id": f"c1/{sequence}/first",
        "edge_id": edge_id,
        "camera_id": "c1",
        "sequence": sequence,
        "captured_at_us": START_US,
        "frame": where,
        "state": "opened",
        "revision": 1,
        "changed_at_us": START_US,
        "reason": "review",
        "round": "first",
        "priority": 1.0,
    }
    return LabelingTask(**{**values, **more})
