"""Sessions on either database."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from consumers.console.database import Database, database_url, is_refusal, lock_key, open_database, reachable
from consumers.console.errors import DatabaseUnusableError
from consumers.console.tables.outbox import OutboxRow
from infra.settings import Settings
from tests.consumers.console.projecting import wait_until


def add(database: Database, value: int) -> None:
    with database.write() as session:
        session.add(OutboxRow(event={"value": value}))


def values(database: Database) -> list[int]:
    with database.read() as session:
        return [row.event["value"] for row in session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))]


def test_writers_that_wait_are_counted(database: Database) -> None:
    def write() -> None:
        with database.write() as session:
            session.execute(text("SELECT 1"))

    other = threading.Thread(target=write)
    write()
    assert database.waited == 0
    with database.write():
        other.start()
        if database.kind == "sqlite":
            wait_until(lambda: database.waited == 1, "the other waits")
    other.join()
    assert database.waited == (1 if database.kind == "sqlite" else 0)


def test_writing_is_whole_or_not_at_all(database: Database) -> None:
    add(database, 1)

    def fails() -> None:
        with database.write() as session:
            session.add(OutboxRow(event={"value": 2}))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert values(database) == [1]


def test_what_is_changed_while_reading_is_thrown_away(database: Database) -> None:
    with database.read() as session:
        session.add(OutboxRow(event={"value": 1}))
        session.flush()
    assert values(database) == []


def test_many_writers_wait_for_one_another(database: Database) -> None:
    def several(start: int) -> None:
        for number in range(start, start + 10):
            add(database, number)

    threads = [threading.Thread(target=several, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(values(database)) == list(range(80))


def test_a_lock_over_all_consoles_lets_one_in(database: Database, database_url: str) -> None:
    other = open_database(Settings(database_url=database_url))
    inside, order = threading.Event(), []

    def second() -> None:
        inside.wait()
        with other.exclusive("it"):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with database.exclusive("it"):
        inside.set()
        with other.exclusive("something else"):
            order.append("first")
    thread.join()
    other.close()
    assert order == ["first", "second"]


def test_the_database_answers(database: Database) -> None:
    assert reachable(database) is None


def test_one_that_is_not_there_says_why(tmp_path: Path) -> None:
    gone = open_database(Settings(database_url="postgresql://nobody:secret@127.0.0.1:1/x"))
    assert "does not answer" in str(reachable(gone))
    assert "secret" not in str(reachable(gone))
    gone.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://root@localhost/x"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(DatabaseUnusableError):
        database_url(Settings(database_url=url))


def test_the_default_is_a_file_in_the_data_directory(tmp_path: Path) -> None:
    assert database_url(Settings(data_dir=tmp_path)).database == str(tmp_path / "console" / "console.sqlite")
    assert database_url(Settings(database_url="postgres://a:b@c/d".replace("postgres:", "postgresql:"))).drivername == (
        "postgresql+pg8000"
    )


def test_sqlite_is_set_up_to_survive(tmp_path: Path) -> None:
    database = open_database(Settings(data_dir=tmp_path))
    with database.read() as session:
        found = {
            name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_refusal_is_told_from_a_database_that_is_away(database: Database) -> None:
    with database.write() as session:
        session.add(OutboxRow(outbox_id=1, event={}))
    with pytest.raises(IntegrityError) as twice, database.write() as session:
        session.add(OutboxRow(outbox_id=1, event={}))
    assert is_refusal(twice.value)
    with pytest.raises(Exception) as missing, database.read() as session:  # noqa: PT011 - the driver's business
        session.execute(text("SELECT * FROM no_such_table"))
    assert not is_refusal(missing.value)
    assert not is_refusal(RuntimeError())


def test_lock_keys_fit_into_postgresql() -> None:
    assert lock_key("a") != lock_key("b")
    assert -(2**63) <= lock_key("a") < 2**63


def test_only_what_must_outlive_a_power_cut_waits_for_the_disk(tmp_path: Path) -> None:
    database = open_database(Settings(data_dir=tmp_path))

    def synchronous(*, durable: bool) -> object:
        with database.write(durable=durable) as session:
            found: object = session.scalar(text("PRAGMA synchronous"))
            return found

    found = [synchronous(durable=durable) for durable in (True, False, True)]
    database.close()
    assert found == [2, 1, 2]


def test_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("consumers.console.database.BUSY_S", 0.05)
    database = open_database(Settings(data_dir=tmp_path))
    with database.write() as first:
        first.execute(text("CREATE TABLE it (value INTEGER)"))
        with pytest.raises(OperationalError, match="locked"), database.write() as second:
            second.execute(text("SELECT 1"))
        first.execute(text("INSERT INTO it VALUES (1)"))
    with database.write() as later:
        assert later.scalar(text("SELECT count(*) FROM it")) == 1
    database.close()
