"""Inspections and pictures for the demo's tests."""

import cv2
import numpy as np

from schemas.records import Box, FrameLocation, Inspection, StageLatency, Truth, Verdict


def inspection(
    sequence: int, verdict: Verdict = "pass", *, total_us: int = 1000, boxes: tuple[Box, ...] = (), at_us: int = 0
) -> Inspection:
    return Inspection(
        edge_id="press-1",
        instance="a",
        camera_id="cam-1",
        sequence=sequence,
        epoch=1,
        captured_at_us=at_us,
        inspected_at_us=at_us,
        frame=FrameLocation(topic="frames.press-1", partition=0, offset=sequence, sha256="0" * 64),
        verdict=verdict,
        boxes=list(boxes),
        latency=StageLatency(
            transport_us=0,
            queue_us=0,
            fetch_us=0,
            decode_us=0,
            preprocess_us=0,
            infer_us=0,
            judge_us=0,
            total_us=total_us,
        ),
    )


def truth(label: str) -> Truth:
    return Truth(label=label)


def picture(width: int = 640, height: int = 480, grey: int = 90) -> bytes:
    ok, data = cv2.imencode(".png", np.full((height, width, 3), grey, np.uint8))
    assert ok
    return data.tobytes()
