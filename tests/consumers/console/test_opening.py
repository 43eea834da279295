"""A console, opened and closed."""

from pathlib import Path

from consumers.console.opening import Console, close_services, open_services
from infra.settings import Settings


def test_it_opens_and_closes_without_a_broker(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, bootstrap_servers="127.0.0.1:1")
    with Console.open(settings) as console:
        first, second = console.first_run_token(), console.first_run_token()
        assert first and second and first != second  # noqa: PT018 - for mypy
    assert console.services.projection.get().standing == "stopped"


def test_services_alone(tmp_path: Path) -> None:
    services = open_services(Settings(data_dir=tmp_path, bootstrap_servers="127.0.0.1:1"))
    assert services.projection.get().standing == "starting"
    close_services(services)
