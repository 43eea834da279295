"""The embedded cluster as it really runs: kept data, kills, three nodes, and the errors that say what to do."""

import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.broker import Cluster, ClusterOptions, process
from infra.broker.errors import (
    BrokerTimeoutError,
    ClusterMismatchError,
    DirectoryBusyError,
    DiskFullError,
    NodeDiedError,
    NotStartedError,
    PortTakenError,
    StaleDirectoryError,
)
from infra.broker.ports import HOST
from infra.broker.state import NodeState, load_state, save_state
from tests.conftest import FAST_START, QUIET, Broker, MakeTopic, ReadTopic, StartCluster

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster for the tests that leave it as they found it; its directory has blanks and Korean letters in it."""
    with Cluster(tmp_path_factory.mktemp("cluster") / "라인 감시 é", ClusterOptions(**FAST_START)) as cluster:
        write(cluster, range(10))
        yield cluster


def write(cluster: Cluster, values: Sequence[int], *, replicas: int = 1) -> None:
    """Write values to the topic `numbers`, which is made when it is not there, and await every acknowledgement."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers, **QUIET})
    if "numbers" not in admin.list_topics(timeout=30).topics:
        admin.create_topics([NewTopic("numbers", 1, replicas)])["numbers"].result(30)
    producer = Producer({"bootstrap.servers": cluster.bootstrap_servers, "acks": "all", **QUIET})
    failures: list[object] = []
    for value in values:
        producer.produce("numbers", str(value), on_delivery=lambda error, _: failures.append(error) if error else None)
    assert producer.flush(60) == 0
    assert failures == []


def read(cluster: Cluster, count: int) -> list[int]:
    """Read the first `count` values of `numbers`."""
    consumer = Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "reader", **QUIET})
    try:
        consumer.assign([TopicPartition("numbers", 0, 0)])
        return [int(message.value() or b"") for message in consumer.consume(count, 60)]
    finally:
        consumer.close()


def test_the_sessions_broker_takes_and_gives_messages(
    kafka_producer: Producer, make_topic: MakeTopic, read_topic: ReadTopic, unique: str
) -> None:
    topic = make_topic(f"{unique}.hello", partitions=2)
    for number in range(10):
        kafka_producer.produce(topic, value=str(number).encode(), key=str(number))
    assert kafka_producer.flush(30) == 0
    assert sorted(int(message.value() or b"") for message in read_topic(topic, 10)) == list(range(10))


def test_topics_do_not_come_into_being_by_a_typing_mistake(broker: Broker, unique: str) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "message.timeout.ms": 3000, **QUIET})
    failures: list[str] = []
    producer.produce(
        f"{unique}.typo", b"x", on_delivery=lambda error, _: failures.append(error.name() if error else "")
    )
    assert producer.flush(30) == 0
    assert failures[0] in ("_UNKNOWN_TOPIC", "UNKNOWN_TOPIC_OR_PART", "_MSG_TIMED_OUT")


def test_a_killed_node_comes_back_with_everything_acknowledged(start_cluster: StartCluster) -> None:
    cluster = start_cluster()
    write(cluster, range(100))
    cluster.kill_node(1)
    assert not cluster.runs()
    assert not cluster.status().running
    cluster.restart_node(1)
    assert cluster.status().running
    write(cluster, range(100, 200))
    assert read(cluster, 200) == list(range(200))


def test_data_of_another_cluster_is_refused(start_cluster: StartCluster) -> None:
    cluster = start_cluster()
    cluster.stop()
    path = cluster.directory / "cluster.json"
    state = load_state(path)
    assert state is not None
    save_state(path, msgspec.structs.replace(state, cluster_id="lSomethingElse"))
    with pytest.raises(StaleDirectoryError, match="where lSomethingElse belongs"):
        cluster.start()


def test_another_process_sees_stops_and_starts_it_at_the_same_address(kept: Cluster) -> None:
    # A handle that shares nothing with the first but the directory, as another process has it.
    other = Cluster(kept.directory, ClusterOptions(**FAST_START))
    status = other.status()
    assert status.running
    assert [node.registered for node in status.nodes] == [True]
    addresses = other.bootstrap_servers
    assert [stop.how for stop in other.stop()] == ["stopped"]
    assert not kept.runs()
    assert [stop.how for stop in other.stop()] == ["absent"]
    assert other.start().bootstrap_servers == addresses
    assert read(other, 10) == list(range(10))
    first_pid = other.status().nodes[0].pid
    assert kept.start().status().nodes[0].pid == first_pid, "starting what runs starts nothing"


