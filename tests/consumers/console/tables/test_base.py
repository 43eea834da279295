"""What tables have in common."""

from sqlalchemy import Text

from consumers.console.tables.base import Base, projected
from consumers.console.tables.every import METADATA, projected_tables


def test_constraints_have_names_that_migrations_can_rely_on() -> None:
    assert all(table.primary_key.name == f"pk_{table.name}" for table in METADATA.tables.values())
    assert Base.metadata is METADATA


def test_rules_are_first_last_or_a_column_that_is_always_there() -> None:
    assert projected("last") == {"projected": "last"}
    for table in projected_tables():
        rule = table.info["projected"]
        assert rule in {"first", "last"} or not table.c[rule].nullable, table.name


def test_words_have_no_length_in_the_database() -> None:
    assert all(isinstance(column.type, Text) for column in METADATA.tables["people"].primary_key)
