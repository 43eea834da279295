"""What starts and stops with the application."""

import pytest

from consumers.console.errors import ProblemError
from consumers.console.features import Features
from consumers.console.labeling.claims import Labeler, claim
from consumers.console.labeling.submitting import PATIENCE_US, Submitter
from consumers.console.services import Services
from consumers.console.tables.leases import SubmissionRow
from tests.consumers.console.browsers import Browser
from tests.consumers.console.labeling.rows import answer, fill, policy_row, task_row
from tests.consumers.console.services import FakeClock, KeepingPublisher
from tests.integration.edge_line import wait_until


def test_an_application_sends_what_a_killed_one_left_pending(
    services: Services, clock: FakeClock, publisher: KeepingPublisher
) -> None:
    fill(services.database, policy_row(), task_row(1))
    publisher.away = True
    with services.database.write() as session:
        (lease,) = claim(session, Labeler("ann", frozenset()), None, 1, now_us=clock(), lease_us=1000)
    dying = Submitter(services.database, publisher, clock)
    with pytest.raises(ProblemError, match="Kafka is away"):
        dying.submit("ann", lease.task_id, lease.fencing_token, answer())
    clock.at_us += PATIENCE_US
    publisher.away = False
    with Browser(services):  # the next process
        wait_until(lambda: len(publisher.records("labels")) == 1, "the label")

    def sent() -> bool:
        with services.database.read() as session:
            return session.get_one(SubmissionRow, f"{lease.task_id}/{lease.fencing_token}").state == "sent"

    wait_until(sent, "the mark")


def test_the_parts_are_made_of_one_console(services: Services) -> None:
    features = Features.of(services)
    assert features.edges.all() == []
    features.close()
