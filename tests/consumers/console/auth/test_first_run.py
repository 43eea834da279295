"""The token of the first administrator."""

import pytest

from consumers.console.auth import first_run
from consumers.console.errors import ProblemError
from consumers.console.services import Services
from tests.consumers.console.browsers import add_person
from tests.consumers.console.services import FakeClock


def issue(services: Services) -> str | None:
    with services.database.write() as session:
        return first_run.issue(session, services.clock())


def use(services: Services, secret: str) -> None:
    with services.database.write() as session:
        first_run.use(session, secret, services.clock())


def test_every_console_prints_one_that_works_until_one_is_used(services: Services) -> None:
    first, second = issue(services), issue(services)
    assert first and second and first != second  # noqa: PT018 - for mypy
    with pytest.raises(ProblemError, match="not a token"):
        use(services, "guess")
    use(services, first)
    with pytest.raises(ProblemError, match="not a token"):
        use(services, second)


def test_it_is_good_for_a_day(services: Services, clock: FakeClock) -> None:
    secret = issue(services)
    clock.pass_s(86_401)
    with pytest.raises(ProblemError, match="last day"):
        use(services, str(secret))


def test_with_people_there_is_none(services: Services) -> None:
    secret = issue(services)
    add_person(services, "ann")
    assert issue(services) is None
    with pytest.raises(ProblemError) as caught:
        use(services, str(secret))
    assert caught.value.code == "set_up_already"
