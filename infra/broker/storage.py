"""The nodes' data directories: whether they fit this cluster, and laying them out the first time."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from infra.broker.configuration import run_environment
from infra.broker.errors import BrokerError, DiskFullError, StaleDirectoryError
from infra.broker.log_reading import size, telling_lines
from infra.broker.state import ClusterState, Layout

__all__ = ["check_free_space", "check_storage", "format_storage"]

_FORMAT_S = 60


def check_free_space(directory: Path, minimum_bytes: int) -> None:
    """Raise DiskFullError unless the disk of `directory` has `minimum_bytes` free."""
    existing = next(one for one in (directory, *directory.parents) if one.exists())
    free = shutil.disk_usage(existing).free
    if free < minimum_bytes:
        raise DiskFullError(
            f"{existing} has {free / 1e9:.2f} GB free, less than the {minimum_bytes / 1e9:.2f} GB a broker is started "
            "with: free some space, give another --dir, or lower the minimum (--min-free-mb)"
        )


def check_storage(layout: Layout, state: ClusterState | None, node_ids: Sequence[int]) -> None:
    """Raise StaleDirectoryError unless `layout` is empty or holds this very cluster, whole.

    `state` is what cluster.json says; data that it says was never wholly formatted holds nothing and is no obstacle.
    """
    if state is None:
        if used := [path for path in sorted(layout.directory.glob("node-*")) if any(path.rglob("meta.properties"))]:
            raise _stale(layout, f"{used[0]} holds broker data, but {layout.state.name} is gone, so nobody knows whose")
        return
    if not state.formatted:
        return
    if (known := [node.node_id for node in state.nodes]) != list(node_ids):
        raise _stale(layout, f"it holds a cluster of {len(known)} node(s) and {len(node_ids)} are asked for")
    for node_id in node_ids:
        _check_node(layout, state.cluster_id, node_id)


def _check_node(layout: Layout, cluster_id: str, node_id: int) -> None:
    meta = layout.data(node_id) / "meta.properties"
    try:
        lines = meta.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise _stale(layout, f"{meta} is missing: the data of node {node_id} was removed, in part or whole") from None
    found = dict(line.split("=", 1) for line in lines if "=" in line)
    for key, expected in (("cluster.id", cluster_id), ("node.id", str(node_id))):
        if found.get(key) != expected:
            raise _stale(layout, f"{meta} says {key}={found.get(key)} where {expected} belongs")


def _stale(layout: Layout, what: str) -> StaleDirectoryError:
    return StaleDirectoryError(
        f"{layout.directory} cannot be used: {what}; give another --dir, restore it from a copy, "
        "or delete it if its data may go"
    )


def format_storage(layout: Layout, commands: Mapping[int, Sequence[str]]) -> None:
    """Lay out every node's data directory by Kafka's StorageTool (`commands` by node id), all nodes at a time.

    Raises:
        BrokerError: the tool failed; what it said is in the message.
    """
    with ExitStack() as running:
        started = [(node_id, *_start_format(layout, node_id, command)) for node_id, command in commands.items()]
        for _, process, _ in started:
            running.enter_context(process)
        for node_id, process, log_start in started:
            _await_format(layout, node_id, process, log_start)


def _start_format(layout: Layout, node_id: int, command: Sequence[str]) -> tuple[subprocess.Popen[bytes], int]:
    # A start that died half-way left something here; no broker has ever run on it.
    shutil.rmtree(layout.data(node_id), ignore_errors=True)
    layout.output(node_id).parent.mkdir(parents=True, exist_ok=True)
    with layout.output(node_id).open("wb") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, env=run_environment())
    return process, size(layout.log(node_id))


def _await_format(layout: Layout, node_id: int, process: subprocess.Popen[bytes], log_start: int) -> None:
    try:
        code = process.wait(timeout=_FORMAT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise BrokerError(
            f"formatting {layout.data(node_id)} took more than {_FORMAT_S} s: look at the disk, and start again"
        ) from None
    if code != 0:
        said = telling_lines([(layout.output(node_id), 0), (layout.log(node_id), log_start)])
        raise BrokerError(
            f"Kafka's StorageTool could not format {layout.data(node_id)} (exit code {code}):\n{said}\n"
            f"see {layout.output(node_id)}; mend what it says and start again"
        )
