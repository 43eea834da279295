"""People of the labeling tests, and what they do to leases."""

from consumers.console.database import Database
from consumers.console.labeling.claims import Labeler, Lease, claim
from consumers.console.tables.leases import LeaseRow
from tests.consumers.console.labeling.rows import NOW

LEASE_US = 180_000_000
ANN = Labeler("ann", frozenset())
BO = Labeler("bo", frozenset({"expert"}))
CY = Labeler("cy", frozenset({"expert", "glass"}))
PEOPLE = {person.name: person for person in (ANN, BO, CY)}


def claimed(
    database: Database, person: Labeler, count: int = 1, edge_id: str | None = None, now_us: int = NOW
) -> list[Lease]:
    """Claim for a person."""
    with database.write() as session:
        return claim(session, person, edge_id, count, now_us=now_us, lease_us=LEASE_US)


def answered(database: Database, task_id: str, revision: int, at_us: int = NOW) -> None:
    """Do to the lease what a submit does."""
    with database.write() as session:
        lease = session.get_one(LeaseRow, task_id)
        lease.answered_revision, lease.answered_at_us, lease.holder = revision, at_us, None


def ids(leases: list[Lease]) -> list[str]:
    """The tasks of leases."""
    return [lease.task_id for lease in leases]
