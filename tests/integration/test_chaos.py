"""`kill -9` of gateway, edge, statistics worker and broker at random under load: statistics equal the ground truth."""

import random
from collections import Counter
from hashlib import sha256
from itertools import islice
from pathlib import Path

import pytest

from consumers.inference.rules.defaults import default_recipe
from producers.sources import Capture, open_source
from tests.conftest import StartCluster
from tests.consumers.inference.artifacts import rules_artifact
from tests.integration.factory import Factory, eventually, first_inspections, running_factory

KILLS = 20
CAMERAS = ("cam-1", "cam-2")
EDGE = "press-1"
VICTIMS = ("gateway cam-1", "gateway cam-2", "edge", "statistics", "broker")
BETWEEN = 60  # frames that move the line on between two kills, about


def _source(camera: str) -> str:
    return f"synthetic:panel?seed={CAMERAS.index(camera)}&size=320x240"


def _start(line: Factory, model: Path, fps: int) -> None:
    line.prepare(EDGE)
    line.start("ticks", "streams", "ticks")
    line.start("statistics", "streams", "statistics")
    line.start("edge", "edge", "--edge", EDGE, "--model", str(model))
    for camera in CAMERAS:
        options = ("--camera", camera, "--source", _source(camera), "--fps", str(fps))
        line.start(f"gateway {camera}", "gateway", "--edge", EDGE, *options)


def _supervise(line: Factory) -> None:
    """Start again what ended by itself, as a supervisor would."""
    for name in line.processes:
        if line.ended(name) is not None:
            line.restart(name)


def _published(line: Factory) -> dict[str, int]:
    return {camera: len({f.sequence for f in frames}) for camera, frames in line.frames(EDGE).items()}


def _move_on(line: Factory, count: int) -> None:
    """Wait until every camera has published so many frames more."""
    before = _published(line)

    def moved() -> bool:
        _supervise(line)
        now = _published(line)
        return all(now.get(camera, 0) >= before.get(camera, 0) + count for camera in CAMERAS)

    eventually(moved, lambda: (before, _published(line), line.log("gateway cam-1")))


def _strike(line: Factory, victim: str) -> None:
    if victim == "broker":
        line.kill_broker()
    else:
        line.kill(victim)
        line.restart(victim)


def _endure(line: Factory, model: Path, *, kills: int, fps: int, seed: int) -> None:
    chance = random.Random(seed)
    order = [VICTIMS[n % len(VICTIMS)] for n in range(kills)]
    chance.shuffle(order)
    _start(line, model, fps)
    for victim in order:
        _move_on(line, chance.randrange(BETWEEN))
        _strike(line, victim)
    _move_on(line, BETWEEN)
    _finish(line)
    _assert_exact(line)


def _finish(line: Factory) -> None:
    """End the gateways in order, then wait until what they published is inspected and counted."""
    for camera in CAMERAS:
        line.terminate(f"gateway {camera}")
    wanted = sum(_published(line).values())
    eventually(lambda: len(first_inspections(line.inspections())) >= wanted, lambda: (wanted, line.log("edge")))
    eventually(lambda: line.verdicts_counted(EDGE).total() >= wanted, lambda: (wanted, line.log("statistics")))


def _assert_exact(line: Factory) -> None:
    published = line.frames(EDGE)
    assert set(published) == set(CAMERAS)
    for camera, frames in published.items():
        by_number = {frame.sequence: frame.sha256 for frame in frames}
        # What the camera showed, drawn again: every picture is there, once, under its own number.
        source = open_source(_source(camera), camera_id=camera)
        shown = islice((c.image for c in source.open() if isinstance(c, Capture)), len(by_number))
        assert by_number == {number: sha256(image).hexdigest() for number, image in enumerate(shown)}, camera
        # An aborted transaction may leave a frame twice, but then with the very same bytes.
        assert all(by_number[frame.sequence] == frame.sha256 for frame in frames), camera
    first = first_inspections(line.inspections())
    assert set(first) == {frame.frame_id for frames in published.values() for frame in frames}
    assert line.verdicts_counted(EDGE) == Counter(inspection.verdict for inspection in first.values())
    assert sum(record.missing for record in line.statistics()) == 0
    assert line.dead_letters() == []


@pytest.mark.integration
@pytest.mark.timeout(1500)
def test_twenty_kills_leave_the_statistics_exact(start_cluster: StartCluster, tmp_path: Path) -> None:
    model = rules_artifact(tmp_path / "model", default_recipe("surface"), 160, 120)
    with running_factory(start_cluster(), tmp_path) as line:
        _endure(line, model.directory, kills=KILLS, fps=20, seed=4)


@pytest.mark.proof
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_hundred_kills_leave_the_statistics_exact(seed: int, start_cluster: StartCluster, tmp_path: Path) -> None:
    model = rules_artifact(tmp_path / "model", default_recipe("surface"), 160, 120)
    with running_factory(start_cluster(), tmp_path) as line:
        _endure(line, model.directory, kills=100, fps=20, seed=seed)
