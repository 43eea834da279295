"""server.properties and the command lines."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from infra.broker.configuration import render, server_command, server_properties, storage_command
from infra.broker.java import Java
from infra.broker.state import NodeState

ONE = (NodeState(node_id=1, broker_port=9001, controller_port=9101),)
THREE = tuple(NodeState(node_id=n, broker_port=9000 + n, controller_port=9100 + n) for n in (1, 2, 3))
JAVA = Java(Path("/opt/java/bin/java"), 17, "PATH")


def read_properties(text: str) -> dict[str, str]:
    """Read what `render` writes as Java's Properties.load would (keys here have nothing to escape)."""
    found = {}
    for line in text.split("\n")[:-1]:
        key, _, value = line.partition("=")
        units = value.removeprefix("\\" if value.startswith("\\ ") else "").encode("ascii").decode("unicode_escape")
        found[key] = units.encode("utf-16", "surrogatepass").decode("utf-16")
    return found


def test_one_node_is_broker_and_controller_on_this_machine_alone() -> None:
    properties = server_properties(ONE[0], ONE, Path("/data"), {})
    assert properties["process.roles"] == "broker,controller"
    assert properties["listeners"] == "BROKER://127.0.0.1:9001,CONTROLLER://127.0.0.1:9101"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:9101"
    assert properties["offsets.topic.replication.factor"] == "1"
    assert properties["transaction.state.log.min.isr"] == "1"


def test_three_nodes_replicate_threefold_with_two_in_sync() -> None:
    properties = server_properties(THREE[1], THREE, Path("/data"), {})
    assert properties["node.id"] == "2"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:9101,2@127.0.0.1:9102,3@127.0.0.1:9103"
    for topic in ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic"):
        assert properties[f"{topic}.replication.factor"] == "3"
    assert properties["default.replication.factor"] == "3"
    assert properties["min.insync.replicas"] == properties["transaction.state.log.min.isr"] == "2"


def test_the_message_limit_is_left_as_kafka_has_it_and_no_topic_comes_by_accident() -> None:
    properties = server_properties(ONE[0], ONE, Path("/data"), {})
    assert "message.max.bytes" not in properties
    assert properties["auto.create.topics.enable"] == "false"


def test_overrides_win() -> None:
    assert server_properties(ONE[0], ONE, Path("/data"), {"node.id": "7"})["node.id"] == "7"


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z.]{0,10}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_value_survives_the_properties_file(properties: dict[str, str]) -> None:
    text = render(properties)
    assert text.isascii()
    assert read_properties(text) == properties


def test_a_leading_space_survives_too() -> None:
    # Java skips blanks after the equals sign unless the first is escaped.
    assert render({"log.dirs": " /data"}) == "log.dirs=\\ /data\n"


def test_the_server_is_known_by_its_properties_and_takes_the_heap_asked_for(tmp_path: Path) -> None:
    properties = tmp_path / "server.properties"
    command = server_command(
        JAVA, Path("/jars"), heap_megabytes=300, jvm_options=("-Dx=y",), log=tmp_path / "n.log", properties=properties
    )
    assert command[0] == str(JAVA.executable)
    assert command[-2:] == ("kafka.Kafka", str(properties))
    assert "-Xmx300m" in command
    assert "-Dx=y" in command


def test_the_storage_is_formatted_under_the_clusters_id(tmp_path: Path) -> None:
    command = storage_command(JAVA, Path("/jars"), cluster_id="lAbc", log=tmp_path / "n.log", properties=tmp_path / "p")
    assert command[-6:] == (
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        "lAbc",
        "--config",
        str(tmp_path / "p"),
    )
