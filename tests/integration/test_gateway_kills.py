"""kill -9, of gateway and broker: every captured frame arrives, once, in order."""

import random
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from infra.broker import Cluster
from infra.settings import Settings
from producers.captured import Ledger
from schemas.records import Frame
from tests.conftest import StartCluster
from tests.integration.gateway_line import (
    GatewayProcess,
    draw_files,
    end_of_frames,
    gateway_process,
    prepare,
    read_frames,
    wait_until,
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

EDGE, CAMERA = "press-1", "cam-1"
KILLS = 10


def await_progress(settings: Settings, process: GatewayProcess, records: int) -> None:
    """Wait until the camera's partition has grown by so many records, or the gateway has ended."""
    start = max(end_of_frames(settings, EDGE, CAMERA), 0)
    wait_until(
        lambda: not process.running or end_of_frames(settings, EDGE, CAMERA) >= start + records,
        f"{records} more records of the camera",
    )


def bounce(cluster: Cluster) -> None:
    """Kill the only broker and start it again."""
    cluster.kill_node(1)
    cluster.restart_node(1)


def assert_whole(frames: list[Frame]) -> None:
    """Numbers are contiguous from 0, in order, each once, and every image is what its hash says."""
    assert [frame.sequence for frame in frames] == list(range(len(frames)))
    assert all(frame.image is not None and sha256(frame.image).hexdigest() == frame.sha256 for frame in frames)
    epochs = [frame.epoch for frame in frames]
    assert epochs == sorted(epochs)


def first_seen(frames: list[Frame]) -> list[Frame]:
    """What a reader keeps that drops every number it has seen."""
    kept: dict[int, Frame] = {}
    for frame in frames:
        assert kept.setdefault(frame.sequence, frame).sha256 == frame.sha256
    return list(kept.values())


def kill_again_and_again(settings: Settings, cluster: Cluster, start: Callable[[], GatewayProcess], seed: int) -> None:
    """Kill the gateway at ten moments, and the broker under the fifth."""
    chance = random.Random(seed)
    for number in range(KILLS):
        process = start()
        try:
            await_progress(settings, process, chance.randint(1, 300))
            if number == KILLS // 2:
                bounce(cluster)
                await_progress(settings, process, chance.randint(1, 20))
        finally:
            process.kill()


def test_a_folder_arrives_whole_whatever_is_killed(start_cluster: StartCluster, tmp_path: Path) -> None:
    cluster = start_cluster()
    settings = prepare(cluster.bootstrap_servers, tmp_path / "var", EDGE)
    files = draw_files(tmp_path / "images", 2000)
    arguments = ("--edge", EDGE, "--camera", CAMERA, "--source", str(tmp_path / "images"))

    kill_again_and_again(settings, cluster, lambda: GatewayProcess(settings, *arguments, "--fps", "400"), seed=1)
    with gateway_process(settings, *arguments) as last:
        code, report, said = last.end()

    assert code == 0, said
    assert report["waiting"] == 0
    committed = read_frames(settings, EDGE, CAMERA)
    assert_whole(committed)
    assert [frame.origin for frame in committed] == [str(path) for path in files]
    assert_whole(first_seen(read_frames(settings, EDGE, CAMERA, committed=False)))


def test_a_live_camera_loses_nothing_it_captured(start_cluster: StartCluster, tmp_path: Path) -> None:
    cluster = start_cluster()
    settings = prepare(cluster.bootstrap_servers, tmp_path / "var", EDGE)
    arguments = ("--edge", EDGE, "--camera", CAMERA, "--fps", "200")

    def start() -> GatewayProcess:
        return GatewayProcess(settings, *arguments, module="tests.integration.live_gateway")

    kill_again_and_again(settings, cluster, start, seed=2)
    spooled = ledger(settings)
    with gateway_process(settings, *arguments, "--limit", "50", module="tests.integration.live_gateway") as last:
        code, report, said = last.end()

    assert code == 0, said
    assert report["waiting"] == 0
    committed = read_frames(settings, EDGE, CAMERA)
    assert_whole(committed)
    assert len(committed) == spooled.next_index + 50
    assert_whole(first_seen(read_frames(settings, EDGE, CAMERA, committed=False)))
    runs: dict[bytes, list[int]] = {}
    for frame in committed:
        run, _, number = (frame.image or b"").partition(b" ")
        runs.setdefault(run, []).append(int(number))
    assert len(runs) == KILLS + 1
    # A kill may take what was not on disk yet, but never anything in between.
    assert all(numbers == list(range(len(numbers))) for numbers in runs.values())


def ledger(settings: Settings) -> Ledger:
    """What the spool on disk says, while no gateway runs."""
    with sqlite3.connect(settings.data_dir / "spool" / CAMERA / "spool.sqlite") as connection:
        (body,) = connection.execute("SELECT body FROM ledger").fetchone()
    connection.close()
    return msgspec.json.decode(body, type=Ledger)
