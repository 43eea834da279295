"""Processes of one edge share its cameras; whoever is killed, nothing is lost and nothing counted twice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import Settings
from schemas.records import Inspection
from tests.consumers.edge.brightness import brightness_artifact
from tests.integration.edge_line import Line, Traffic, edge_process, first_of_each, open_line, wait_until

pytestmark = pytest.mark.integration

TAKEOVER_S = 10.0
"""What the operations manager is promised (DESIGN 4)."""


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[Line]:
    with open_line(broker_settings, unique) as opened:
        yield opened


@pytest.fixture
def model(tmp_path: Path) -> str:
    brightness_artifact(tmp_path / "model")
    return str(tmp_path / "model")


def test_when_one_of_two_processes_is_killed_the_other_has_its_cameras_within_ten_seconds(
    line: Line, model: str, tmp_path: Path
) -> None:
    cameras = line.cameras_apart(4)
    with (
        edge_process(line, "one", tmp_path / "one.log", "--model", model) as one,
        edge_process(line, "two", tmp_path / "two.log", "--model", model),
    ):
        with Traffic(cameras, 0.05):
            wait_until(lambda: shared_by_both(line), "both processes have cameras")
            one.kill()
            killed_us = time.time_ns() // 1000
            orphans = {camera for camera, last in last_by_camera(line).items() if last.instance == "one"}
            wait_until(
                lambda: all(last_by_camera(line)[orphan].instance == "two" for orphan in orphans),
                "the other process has the orphans",
            )
        inspections = line.wait_for(cameras)

    assert orphans
    assert len(first_of_each(inspections)) == sum(camera.sequence for camera in cameras)
    for orphan in orphans:
        taken = next(
            x.inspected_at_us
            for x in inspections
            if (x.camera_id, x.instance) == (orphan, "two") and x.inspected_at_us > killed_us
        )
        assert taken - killed_us < TAKEOVER_S * 1e6


def last_by_camera(line: Line) -> dict[str, Inspection]:
    """The last inspection of each camera so far."""
    return {inspection.camera_id: inspection for inspection in line.inspections}


def shared_by_both(line: Line) -> bool:
    """Whether each process inspects some camera now."""
    return {last.instance for last in last_by_camera(line).values()} == {"one", "two"}


def test_an_edge_that_is_killed_again_and_again_loses_nothing_and_counts_nothing_twice(
    line: Line, model: str, tmp_path: Path
) -> None:
    cameras = line.cameras_apart(3)
    with Traffic(cameras, 0.02):
        for number in range(5):
            with edge_process(line, f"life-{number}", tmp_path / f"{number}.log", "--model", model) as process:
                begun = len(line.inspections)
                wait_until(lambda begun=begun: len(line.inspections) > begun + 20, "some inspections")  # type: ignore[misc]
                process.kill()
    with edge_process(line, "last", tmp_path / "last.log", "--model", model):
        inspections = line.wait_for(cameras)

    assert len(first_of_each(inspections)) == sum(camera.sequence for camera in cameras)


def test_a_process_that_joins_and_leaves_in_peace_repeats_nothing(line: Line, model: str, tmp_path: Path) -> None:
    cameras = line.cameras_apart(4)
    with (
        Traffic(cameras, 0.02),
        edge_process(line, "one", tmp_path / "one.log", "--model", model),
        edge_process(line, "two", tmp_path / "two.log", "--model", model) as two,
    ):
        wait_until(lambda: shared_by_both(line), "both processes have cameras")
        assert two.stop() == 0
        left = len(line.inspections)
        wait_until(lambda: len(line.inspections) > left + 40, "the first one goes on")
    with edge_process(line, "three", tmp_path / "three.log", "--model", model):
        inspections = line.wait_for(cameras)

    # Only the first process, killed at the end of its block, may have left frames to repeat.
    repeated = [x for x in inspections if x.instance in {"one", "two"}]
    assert first_of_each(repeated) == repeated
    assert len(first_of_each(inspections)) == sum(camera.sequence for camera in cameras)
