"""Data directories: what fits, what is stale, and a disk that is too full."""

import sys
from pathlib import Path

import pytest

from infra.broker.errors import BrokerError, DiskFullError, StaleDirectoryError
from infra.broker.state import ClusterState, Layout, NodeState
from infra.broker.storage import check_free_space, check_storage, format_storage

STATE = ClusterState(
    cluster_id="lMine",
    kafka_version="4.3.0",
    formatted=True,
    nodes=(NodeState(node_id=1, broker_port=9001, controller_port=9101),),
)


def write_meta(layout: Layout, node_id: int, cluster_id: str, *, says_node: int | None = None) -> None:
    """Lay down what StorageTool leaves in a formatted directory."""
    meta = layout.data(node_id) / "meta.properties"
    meta.parent.mkdir(parents=True)
    meta.write_text(f"#\n#Mon Nov 23\nnode.id={says_node or node_id}\nversion=1\ncluster.id={cluster_id}\n")


def test_an_empty_directory_and_this_clusters_own_are_fine(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    check_storage(layout, None, [1])
    write_meta(layout, 1, "lMine")
    check_storage(layout, STATE, [1])


def test_a_start_that_died_while_formatting_is_no_obstacle(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.data(1).mkdir(parents=True)
    unformatted = ClusterState(cluster_id="lMine", kafka_version="4.3.0", formatted=False, nodes=STATE.nodes)
    check_storage(layout, unformatted, [1, 2, 3])


def test_data_of_another_cluster_is_refused(tmp_path: Path) -> None:
    write_meta(Layout(tmp_path), 1, "lOther")
    with pytest.raises(StaleDirectoryError, match=r"says cluster.id=lOther where lMine belongs; give another --dir"):
        check_storage(Layout(tmp_path), STATE, [1])


def test_data_of_another_node_is_refused(tmp_path: Path) -> None:
    write_meta(Layout(tmp_path), 1, "lMine", says_node=2)
    with pytest.raises(StaleDirectoryError, match=r"says node.id=2 where 1 belongs"):
        check_storage(Layout(tmp_path), STATE, [1])


def test_data_that_was_removed_is_missed(tmp_path: Path) -> None:
    with pytest.raises(StaleDirectoryError, match=r"meta.properties is missing: .* restore it from a copy, or delete"):
        check_storage(Layout(tmp_path), STATE, [1])


def test_data_without_a_state_file_belongs_to_nobody_known(tmp_path: Path) -> None:
    write_meta(Layout(tmp_path), 1, "lMine")
    with pytest.raises(StaleDirectoryError, match=r"holds broker data, but cluster.json is gone"):
        check_storage(Layout(tmp_path), None, [1])


def test_another_number_of_nodes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StaleDirectoryError, match=r"holds a cluster of 1 node\(s\) and 3 are asked for"):
        check_storage(Layout(tmp_path), STATE, [1, 2, 3])


def test_too_little_disk_is_said_with_the_numbers(tmp_path: Path) -> None:
    check_free_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(DiskFullError, match=r"GB free, less than the 1000000000.00 GB .*--min-free-mb"):
        check_free_space(tmp_path / "not" / "yet", 10**18)


def test_a_failing_format_is_quoted_and_the_others_are_awaited(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    done = tmp_path / "done"
    commands = {
        1: (sys.executable, "-c", "raise SystemExit('Error: no such directory')"),
        2: (sys.executable, "-c", f"open({str(done)!r}, 'w').close()"),
    }
    with pytest.raises(BrokerError, match=r"could not format .*exit code 1(.|\n)*no such directory(.|\n)*start again"):
        format_storage(layout, commands)
    assert done.exists()


def test_leftovers_of_a_half_format_are_cleared_before_the_next(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.data(1).mkdir(parents=True)
    (layout.data(1) / "half").touch()
    format_storage(layout, {1: (sys.executable, "-c", "pass")})
    assert not layout.data(1).exists()
