"""Why a broker process ended at its start, told by its last log lines."""

import re

from infra.broker.errors import BrokerError, DirectoryBusyError, DiskFullError, NodeDiedError, PortTakenError
from infra.broker.log_reading import telling_lines
from infra.broker.state import Layout, NodeState

__all__ = ["explain_death"]

_BIND = re.compile(r"Address already in use|BindException")
_LOCKED = re.compile(r"Failed to acquire lock on file")
_NO_SPACE = re.compile(r"No space left on device|not enough space on the disk", re.IGNORECASE)


def explain_death(layout: Layout, node: NodeState, exit_code: int | None, log_start: int) -> BrokerError:
    """Give the error that says what to do about a node that ended; its log is read from byte `log_start` on."""
    output, log = layout.output(node.node_id), layout.log(node.node_id)
    said = telling_lines([(output, 0), (log, log_start)])
    what = f"broker node {node.node_id} ended at its start" + ("" if exit_code is None else f" (exit code {exit_code})")
    if _BIND.search(said):
        ports = f"{node.broker_port} or {node.controller_port}"
        return PortTakenError(
            f"{what}: port {ports} is taken by another process; stop it or give another --port\n{said}"
        )
    if _LOCKED.search(said):
        busy = layout.data(node.node_id)
        return DirectoryBusyError(
            f"{what}: another Kafka process uses {busy}; find it (a java process that names {layout.directory}) "
            f"and end it, or give another --dir\n{said}"
        )
    if _NO_SPACE.search(said):
        return DiskFullError(f"{what}: the disk of {layout.directory} is full; free some space and start again\n{said}")
    return NodeDiedError(f"{what}. Its logs are {log} and {output}; the lines that matter:\n{said}")
