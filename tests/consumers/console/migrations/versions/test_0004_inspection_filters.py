"""The migration that brings the indexes of the inspections' filters."""

import pytest
from sqlalchemy import inspect

from consumers.console.database import Database
from consumers.console.tables.every import METADATA


@pytest.mark.parametrize("name", ["inspections", "image_labels"])
def test_its_indexes_are_what_the_code_says(database: Database, name: str) -> None:
    found = {index["name"] for index in inspect(database.engine).get_indexes(name)}
    assert found == {index.name for index in METADATA.tables[name].indexes}
