"""Fixtures of a real PostgreSQL: one server for the session, a fresh database for each test that asks.

A conftest that wants them says `from tests.postgres import postgres_server, postgres_url`.
"""

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from pg8000 import dbapi

from infra.postgres.distribution import ensure_postgres
from infra.postgres.server import PostgresServer
from infra.settings import load_settings


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One real PostgreSQL for the whole session."""
    with PostgresServer.start(ensure_postgres(load_settings().cache_dir)) as server:
        yield server


def make_postgres_database(server: PostgresServer, template: str | None = None) -> str:
    """Make a database, empty or a copy of another one that nobody is connected to, and give its name."""
    name = f"t{uuid.uuid4().hex[:16]}"
    copied = "" if template is None else f' TEMPLATE "{template}"'
    with closing(
        dbapi.connect(
            user="linewatch", password=server.password, host="127.0.0.1", port=server.port, database="postgres"
        )
    ) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'CREATE DATABASE "{name}"{copied}')
    return name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of an empty database of the test's own."""
    return postgres_server.url(make_postgres_database(postgres_server))
