"""Benchmark `console`: 50 people at a console while 158 edges inspect one image a second each.

A real broker, fed at 158 inspections a second with reports, minutes and tasks; a real console process that projects and
serves; fifty people in a process of their own: 30 label (claim, image, draft, submit, progress), 20 watch (edges,
inspections, thumbnails, minutes), every one with an event stream open. The figure is the 95th percentile of all
requests, to their last byte; the peer is the same of the one request that asks the least. Nothing may fail.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import cv2
import msgspec
import numpy as np

from benchmarks.measure import Options, Series, Target, options, report
from benchmarks.statistics_stream import one_inspection
from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import CSRF_COOKIE, SESSION_COOKIE
from consumers.console.auth.passwords import Passwords
from consumers.console.auth.people import Profile
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.database import open_database
from consumers.console.migrating import migrate
from consumers.console.permissions import Role
from infra.blobs import open_blobs
from infra.broker import Cluster, ClusterOptions
from infra.kafka import key_partition, make_admin, make_producer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import (
    Box,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    FrameLocation,
    Inspection,
    LabelingTask,
    Prediction,
    Record,
)
from schemas.records.operations import Histogram
from schemas.topics import EDGE_POLICIES, EDGE_REPORTED, EDGE_STATISTICS, INSPECTIONS, LABELING_TASKS, Topic

EDGES: Final = 158
PEOPLE: Final = 50
LABELERS: Final = 30
OPEN_TASKS: Final = 20_000  # waiting when it begins; the queue's cap allows 79,000
IMAGES: Final = 60
WARM_S: Final = 10.0
FULL_S: Final = 30.0
QUICK_S: Final = 12.0
REPO: Final = Path(__file__).parents[1]
CODEC: Final = Codec()


class Feed:
    """What 158 edges, the statistics and the queue write."""

    def __init__(self, settings: Settings, images: list[str]) -> None:
        self._producer = make_producer(settings)
        self._images = images
        self._inspection = one_inspection()
        self._sequence = 0
        self._stopped = threading.Event()
        self.late_s = 0.0
        self.sent = 0

    def fill(self) -> None:
        """Policies, reports, an hour of minutes, open tasks."""
        now_us = time.time_ns() // 1000
        for number in range(EDGES):
            policy = EdgePolicy(
                edge_id=edge_name(number),
                revision=1,
                set_by="bench",
                set_at_us=now_us,
                line=f"line-{number // 12}",
                classes=["good", "scratch", "dent"],
                draw_boxes=True,
                guide={"scratch": "a thin line"},
            )
            self._send(EDGE_POLICIES, policy.edge_id, policy)
            for minute in range(60):
                self._minute(number, now_us // 60_000_000 - minute, 60)
        for number in range(OPEN_TASKS):
            self._task(number)
        self._producer.flush(60)

    def run(self) -> None:
        """One image a second of every edge, reports every five, minutes every ten, until stopped."""
        second = time.monotonic()
        while not self._stopped.is_set():
            self._sequence += 1
            for number in range(EDGES):
                self._inspect(number)
                if (self._sequence + number) % 5 == 0:
                    self._report(number)
                if (self._sequence + number) % 10 == 0:
                    self._minute(number, time.time_ns() // 60_000_000_000, self._sequence % 60)
                # Spread over the second, as edges are.
                self._stopped.wait(max(second + (number + 1) / EDGES - time.monotonic(), 0))
            self._producer.poll(0)
            second += 1
            self.late_s = max(self.late_s, time.monotonic() - second)
        self._producer.flush(30)

    def stop(self) -> None:
        """End."""
        self._stopped.set()

    def _send(self, topic: Topic, key: str, record: Record, partition: int | None = None) -> None:
        where: dict[str, Any] = {} if partition is None else {"partition": partition}
        while True:
            try:
                self._producer.produce(topic.name, key=key, value=CODEC.encode(record), **where)
            except BufferError:
                self._producer.poll(0.5)
            else:
                return

    def _inspect(self, number: int) -> None:
        now_us = time.time_ns() // 1000
        edge_id, sha256 = edge_name(number), self._images[self._sequence % len(self._images)]
        inspection: Inspection = msgspec.structs.replace(
            self._inspection,
            edge_id=edge_id,
            camera_id=f"{edge_id}-cam",
            sequence=self._sequence,
            captured_at_us=now_us - 120_000,
            inspected_at_us=now_us,
            frame=location(edge_id, self._sequence, sha256),
            verdict="fail" if self._sequence % 20 == 0 else "pass",
            boxes=[Box(label="scratch", x=50, y=60, w=70, h=80, score=0.9)] if self._sequence % 20 == 0 else [],
        )
        self._send(INSPECTIONS, edge_id, inspection)
        self.sent += 1

    def _report(self, number: int) -> None:
        now_us = time.time_ns() // 1000
        edge_id = edge_name(number)
        said = EdgeReported(
            edge_id=edge_id,
            instance="pc-1",
            reported_at_us=now_us,
            started_at_us=now_us,
            state="running",
            healthy=True,
            software="bench",
            active=self._inspection.model,
            cameras=[f"{edge_id}-cam"],
        )
        self._send(EDGE_REPORTED, f"{edge_id}/pc-1", said)

    def _minute(self, number: int, minute: int, count: int) -> None:
        edge_id = edge_name(number)
        latency = Histogram(bounds=[0.05, 0.1, 0.2, 0.5], counts=[0, count, 0, 0, 0], sum=0.09 * count)
        counted = EdgeStatistics(
            edge_id=edge_id,
            camera_id=f"{edge_id}-cam",
            minute_us=minute * 60_000_000,
            writer="line_statistics",
            closed=False,
            inspections=count,
            verdicts={"pass": count},
            latency=latency,
            scores=latency,
            brightness=latency,
            blur=latency,
        )
        self._send(EDGE_STATISTICS, counted.key, counted)

    def _task(self, number: int) -> None:
        edge_id = edge_name(number % EDGES)
        camera_id, sha256 = f"{edge_id}-old", self._images[number % len(self._images)]
        task = LabelingTask(
            task_id=f"{camera_id}/{number}/first",
            edge_id=edge_id,
            camera_id=camera_id,
            sequence=number,
            captured_at_us=number,
            frame=location(edge_id, number, sha256),
            state="opened",
            revision=1,
            changed_at_us=number,
            reason="review",
            round="first",
            priority=float(number % 17),
            prediction=Prediction(label="scratch", score=0.6),
            verdict="review",
        )
        self._send(LABELING_TASKS, task.frame_id, task, key_partition(edge_id, LABELING_TASKS.partitions))


def edge_name(number: int) -> str:
    """The id of an edge."""
    return f"edge-{number:03}"


def location(edge_id: str, offset: int, sha256: str) -> FrameLocation:
    """A frame's place: its image lies in the blob store."""
    return FrameLocation(topic=f"frames.{edge_id}", partition=0, offset=offset, sha256=sha256)


