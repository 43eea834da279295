"""`linewatch console` as a process: told to stop, killed, started again."""

import signal
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from consumers.console.database import open_database
from consumers.console.tables.inspections import InspectionRow
from infra.settings import Settings
from tests.consumers.console import records
from tests.consumers.console.processes import running_console
from tests.consumers.console.projecting import make_topics, send, wait_until, wait_until_caught_up

pytestmark = pytest.mark.integration


def first_run(url: str, token: str) -> requests.Session:
    """Make the first administrator as the page does, and stay signed in."""
    browser = requests.Session()
    browser.get(f"{url}api/session", timeout=30)
    body = {"token": token, "name": "ada", "full_name": "Ada", "password": "four unrelated words"}
    headers = {"X-CSRF-Token": browser.cookies["linewatch_csrf"]}
    answer = browser.post(f"{url}api/first-run", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return browser


def test_it_is_served_without_a_broker_and_stops_in_order_with_a_stream_open(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", bootstrap_servers="127.0.0.1:1")
    with running_console(settings) as console:
        url = console.said["url"]
        browser = first_run(url, console.said["first_run_token"])
        assert requests.get(f"{url}readyz", timeout=30).json()["ready"] is True
        stream = browser.get(f"{url}api/events", stream=True, timeout=60)
        assert next(stream.iter_lines()) == b": ping"
        console.process.send_signal(signal.SIGTERM)
        assert console.process.wait(60) == 0, (tmp_path / "var/console.log").read_text()
    with running_console(settings) as again:
        assert again.said["first_run_token"] is None, "somebody is there already"


def test_kill_9_while_it_projects_loses_nothing_and_repeats_nothing(
    broker_settings: Settings, database_url: str, unique: str
) -> None:
    make_topics(broker_settings)
    settings = Settings(
        bootstrap_servers=broker_settings.bootstrap_servers,
        data_dir=broker_settings.data_dir,
        database_url=database_url,
    )
    many = 6000
    send(settings, *(records.inspection(n, camera_id=unique) for n in range(many)))
    database = open_database(settings)

    def count() -> int:
        with database.read() as session:
            mine = InspectionRow.camera_id == unique
            return session.scalar(select(func.count()).select_from(InspectionRow).where(mine)) or 0

    for at_least in (1, many // 2):
        with running_console(settings, "--keep-days", "36500") as console:
            wait_until(lambda at_least=at_least: count() >= at_least, "some were projected")  # type: ignore[misc]
            console.process.kill()
            console.process.wait(30)
        send(settings, *(records.inspection(n, camera_id=unique) for n in range(many, many + 500)))
        many += 500
    with running_console(settings, "--keep-days", "36500") as console:
        wait_until_caught_up(settings, database)
        assert requests.get(f"{console.said['url']}readyz", timeout=30).json()["projection"] == "running"
    assert count() == many
    database.close()


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", bootstrap_servers="127.0.0.1:1")
    with running_console(settings) as console:
        port = console.said["url"].rstrip("/").rpartition(":")[2]
        with pytest.raises(AssertionError, match="stop what listens there"), running_console(settings, "--port", port):
            pass
