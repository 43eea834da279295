"""A console's database on SQLite and on PostgreSQL: every test that asks for `database` runs on both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from consumers.console.database import Database, open_database
from consumers.console.migrating import migrate
from consumers.console.services import Services
from infra.postgres.server import PostgresServer
from infra.settings import Settings
from tests.consumers.console.browsers import Browser, add_person
from tests.consumers.console.services import FakeClock, KeepingPublisher, make_services
from tests.postgres import make_postgres_database, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """A migrated database of PostgreSQL that others are copied from."""
    name = make_postgres_database(postgres_server)
    database = open_database(Settings(database_url=postgres_server.url(name)))
    migrate(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated SQLite database that others are copied from."""
    folder = tmp_path_factory.mktemp("console-template")
    database = open_database(Settings(data_dir=folder))
    migrate(database)
    database.close()
    return folder / "console" / "console.sqlite"


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database of the test's own, of either kind."""
    if request.param == "sqlite":
        path = tmp_path / "console.sqlite"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        return f"sqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.url(make_postgres_database(server, request.getfixturevalue("migrated_template")))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of the test's own, of either kind."""
    opened = open_database(Settings(database_url=database_url))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    """The clock of `services`."""
    return FakeClock()


@pytest.fixture
def publisher() -> KeepingPublisher:
    """The publisher of `services`: it keeps what it is given."""
    return KeepingPublisher()


@pytest.fixture
def services(database: Database, tmp_path: Path, clock: FakeClock, publisher: KeepingPublisher) -> Services:
    """The services of a console on either database, with a clock that the test sets and no broker."""
    return make_services(database, tmp_path / "var", publisher=publisher, clock=clock)


@pytest.fixture
def browse(browse_apart: Callable[..., Browser]) -> Callable[..., Browser]:
    """Open browsers; tests of the API's pages have their own."""
    return browse_apart


@pytest.fixture
def browse_apart(services: Services) -> Iterator[Callable[..., Browser]]:
    """Open browsers: `browse()` is nobody's, `browse("inspector")` that of a new person in the role, by that name."""
    with ExitStack() as open_ones:

        def open_browser(role: str | None = None, name: str | None = None, **more: object) -> Browser:
            browser = open_ones.enter_context(Browser(services))
            if role is not None:
                add_person(services, name or role.replace("_", "-"), role, **more)  # type: ignore[arg-type]
                browser.sign_in(name or role.replace("_", "-"))
            return browser

        yield open_browser
