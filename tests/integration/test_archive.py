"""The archive on a real Kafka, killed at random: rows are inspections, tasks keep images, gc takes what it may."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
from confluent_kafka import Message, Producer

from consumers.archive.images import GROUP as IMAGES
from consumers.archive.inspections import GROUP as INSPECTIONS_GROUP
from consumers.datasets.inspection_archive import InspectionArchive
from infra.blobs import BlobStore
from infra.broker import Cluster
from infra.kafka import key_partition, make_producer
from schemas.records import (
    ClaimCheck,
    Dataset,
    Frame,
    FrameLocation,
    Inspection,
    LabelingRequest,
    Record,
    RequestedFrame,
)
from schemas.topics import DATASETS, DEAD_LETTERS, FRAMES, INSPECTIONS, LABELING_REQUESTS, LABELING_TASKS
from tests.conftest import StartCluster
from tests.consumers.archive.made import DAY_US, START_US, inspection, task
from tests.integration.factory import CODEC, Factory, eventually, running_factory

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
EDGE = "press-1"


class Plant:
    """A factory with a producer and a blob store."""

    def __init__(self, factory: Factory) -> None:
        self.factory = factory
        self.producer: Producer = make_producer(factory.settings)
        self.blobs = BlobStore(str(factory.settings.data_dir / "blobs"))

    def send(self, topic: str, record: Record, key: str, partition: int | None = None) -> tuple[int, int]:
        """Publish; gives partition and offset."""
        return self.send_raw(topic, CODEC.encode(record), key, partition)

    def send_raw(self, topic: str, value: bytes, key: str, partition: int | None = None) -> tuple[int, int]:
        """Publish bytes; gives partition and offset."""
        landed: list[tuple[int, int]] = []

        def told(error: Any, message: Message) -> None:
            assert error is None, error
            landed.append((int(message.partition() or 0), int(message.offset() or 0)))

        chosen = -1 if partition is None else partition  # -1: by key
        self.producer.produce(topic, key=key, value=value, on_delivery=told, partition=chosen)
        assert self.producer.flush(60) == 0
        return landed[0]

    def frame(self, number: int, image: bytes | None = None) -> FrameLocation:
        """Publish a frame; gives where it lies."""
        image = image or f"image {number}".encode()
        digest = sha256(image).hexdigest()
        large = len(image) > 900_000
        frame = Frame(
            edge_id=EDGE,
            camera_id="c1",
            sequence=number,
            epoch=1,
            captured_at_us=START_US + number * 1_000_000,
            monotonic_ns=0,
            sha256=digest,
            size=len(image),
            content_type="image/png",
            image=None if large else image,
            claim_check=self.blobs.put(image) if large else None,
        )
        partition, offset = self.send(FRAMES.of(EDGE), frame, "c1")
        return FrameLocation(topic=FRAMES.of(EDGE), partition=partition, offset=offset, sha256=digest)

    def open_task(self, where: FrameLocation, number: int) -> None:
        """Publish a task about a frame."""
        self.send(
            LABELING_TASKS.name,
            task(where, EDGE, number),
            f"c1/{number}",
            key_partition(EDGE, LABELING_TASKS.partitions),
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        environment = {
            **os.environ,
            "LINEWATCH_BOOTSTRAP_SERVERS": self.factory.settings.bootstrap_servers,
            "LINEWATCH_DATA_DIR": str(self.factory.settings.data_dir),
        }
        return subprocess.run(
            [sys.executable, "-m", "infra.cli", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def lag(self, group: str, topic: str, partitions: int) -> int:
        """Records that a group has not committed."""
        from confluent_kafka import TopicPartition

        from infra.kafka import make_consumer

        reader = make_consumer(self.factory.settings, group)
        try:
            lag = 0
            for one in reader.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=20):
                _, high = reader.get_watermark_offsets(one, timeout=20)
                lag += high - max(one.offset, 0)
            return lag
        finally:
            reader.close()


@pytest.fixture
def cluster(start_cluster: StartCluster) -> Cluster:
    """A Kafka of the test's own."""
    return start_cluster()


@pytest.fixture
def plant(cluster: Cluster, tmp_path: Path) -> Iterator[Plant]:
    """A plant with one edge."""
    with running_factory(cluster, tmp_path) as factory:
        factory.prepare(EDGE)
        yield Plant(factory)


