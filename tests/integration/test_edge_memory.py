"""An edge's memory stays flat however many frames it has inspected."""

from pathlib import Path

import psutil
import pytest

from infra.settings import Settings
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.integration.edge_line import Line, edge_process, open_line, wait_until

pytestmark = pytest.mark.integration

GROWTH = 1.10
SIDE = 400
"""Images of half a megabyte in memory: large enough that keeping a few hundred would show."""


@pytest.mark.parametrize("frames", [2_000, pytest.param(20_000, marks=[pytest.mark.proof, pytest.mark.timeout(900)])])
def test_memory_stays_flat(broker_settings: Settings, unique: str, tmp_path: Path, frames: int) -> None:
    brightness_artifact(tmp_path / "model")
    with (
        open_line(broker_settings, unique) as line,
        edge_process(line, "one", tmp_path / "edge.log", "--model", str(tmp_path / "model")) as edge,
    ):
        process = psutil.Process(edge.process.pid)
        # Buffers, pools and caches fill up at first: what counts is whether they go on filling.
        run(line, frames // 4)
        settled = process.memory_info().rss
        run(line, frames)
        grown = process.memory_info().rss

    assert grown <= settled * GROWTH, f"{settled / 1e6:.0f} MB after {frames // 4} frames, {grown / 1e6:.0f} MB at last"


def run(line: Line, frames: int) -> None:
    """Publish so many frames, in lots that the topic's reader keeps up with, and wait for their inspections."""
    cameras = line.cameras_apart(2)
    lot = 200
    for camera in cameras:
        camera.sequence = sum(1 for x in line.inspections if x.camera_id == camera.camera_id)
    for start in range(0, frames, lot):
        for number in range(start, min(start + lot, frames)):
            camera = cameras[number % len(cameras)]
            camera.publish(image_of(number % 256, side=SIDE, noise=camera.sequence))
        line.producer.flush(60)
        wanted = sum(camera.sequence for camera in cameras)
        wait_until(lambda wanted=wanted: len(line.inspections) >= wanted, f"{wanted} inspections", 120)  # type: ignore[misc]
