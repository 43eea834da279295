"""Broker processes: started detached, recognised again by any other process, ended."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
import psutil

from infra.broker.configuration import run_environment
from infra.broker.errors import BrokerError, DirectoryBusyError
from infra.broker.state import NodeState

__all__ = ["NodeStop", "end", "exit_code", "find", "launch", "refuse_unknown"]

_KILL_WAIT_S = 10.0

# Started brokers are ours to reap as long as we live: kept so that none is collected while it still runs.
_children: dict[int, subprocess.Popen[bytes]] = {}


class NodeStop(msgspec.Struct, frozen=True, kw_only=True):
    """How one node ended: by itself when asked (`stopped`), by force (`killed`); or it did not run (`absent`)."""

    node_id: int
    how: Literal["stopped", "killed", "absent"]


def launch(node: NodeState, output: Path, directory: Path) -> NodeState:
    """Start a node's command detached from our terminal, its output in `output`; give the state with its process."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as printed:
        child = subprocess.Popen(
            node.command,
            cwd=directory,
            env=run_environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            # A Ctrl-C at the terminal of `broker start` must not reach the broker.
            start_new_session=True,
            creationflags=flags,
        )
    _children[child.pid] = child
    return msgspec.structs.replace(node, pid=child.pid)


def find(node: NodeState) -> psutil.Process | None:
    """Give the node's process when it runs and is really ours: its command names the node's server.properties.

    Start times are not compared: they move with the clock, and whoever runs on these properties is this node.
    """
    if node.pid is None or not node.command:
        return None
    child = _children.get(node.pid)
    if child and child.poll() is not None:
        return None
    try:
        process = psutil.Process(node.pid)
        # A child of ours needs no looking at: for a moment after its start it has no command line yet.
        known = child is not None and child.args == node.command
        return process if known or node.command[-1] in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def refuse_unknown(nodes: Sequence[NodeState]) -> None:
    """Raise DirectoryBusyError when a process that the state file does not know runs one of `nodes`.

    Kafka's own lock on a data directory comes too late: a second controller would have written to the metadata log.
    """
    properties = {node.command[-1] for node in nodes}
    for process in psutil.process_iter(["cmdline"]):
        if named := properties.intersection(process.info["cmdline"] or ()):
            raise DirectoryBusyError(
                f"process {process.pid} runs a broker by {named.pop()} that was started by something else, or whose "
                f"traces were lost: end it (kill {process.pid}) and start again, or give another --dir"
            )


def exit_code(node: NodeState) -> int | None:
    """Give the exit code of a node that we started and that has ended; None otherwise."""
    child = _children.get(node.pid) if node.pid is not None else None
    return child.poll() if child else None


def end(nodes: Sequence[NodeState], *, timeout_s: float) -> tuple[NodeStop, ...]:
    """Ask nodes to stop, all at once, and kill those still running after `timeout_s` seconds (0: kill at once).

    Only processes that `find` recognises are signalled.
    """
    found = {node.node_id: process for node in nodes if (process := find(node))}
    if timeout_s > 0:
        for process in found.values():
            _signal(process, gently=True)
        _, running = psutil.wait_procs(list(found.values()), timeout=timeout_s)
    else:
        running = list(found.values())
    for process in running:
        _signal(process, gently=False)
    _, undead = psutil.wait_procs(running, timeout=_KILL_WAIT_S)
    for process in found.values():
        if child := _children.get(process.pid):
            child.poll()
    if undead:
        pids = ", ".join(str(process.pid) for process in undead)
        raise BrokerError(f"process {pids} does not end even when killed: it is stuck in the kernel, look at its disk")
    killed = {process.pid for process in running}
    return tuple(_how(node, found.get(node.node_id), killed) for node in nodes)


def _how(node: NodeState, process: psutil.Process | None, killed: set[int]) -> NodeStop:
    if process is None:
        return NodeStop(node_id=node.node_id, how="absent")
    return NodeStop(node_id=node.node_id, how="killed" if process.pid in killed else "stopped")


def _signal(process: psutil.Process, *, gently: bool) -> None:
    # psutil checks by the start time that the pid was not given to another process meanwhile.
    try:
        if gently:
            process.terminate()
        else:
            process.kill()
    except psutil.NoSuchProcess:
        return
