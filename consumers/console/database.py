"""The console's database: SQLite in data_dir by default, PostgreSQL by URL; the same code for both.

Use `database.read()` where nothing is written and `database.write()` where anything is:

    with database.write() as session:
        session.add(...)            # committed at the block's end, rolled back when it raises

On SQLite a write block takes the one write lock at its start (BEGIN IMMEDIATE) and waits up to `BUSY_S` for it, so it
never fails half way; keep it short and never wait for Kafka inside. `database.write(durable=False)` does not wait for
the disk at its end: for what a power cut may take back. `exclusive(name)` is a lock over all replicas.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from consumers.console.errors import DatabaseUnusableError
from infra.broker.lock import exclusive as locked_file
from infra.settings import Settings

BUSY_S: Final = 30.0
"""How long a writer waits for another one, seconds."""
_CONNECTIONS: Final = 20  # as many as requests that FastAPI's threads serve at once, roughly; more wait
_WRITES: Final = "linewatch_writes"
_SAFE: Final = "FULL"
_QUICK: Final = "NORMAL"
_DATABASE: Final = "linewatch_database"


class Database:
    """An engine and the sessions on it. Safe to share between threads; `close` it at the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._safe_writer = engine.execution_options(**{_WRITES: _SAFE})
        self._quick_writer = engine.execution_options(**{_WRITES: _QUICK})
        self._turn, self._counting = threading.Lock(), threading.Lock()
        self._changes: Counter[str] = Counter()
        self._waited = 0
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "postgresql"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session whose changes, if any, are thrown away."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Session]:
        """A session that is committed at the block's end and rolled back when the block raises.

        What is not `durable` outlives any kill of the console, but on SQLite a power cut may take it back, and what
        was committed after it that is not durable either; the next durable commit makes all before it durable too.
        """
        writer = self._safe_writer if durable else self._quick_writer
        info = {_DATABASE: self}
        with self._in_turn(), Session(writer, expire_on_commit=False, info=info) as session, session.begin():
            yield session

    @property
    def waited(self) -> int:
        """How many writers of this process had to wait for another one so far; always 0 on PostgreSQL."""
        return self._waited

    def changes(self, what: str) -> int:
        """How often `what` was changed in this process, by `note_changed`: what was kept of it before is old."""
        return self._changes[what]

    def count_change(self, what: str) -> None:
        """Count a change of `what` that was committed just now."""
        with self._counting:
            self._changes[what] += 1

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """On SQLite this process' writers come one after the other: SQLite has them ask again, in ever longer pauses.

        Who waited too long asks SQLite all the same, which says what is wrong.
        """
        mine = self.kind == "sqlite" and self._turn.acquire(blocking=False)
        if self.kind == "sqlite" and not mine:
            with self._counting:
                self._waited += 1
            mine = self._turn.acquire(timeout=BUSY_S)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold the lock `name` against every other thread and console on this database; it ends with its holder."""
        with self._locks[name]:
            if self.kind == "postgresql":
                with self.engine.begin() as connection:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(name)})
                    yield
            elif (file := self.engine.url.database) in (None, "", ":memory:"):
                yield
            else:
                lock = f"{file}.{sha256(name.encode()).hexdigest()[:16]}.lock"
                with locked_file(Path(lock), timeout_s=BUSY_S, doing=name):
                    yield

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def note_changed(session: Session, what: str) -> None:
    """Say, in a session that writes, that it changes `what`; it counts once it is committed."""
    database: Database = session.info[_DATABASE]
    event.listen(session, "after_commit", lambda _: database.count_change(what), once=True)


def lock_key(name: str) -> int:
    """The number of PostgreSQL's advisory lock for a name, signed 64 bits."""
    return int.from_bytes(sha256(f"linewatch.console/{name}".encode()).digest()[:8], "big", signed=True)


def database_url(settings: Settings) -> URL:
    """Where the database is; DatabaseUnusableError for a URL that is neither SQLite's nor PostgreSQL's."""
    if settings.database_url is None:
        return URL.create("sqlite", database=str(settings.data_dir / "console" / "console.sqlite"))
    try:
        url = make_url(settings.database_url)
    except ArgumentError as error:
        raise DatabaseUnusableError(
            "database_url is no URL: write postgresql://USER:PASSWORD@HOST:PORT/NAME or sqlite:///PATH"
        ) from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+pg8000")
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite")
    raise DatabaseUnusableError(f"database_url {url!r} is of another kind: the console runs on SQLite and PostgreSQL")


def open_database(settings: Settings) -> Database:
    """The database of these settings, not yet migrated; DatabaseUnusableError when its URL or folder is unusable."""
    url = database_url(settings)
    if url.get_backend_name() == "sqlite":
        return Database(_sqlite(url))
    return Database(
        create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, pool_pre_ping=True, **_json())
    )


def _json() -> dict[str, Any]:
    return {
        "json_serializer": lambda value: msgspec.json.encode(value).decode(),
        "json_deserializer": msgspec.json.decode,
    }


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnusableError(f"the folder of {url.database} can't be made: {error.strerror}") from error
    engine = create_engine(url, pool_size=_CONNECTIONS, max_overflow=_CONNECTIONS, **_json())
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not by Python's sqlite3
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {round(BUSY_S * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA synchronous = {_SAFE}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    if writes is None:
        connection.exec_driver_sql("BEGIN")
        return
    # With WAL, NORMAL keeps the file whole through any kill or power cut. FULL also keeps the last commits through a
    # power cut: people, sessions, audit events and labels on their way to Kafka start here.
    connection.exec_driver_sql(f"PRAGMA synchronous = {writes}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_refusal(error: Exception) -> bool:
    """Whether a database refused what it was given, as opposed to being away, busy or broken.

    pg8000 raises one class for nearly everything, so the SQLSTATE decides: 22 data, 23 integrity (SQL standard).
    """
    if isinstance(error, DataError | IntegrityError | ValueError | TypeError | OverflowError):
        return True
    if isinstance(error, DBAPIError):
        said = error.orig.args[0] if error.orig is not None and error.orig.args else None
        return isinstance(said, dict) and str(said.get("C", "")).startswith(("22", "23"))
    return isinstance(error, StatementError)


def reachable(database: Database) -> str | None:
    """None when the database answers, else why not, in words."""
    try:
        with database.read() as session:
            session.execute(text("SELECT 1"))
    except DBAPIError as error:
        return f"the database does not answer: {error.orig}"
    return None
