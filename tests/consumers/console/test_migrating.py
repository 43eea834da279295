"""Bringing databases to this version's tables."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from consumers.console.database import Database, open_database
from consumers.console.errors import DatabaseUnusableError
from consumers.console.migrating import migrate, versions
from consumers.console.tables.every import METADATA
from infra.settings import Settings


def test_migrations_make_what_the_code_says(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    there, newest = versions(database)
    assert there == newest


def test_consoles_that_start_at_once_wait_for_one_another(tmp_path: Path) -> None:
    opened = [open_database(Settings(data_dir=tmp_path)) for _ in range(3)]
    failed: list[Exception] = []

    def one(database: Database) -> None:
        try:
            migrate(database)
        except Exception as error:  # noqa: BLE001 - any is a failure
            failed.append(error)

    threads = [threading.Thread(target=one, args=(database,)) for database in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert versions(opened[0])[0] == versions(opened[0])[1]
    for database in opened:
        database.close()


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'of the future'"))
    with pytest.raises(DatabaseUnusableError, match="another version of linewatch"):
        migrate(database)


def test_one_that_does_not_answer_is_said() -> None:
    gone = open_database(Settings(database_url="postgresql://nobody:secret@127.0.0.1:1/x"))
    with pytest.raises(DatabaseUnusableError, match="database_url") as caught:
        migrate(gone)
    assert "secret" not in str(caught.value)
    gone.close()
