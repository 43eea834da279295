"""The migration that brings the row of catching up."""

from sqlalchemy import inspect

from consumers.console.database import Database


def test_its_table_is_there(database: Database) -> None:
    assert [column["name"] for column in inspect(database.engine).get_columns("catching_up")] == ["one"]
