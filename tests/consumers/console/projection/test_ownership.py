"""One console projects, whatever happens to the others."""

import subprocess
import sys

import pytest

from consumers.console.database import Database
from consumers.console.projection import ownership
from consumers.console.projection.ownership import LEASE_US, Ownership, ProjectionLostError, place
from consumers.console.tables.progress import ProjectorRow


def renew(database: Database, one: Ownership, at_us: int) -> None:
    with database.write() as session:
        one.renew(session, at_us)


def test_one_at_a_time_until_it_lets_go(database: Database) -> None:
    one, other = Ownership(database), Ownership(database)
    assert one.acquire(0)
    assert one.acquire(1)
    assert not other.acquire(2)
    one.release()
    assert other.acquire(3)


def test_whoever_does_not_renew_loses_it_and_can_commit_nothing_more(database: Database) -> None:
    one, other = Ownership(database), Ownership(database)
    assert one.acquire(0)
    renew(database, one, 5)
    assert not other.acquire(LEASE_US + 1)
    assert other.acquire(LEASE_US + 6)
    with pytest.raises(ProjectionLostError):
        renew(database, one, LEASE_US + 7)
    one.release()  # gives up nothing that is not its own
    renew(database, other, LEASE_US + 8)


def test_a_process_of_this_machine_that_is_gone_is_not_waited_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    holder = f"{place()}|{int(done.stdout)}|1.00|x"
    with database.write() as session:
        session.add(ProjectorRow(one=1, holder=holder, expires_at_us=LEASE_US))
    one = Ownership(database)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(one, "_place", "elsewhere/pid:[1]")
        assert not one.acquire(1)
    assert one.acquire(1)


def test_a_number_that_another_process_got_meanwhile_is_not_the_holder(database: Database) -> None:
    assert ownership._started(1) != "1.00"
    with database.write() as session:
        session.add(ProjectorRow(one=1, holder=f"{place()}|1|1.00|x", expires_at_us=LEASE_US))
    assert Ownership(database).acquire(1)