def archived(blobs: BlobStore) -> list[Inspection]:
    """Every row."""
    archive = InspectionArchive(blobs)
    return [one for edge in archive.edges() for one in archive.inspections(edge, 0, START_US + 1000 * DAY_US)]


def files_of(plant: Plant) -> set[str]:
    """Every file of the archive."""
    return {stat.path for stat in plant.blobs.files.list("archive")}


def wait_for_change(plant: Plant, before: set[str]) -> None:
    """Wait until files came or went."""
    eventually(lambda: files_of(plant) != before, lambda: plant.factory.log("one") + plant.factory.log("two"))


def test_rows_are_the_inspections_each_once_through_kill_9(plant: Plant) -> None:
    """Two processes share the work, are killed fourteen times while they write and merge; repeats are in the topic."""
    chance, factory = random.Random(5), plant.factory
    options = ("archive", "run", "--only", "inspections", "--flush-rows", "40", "--flush-seconds", "0.3")
    factory.start("one", *options)
    factory.start("two", *options)
    expected: dict[tuple[str, int], Inspection] = {}
    files: set[str] = set()
    for turn in range(14):
        for number in range(60):
            for edge in ("e1", "e2", "e3"):
                one = inspection(
                    60 * turn + number, edge, f"{edge}-cam", captured_at_us=START_US + turn * 20_000_000_000 + number
                )
                expected[one.camera_id, one.sequence] = one
                plant.producer.produce(INSPECTIONS.name, key=edge, value=CODEC.encode(one))
                if chance.random() < 0.2:  # as after a takeover of an edge: the last few come again
                    again = expected[one.camera_id, max(one.sequence - chance.randrange(5), 0)]
                    plant.producer.produce(INSPECTIONS.name, key=edge, value=CODEC.encode(again))
        assert plant.producer.flush(60) == 0
        plant.send_raw(INSPECTIONS.name, b"garbage", "e1")
        victim = ("one", "two")[turn % 2]
        wait_for_change(plant, files)
        files = files_of(plant)
        time.sleep(chance.random() / 2)  # where in its work it dies is up to chance
        factory.kill(victim)
        factory.restart(victim)
    eventually(
        lambda: plant.lag(INSPECTIONS_GROUP, INSPECTIONS.name, INSPECTIONS.partitions) == 0,
        lambda: factory.log("one") + factory.log("two"),
    )
    rows = archived(plant.blobs)
    assert len(rows) == len(expected) == 14 * 180
    assert {(row.camera_id, row.sequence): row for row in rows} == expected
    factory.terminate("one")
    factory.terminate("two")
    query = "SELECT count(*), count(DISTINCT (camera_id, sequence)) FROM read_parquet(?, hive_partitioning = true)"
    counted = duckdb.execute(query, [f"{plant.blobs.url}/archive/inspections/**/*.parquet"]).fetchone()
    assert counted is not None
    assert counted[1] == len(expected)
    garbage = [letter for letter in factory.dead_letters() if letter.raw == b"garbage"]
    assert len({letter.offset for letter in garbage}) == 14


def test_the_image_of_every_task_is_kept_and_what_is_gone_is_told(plant: Plant) -> None:
    """Killed four times on the way; one frame has expired, one request names frames, one record is garbage."""
    factory = plant.factory
    places = [plant.frame(number) for number in range(60)]
    places.append(plant.frame(60, bytes(1_000_000)))
    factory.start("archive", "archive", "run", "--only", "images")
    gone = FrameLocation(topic=FRAMES.of(EDGE), partition=0, offset=10**9, sha256="f" * 64)
    plant.open_task(gone, 999)
    for number, where in enumerate(places[:50]):
        plant.open_task(where, number)
        if number % 12 == 11:
            kept = places[number - 5].sha256
            eventually(lambda: plant.blobs.has(kept), lambda: factory.log("archive"))  # noqa: B023 - called at once
            factory.kill("archive")
            factory.restart("archive")
    plant.send_raw(LABELING_TASKS.name, b"garbage", "c1/1", 3)
    frames = [
        RequestedFrame(camera_id="c1", sequence=number, captured_at_us=START_US, frame=places[number])
        for number in range(50, 61)
    ]
    request = LabelingRequest(
        request_id="r1", edge_id=EDGE, origin="person", requested_by="kim", requested_at_us=0, note="", frames=frames
    )
    plant.send(LABELING_REQUESTS.name, request, EDGE)
    eventually(
        lambda: not [place for place in places if not plant.blobs.has(place.sha256)], lambda: factory.log("archive")
    )
    eventually(lambda: len(factory.dead_letters()) >= 2, lambda: factory.log("archive"))
    for number, place in enumerate(places[:60]):
        check = ClaimCheck(reference=f"sha256:{place.sha256}", sha256=place.sha256, size=len(f"image {number}"))
        assert plant.blobs.get(check) == f"image {number}".encode()
    letters = {letter.kind: letter for letter in factory.dead_letters()}
    assert set(letters) == {"ImageMissingError", "DecodeError"}
    assert letters["ImageMissingError"].topic == LABELING_TASKS.name
    assert "f" * 64 in letters["ImageMissingError"].reason
    eventually(
        lambda: plant.lag(IMAGES, LABELING_TASKS.name, LABELING_TASKS.partitions) == 0, lambda: factory.log("archive")
    )
    factory.terminate("archive")


