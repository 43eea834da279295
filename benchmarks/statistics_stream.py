"""Benchmark `statistics`: 200,000 inspections through line_statistics, one worker, RocksDB, real Kafka.

Beside it, round by round: the same pure step with one Faust table write per event (fewer events: its pace is steady),
Quix Streams' tumbling count, and a bare consumer. Every contestant reads the same filled topic from its beginning in a
process and a group of its own; the clock runs from its first record to its last. Counts must be exact.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.measure import Options, Target, interleave, options, ratio, report
from infra.broker import Cluster, ClusterOptions
from infra.kafka import make_admin, make_producer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import Box, FrameLocation, Inspection, ModelRef, StageLatency
from schemas.topics import INSPECTIONS
from streams.line_statistics.processor import TopicNames

EDGES: Final = 24
CAMERAS: Final = 2
START_US: Final = 1_764_000_000_000_000
FULL: Final = (200_000, 20_000)  # inspections, and how many of them for one write per event
QUICK: Final = (60_000, 5_000)
REPO: Final = Path(__file__).parents[1]
PEERS: Final = Path(__file__).parent / "peers"
PEER_FOLDER: Final = REPO / ".cache" / "peers" / "quix"


def one_inspection() -> Inspection:
    """An inspection as an edge writes it: every field that is usually set."""
    return Inspection(
        edge_id="edge",
        instance="factory-pc-1",
        camera_id="camera",
        sequence=0,
        epoch=3,
        captured_at_us=START_US,
        inspected_at_us=START_US + 120_000,
        frame=FrameLocation(topic="frames.edge", partition=2, offset=12_345, sha256="a" * 64),
        verdict="pass",
        score=0.12,
        scores={"scratch": 0.1, "dent": 0.02},
        image_width=1920,
        image_height=1080,
        model=ModelRef(name="press", version="3", digest="sha256:" + "b" * 64, kind="classification"),
        config_revision=3,
        brightness=120.5,
        blur=300.2,
        embedding=[0.1 * number for number in range(16)],
        latency=StageLatency(
            transport_us=1000,
            queue_us=10,
            fetch_us=0,
            decode_us=5000,
            preprocess_us=1000,
            infer_us=90_000,
            judge_us=100,
            total_us=97_000,
        ),
    )


def fill(settings: Settings, total: int) -> Counter[str]:
    """Publish the inspections, every camera ten a second, one in fifty failing; returns how many each edge has."""
    apply_topics(make_admin(settings), settings)
    producer, codec, base = make_producer(settings, queue_buffering_max_messages=total + 1), Codec(), one_inspection()
    counts: Counter[str] = Counter()
    for number in range(total):
        edge, sequence = f"edge-{number % EDGES}", number // (EDGES * CAMERAS)
        failed = number % 50 == 0
        inspection = msgspec.structs.replace(
            base,
            edge_id=edge,
            camera_id=f"{edge}-{number // EDGES % CAMERAS}",
            sequence=sequence,
            captured_at_us=START_US + sequence * 100_000,
            part_id=f"part-{number}",
            verdict="fail" if failed else "pass",
            defect_class="dent" if failed else None,
            boxes=[Box(label="dent", x=10, y=20, w=30, h=40, score=0.9)] if failed else [],
        )
        producer.produce(INSPECTIONS.name, key=edge, value=codec.encode(inspection))
        counts[edge] += 1
        if number % 1000 == 0:
            producer.poll(0)
    assert producer.flush(120) == 0
    return counts


def peer_python() -> Path:
    """The interpreter of the peer's environment, made below .cache/ on first use."""
    python = PEER_FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = PEER_FOLDER / "ready"
    if not ready.exists():
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if uv is None:
            raise RuntimeError("the peer's environment is made by uv, which is not installed")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, PEER_FOLDER], check=True)
        install = [
            uv,
            "pip",
            "install",
            "-q",
            "--python",
            str(python),
            "--require-hashes",
            "-r",
            str(PEERS / "quix.lock"),
        ]
        subprocess.run(install, check=True)
        ready.touch()
    return python


def ours(name: str, settings: Settings, total: int, truth: Counter[str]) -> Callable[[], float]:
    """A contestant of statistics_contestants: returns events/s; with all events its counts must be the truth."""

    def run() -> float:
        group = f"bench-{name}-{uuid.uuid4().hex[:8]}"
        command = [sys.executable, "-m", "benchmarks.statistics_contestants", name, settings.bootstrap_servers]
        said = _said([*command, str(settings.data_dir), group, str(total), ",".join(TopicNames())])
        if total == truth.total():
            assert said["edges"] == dict(truth), f"{name} counted {said['edges']}, not {truth}"
        return float(said["count"]) / float(said["seconds"])

    return run


def quix(settings: Settings, total: int) -> Callable[[], float]:
    """Quix Streams' tumbling count."""

    def run() -> float:
        group = f"bench-quix-{uuid.uuid4().hex[:8]}"
        script, state = PEERS / "quix_count.py", settings.data_dir / group
        said = _said(
            [
                str(peer_python()),
                str(script),
                settings.bootstrap_servers,
                str(state),
                group,
                str(total),
                INSPECTIONS.name,
            ]
        )
        return float(said["count"]) / float(said["seconds"])

    return run


def _said(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=600, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise RuntimeError(f"{command[1:5]} said nothing (exit code {done.returncode}):\n{done.stderr[-3000:]}")
    said: dict[str, Any] = json.loads(lines[-1])
    return said


def measure(chosen: Options, folder: Path) -> None:
    """Fill a broker of our own and race."""
    total, few = QUICK if chosen.quick else FULL
    peer_python()
    with Cluster(folder / "broker", ClusterOptions()) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "data")
        truth = fill(settings, total)
        taken = interleave(
            {
                "line_statistics": ours("linewatch", settings, total, truth),
                "one table write per event": ours("one-write-per-event", settings, few, truth),
                "Quix Streams tumbling count": quix(settings, total),
                "bare consumer": ours("bare", settings, total, truth),
            },
            1 if chosen.quick else chosen.rounds,
            "events/s",
        )
    line, single, peer = (taken[name] for name in list(taken)[:3])
    notes = {"inspections": total, "of which for one write per event": few, "partitions": 12, "edges": EDGES}
    packages = ("faust-streaming", "aiokafka", "rocksdict", "fastavro", "numpy")
    rows = list(taken.values())
    report(
        "statistics-batching",
        ratio(line, single),
        Target(">=", 8.0),
        rows=rows,
        peer=single,
        packages=packages,
        notes=notes,
        quick=chosen.quick,
    )
    report(
        "statistics",
        ratio(line, peer),
        Target(">=", 0.5),
        rows=rows,
        peer=peer,
        packages=packages,
        notes={**notes, "quixstreams": "3.28.1, benchmarks/peers/quix.lock"},
        quick=chosen.quick,
    )


if __name__ == "__main__":
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="linewatch-bench-") as place:
        measure(asked, Path(place))
