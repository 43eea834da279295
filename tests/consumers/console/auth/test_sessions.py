"""Sessions end by themselves, with a password, with a person."""

from typing import Any

import pytest
from sqlalchemy import select

from consumers.console.auth import people, sessions
from consumers.console.auth.secret_tokens import secret_hash
from consumers.console.database import Database
from consumers.console.services import Services
from consumers.console.tables.people import SessionRow
from tests.consumers.console.browsers import SomeActor, add_person
from tests.consumers.console.services import FAST_PASSWORDS, FakeClock


@pytest.fixture
def secret(services: Services) -> str:
    add_person(services, "ann")
    return begin(services)


def begin(services: Services) -> str:
    with services.database.write() as session:
        return sessions.start(session, "ann", services.clock(), "1.1.1.1")


def alive(services: Services, secret: str, *, used: bool = True) -> bool:
    person = sessions.find_person(services, secret, used=used)
    return person is not None and person.name == "ann"


def test_the_secret_itself_is_not_kept(services: Services, secret: str) -> None:
    assert alive(services, secret)
    assert not alive(services, secret + "x")
    with services.database.read() as session:
        assert session.scalars(select(SessionRow.token_hash)).all() == [secret_hash(secret)]


def test_an_unused_session_ends_a_used_one_goes_on_up_to_its_absolute_end(
    services: Services, clock: FakeClock, secret: str
) -> None:
    idle = begin(services)
    for _ in range(11):
        clock.pass_s(3600)
        assert alive(services, secret)
    assert not alive(services, idle)
    clock.pass_s(3601)
    assert not alive(services, secret), "twelve hours are over"


def test_being_used_is_written_down_once_a_minute(services: Services, clock: FakeClock, secret: str) -> None:
    def seen() -> int:
        with services.database.read() as session:
            return session.scalars(select(SessionRow.seen_at_us)).one()

    started = seen()
    clock.pass_s(59)
    assert alive(services, secret)
    assert seen() == started
    clock.pass_s(2)
    assert alive(services, secret)
    assert seen() == clock.at_us


def test_an_open_page_that_nobody_uses_keeps_no_session_alive(
    services: Services, clock: FakeClock, secret: str
) -> None:
    for _ in range(2):
        clock.pass_s(3600)
        assert alive(services, secret, used=False)
    clock.pass_s(1)
    assert not alive(services, secret, used=False)


def test_a_session_is_looked_up_once_a_second(
    services: Services, clock: FakeClock, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    read = Database.read

    def counted(database: Database) -> object:
        looks.append(1)
        return read(database)

    monkeypatch.setattr(Database, "read", counted)
    for _ in range(5):
        assert alive(services, secret)
    assert len(looks) == 1
    clock.pass_s(1.1)
    assert alive(services, secret)
    assert len(looks) == 2
    clock.pass_s(61)
    assert alive(services, secret)
    with services.database.write() as session:
        assert session.scalars(select(SessionRow.seen_at_us)).one() == clock()


@pytest.mark.parametrize("changes", [{"role": "model_developer"}, {"skills": ("glass",)}, {"active": False}])
def test_what_changes_of_a_person_counts_at_once(services: Services, secret: str, changes: dict[str, Any]) -> None:
    assert alive(services, secret)
    with services.database.write() as session:
        people.change(session, "ann", changes, by=SomeActor(), at_us=1)
    person = sessions.find_person(services, secret, used=True)
    if "active" in changes:
        assert person is None
        return
    assert person is not None
    assert (person.role, person.skills) == (changes.get("role", "inspector"), list(changes.get("skills", ())))


def test_what_was_read_before_a_change_is_not_kept_after_it(services: Services, secret: str) -> None:
    with services.database.write() as session:
        sessions.end(session, secret)
        assert alive(services, secret), "not committed yet"
    assert not alive(services, secret)


def test_a_change_that_is_rolled_back_counts_for_nothing(services: Services) -> None:
    before = services.database.changes(sessions.PEOPLE)
    with services.database.write() as session:
        sessions.end_all(session, "ann")
        session.rollback()
    assert services.database.changes(sessions.PEOPLE) == before


def test_ending_one_or_all_or_all_but_one(services: Services, secret: str) -> None:
    second, third = begin(services), begin(services)
    with services.database.write() as session:
        sessions.end(session, second)
    assert [alive(services, one) for one in (secret, second, third)] == [True, False, True]
    with services.database.write() as session:
        sessions.end_all(session, "ann", but=third)
    assert [alive(services, one) for one in (secret, third)] == [False, True]


def test_a_changed_password_and_a_deactivated_person_end_them(services: Services, secret: str) -> None:
    with services.database.write() as session:
        password = FAST_PASSWORDS.hash("another good one")
        people.set_password(session, "ann", password, by=SomeActor(), at_us=1, must_change=True)
    assert not alive(services, secret)
    again = begin(services)
    with services.database.write() as session:
        people.change(session, "ann", {"active": False}, by=SomeActor(), at_us=1)
    assert not alive(services, again)
    assert not alive(services, begin(services)), "a deactivated person has no session, even one that is there"
