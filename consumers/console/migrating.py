"""Bringing a database to this version's tables, at the console's start and under a lock."""

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from consumers.console.database import Database
from consumers.console.errors import DatabaseUnusableError


def migrate(database: Database) -> None:
    """Run every migration that this database lacks; replicas that start at once wait for one another.

    Raises:
        DatabaseUnusableError: it does not answer, or a newer linewatch made it.
    """
    try:
        with database.exclusive("migrations"), as_file(files("consumers.console").joinpath("migrations")) as scripts:
            config = Config()
            config.set_main_option("script_location", str(scripts).replace("%", "%%"))
            with database.engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseUnusableError(
            f"the console's database {database.engine.url!r} was made by another version of linewatch ({error}): "
            "start that version, or give another database_url"
        ) from error
    except DBAPIError as error:
        raise DatabaseUnusableError(
            f"the console's database {database.engine.url!r} can't be used ({error.orig}): see database_url"
        ) from error


def versions(database: Database) -> tuple[str | None, str | None]:
    """The database's version and the newest that this linewatch knows."""
    with as_file(files("consumers.console").joinpath("migrations")) as scripts:
        newest = ScriptDirectory(str(scripts)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), newest
