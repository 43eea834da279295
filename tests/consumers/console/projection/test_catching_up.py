"""The word that the tables may be long past."""

import pytest

from consumers.console.database import Database
from consumers.console.errors import ProblemError
from consumers.console.projection.catching_up import (
    begin_catching_up,
    check_caught_up,
    end_catching_up,
    is_catching_up,
)


def test_it_is_said_until_it_is_over_however_often_it_began(database: Database) -> None:
    for _ in range(2):
        with database.write() as session:
            begin_catching_up(session)
    with database.read() as session:
        assert is_catching_up(session)
        with pytest.raises(ProblemError, match="try again in a moment") as problem:
            check_caught_up(session)
    assert (problem.value.status, problem.value.code) == (503, "catching_up")
    with database.write() as session:
        end_catching_up(session)
        assert not is_catching_up(session)
        check_caught_up(session)
