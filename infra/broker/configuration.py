"""What is written for each node: server.properties, and the command that runs it."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.broker.java import Java
from infra.broker.ports import HOST
from infra.broker.state import NodeState

__all__ = ["render", "run_environment", "server_command", "server_properties", "storage_command"]


def server_properties(
    node: NodeState, nodes: Sequence[NodeState], data: Path, overrides: Mapping[str, str]
) -> dict[str, str]:
    """Give one combined broker and controller's properties; `overrides` win over ours.

    `message.max.bytes` is left at Kafka's stock 1 MB on purpose: linewatch has to work with a broker left as it came.
    """
    replicas = str(min(len(nodes), 3))
    in_sync = "2" if len(nodes) >= 3 else "1"
    internal = {
        f"{topic}.{name}": value
        for topic in ("transaction.state.log", "share.coordinator.state.topic")
        for name, value in (("replication.factor", replicas), ("min.isr", in_sync))
    }
    return {
        "node.id": str(node.node_id),
        "process.roles": "broker,controller",
        "listeners": f"BROKER://{HOST}:{node.broker_port},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"BROKER://{HOST}:{node.broker_port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        # Voters by configuration, not by the metadata log: the ports may differ from one start to the next.
        "controller.quorum.voters": ",".join(f"{one.node_id}@{HOST}:{one.controller_port}" for one in nodes),
        "log.dirs": str(data),
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        **internal,
        # On one machine all members start together; waiting 3 s for more of them only delays every start.
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        # A node that was killed may register again only when its old session is over; with Kafka's 9 s that, and the
        # time until another node leads its partitions, is most of an outage.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        **overrides,
    }


def render(properties: Mapping[str, str]) -> str:
    r"""Write Java's .properties format, which is Latin-1 with backslash escapes.

    >>> render({"log.dirs": "C:\\broker\\데이터"})
    'log.dirs=C:\\\\broker\\\\\\ub370\\uc774\\ud130\n'
    """
    return "".join(f"{key}={_escape(value)}\n" for key, value in properties.items())


def _escape(value: str) -> str:
    units = value.replace("\\", "\\\\").replace("\n", "\\n").encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    text = "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
    return "\\" + text if text.startswith(" ") else text


def server_command(
    java: Java, jars: Path, *, heap_megabytes: int, jvm_options: Sequence[str], log: Path, properties: Path
) -> tuple[str, ...]:
    """Give the command line of one node. It names `properties`, by which the process is known as ours later."""
    return (
        str(java.executable),
        f"-Xmx{heap_megabytes}m",
        # Kafka's own choice of collector; a JVM on two cores would otherwise take the serial one and pause longer.
        "-XX:+UseG1GC",
        "-XX:MaxGCPauseMillis=20",
        # A broker without memory answers nobody and does not end: better dead, where it is noticed.
        "-XX:+ExitOnOutOfMemoryError",
        *_logging_options(log),
        *jvm_options,
        "-cp",
        str(jars / "*"),
        "kafka.Kafka",
        str(properties),
    )


def storage_command(java: Java, jars: Path, *, cluster_id: str, log: Path, properties: Path) -> tuple[str, ...]:
    """Give the command line that formats one node's storage."""
    return (
        str(java.executable),
        # It lives for a second: the better compiler would only get in its way.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        *_logging_options(log),
        "-cp",
        str(jars / "*"),
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        cluster_id,
        "--config",
        str(properties),
    )


def _logging_options(log: Path) -> tuple[str, ...]:
    configuration = Path(__file__).with_name("log4j2.properties")
    return (f"-Dlog4j2.configurationFile={configuration.as_uri()}", f"-Dlinewatch.log={log}")


def run_environment() -> dict[str, str]:
    """Give our environment, made so that a JVM can open paths that are not ASCII in a plain C locale too."""
    environment = dict(os.environ)
    if sys.platform == "linux":
        environment["LC_ALL"] = "C.UTF-8"
    return environment