def aged(plant: Plant, digest: str) -> None:
    """Make a blob two days old."""
    path = Path(plant.blobs.url) / digest[:2] / digest[2:4] / digest
    os.utime(path, (time.time() - 2 * 86_400,) * 2)


def test_gc_takes_what_nothing_names_and_no_more(plant: Plant, cluster: Cluster) -> None:
    places = [plant.frame(number) for number in range(30)]
    large = plant.frame(30, b"L" * 1_000_000)
    pinning = ("archive", "pin", "--edge", EDGE, "--json")
    span = ("--from", "2025-11-24T16:00:05", "--to", "2025-11-24T16:00:15")
    pinned = plant.command(*pinning, *span)
    assert pinned.returncode == 0, pinned.stderr
    assert json.loads(pinned.stdout)["frames"] == 10
    assert json.loads(plant.command(*pinning, *span).stdout)["pin"] == json.loads(pinned.stdout)["pin"]
    kept = {place.sha256 for place in places[5:15]}
    assert {blob.digest for blob in plant.blobs.blobs()} == kept | {large.sha256}

    asked = plant.blobs.put(b"image of a task").sha256
    plant.open_task(FrameLocation(topic=FRAMES.of(EDGE), partition=0, offset=0, sha256=asked), 1)
    in_dataset = plant.blobs.put(b"image of a dataset").sha256
    manifest = plant.blobs.put(json.dumps({"images": [{"sha256": in_dataset}]}).encode())
    dataset = Dataset(name="d", digest="sha256:0", manifest=manifest, built_at_us=0, built_by="kim", frames=1)
    plant.send(DATASETS.name, dataset, dataset.key)
    letter = plant.blobs.put(b"dead letter").sha256
    plant.send_raw(DEAD_LETTERS.name, b"even damaged: " + letter.encode(), "x")
    young, orphan = plant.blobs.put(b"just stored").sha256, plant.blobs.put(b"nobody's").sha256
    for blob in list(plant.blobs.blobs()):
        if blob.digest != young:
            aged(plant, blob.digest)

    would = json.loads(plant.command("blobs", "gc", "--dry-run", "--json").stdout)
    assert would["unreferenced"] == [orphan]
    assert would["removed"] == []
    assert plant.blobs.has(orphan)
    done = plant.command("blobs", "gc")
    assert done.returncode == 0, done.stderr
    assert f"sha256:{orphan}" in done.stdout
    left = {blob.digest for blob in plant.blobs.blobs()}
    assert left == kept | {large.sha256, asked, in_dataset, manifest.sha256, letter, young}
    assert json.loads(plant.command("blobs", "verify", "--json").stdout) == {
        "blobs": len(left),
        "size": sum(blob.size for blob in plant.blobs.blobs()),
        "damaged": [],
    }

    plant.blobs.remove(manifest.sha256)
    refused = plant.command("blobs", "gc")
    assert refused.returncode == 1
    assert f"--accept-lost {manifest.sha256}" in refused.stderr.replace("\n", " ")
    cluster.stop()
    aged(plant, plant.blobs.put(b"nobody's either").sha256)
    away = plant.command("blobs", "gc", "--accept-lost", manifest.sha256)
    assert away.returncode == 1
    assert plant.blobs.has(sha256(b"nobody's either").hexdigest())
