"""The lock between processes: one at a time, and freed when its holder dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.broker.errors import BrokerError, DirectoryBusyError
from infra.broker.lock import exclusive
from tests.paths import REPO

HOLDER = """
import sys
from pathlib import Path
from infra.broker.lock import exclusive
with exclusive(Path(sys.argv[1]), timeout_s=5, doing="holding"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock until its standard input closes."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_process_is_told_who_holds_it_and_what_to_do(tmp_path: Path) -> None:
    lock = tmp_path / "cluster.lock"
    with hold(lock):
        match = rf"starting the broker: another process holds {lock} .*wait for it"
        with pytest.raises(DirectoryBusyError, match=match), exclusive(lock, timeout_s=0, doing="starting the broker"):
            pytest.fail("two processes hold the lock")


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    lock = tmp_path / "cluster.lock"
    with hold(lock) as holder:
        holder.kill()
        holder.wait()
        with exclusive(lock, timeout_s=5, doing="taking over"):
            assert lock.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    lock = tmp_path / "file" / "deep" / "kafka.lock"
    with (
        pytest.raises(BrokerError, match=f"fetching: {lock} can't be made"),
        exclusive(lock, timeout_s=0, doing="fetching"),
    ):
        pytest.fail("there is no lock")


def test_it_can_be_taken_again_after_an_error(tmp_path: Path) -> None:
    lock = tmp_path / "deep" / "cluster.lock"
    with pytest.raises(ZeroDivisionError), exclusive(lock, timeout_s=0, doing="failing"):
        _ = 1 / 0
    with exclusive(lock, timeout_s=0, doing="going on"):
        assert lock.exists()
