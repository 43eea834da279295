"""Adding and changing people."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers.console.auth import people
from consumers.console.auth.people import Profile
from consumers.console.errors import PeopleError, ProblemError
from consumers.console.services import Services
from consumers.console.tables.outbox import OutboxRow
from schemas.records import AuditEvent
from tests.consumers.console.browsers import SomeActor, add_person
from tests.consumers.console.services import FAST_PASSWORDS


def events(services: Services) -> list[AuditEvent]:
    with services.database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
        return [msgspec.convert(row.event, AuditEvent) for row in rows]


def change(services: Services, name: str, **changes: Any) -> None:
    with services.database.write() as session:
        people.change(session, name, changes, by=SomeActor(), at_us=5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Ann"),
        ("name", ""),
        ("name", "a/b"),
        ("name", "x" * 65),
        ("full_name", " "),
        ("full_name", "a\nb"),
        ("role", "king"),
        ("skills", ("Big",)),
        ("skills", tuple(f"s{n}" for n in range(21))),
    ],
)
def test_what_is_not_usable_is_refused(field: str, value: Any) -> None:
    with pytest.raises(PeopleError):
        Profile(**{"name": "ann", "full_name": "Ann", "role": "inspector", field: value})


def test_a_person_is_added_once_and_audited_without_the_password(services: Services) -> None:
    add_person(services, "ann", skills=("scratch", "dent", "dent"))
    with pytest.raises(ProblemError, match="already") as caught:
        add_person(services, "ann")
    assert caught.value.status == 409
    (event,) = events(services)
    assert (event.action, event.subject, event.actor) == ("person.add", "ann", "test")
    assert event.after is not None
    assert msgspec.json.decode(event.after)["skills"] == ["dent", "scratch"]
    assert "password" not in event.after
    assert "argon2" not in event.after


def test_a_change_is_audited_with_before_and_after_and_no_change_is_not(services: Services) -> None:
    add_person(services, "ann")
    change(services, "ann", role="operations_manager")
    change(services, "ann", role="operations_manager")
    _, event = events(services)
    assert event.before is not None
    assert event.after is not None
    assert msgspec.json.decode(event.before)["role"] == "inspector"
    assert msgspec.json.decode(event.after)["role"] == "operations_manager"


@pytest.mark.parametrize("changes", [{"admin": False}, {"active": False}])
def test_the_last_administrator_stays(services: Services, changes: dict[str, bool]) -> None:
    add_person(services, "ada", admin=True)
    add_person(services, "bea", admin=True)
    change(services, "ada", **changes)
    with pytest.raises(ProblemError, match="last administrator"):
        change(services, "bea", **changes)
    change(services, "ada", admin=True, active=True)
    change(services, "bea", **changes)


def test_nobody_of_that_name(services: Services) -> None:
    with pytest.raises(ProblemError) as caught:
        change(services, "nobody", admin=True)
    assert caught.value.status == 404


def test_a_new_password_is_checked_and_audited(services: Services) -> None:
    add_person(services, "ann")
    with services.database.write() as session:
        password = FAST_PASSWORDS.accept("brand new words", "ann")
        people.set_password(session, "ann", password, by=SomeActor(), at_us=5, must_change=True)
        row = people.find(session, "ann")
        assert FAST_PASSWORDS.verify(row.password_hash, "brand new words")
        assert row.must_change_password
    with pytest.raises(PeopleError):
        FAST_PASSWORDS.accept("short", "ann")
    assert [event.action for event in events(services)] == ["person.add", "person.password"]
