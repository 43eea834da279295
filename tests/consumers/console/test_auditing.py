"""Audit events on their way: none lost, none out of order."""

import pytest

from consumers.console.auditing import AuditSender, record, send_waiting, waiting
from consumers.console.errors import NotPublishedError
from consumers.console.services import Services
from schemas.records import AuditEvent
from tests.consumers.console.browsers import SomeActor
from tests.consumers.console.projecting import wait_until
from tests.consumers.console.services import KeepingPublisher


def do(services: Services, *actions: str) -> None:
    for action in actions:
        with services.database.write() as session:
            record(session, SomeActor(), action, "it", at_us=1, after={"n": 1})


def sent(publisher: KeepingPublisher) -> list[str]:
    return [one.action for one in publisher.records("audit") if isinstance(one, AuditEvent)]


def test_what_waits_is_sent_once_in_its_order(services: Services, publisher: KeepingPublisher) -> None:
    do(services, "a", "b", "c")
    assert send_waiting(services.database, publisher) == 3
    assert send_waiting(services.database, publisher) == 0
    assert sent(publisher) == ["a", "b", "c"]


def test_what_kafka_does_not_take_stays(services: Services, publisher: KeepingPublisher) -> None:
    do(services, "a")
    publisher.away = True
    with pytest.raises(NotPublishedError):
        send_waiting(services.database, publisher)
    assert waiting(services.database) == 1


def test_a_change_that_fails_is_not_audited(services: Services) -> None:
    def fails() -> None:
        with services.database.write() as session:
            record(session, SomeActor(), "a", "it", at_us=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert waiting(services.database) == 0


def test_the_sender_goes_on_when_kafka_is_back(
    services: Services, publisher: KeepingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.console.auditing._EVERY_S", 0.02)
    monkeypatch.setattr("consumers.console.auditing._AFTER_FAILURE_S", 0.02)
    publisher.away = True
    sender = AuditSender(services.database, publisher, services.metrics)
    sender.start()
    do(services, "a", "b")
    publisher.away = False
    wait_until(lambda: sent(publisher) == ["a", "b"], "both were sent")
    sender.stop()
