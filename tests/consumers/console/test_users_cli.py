"""`linewatch users` as people use it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.console.database import open_database
from consumers.console.tables.outbox import OutboxRow
from infra.settings import Settings
from tests.audit import audit_events
from tests.consumers.console.processes import users
from tests.consumers.console.projecting import make_topics

pytestmark = pytest.mark.integration
PASSWORD = "four unrelated words\n"


def test_people_are_added_listed_and_given_passwords_while_kafka_is_away(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var", bootstrap_servers="127.0.0.1:1")
    added = users(
        settings, "add", "ann", "--full-name", "Ann", "--skill", "dent", "--password-stdin", password=PASSWORD
    )
    assert added.returncode == 0, added.stderr
    assert "waits in the database" in added.stderr
    assert users(settings, "passwd", "ann", "--password-stdin", password="another good one\n").returncode == 0
    (person,) = json.loads(users(settings, "list", "--json").stdout)
    assert (person["name"], person["role"], person["skills"]) == ("ann", "inspector", ["dent"])
    database = open_database(settings)
    with database.read() as session:
        actions = [row.event["action"] for row in session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))]
    database.close()
    assert actions == ["person.add", "person.password"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["add", "Ann", "--password-stdin"], "not usable"),
        (["add", "ann", "--role", "king", "--password-stdin"], "none of inspector"),
        (["add", "ann", "--language", "fr", "--password-stdin"], "none of en, ko"),
        (["add", "ann"], "--password-stdin"),
        (["passwd", "nobody", "--password-stdin"], "nobody called"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], why: str) -> None:
    settings = Settings(data_dir=tmp_path / "var", bootstrap_servers="127.0.0.1:1")
    done = users(settings, *arguments, password=PASSWORD)
    assert done.returncode == 1
    assert why in done.stderr


def test_it_is_audited_like_everything_else(broker_settings: Settings, unique: str) -> None:
    make_topics(broker_settings)
    done = users(broker_settings, "add", unique, "--admin", "--password-stdin", password=PASSWORD)
    assert done.returncode == 0, done.stderr
    mine = [event for event in audit_events(broker_settings) if event.subject == unique]
    assert [(event.action, event.role) for event in mine] == [("person.add", "cli")]
