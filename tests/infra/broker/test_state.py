"""The state file: written whole, read by any process, and clear when it is broken."""

from pathlib import Path

import pytest

from infra.broker.errors import StaleDirectoryError
from infra.broker.state import ClusterState, Layout, NodeState, load_state, new_cluster_id, save_state

STATE = ClusterState(
    cluster_id="lAbc",
    kafka_version="4.3.0",
    formatted=True,
    nodes=(
        NodeState(node_id=1, broker_port=9001, controller_port=9101, command=("java", "x"), pid=7),
        NodeState(node_id=2, broker_port=9002, controller_port=9102),
    ),
)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "cluster.json"
    save_state(path, STATE)
    assert load_state(path) == STATE
    assert [one.name for one in path.parent.iterdir()] == ["cluster.json"]


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert load_state(tmp_path / "cluster.json") is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"cluster_id": 3}', b"\xff"])
def test_a_broken_file_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cluster.json"
    path.write_bytes(content)
    with pytest.raises(StaleDirectoryError, match=rf"{path} cannot be read .*another --dir, or delete {tmp_path}"):
        load_state(path)


def test_a_node_is_replaced_by_its_number() -> None:
    stopped = NodeState(node_id=1, broker_port=9001, controller_port=9101)
    assert STATE.with_node(stopped).nodes == (stopped, STATE.nodes[1])


def test_cluster_ids_are_kafkas_and_never_look_like_an_option() -> None:
    ids = {new_cluster_id() for _ in range(300)}
    assert len(ids) == 300
    assert all(len(one) == 22 and not one.startswith("-") for one in ids)


def test_everything_lies_below_the_directory() -> None:
    layout = Layout(Path("/var/broker"))
    for path in (layout.state, layout.lock, layout.data(2), layout.properties(2), layout.log(2), layout.output(2)):
        assert path.is_relative_to("/var/broker")
