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
import numpy as np

from benchmarks.console_feed import EDGES, Feed
from benchmarks.measure import Options, Series, Target, options, report
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
from infra.kafka import make_admin
from infra.settings import Settings
from infra.topics import apply_topics

PEOPLE: Final = 50
LABELERS: Final = 30
IMAGES: Final = 60
OPEN_TASKS: Final = 20_000  # waiting when it begins; the queue's cap allows 79,000
QUICK_TASKS: Final = 4_000
FULL_S: Final = (10.0, 30.0)  # warming up, measuring
QUICK_S: Final = (4.0, 12.0)
REPO: Final = Path(__file__).parents[1]


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
    at_us, password = time.time_ns() // 1000, Passwords().hash("a long enough password")
    for number in range(PEOPLE):
        role: Role = "inspector" if number < LABELERS else "product_manager"
        name = f"person-{number}"
        with database.write() as session:
            profile = Profile(name=name, full_name=name, role=role)
            people.add(session, profile, password, by=_Bench(), at_us=at_us, must_change=False)
            secret = sessions.start(session, name, at_us, "127.0.0.1")
        cookie = f"{SESSION_COOKIE}={secret}; {CSRF_COOKIE}={csrf_of(secret)}"
        # One watcher in four looks at the live wall of all verdicts, the others at the plant.
        kinds = "alarm,task" if role == "inspector" else "alarm,edge,inspection" if number % 4 == 0 else "alarm,edge"
        signed_in.append({"name": name, "role": role, "cookie": cookie, "csrf": csrf_of(secret), "kinds": kinds})
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


def await_projection(port: int, person: dict[str, str], tasks: int) -> None:
    """Wait until the console has the tasks."""
    for _ in range(600):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/label/progress", headers={"Cookie": person["cookie"]})
        left = json.loads(connection.getresponse().read()).get("queue_left", 0)
        connection.close()
        if left >= tasks:
            return
        time.sleep(0.5)
    raise RuntimeError(f"the console has {left} of {tasks} tasks after five minutes")


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return float(np.percentile(values, 95))


def measure(chosen: Options, folder: Path) -> None:
    """Feed, serve, visit, round by round."""
    rounds, (warm_s, seconds) = (1, QUICK_S) if chosen.quick else (chosen.rounds, FULL_S)
    with Cluster(folder / "broker", ClusterOptions()) as cluster:
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "data")
        settings.data_dir.mkdir(parents=True)
        apply_topics(make_admin(settings), settings, [])
        signed_in = sign_in_all(settings)
        feed = Feed(settings, put_images(settings), QUICK_TASKS if chosen.quick else OPEN_TASKS)
        feed.fill()
        port = _free_port()
        with console(settings, port):
            await_projection(port, signed_in[0], feed.open_tasks)
            feeding = [threading.Thread(target=work) for work in (feed.run, feed.close_answered)]
            for thread in feeding:
                thread.start()
            visit(port, signed_in, warm_s)
            visits = []
            for number in range(rounds):
                visits.append(visit(port, signed_in, seconds))
                everything = [taken for times in visits[-1]["times"].values() for taken in times]
                print(f"round {number + 1}/{rounds}: {len(everything)} requests, p95 {p95(everything):.1f} ms")
            feed.stop()
            for thread in feeding:
                thread.join()
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
            "open tasks at first": feed.open_tasks,
            "tasks closed": feed.closed,
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
