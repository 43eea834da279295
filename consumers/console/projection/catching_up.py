"""Whether what the tables say of tasks may be long past: after a start or a rebuild, until the projection caught up.

Meanwhile a closed task looks open and an open one is missing, so nobody is given or refused any: claims and answers get
503 `catching_up`, which a page tries again. All consoles on a database share the one row that says so.
"""

from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consumers.console.errors import ProblemError
from consumers.console.tables.progress import CatchingUpRow
from schemas.topics import EDGE_POLICIES, LABELING_TASKS

AWAITED: Final = (EDGE_POLICIES, LABELING_TASKS)
"""What must be read to its end: the tasks, and the classes that answers are held to."""
_ONE: Final = 1


def begin_catching_up(session: Session) -> None:
    """Say that the tables lag behind."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(CatchingUpRow).values(one=_ONE).on_conflict_do_nothing())


def end_catching_up(session: Session) -> None:
    """Say that they do no longer."""
    session.execute(delete(CatchingUpRow))


def is_catching_up(session: Session) -> bool:
    """Whether they lag behind."""
    return session.scalar(select(CatchingUpRow.one)) is not None


def check_caught_up(session: Session) -> None:
    """ProblemError 503 `catching_up` while they lag behind."""
    if is_catching_up(session):
        detail = "the console still reads which tasks there are: nothing is lost, try again in a moment"
        raise ProblemError(503, "catching_up", detail, headers={"Retry-After": "2"})
