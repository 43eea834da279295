"""What a cluster's directory says about it, so that another process can report on it and stop it."""

import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

import msgspec

from infra.broker.errors import StaleDirectoryError

__all__ = ["ClusterState", "Layout", "NodeState", "load_state", "new_cluster_id", "save_state"]


class NodeState(msgspec.Struct, frozen=True, kw_only=True):
    """One node: its ports, the command that runs it, and the process that does, if any."""

    node_id: int
    broker_port: int
    controller_port: int
    command: tuple[str, ...] = ()
    pid: int | None = None


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster. `formatted` turns true when every node's storage is laid out, and never false again."""

    cluster_id: str
    kafka_version: str
    formatted: bool
    nodes: tuple[NodeState, ...]

    def with_node(self, node: NodeState) -> "ClusterState":
        """Give the state with the node of that number replaced."""
        nodes = tuple(node if old.node_id == node.node_id else old for old in self.nodes)
        return msgspec.structs.replace(self, nodes=nodes)


class Layout(msgspec.Struct, frozen=True):
    """Where things lie below a cluster's directory."""

    directory: Path

    @property
    def state(self) -> Path:
        """The state file."""
        return self.directory / "cluster.json"

    @property
    def lock(self) -> Path:
        """Held while a cluster is started or stopped."""
        return self.directory / "cluster.lock"

    def node(self, node_id: int) -> Path:
        """A node's own folder."""
        return self.directory / f"node-{node_id}"

    def data(self, node_id: int) -> Path:
        """Kafka's log directory of a node."""
        return self.node(node_id) / "data"

    def properties(self, node_id: int) -> Path:
        """A node's server.properties."""
        return self.node(node_id) / "server.properties"

    def log(self, node_id: int) -> Path:
        """What Kafka logs."""
        return self.directory / "logs" / f"node-{node_id}.log"

    def output(self, node_id: int) -> Path:
        """What the JVM itself prints, mostly when it cannot even start."""
        return self.directory / "logs" / f"node-{node_id}.out"


def load_state(path: Path) -> ClusterState | None:
    """Read the state file; None when there is none.

    Raises:
        StaleDirectoryError: the file is there and cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClusterState)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise StaleDirectoryError(
            f"{path} cannot be read ({error}): choose another --dir, or delete {path.parent} if its data may go"
        ) from error


def save_state(path: Path, state: ClusterState) -> None:
    """Write the state file in one step: a reader sees the old one or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".json.new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    os.replace(fresh, path)


def new_cluster_id() -> str:
    """Draw a cluster id as Kafka does: 16 bytes in URL-safe base 64, never with a leading dash."""
    # A leading dash would read as an option on the StorageTool's command line.
    return "l" + urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")[1:]
