"""The migration that brings labeling and builds."""

from sqlalchemy import inspect, text

from consumers.console.database import Database
from consumers.console.tables.every import METADATA
from tests.consumers.console.tables.test_leases import OURS


def test_its_tables_are_what_the_code_says(database: Database) -> None:
    found = inspect(database.engine)
    for name in (*OURS, "dataset_builds"):
        table = METADATA.tables[name]
        columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert columns == {column.name: column.nullable for column in table.columns}, name
        assert {index["name"] for index in found.get_indexes(name)} == {index.name for index in table.indexes}, name


def test_the_indexes_of_claims_are_partial(database: Database) -> None:
    names = {index["name"] for index in inspect(database.engine).get_indexes("tasks")}
    assert {"ix_tasks_open", "ix_tasks_open_by_edge"} <= names
    with database.read() as session:
        if database.kind == "sqlite":
            found = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'ix_tasks_open'"))
        else:
            found = session.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_tasks_open'"))
    assert "WHERE" in str(found)
    assert "closed" in str(found)