def put_images(settings: Settings) -> list[str]:
    """Pictures of 1280 x 960 in the blob store; their hashes."""
    blobs, noise = open_blobs(settings), np.random.default_rng(5)
    hashes = []
    for number in range(IMAGES):
        coarse = noise.integers(60, 200, (96, 128, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (1280, 960), interpolation=cv2.INTER_CUBIC)
        cv2.putText(picture, str(number), (100, 500), cv2.FONT_HERSHEY_SIMPLEX, 9, (255, 255, 255), 9)
        done, data = cv2.imencode(".jpg", picture)
        assert done
        hashes.append(blobs.put(data.tobytes()).sha256)
    return hashes


class _Bench:
    """Who adds people."""

    name = "bench"
    role = "bench"
    address = None


def sign_in_all(settings: Settings) -> list[dict[str, str]]:
    """Add the people and sign them in."""
    database = open_database(settings)
    migrate(database)
    signed_in = []
    at_us = time.time_ns() // 1000
    for number in range(PEOPLE):
        role: Role = "inspector" if number < LABELERS else "product_manager"
        name = f"person-{number}"
        with database.write() as session:
            profile = Profile(name=name, full_name=name, role=role)
            people.add(
                session, Passwords(), profile, "a long enough password", by=_Bench(), at_us=at_us, must_change=False
            )
            secret = sessions.start(session, name, at_us, "127.0.0.1")
        cookie = f"{SESSION_COOKIE}={secret}; {CSRF_COOKIE}={csrf_of(secret)}"
        signed_in.append({"name": name, "role": role, "cookie": cookie, "csrf": csrf_of(secret)})
    database.close()
    return signed_in


@contextmanager
def console(settings: Settings, port: int) -> Iterator[None]:
    """A console process that answers."""
    environment = {
        **os.environ,
        "LINEWATCH_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(settings.data_dir),
        "LINEWATCH_CONSOLE_PORT": str(port),
    }
    with (settings.data_dir / "console.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "from infra.cli import main; main()", "console"],
            env=environment,
            cwd=REPO,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_answer(process, port, settings.data_dir / "console.log")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _await_answer(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urlopen(f"http://127.0.0.1:{port}/api/session", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the console did not start:\n{log.read_text()[-3000:]}")


def visit(port: int, signed_in: list[dict[str, str]], seconds: float) -> dict[str, Any]:
    """Let the people work; what their process said."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.console_people", "127.0.0.1", str(port), str(seconds)],
        input="\n".join(json.dumps(person) for person in signed_in),
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def await_projection(port: int, person: dict[str, str]) -> None:
    """Wait until the console has the tasks."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/label/progress", headers={"Cookie": person["cookie"]})
        left = json.loads(connection.getresponse().read()).get("queue_left", 0)
        connection.close()
        if left >= OPEN_TASKS:
            return
        time.sleep(0.5)
    raise RuntimeError(f"the console has {left} of {OPEN_TASKS} tasks after five minutes")


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


def measure(chosen: Options, folder: Path) -> None:
    """Feed, serve, visit, round by round."""
    rounds, seconds = (1, QUICK_S) if chosen.quick else (chosen.rounds, FULL_S)
    with Cluster(folder / "broker", ClusterOptions()) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "data")
        settings.data_dir.mkdir(parents=True)
        apply_topics(make_admin(settings), settings, [])
        signed_in = sign_in_all(settings)
        feed = Feed(settings, put_images(settings))
        feed.fill()
        port = _free_port()
        with console(settings, port):
            await_projection(port, signed_in[0])
            feeding = threading.Thread(target=feed.run)
            feeding.start()
            visit(port, signed_in, WARM_S)
            visits = []
            for number in range(rounds):
                visits.append(visit(port, signed_in, seconds))
                everything = [taken for times in visits[-1]["times"].values() for taken in times]
                print(f"round {number + 1}/{rounds}: {len(everything)} requests, p95 {p95(everything):.1f} ms")
            feed.stop()
            feeding.join()
    publish(chosen, visits, feed, seconds)


def publish(chosen: Options, visits: list[dict[str, Any]], feed: Feed, seconds: float) -> None:
    """Print and write down."""
    failures = [failure for one in visits for failure in one["failures"]]
    if failures:
        raise RuntimeError(f"{len(failures)} requests failed, such as {failures[:3]}")
    kinds = sorted({what for one in visits for what in one["times"]})
    rows = [
        Series(f"{what} p95", "ms", tuple(p95(one["times"][what]) for one in visits if one["times"].get(what)))
        for what in kinds
    ]
    everything = [[taken for times in one["times"].values() for taken in times] for one in visits]
    figure = Series("all requests p95", "ms", tuple(p95(taken) for taken in everything))
    peer = next(row for row in rows if row.name == "session p95")
    report(
        "console",
        figure,
        Target("<=", 200.0, "ms"),
        rows=rows,
        peer=peer,
        packages=("fastapi", "sqlalchemy", "uvicorn"),
        notes={
            "people": PEOPLE,
            "edges": EDGES,
            "requests": sum(len(taken) for taken in everything),
            "requests/s": round(sum(len(taken) for taken in everything) / len(visits) / seconds, 1),
            "inspections fed": feed.sent,
            "feed late, at most, s": round(feed.late_s, 2),
            "open tasks at first": OPEN_TASKS,
            "event bytes": sum(one["streamed"] for one in visits),
        },
        quick=chosen.quick,
    )


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


if __name__ == "__main__":
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="linewatch-bench-") as place:
        measure(asked, Path(place))
