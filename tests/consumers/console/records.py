"""Sample records of every topic that is projected, fit to be sent."""

from typing import Any

from schemas.records import (
    Alarm,
    AuditEvent,
    CameraClaim,
    ClaimCheck,
    Dataset,
    DeadLetter,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    FrameLocation,
    Inspection,
    Label,
    LabelingTask,
    StageLatency,
)

AT_US = 1_790_000_000_000_000


def sha(number: int) -> str:
    """A sha256 that stands for image `number`."""
    return f"{number:064x}"


def location(number: int, edge_id: str = "press-1") -> FrameLocation:
    return FrameLocation(topic=f"frames.{edge_id}", partition=0, offset=number, sha256=sha(number))


def inspection(number: int, **more: Any) -> Inspection:
    """Inspection of frame `number` of camera cam-1."""
    values: dict[str, Any] = {
        "edge_id": "press-1",
        "instance": "one",
        "camera_id": "cam-1",
        "sequence": number,
        "epoch": 1,
        "captured_at_us": AT_US + number,
        "inspected_at_us": AT_US + number + 5,
        "frame": location(number),
        "verdict": "pass",
        "scores": {"good": 0.9, "bad": 0.1},
        "latency": StageLatency(
            transport_us=1, queue_us=2, fetch_us=0, decode_us=3, preprocess_us=4, infer_us=5, judge_us=6, total_us=20
        ),
    }
    return Inspection(**{**values, **more})


def task(number: int, **more: Any) -> LabelingTask:
    """The opened first task of frame `number`."""
    values: dict[str, Any] = {
        "task_id": f"cam-1/{number}/first",
        "edge_id": "press-1",
        "camera_id": "cam-1",
        "sequence": number,
        "captured_at_us": AT_US,
        "frame": location(number),
        "state": "opened",
        "revision": 1,
        "changed_at_us": AT_US,
        "reason": "review",
        "round": "first",
        "priority": 1.0,
    }
    return LabelingTask(**{**values, **more})


def label(number: int, **more: Any) -> Label:
    """Ann's label of frame `number`: scratch."""
    values: dict[str, Any] = {
        "label_id": f"cam-1/{number}/first/1",
        "edge_id": "press-1",
        "sha256": sha(number),
        "camera_id": "cam-1",
        "sequence": number,
        "captured_at_us": AT_US,
        "frame": location(number),
        "task_id": f"cam-1/{number}/first",
        "version": 1,
        "labeler": "ann",
        "labeled_at_us": AT_US + 100,
        "seconds_taken": 2.5,
        "outcome": "labeled",
        "round": "first",
        "label": "scratch",
        "image_width": 640,
        "image_height": 480,
    }
    return Label(**{**values, **more})


def policy(revision: int = 1, **more: Any) -> EdgePolicy:
    values: dict[str, Any] = {"edge_id": "press-1", "revision": revision, "set_by": "olga", "set_at_us": AT_US}
    return EdgePolicy(**{**values, **more})


def report(**more: Any) -> EdgeReported:
    values: dict[str, Any] = {
        "edge_id": "press-1",
        "instance": "one",
        "reported_at_us": AT_US,
        "started_at_us": AT_US - 5,
        "state": "running",
        "healthy": True,
        "software": "0.1",
    }
    return EdgeReported(**{**values, **more})


def minute(**more: Any) -> EdgeStatistics:
    values: dict[str, Any] = {
        "edge_id": "press-1",
        "camera_id": "cam-1",
        "minute_us": AT_US,
        "writer": "line_statistics",
        "closed": False,
        "inspections": 3,
    }
    return EdgeStatistics(**{**values, **more})


def alarm(**more: Any) -> Alarm:
    values: dict[str, Any] = {
        "alarm_id": "gap/cam-1",
        "kind": "sequence_gap",
        "severity": "warning",
        "raised": True,
        "at_us": AT_US,
        "edge_id": "press-1",
        "message": "frames are missing: look at the camera",
    }
    return Alarm(**{**values, **more})


def audit_event(number: int = 1, **more: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "audit_id": f"audit-{number:04d}",
        "at_us": AT_US + number,
        "actor": "ada",
        "role": "model_developer",
        "action": "person.add",
        "subject": "ann",
    }
    return AuditEvent(**{**values, **more})


def dead_letter(number: int = 1, **more: Any) -> DeadLetter:
    values: dict[str, Any] = {
        "reader": "edge press-1",
        "at_us": AT_US + number,
        "reason": "no record",
        "kind": "DecodeError",
        "topic": "inspections",
        "partition": 0,
        "offset": number,
        "raw": b"\x00garbage",
    }
    return DeadLetter(**{**values, **more})


def dataset(**more: Any) -> Dataset:
    digest = f"sha256:{sha(1)}"
    values: dict[str, Any] = {
        "name": "scratches",
        "digest": digest,
        "manifest": ClaimCheck(reference=digest, sha256=sha(1), size=10),
        "built_at_us": AT_US,
        "built_by": "max",
        "frames": 3,
        "classes": {"scratch": 3},
    }
    return Dataset(**{**values, **more})


def claim(**more: Any) -> CameraClaim:
    values: dict[str, Any] = {
        "camera_id": "cam-1",
        "edge_id": "press-1",
        "epoch": 1,
        "gateway": "host:1",
        "claimed_at_us": AT_US,
        "topic": "frames.press-1",
        "partition": 0,
        "offset": 0,
        "last_sequence": -1,
    }
    return CameraClaim(**{**values, **more})
