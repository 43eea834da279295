"""A whole line of real processes that a test may kill: broker, gateways, edges, statistics, ticks."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from infra.broker import Cluster
from infra.kafka import make_admin, read_compacted, read_to_end
from infra.schema_topic import publish_schemas
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import DeadLetter, EdgeReported, EdgeStatistics, Frame, Inspection, Record
from schemas.topics import DEAD_LETTERS, EDGE_REPORTED, EDGE_STATISTICS, FRAMES, INSPECTIONS

PATIENCE = 180.0  # seconds a condition may take on a busy machine before the test gives up
CODEC = Codec()
R = TypeVar("R", bound=Record)


def eventually(condition: Callable[[], bool], state: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until `condition` holds; fails with `state` when it does not in time."""
    ends = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends, f"never came: {state()}"
        time.sleep(0.1)


MovedOn = Callable[["Factory"], Callable[[], bool]]
"""Gives a condition that holds once a process has done more than when it was asked for."""


class Factory:
    """Real processes over a cluster of the test's own; every command and folder stays the same across kills."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster, self.folder = cluster, folder
        self.settings = Settings(
            bootstrap_servers=cluster.bootstrap_servers, data_dir=folder / "data", kafka={"log_level": "0"}
        )
        self._environment = {
            **os.environ,
            "LINEWATCH_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
            "LINEWATCH_DATA_DIR": str(folder / "data"),
        }
        self._commands: dict[str, list[str]] = {}
        self._read: dict[tuple[str, int], list[Any]] = {}
        self._next: dict[tuple[str, int], int] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def prepare(self, *edges: str) -> None:
        """Make the topics and publish the schemas."""
        apply_topics(make_admin(self.settings), self.settings, edges)
        publish_schemas(self.settings)

    def start(self, name: str, *arguments: str) -> None:
        """Run `linewatch ARGUMENTS` under a name."""
        self._commands[name] = [sys.executable, "-m", "infra.cli", *arguments]
        self.restart(name)

    def restart(self, name: str) -> None:
        """Run a named command again; its log goes on."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self._commands[name], env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self, name: str) -> None:
        """`kill -9`, as a power cut would."""
        self.processes[name].kill()
        self.processes[name].wait()

    def terminate(self, name: str) -> None:
        """Ask a process to end in order, and see that it does so with success."""
        self.processes[name].terminate()
        assert self.processes[name].wait(PATIENCE) == 0, self.log(name)

    def kill_again_and_again(self, name: str, moved_on: "MovedOn", kills: int, seed: int) -> None:
        """`kill -9` a process so many times, each time it has moved on; it moves on at the end too."""
        choose = random.Random(seed)
        for _ in range(kills):
            eventually(moved_on(self), lambda: self.log(name))
            threading.Event().wait(choose.uniform(0, 1.5))  # strikes at a moment of its own, not at a convenient one
            self.kill(name)
            self.restart(name)
        eventually(moved_on(self), lambda: self.log(name))

    def hand_over(self, name: str, moved_on: "MovedOn") -> None:
        """A second worker of that processor joins, the first is killed and started again; each time one moves on."""
        eventually(moved_on(self), lambda: self.log(name))
        self.start("second", "streams", name, "--instance", "two")
        eventually(lambda: "Worker ready" in self.log("second"), lambda: self.log("second"))
        eventually(moved_on(self), lambda: self.log("second"))
        self.kill(name)
        eventually(moved_on(self), lambda: self.log("second"))
        self.restart(name)
        eventually(moved_on(self), lambda: self.log(name))

    def kill_broker(self) -> None:
        self.cluster.kill_node(1)
        self.cluster.restart_node(1)

    def ended(self, name: str) -> int | None:
        return self.processes[name].poll()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.kill()
            process.wait()

    def frames(self, edge: str) -> dict[str, list[Frame]]:
        """Every frame record of an edge by camera, in order, duplicates too, without their images."""
        found = defaultdict(list)
        for frame in self._records(FRAMES.of(edge), FRAMES.partitions, Frame):
            found[frame.camera_id].append(frame)
        return found

    def inspections(self) -> list[Inspection]:
        """Every inspection record in order within its edge, duplicates too."""
        return self._records(INSPECTIONS.name, INSPECTIONS.partitions, Inspection)

    def _records(self, topic: str, partitions: int, record: type[R]) -> list[R]:
        """Everything in a topic so far; what was read before is not read again."""
        for partition in range(partitions):
            known = self._read.setdefault((topic, partition), [])
            start = self._next.get((topic, partition))
            for message in read_to_end(self.settings, topic, partition, start):
                decoded = CODEC.decode(message.value(), record)
                known.append(replace(decoded, image=b"") if isinstance(decoded, Frame) else decoded)
                self._next[topic, partition] = (message.offset() or 0) + 1
        return [known for partition in range(partitions) for known in self._read[topic, partition]]

    def statistics(self) -> list[EdgeStatistics]:
        """The latest record of each minute."""
        values = read_compacted(self.settings, EDGE_STATISTICS.name).values()
        return [CODEC.decode(value, EdgeStatistics) for value in values]

    def verdicts_counted(self, edge: str) -> Counter[str]:
        """Verdicts of an edge as line_statistics counts them."""
        counted: Counter[str] = Counter()
        for record in self.statistics():
            if record.edge_id == edge and record.camera_id != "*":
                counted.update(record.verdicts)
        return counted

    def ready(self, edge: str) -> bool:
        """Whether a process of the edge says that it judges frames."""
        values = read_compacted(self.settings, EDGE_REPORTED.name).values()
        reports = [CODEC.decode(value, EdgeReported) for value in values]
        return any(report.edge_id == edge and report.healthy for report in reports)

    def dead_letters(self) -> list[DeadLetter]:
        messages = read_to_end(self.settings, DEAD_LETTERS.name)
        return [CODEC.decode(message.value(), DeadLetter) for message in messages]


@contextmanager
def running_factory(cluster: Cluster, folder: Path) -> Iterator[Factory]:
    """A factory whose processes end with the block."""
    factory = Factory(cluster, folder)
    try:
        yield factory
    finally:
        factory.stop()


def first_inspections(inspections: list[Inspection]) -> dict[str, Inspection]:
    """The inspection of each frame that counts: the first."""
    first: dict[str, Inspection] = {}
    for inspection in inspections:
        first.setdefault(inspection.frame_id, inspection)
    return first
