"""`kill -9` of gateway, edge, statistics worker and broker at random under load: statistics equal the ground truth."""

import random
from collections import Counter
from pathlib import Path

import pytest

from consumers.inference.rules.defaults import default_recipe
from tests.conftest import StartCluster
from tests.consumers.inference.artifacts import rules_artifact
from tests.integration.factory import Factory, eventually, first_inspections, running_factory

KILLS = 20
FRAMES = 1200  # of each camera: enough that every kill falls into the load
CAMERAS = ("cam-1", "cam-2")
EDGE = "press-1"
VICTIMS = ("gateway cam-1", "gateway cam-2", "edge", "statistics", "broker")


def _start(line: Factory, model: Path, frames: int, fps: int) -> None:
    line.prepare(EDGE)
    line.start("ticks", "streams", "ticks")
    line.start("statistics", "streams", "statistics")
    line.start("edge", "edge", "--edge", EDGE, "--model", str(model))
    for number, camera in enumerate(CAMERAS):
        source = f"synthetic:panel?seed={number}&size=320x240"
        options = ("--source", source, "--fps", str(fps), "--limit", str(frames))
        line.start(f"gateway {camera}", "gateway", "--edge", EDGE, "--camera", camera, *options)


def _published(line: Factory) -> int:
    return sum(len({frame.sequence for frame in frames}) for frames in line.frames(EDGE).values())


def _strike(line: Factory, victim: str) -> None:
    if victim == "broker":
        line.kill_broker()
    else:
        line.kill(victim)
        line.restart(victim)


def _all_published(line: Factory, frames: int) -> bool:
    for camera in CAMERAS:
        if line.ended(f"gateway {camera}") not in (None, 0):
            line.restart(f"gateway {camera}")  # as a supervisor would
    for name in ("edge", "statistics", "ticks"):
        if line.ended(name) is not None:
            line.restart(name)
    return _published(line) == frames * len(CAMERAS)


def _await_published(line: Factory, frames: int, goal: int) -> None:
    eventually(lambda: _all_published(line, frames) or _published(line) >= goal, lambda: (_published(line), goal))


def _endure(line: Factory, model: Path, *, kills: int, frames: int, fps: int, seed: int) -> None:
    chance = random.Random(seed)
    order = [VICTIMS[n % len(VICTIMS)] for n in range(kills)]
    chance.shuffle(order)
    _start(line, model, frames, fps)
    for number, victim in enumerate(order):
        # The next blow falls once the line has moved on by a random bit, so that each one hits work in flight.
        _await_published(line, frames, (number + 1) * frames * len(CAMERAS) // (kills + 2) + chance.randrange(20))
        _strike(line, victim)
    eventually(lambda: _all_published(line, frames), lambda: (_published(line), line.log("gateway cam-1")))
    wanted = frames * len(CAMERAS)
    eventually(lambda: len(first_inspections(line.inspections())) >= wanted, lambda: line.log("edge"))
    eventually(lambda: line.verdicts_counted(EDGE).total() >= wanted, lambda: line.log("statistics"))
    _assert_exact(line, frames)


def _assert_exact(line: Factory, frames: int) -> None:
    for camera, published in line.frames(EDGE).items():
        unique = {frame.sequence: frame.sha256 for frame in published}
        assert sorted(unique) == list(range(frames)), camera
        # Duplicates of an aborted transaction repeat the very bytes, and numbers only step back for such a repetition.
        assert all(unique[frame.sequence] == frame.sha256 for frame in published), camera
    first = first_inspections(line.inspections())
    assert len(first) == frames * len(CAMERAS)
    assert line.verdicts_counted(EDGE) == Counter(inspection.verdict for inspection in first.values())
    by_camera = Counter(record.camera_id for record in line.statistics() if record.camera_id != "*")
    assert set(by_camera) == set(CAMERAS)
    assert sum(record.missing for record in line.statistics()) == 0
    assert line.dead_letters() == []


@pytest.mark.integration
@pytest.mark.timeout(1200)
def test_twenty_kills_leave_the_statistics_exact(start_cluster: StartCluster, tmp_path: Path) -> None:
    model = rules_artifact(tmp_path / "model", default_recipe("surface"), 160, 120)
    with running_factory(start_cluster(), tmp_path) as line:
        _endure(line, model.directory, kills=KILLS, frames=FRAMES, fps=20, seed=4)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_hundred_kills_leave_the_statistics_exact(seed: int, start_cluster: StartCluster, tmp_path: Path) -> None:
    model = rules_artifact(tmp_path / "model", default_recipe("surface"), 160, 120)
    with running_factory(start_cluster(), tmp_path) as line:
        _endure(line, model.directory, kills=100, frames=6000, fps=20, seed=seed)
