"""Forgetting everything that topics say, so that the projection reads it again from their beginning."""

from sqlalchemy import delete

from consumers.console.database import Database
from consumers.console.projection.catching_up import begin_catching_up
from consumers.console.tables.every import projected_tables
from consumers.console.tables.progress import ProjectorRow


def forget_projection(database: Database) -> None:
    """Empty every projected table and every position. People, sessions, leases, drafts, tokens and builds stay.

    A console that projects meanwhile loses its hold with it, and begins again from nothing. Nobody is given or refused
    a task until it has caught up.
    """
    with database.write() as session:
        begin_catching_up(session)
        session.execute(delete(ProjectorRow))
        for table in projected_tables():
            session.execute(delete(table))
