"""Kafka or the blob store is away for a while: nothing is lost, nothing turns into an error, the edge goes on."""

import os
from pathlib import Path

import pytest

from infra.blobs import open_blobs
from infra.settings import Settings
from tests.conftest import StartCluster
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.integration.edge_line import Traffic, edge_process, first_of_each, open_line, wait_until

pytestmark = pytest.mark.integration


def test_a_broker_that_is_killed_and_comes_back_costs_no_frame(
    start_cluster: StartCluster, tmp_path: Path, unique: str
) -> None:
    cluster = start_cluster()
    settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=tmp_path / "var")
    brightness_artifact(tmp_path / "model")
    with (
        open_line(settings, unique) as line,
        edge_process(line, "one", tmp_path / "edge.log", "--model", str(tmp_path / "model")) as process,
    ):
        cameras = line.cameras_apart(2)
        with Traffic(cameras, 0.02):
            wait_until(lambda: len(line.inspections) > 40, "inspections before the outage")
            cluster.kill_node(1)
            sent = sum(camera.sequence for camera in cameras)
            wait_until(lambda: sum(camera.sequence for camera in cameras) > sent + 100, "frames during the outage")
            cluster.restart_node(1)
            seen = len(line.inspections)
            wait_until(lambda: len(line.inspections) > seen + 100, "inspections after the outage")
        inspections = line.wait_for(cameras)
        assert process.process.poll() is None

    assert len(first_of_each(inspections)) == sum(camera.sequence for camera in cameras)
    assert all(inspection.verdict != "error" for inspection in inspections)


def test_a_blob_store_that_is_away_delays_verdicts_and_turns_none_into_an_error(
    broker_settings: Settings, tmp_path: Path, unique: str
) -> None:
    image = image_of(20, side=400)
    brightness_artifact(tmp_path / "model")
    check = open_blobs(broker_settings).put(image)
    folder = broker_settings.data_dir / "blobs" / check.sha256[:2]
    with (
        open_line(broker_settings, unique) as line,
        edge_process(line, "one", tmp_path / "edge.log", "--model", str(tmp_path / "model")) as process,
    ):
        large, small = line.camera("cam-large"), line.camera("cam-small")
        # A folder where the blob should be: reading it fails as a store that is away does.
        (folder / check.sha256[2:4] / check.sha256).rename(tmp_path / "blob")
        os.mkdir(folder / check.sha256[2:4] / check.sha256)
        for number in range(5):
            large.publish(image, claim=check)
            small.publish(image_of(230, noise=number))
        wait_until(lambda: len([x for x in line.inspections if x.camera_id == "cam-small"]) == 5, "the small frames")
        wait_until(lambda: any("blob store" in (x.message or "") for x in line.reports), "the report of the outage")
        assert not [x for x in line.inspections if x.camera_id == "cam-large"]

        os.rmdir(folder / check.sha256[2:4] / check.sha256)
        (tmp_path / "blob").rename(folder / check.sha256[2:4] / check.sha256)

        inspections = line.wait_for([large, small])
        assert process.process.poll() is None

    assert [x.verdict for x in inspections if x.camera_id == "cam-large"] == ["fail"] * 5
    assert len(first_of_each(inspections)) == len(inspections) == 10
