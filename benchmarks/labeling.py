"""Benchmark `labeling`: from the key to the next image on the screen, in a real browser, a thousand times.

A real broker, `labeling_queue` and console as processes; real images (screws_missing, each made another file by a
comment of its own, or drawn ones) published by a real gateway, inspected as `review`; one inspector in Chromium who
presses a class's key as soon as the next image is there, quicker than any person. The figure is the 95th percentile of
the page's own measure `linewatch:next-image`, group by group; the peer is the fetch of an image alone in that browser.
At the end every task has exactly one label in the topic `labels`, and the queue has closed it.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import cv2
import msgspec
import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.console import await_projection, console, p95
from benchmarks.edge_rig import images as real_images
from benchmarks.measure import Options, Series, Target, options, report
from benchmarks.statistics_stream import one_inspection
from consumers.console.auth import people, sessions
from consumers.console.auth.cookies import CSRF_COOKIE, SESSION_COOKIE
from consumers.console.auth.passwords import Passwords
from consumers.console.auth.people import Profile
from consumers.console.auth.secret_tokens import csrf_of
from consumers.console.database import open_database
from consumers.console.migrating import migrate
from infra.broker import Cluster, ClusterOptions
from infra.kafka import key_partition, make_admin, make_producer, read_to_end
from infra.settings import Settings
from infra.setup.chromium import CHROMIUM_FLAGS, ensure_chromium
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import EdgePolicy, Frame, FrameLocation, Label, LabelingTask, Record
from schemas.topics import EDGE_POLICIES, FRAMES, INSPECTIONS, LABELING_TASKS, LABELS, Topic

EDGE: Final = "bench"
CAMERA: Final = "bench-cam"
TASKS: Final = 1_000
QUICK_TASKS: Final = 150
WARM_UP: Final = 20  # labels before the first group: the browser and the server compile what they run
CLASSES: Final = ("good", "missing_screw")
REPO: Final = Path(__file__).parents[1]
CODEC: Final = Codec()

# Gives the milliseconds of the newest measure once there are more than `seen`; else what the page shows.
_NEXT: Final = """async (seen) => {
  const taken = () => performance.getEntriesByName("linewatch:next-image");
  const ends = performance.now() + 60_000;
  while (taken().length <= seen) {
    if (performance.now() > ends) throw new Error(`no next image: ${document.querySelector("main").innerText}`);
    await new Promise(requestAnimationFrame);
  }
  return taken().at(-1).duration;
}"""
# What the page keeps for the server, and what the server refused.
_KEPT: Final = """() => Object.keys(localStorage).filter((key) => /^linewatch\\.(outbox|refused)\\./.test(key))"""
_RESOURCES: Final = """() => performance.getEntriesByType("resource").map((one) => [one.name, one.duration])"""


class _Bench:
    """Who adds people."""

    name = "bench"
    role = "bench"
    address = None


@dataclass
class Timed:
    """What the browser measured, milliseconds."""

    groups: list[list[float]] = field(default_factory=list)
    resources: list[tuple[str, float]] = field(default_factory=list)
    seconds: float = 0.0  # from the first key to the last

    def of(self, path: str) -> list[float]:
        """Fetches of an address that ends so."""
        return [taken for name, taken in self.resources if name.split("?")[0].endswith(path)]


def write_images(folder: Path, count: int) -> None:
    """So many JPEG files, no two with the same bytes: the queue asks about an image once."""
    folder.mkdir()
    for number, image in enumerate(islice(cycle(real_images()), count)):
        comment = f"linewatch benchmark {number}".encode()
        # Right after the start of image: a COM segment, its length with the two bytes of the length.
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        (folder / f"{number:05}.jpg").write_bytes(image[:2] + segment + image[2:])


def sign_in(settings: Settings) -> dict[str, str]:
    """Add the inspector and sign them in: the session's secret and cookies."""
    database, at_us = open_database(settings), time.time_ns() // 1000
    migrate(database)
    password = Passwords().hash("a long enough password")
    with database.write() as session:
        profile = Profile(name="inspector", full_name="Inspector", role="inspector")
        people.add(session, profile, password, by=_Bench(), at_us=at_us, must_change=False)
        secret = sessions.start(session, profile.name, at_us, "127.0.0.1")
    database.close()
    return {"secret": secret, "cookie": f"{SESSION_COOKIE}={secret}; {CSRF_COOKIE}={csrf_of(secret)}"}


