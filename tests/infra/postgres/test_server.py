"""A real PostgreSQL, started and stopped."""

from contextlib import closing

import pytest
from pg8000 import dbapi

from infra.postgres.distribution import Postgres, ensure_postgres
from infra.postgres.errors import PostgresStartError
from infra.postgres.server import PostgresServer
from infra.settings import load_settings

pytestmark = pytest.mark.integration


def connect(server: PostgresServer, password: str) -> dbapi.Connection:
    return dbapi.connect(
        user="linewatch", password=password, host="127.0.0.1", port=server.port, database="postgres", timeout=10
    )


def test_it_answers_whoever_has_the_password_and_leaves_nothing_behind() -> None:
    with PostgresServer.start(ensure_postgres(load_settings().cache_dir)) as server:
        with closing(connect(server, server.password)) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT current_setting('server_encoding'), current_setting('listen_addresses')")
            assert list(cursor.fetchall()) == [["UTF8", "127.0.0.1"]]
        with pytest.raises(dbapi.DatabaseError, match="password authentication failed"):
            connect(server, "wrong")
        assert server.url("x").endswith(f"@127.0.0.1:{server.port}/x")
    assert not server.folder.exists()
    assert server.process.returncode == 0
    server.stop()


def test_one_that_can_not_be_made_says_why_and_leaves_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    programs = tmp_path_factory.mktemp("programs")
    (programs / "initdb").write_text("#!/bin/sh\necho 'initdb: error: no space left' >&2\nexit 1\n")
    (programs / "initdb").chmod(0o755)
    for folder in (programs, programs.parent, programs.parent.parent):
        folder.chmod(0o755)  # whoever it runs as instead of root looks in
    with pytest.raises(PostgresStartError, match="no space left"):
        PostgresServer.start(Postgres(programs=programs))
