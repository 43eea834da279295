"""Service tokens."""

import pytest
from sqlalchemy import select, update

from consumers.console.auth import tokens
from consumers.console.services import Services
from consumers.console.tables.people import TokenRow
from tests.consumers.console.services import FakeClock


@pytest.fixture
def secret(services: Services, clock: FakeClock) -> str:
    with services.database.write() as session:
        ends = clock.at_us + 86_400_000_000
        _, secret = tokens.issue(session, "robot", "inspector", by="ada", at_us=clock.at_us, expires_at_us=ends)
    return secret


def test_it_is_found_by_its_secret_until_it_ends(services: Services, clock: FakeClock, secret: str) -> None:
    assert secret.startswith("lwt_")
    found = tokens.find(services, secret)
    assert found is not None
    assert (found.name, found.role) == ("robot", "inspector")
    assert tokens.find(services, secret + "x") is None
    clock.pass_s(86_400)
    assert tokens.find(services, secret) is None


def test_a_revoked_one_is_nobodys(services: Services, secret: str) -> None:
    with services.database.write() as session:
        session.execute(update(TokenRow).values(revoked_at_us=1))
    assert tokens.find(services, secret) is None


def test_its_use_is_noted_once_a_minute(services: Services, clock: FakeClock, secret: str) -> None:
    def used() -> int | None:
        with services.database.read() as session:
            return session.scalars(select(TokenRow.used_at_us)).one()

    assert used() is None
    tokens.find(services, secret)
    first = used()
    clock.pass_s(30)
    tokens.find(services, secret)
    assert used() == first == clock.at_us - 30_000_000
    clock.pass_s(31)
    tokens.find(services, secret)
    assert used() == clock.at_us