def send(settings: Settings, topic: Topic, records: Sequence[Record]) -> None:
    """Publish records of the edge and wait for Kafka to have them."""
    producer = make_producer(settings, queue_buffering_max_messages=len(records) + 1)
    for record in records:
        producer.produce(topic.name, key=EDGE, value=CODEC.encode(record))
    if producer.flush(60) != 0:
        raise RuntimeError(f"Kafka did not take {len(records)} records of {topic.name}")


def linewatch(settings: Settings, *arguments: str) -> "subprocess.Popen[bytes]":
    """Run `linewatch ARGUMENTS`; what it says goes into a file of the data folder."""
    environment = {
        **os.environ,
        "LINEWATCH_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "LINEWATCH_DATA_DIR": str(settings.data_dir),
    }
    with (settings.data_dir / f"{'-'.join(arguments[:2])}.log").open("wb") as log:
        command = [sys.executable, "-m", "infra.cli", *arguments]
        return subprocess.Popen(command, env=environment, cwd=REPO, stdout=log, stderr=subprocess.STDOUT)


@contextmanager
def streams(settings: Settings) -> Iterator[None]:
    """`ticks` and `labeling` for as long as the block lasts."""
    with ExitStack() as running:
        for name in ("ticks", "labeling"):
            process = linewatch(settings, "streams", name)
            running.callback(process.wait, 30)
            running.callback(process.terminate)
        yield


def capture(settings: Settings, folder: Path, count: int) -> None:
    """Publish the images by a gateway and say of each that a person should look at it."""
    write_images(folder, count)
    gateway = linewatch(settings, "gateway", "--edge", EDGE, "--camera", CAMERA, "--source", str(folder))
    if gateway.wait(300) != 0:
        raise RuntimeError(f"the gateway did not publish the images: see {settings.data_dir}")
    send(settings, INSPECTIONS, [_review(settings, *found) for found in _frames(settings)])


def _frames(settings: Settings) -> Iterator[tuple[int, Frame]]:
    partition = key_partition(CAMERA, FRAMES.partitions)
    for message in read_to_end(settings, FRAMES.of(EDGE), partition):
        yield message.offset() or 0, CODEC.decode(message.value(), Frame)


def _review(settings: Settings, offset: int, frame: Frame) -> Record:
    partition = key_partition(CAMERA, FRAMES.partitions)
    where = FrameLocation(topic=FRAMES.of(EDGE), partition=partition, offset=offset, sha256=frame.sha256)
    # A label whose image is of another size than the frame is refused.
    image = cv2.imdecode(np.frombuffer(frame.image or b"", np.uint8), cv2.IMREAD_COLOR)
    assert image is not None, frame.frame_id
    height, width = image.shape[:2]
    said: dict[str, Any] = {"verdict": "review", "score": 0.5, "image_width": width, "image_height": height}
    return msgspec.structs.replace(
        one_inspection(),
        edge_id=EDGE,
        camera_id=CAMERA,
        sequence=frame.sequence,
        captured_at_us=frame.captured_at_us,
        inspected_at_us=frame.captured_at_us + 50_000,
        frame=where,
        part_id=f"part-{frame.sequence}",
        **said,
    )


def label_all(page: Page, url: str, tasks: int, rounds: int) -> Timed:
    """Press a key for every task; the last has no next image and so no measure."""
    timed = Timed()
    page.add_init_script("performance.setResourceTimingBufferSize(20000)")
    page.goto(f"{url}/label?edge={EDGE}")
    expect(page.locator("[role=group][data-ready=true]")).to_be_visible(timeout=60_000)
    _press(page, 0, WARM_UP)
    seen, size = WARM_UP, (tasks - WARM_UP - 1) // rounds
    started = time.perf_counter()
    for number in range(rounds):
        last = number == rounds - 1
        count = tasks - 1 - seen if last else size
        timed.groups.append(_press(page, seen, count))
        seen += count
        print(f"group {number + 1}/{rounds}: {count} labels, p95 {p95(timed.groups[-1]):.1f} ms", flush=True)
    timed.seconds = time.perf_counter() - started
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Nothing to label")).to_be_visible(timeout=60_000)
    ends = time.monotonic() + 60
    while kept := page.evaluate(_KEPT):
        if time.monotonic() > ends:
            raise RuntimeError(f"the page still holds {len(kept)} of {tasks} labels, such as {kept[0]}")
        time.sleep(0.1)
    timed.resources = [(name, taken) for name, taken in page.evaluate(_RESOURCES)]
    return timed


