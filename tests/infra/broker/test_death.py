"""Why a node ended, as the error that says what to do."""

from pathlib import Path

import pytest

from infra.broker.death import explain_death
from infra.broker.errors import BrokerError, DirectoryBusyError, DiskFullError, NodeDiedError, PortTakenError
from infra.broker.state import Layout, NodeState

NODE = NodeState(node_id=1, broker_port=9001, controller_port=9101)


@pytest.mark.parametrize(
    ("line", "kind", "advice"),
    [
        ("java.net.BindException: Address already in use", PortTakenError, r"port 9001 or 9101 .* another --port"),
        (
            "2026 ERROR x Failed to acquire lock on file .lock in /data",
            DirectoryBusyError,
            "another Kafka process uses",
        ),
        ("java.io.IOException: No space left on device", DiskFullError, "free some space and start again"),
        ("java.lang.IllegalStateException: odd", NodeDiedError, r"(?s)lines that matter:\n.*odd"),
    ],
)
def test_the_reason_decides_the_error(tmp_path: Path, line: str, kind: type[BrokerError], advice: str) -> None:
    layout = Layout(tmp_path)
    layout.log(1).parent.mkdir()
    layout.log(1).write_text(f"2026 INFO x starting\n{line}\n")
    error = explain_death(layout, NODE, exit_code=1, log_start=0)
    assert type(error) is kind
    with pytest.raises(kind, match=advice):
        raise error
    assert "node 1 ended at its start (exit code 1)" in str(error)


def test_a_jvm_that_cannot_start_is_quoted_from_its_output(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.output(1).parent.mkdir()
    layout.output(1).write_text("Error occurred during initialization of VM\nToo small maximum heap\n")
    assert "Error occurred during initialization of VM" in str(explain_death(layout, NODE, exit_code=None, log_start=0))
