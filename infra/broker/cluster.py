"""The embedded Kafka cluster: one process a node, each broker and controller at once, on this machine alone."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from infra.broker import process
from infra.broker.configuration import render, server_command, server_properties, storage_command
from infra.broker.death import explain_death
from infra.broker.distribution import KAFKA_VERSION, Report, default_cache_dir, ensure_jars
from infra.broker.errors import BrokerError, BrokerTimeoutError, ClusterMismatchError, NotStartedError, PortTakenError
from infra.broker.health import registered_nodes, wait_until_healthy
from infra.broker.java import Java, find_java
from infra.broker.limits import open_files_limit, open_files_warning
from infra.broker.lock import exclusive
from infra.broker.log_reading import size, telling_lines
from infra.broker.ports import HOST, choose_ports
from infra.broker.process import NodeStop
from infra.broker.state import ClusterState, Layout, NodeState, load_state, new_cluster_id, save_state
from infra.broker.storage import check_free_space, check_storage, format_storage

__all__ = ["Cluster", "ClusterOptions", "ClusterStatus", "NodeStatus"]

_PORT_ATTEMPTS = 3
"""Free ports are found by looking; another process may be quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How a cluster is started; what it stores outlives all of it but `nodes`."""

    nodes: int = 1
    """1, or 3 for replication factor 3 with two in sync."""
    port: int | None = None
    """The first broker's port, the others follow; None: those of the last start, or free ones."""
    heap_megabytes: int = 512
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Kafka properties that win over ours."""
    jvm_options: tuple[str, ...] = ()
    cache_dir: Path | None = None
    """Where Kafka's jars lie; None: LINEWATCH_CACHE_DIR, else the user's cache folder."""
    minimum_free_bytes: int = 1_000_000_000
    start_timeout_s: float = 120.0


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One node: `alive` says its process runs, `registered` that the cluster counts it as a member."""

    node_id: int
    alive: bool
    registered: bool
    pid: int | None
    broker_port: int
    controller_port: int
    log: str


class ClusterStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster as it is now; `running` says that every node is alive and registered."""

    running: bool
    bootstrap_servers: str
    cluster_id: str
    kafka_version: str
    directory: str
    nodes: tuple[NodeStatus, ...]


class Cluster:
    """An embedded Kafka cluster in a directory; also the handle by which another process reports on it or stops it.

    The brokers are processes of their own and outlive this object; as a context manager it starts and stops them.
    Every method reads the directory's state anew, so several processes may hold one on the same directory.
    """

    def __init__(
        self, directory: Path, options: ClusterOptions | None = None, *, report: Report = lambda line: None
    ) -> None:
        self.options = options or ClusterOptions()
        self._layout = Layout(directory.resolve())
        self._report = report

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def directory(self) -> Path:
        """The absolute directory, without links, of everything this cluster keeps."""
        return self._layout.directory

    @property
    def bootstrap_servers(self) -> str:
        """The brokers' addresses, comma-separated, as Kafka clients take them."""
        return _bootstrap(self._state())

    def runs(self) -> bool:
        """Tell whether any node's process is alive, without asking it anything."""
        state = load_state(self._layout.state)
        return state is not None and any(process.find(node) for node in state.nodes)

    def start(self) -> Self:
        """Start every node that does not run and wait until all answer and know each other (about 3 s).

        Raises:
            BrokerError: it could not start; nothing that it started is left running. The subclass and the message
                say why: Java, Maven, ports, disk, the directory, or the broker's own last words.
        """
        java = find_java()
        jars = ensure_jars(self.options.cache_dir or default_cache_dir(), java, self._report)
        self._check_machine()
        with self._locked("starting the broker"):
            state = load_state(self._layout.state)
            if state and any(process.find(node) for node in state.nodes):
                self._require_same_shape(state)
                self._launch(state, [node for node in state.nodes if process.find(node) is None])
            else:
                self._start_all(state, java, jars)
        return self

    def stop(self, timeout_s: float = 60.0) -> tuple[NodeStop, ...]:
        """Ask every node to stop, kill those that have not after `timeout_s` seconds, and tell which did which.

        Nothing acknowledged is lost by a kill; the next start takes longer, as it checks the last segments.
        On Windows there is no asking: every stop is a kill.
        """
        if load_state(self._layout.state) is None:
            return ()
        with self._locked("stopping the broker"):
            state = self._state()
            return self._end(state, state.nodes, timeout_s)

    def kill_node(self, node_id: int) -> None:
        """Kill one node's process at once, as a crash would, and wait until it is gone."""
        self.stop_node(node_id, timeout_s=0)

    def stop_node(self, node_id: int, timeout_s: float = 60.0) -> NodeStop:
        """Stop one node as `stop` does."""
        with self._locked("stopping a node"):
            state = self._state()
            return self._end(state, [_node(state, node_id)], timeout_s)[0]

    def restart_node(self, node_id: int) -> None:
        """Start one node that does not run, on its old ports, and wait until the others that run know it again."""
        with self._locked("starting a node"):
            state = self._state()
            node = _node(state, node_id)
            if process.find(node) is None:
                self._launch(state, [node])

    def status(self) -> ClusterStatus:
        """Say what runs and answers.

        Raises:
            NotStartedError: no cluster was ever started in this directory.
        """
        state = self._state()
        alive = {node.node_id for node in state.nodes if process.find(node)}
        registered = registered_nodes(_bootstrap(state)) if alive else frozenset()
        nodes = tuple(
            self._node_status(node, node.node_id in alive, node.node_id in registered) for node in state.nodes
        )
        return ClusterStatus(
            running=all(node.alive and node.registered for node in nodes),
            bootstrap_servers=_bootstrap(state),
            cluster_id=state.cluster_id,
            kafka_version=state.kafka_version,
            directory=str(self.directory),
            nodes=nodes,
        )

    def _node_status(self, node: NodeState, alive: bool, registered: bool) -> NodeStatus:
        return NodeStatus(
            node_id=node.node_id,
            alive=alive,
            registered=alive and registered,
            pid=node.pid if alive else None,
            broker_port=node.broker_port,
            controller_port=node.controller_port,
            log=str(self._layout.log(node.node_id)),
        )

    def _check_machine(self) -> None:
        check_free_space(self.directory, self.options.minimum_free_bytes)
        if warning := open_files_warning(open_files_limit()):
            self._report(warning)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BrokerError(
                f"{self.directory} cannot be made ({error}): give a --dir that you may write to"
            ) from error

    def _start_all(self, state: ClusterState | None, java: Java, jars: Path) -> None:
        check_storage(self._layout, state, range(1, self.options.nodes + 1))
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            state = self._prepare(state, java, jars)
            try:
                self._launch(state, state.nodes)
            except PortTakenError:
                if self.options.port is not None or attempt == _PORT_ATTEMPTS:
                    raise
                self._report("a port that was free is taken by now: starting again on others")
            else:
                return

    def _prepare(self, state: ClusterState | None, java: Java, jars: Path) -> ClusterState:
        """Choose ports, write every node's configuration, format the storage if this is the first start."""
        state = self._plan(state, java, jars)
        process.refuse_unknown(state.nodes)
        for node in state.nodes:
            self._layout.node(node.node_id).mkdir(exist_ok=True)
            properties = server_properties(node, state.nodes, self._layout.data(node.node_id), self.options.overrides)
            self._layout.properties(node.node_id).write_text(render(properties), encoding="ascii")
        save_state(self._layout.state, state)
        if not state.formatted:
            format_storage(self._layout, self._format_commands(state, java, jars))
            state = msgspec.structs.replace(state, formatted=True)
            save_state(self._layout.state, state)
        return state

    def _plan(self, state: ClusterState | None, java: Java, jars: Path) -> ClusterState:
        previous = [(node.broker_port, node.controller_port) for node in state.nodes] if state else []
        ports = choose_ports(self.options.nodes, self.options.port, previous)
        nodes = tuple(
            NodeState(
                node_id=node_id,
                broker_port=broker_port,
                controller_port=controller_port,
                command=self._command(node_id, java, jars),
            )
            for node_id, (broker_port, controller_port) in enumerate(ports, start=1)
        )
        return ClusterState(
            cluster_id=state.cluster_id if state else new_cluster_id(),
            kafka_version=KAFKA_VERSION,
            formatted=state.formatted if state else False,
            nodes=nodes,
        )

    def _command(self, node_id: int, java: Java, jars: Path) -> tuple[str, ...]:
        return server_command(
            java,
            jars,
            heap_megabytes=self.options.heap_megabytes,
            jvm_options=self.options.jvm_options,
            log=self._layout.log(node_id),
            properties=self._layout.properties(node_id),
        )

    def _format_commands(self, state: ClusterState, java: Java, jars: Path) -> dict[int, tuple[str, ...]]:
        return {
            node.node_id: storage_command(
                java,
                jars,
                cluster_id=state.cluster_id,
                log=self._layout.log(node.node_id),
                properties=self._layout.properties(node.node_id),
            )
            for node in state.nodes
        }

    def _launch(self, state: ClusterState, nodes: Sequence[NodeState]) -> None:
        """Start `nodes` and wait until every node that runs answers; on failure end the ones started here."""
        log_starts = {node.node_id: size(self._layout.log(node.node_id)) for node in nodes}
        started: list[NodeState] = []
        with ExitStack() as on_failure:
            on_failure.callback(lambda: process.end(started, timeout_s=0))
            for node in nodes:
                started.append(process.launch(node, self._layout.output(node.node_id), self._layout.node(node.node_id)))
                state = state.with_node(started[-1])
                save_state(self._layout.state, state)
            self._await_health(state, started, log_starts)
            on_failure.pop_all()

    def _await_health(self, state: ClusterState, started: Sequence[NodeState], log_starts: Mapping[int, int]) -> None:
        def check_alive() -> None:
            for node in started:
                if process.find(node) is None:
                    code = process.exit_code(node)
                    raise explain_death(self._layout, node, code, log_starts[node.node_id])

        # Also those that may have died already: they have to be noticed, not left out.
        expected = [node for node in state.nodes if node in started or process.find(node)]
        ports = [node.broker_port for node in expected]
        limit = self.options.start_timeout_s
        if not wait_until_healthy(ports, deadline=time.monotonic() + limit, check_alive=check_alive):
            said = telling_lines([(self._layout.log(node_id), start) for node_id, start in log_starts.items()])
            raise BrokerTimeoutError(
                f"{len(started)} broker node(s) started in {self.directory} and did not get ready within {limit:g} s; "
                f"give them longer (--timeout) or see what the logs in {self.directory / 'logs'} say:\n{said}"
            )

    def _end(self, state: ClusterState, nodes: Sequence[NodeState], timeout_s: float) -> tuple[NodeStop, ...]:
        stops = process.end(nodes, timeout_s=timeout_s)
        for node in nodes:
            state = state.with_node(msgspec.structs.replace(node, pid=None))
        save_state(self._layout.state, state)
        return stops

    def _require_same_shape(self, state: ClusterState) -> None:
        ports = [node.broker_port for node in state.nodes]
        asked = self.options
        if len(ports) != asked.nodes or asked.port not in (None, ports[0]):
            raise ClusterMismatchError(
                f"{self.directory} runs a cluster of {len(ports)} node(s) at {_bootstrap(state)}, not one of "
                f"{asked.nodes} node(s) at port {asked.port or 'any'}: stop it first (linewatch broker stop "
                f"--dir {self.directory}), or give another --dir"
            )

    def _state(self) -> ClusterState:
        state = load_state(self._layout.state)
        if state is None:
            raise NotStartedError(
                f"no broker was ever started in {self.directory}: linewatch broker start --dir {self.directory}"
            )
        return state

    @contextmanager
    def _locked(self, doing: str) -> Iterator[None]:
        if not self.directory.is_dir():
            self._state()  # says that nothing was ever started here, rather than making the directory
        with exclusive(self._layout.lock, timeout_s=self.options.start_timeout_s, doing=doing):
            yield


def _bootstrap(state: ClusterState) -> str:
    return ",".join(f"{HOST}:{node.broker_port}" for node in state.nodes)


def _node(state: ClusterState, node_id: int) -> NodeState:
    for node in state.nodes:
        if node.node_id == node_id:
            return node
    known = ", ".join(str(node.node_id) for node in state.nodes)
    raise NotStartedError(f"this cluster has no node {node_id}: its nodes are {known}")