def _press(page: Page, seen: int, count: int) -> list[float]:
    taken = []
    for number in range(seen, seen + count):
        page.keyboard.press(str(number % len(CLASSES) + 1))
        taken.append(float(page.evaluate(_NEXT, number)))
    return taken


def check(settings: Settings, tasks: int) -> None:
    """Raise unless each task has one label and is closed: nothing lost, nothing double."""
    ends = time.monotonic() + 60
    while (closed := _closed(settings)) != tasks:
        if time.monotonic() > ends:
            raise RuntimeError(f"the queue has closed {closed} of {tasks} tasks")
        time.sleep(0.5)
    messages = read_to_end(settings, LABELS.name, key_partition(EDGE, LABELS.partitions))
    labels = [CODEC.decode(message.value(), Label) for message in messages]
    answered = Counter({label.label_id: label.task_id for label in labels}.values())
    lost, double = tasks - len(answered), sum(answered.values()) - len(answered)
    if lost or double:
        raise RuntimeError(f"{lost} of {tasks} labels lost, {double} double, in {len(labels)} records")


def _closed(settings: Settings) -> int:
    messages = read_to_end(settings, LABELING_TASKS.name, key_partition(EDGE, LABELING_TASKS.partitions))
    latest = {message.key(): CODEC.decode(message.value(), LabelingTask) for message in messages}
    return sum(task.state == "closed" for task in latest.values())


def measure(chosen: Options, folder: Path) -> None:
    """Start everything, fill the queue, label it empty, look whether all is there."""
    tasks = QUICK_TASKS if chosen.quick else TASKS
    with ExitStack() as running:
        cluster = running.enter_context(Cluster(folder / "broker", ClusterOptions()))
        settings = Settings(bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "data")
        settings.data_dir.mkdir(parents=True)
        apply_topics(make_admin(settings), settings, [EDGE])
        send(settings, EDGE_POLICIES, [_policy(tasks)])
        inspector, port = sign_in(settings), _free_port()
        running.enter_context(streams(settings))
        running.enter_context(console(settings, port))
        capture(settings, folder / "images", tasks)
        await_projection(port, inspector, tasks)
        url = f"http://127.0.0.1:{port}"
        browser = running.enter_context(sync_playwright()).chromium.launch(
            executable_path=str(ensure_chromium()), args=list(CHROMIUM_FLAGS)
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        context.add_cookies([{"name": SESSION_COOKIE, "value": inspector["secret"], "url": url}])
        timed = label_all(context.new_page(), url, tasks, chosen.rounds)
        version = browser.version
        browser.close()
        check(settings, tasks)
    publish(chosen, timed, tasks, version)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _policy(tasks: int) -> EdgePolicy:
    return EdgePolicy(
        edge_id=EDGE,
        revision=1,
        set_by="bench",
        set_at_us=time.time_ns() // 1000,
        classes=list(CLASSES),
        sample_rate=0.0,
        second_label_rate=0.0,
        queue_cap=tasks,
    )


def publish(chosen: Options, timed: Timed, tasks: int, browser: str) -> None:
    """Print and write down."""
    figure = Series("next image p95", "ms", tuple(p95(group) for group in timed.groups))
    everything = sorted(taken for group in timed.groups for taken in group)
    peer = Series("image alone p95", "ms", (p95(timed.of("/image")),))
    rows = [
        Series("next image p50", "ms", (everything[len(everything) // 2],)),
        Series("next image at most", "ms", (everything[-1],)),
        Series("claim p95", "ms", (p95(timed.of("/api/label/claim")),)),
        Series("submit p95", "ms", (p95(timed.of("/api/label/submit")),)),
        peer,
    ]
    report(
        "labeling",
        figure,
        Target("<=", 100.0, "ms"),
        rows=rows,
        peer=peer,
        packages=("fastapi", "sqlalchemy", "uvicorn", "playwright"),
        notes={
            "tasks": tasks,
            "lost": 0,
            "double": 0,
            "browser": browser,
            "labels/s": round(len(everything) / timed.seconds, 1),
        },
        quick=chosen.quick,
    )


if __name__ == "__main__":
    asked = options(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="linewatch-bench-") as place:
        measure(asked, Path(place))