def test_three_nodes_go_on_without_one_and_take_it_back(start_cluster: StartCluster) -> None:
    cluster = start_cluster(nodes=3, heap_megabytes=256)
    write(cluster, range(100), replicas=3)
    cluster.kill_node(2)
    write(cluster, range(100, 200), replicas=3)
    assert [node.alive for node in cluster.status().nodes] == [True, False, True]
    cluster.restart_node(2)
    assert cluster.status().running
    assert read(cluster, 200) == list(range(200))


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"port {taken} .* is taken by .*--port"):
            Cluster(tmp_path, ClusterOptions(port=taken, **FAST_START)).start()


def test_too_little_disk_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match="free some space"):
        Cluster(tmp_path / "new", ClusterOptions(minimum_free_bytes=10**18, **FAST_START)).start()
    assert not (tmp_path / "new").exists()


def test_a_jvm_that_cannot_start_is_quoted(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, ClusterOptions(jvm_options=("-XX:NoSuchOption=1",)))
    with pytest.raises(NodeDiedError, match=r"exit code 1(.|\n)*Unrecognized VM option"):
        cluster.start()
    assert not cluster.runs()


def test_a_node_that_is_dead_before_anyone_looks_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launch = process.launch

    def launch_and_await_death(node: NodeState, output: Path, directory: Path) -> NodeState:
        launched = launch(node, output, directory)
        while process.find(launched):
            os.sched_yield()
        return launched

    monkeypatch.setattr(process, "launch", launch_and_await_death)
    with pytest.raises(NodeDiedError):
        Cluster(tmp_path, ClusterOptions(jvm_options=("-XX:NoSuchOption=1",))).start()


def test_a_broker_that_refuses_its_configuration_is_quoted_and_can_be_mended(tmp_path: Path) -> None:
    wrong = {**FAST_START, "overrides": {"num.io.threads": "none"}}
    with pytest.raises(Exception, match=r"num.io.threads"):
        Cluster(tmp_path, ClusterOptions(**wrong)).start()
    with Cluster(tmp_path, ClusterOptions(**FAST_START)) as cluster:
        assert cluster.status().running


def test_a_start_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, ClusterOptions(start_timeout_s=0.3, **FAST_START))
    with pytest.raises(BrokerTimeoutError, match=r"did not get ready within 0.3 s; .*--timeout"):
        cluster.start()
    assert not cluster.runs()


def test_a_broker_whose_traces_were_lost_keeps_its_directory(kept: Cluster) -> None:
    path = kept.directory / "cluster.json"
    state = load_state(path)
    assert state is not None
    pid = state.nodes[0].pid
    save_state(path, state.with_node(msgspec.structs.replace(state.nodes[0], pid=None)))
    try:
        with pytest.raises(DirectoryBusyError, match=rf"process {pid} runs a broker"):
            kept.start()
    finally:
        save_state(path, state)
    assert kept.status().running


def test_a_running_cluster_keeps_its_shape(kept: Cluster) -> None:
    with pytest.raises(ClusterMismatchError, match=r"1 node\(s\) .* not one of 3 node\(s\)"):
        Cluster(kept.directory, ClusterOptions(nodes=3)).start()


def test_there_is_no_fourth_node(kept: Cluster) -> None:
    with pytest.raises(NotStartedError, match="no node 4: its nodes are 1"):
        kept.kill_node(4)


def test_a_directory_without_a_cluster_says_how_to_start_one(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "none")
    assert cluster.stop() == ()
    for ask in (cluster.status, lambda: cluster.restart_node(1), lambda: cluster.bootstrap_servers):
        with pytest.raises(NotStartedError, match=r"linewatch broker start --dir"):
            ask()
    assert not (tmp_path / "none").exists()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Exception, match=r"cannot be made .*--dir"):
        Cluster(tmp_path / "file" / "broker", ClusterOptions(**FAST_START)).start()
