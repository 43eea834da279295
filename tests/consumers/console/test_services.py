"""What endpoints are given."""

import asyncio

from consumers.console.services import Services, get_services, now_us


def test_the_clock_is_unix_microseconds() -> None:
    assert 1.7e15 < now_us() < 1e16


def test_services_are_those_of_the_app(services: Services) -> None:
    state = type("State", (), {"services": services})
    request = type("Request", (), {"app": type("App", (), {"state": state})})
    assert asyncio.run(get_services(request)) is services  # type: ignore[arg-type]
