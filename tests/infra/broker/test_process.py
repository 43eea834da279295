"""Broker processes: recognised again, and never mistaken for another one that got the pid."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from infra.broker import process
from infra.broker.errors import DirectoryBusyError
from infra.broker.state import NodeState

OBEYS = "import time; print('up', flush=True); time.sleep(600)"
IGNORES = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


def await_output(path: Path) -> None:
    """Wait until the process has said that it is up."""
    while "up" not in path.read_text():
        os.sched_yield()


@pytest.fixture
def started() -> Iterator[list[NodeState]]:
    """Nodes to be killed at the end, whatever happens."""
    nodes: list[NodeState] = []
    yield nodes
    process.end(nodes, timeout_s=0)


def launch(tmp_path: Path, script: str, started: list[NodeState]) -> NodeState:
    """Start a stand-in for a broker and wait until it runs its script."""
    command = (sys.executable, "-c", script, str(tmp_path / "server.properties"))
    node = NodeState(node_id=1, broker_port=1, controller_port=2, command=command)
    node = process.launch(node, tmp_path / "node.out", tmp_path)
    started.append(node)
    await_output(tmp_path / "node.out")
    return node


def test_a_node_is_found_by_its_pid_and_properties(tmp_path: Path, started: list[NodeState]) -> None:
    node = launch(tmp_path, OBEYS, started)
    found = process.find(node)
    assert found is not None
    assert found.pid == node.pid


def test_a_process_that_got_the_pid_is_not_ours(tmp_path: Path, started: list[NodeState]) -> None:
    node = launch(tmp_path, OBEYS, started)
    other_command = msgspec.structs.replace(node, command=(*node.command[:-1], "/elsewhere/server.properties"))
    never_started = msgspec.structs.replace(node, pid=None)
    for stranger in (other_command, never_started):
        assert process.find(stranger) is None
        assert [stop.how for stop in process.end([stranger], timeout_s=0)] == ["absent"]
    assert process.find(node) is not None


def test_a_node_is_found_from_its_very_first_moment(tmp_path: Path, started: list[NodeState]) -> None:
    # Between fork and exec a process has no command line of its own: many starts hit that moment.
    for _ in range(200):
        node = NodeState(node_id=1, broker_port=1, controller_port=2, command=("sleep", "600"))
        started.append(process.launch(node, tmp_path / "node.out", tmp_path))
        assert process.find(started[-1]) is not None
        process.end([started.pop()], timeout_s=0)


def test_a_broker_that_nobody_knows_is_named_before_a_second_one_starts(
    tmp_path: Path, started: list[NodeState]
) -> None:
    node = launch(tmp_path, OBEYS, started)
    forgotten = msgspec.structs.replace(node, pid=None)
    with pytest.raises(DirectoryBusyError, match=rf"process {node.pid} runs a broker .*end it \(kill {node.pid}\)"):
        process.refuse_unknown([forgotten])
    process.end([node], timeout_s=0)
    process.refuse_unknown([forgotten])


def test_a_node_that_obeys_is_stopped(tmp_path: Path, started: list[NodeState]) -> None:
    node = launch(tmp_path, OBEYS, started)
    assert [stop.how for stop in process.end([node], timeout_s=30)] == ["stopped"]
    assert process.find(node) is None
    assert process.exit_code(node) is not None


def test_a_node_that_does_not_is_killed(tmp_path: Path, started: list[NodeState]) -> None:
    node = launch(tmp_path, IGNORES, started)
    assert [stop.how for stop in process.end([node], timeout_s=0.2)] == ["killed"]
    assert process.find(node) is None


def test_a_node_that_ended_by_itself_is_absent_and_reaped(tmp_path: Path, started: list[NodeState]) -> None:
    node = launch(tmp_path, "import sys; print('up', flush=True); sys.exit(3)", started)
    while process.find(node) is not None:
        os.sched_yield()
    assert process.exit_code(node) == 3
    assert node.pid is not None
    assert not psutil.pid_exists(node.pid)
    assert [stop.how for stop in process.end([node], timeout_s=1)] == ["absent"]
