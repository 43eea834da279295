"""`linewatch users`: people of the console, and the programs that call it, on the command line."""

import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from consumers.console.database import Database

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="People of the console: add, passwd, list, token.")
_Stdin = Annotated[bool, typer.Option("--password-stdin", help="read the password from standard input")]


@dataclass(frozen=True, slots=True)
class _CommandLine:
    """Who acts: the person at this machine's shell."""

    name: str
    role: str = "cli"
    address: str | None = None


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="what the person signs in with")],
    full_name: Annotated[str | None, typer.Option(help="as people call them; default: the name")] = None,
    role: Annotated[str, typer.Option(help="inspector, model_developer, operations_manager or product_manager")] = (
        "inspector"
    ),
    admin: Annotated[bool, typer.Option("--admin", help="may manage people and tokens")] = False,
    skill: Annotated[list[str] | None, typer.Option(help="a skill that tasks may ask for; give it again")] = None,
    language: Annotated[str, typer.Option(help="en or ko")] = "en",
    password_stdin: _Stdin = False,
) -> None:
    """Add a person, who must change the password at the first sign-in."""
    from consumers.console.auth import people
    from consumers.console.auth.passwords import Passwords
    from consumers.console.errors import PeopleError
    from consumers.console.services import now_us

    if language not in ("en", "ko"):
        raise PeopleError(f"language {language!r} is none of en, ko")
    profile = people.Profile(
        name=name,
        full_name=full_name or name,
        role=role,  # type: ignore[arg-type]  # checked there
        admin=admin,
        skills=tuple(skill or ()),
        language=language,  # type: ignore[arg-type]  # checked above
    )
    password = _password(from_stdin=password_stdin)
    kept = Passwords().accept(password, name)
    with _database() as database, database.write() as session:
        people.add(session, profile, kept, by=_actor(), at_us=now_us())
    sys.stderr.write(f"added {name} ({role}{', administrator' if admin else ''})\n")


@app.command()
def passwd(
    name: Annotated[str, typer.Argument(help="whose password")],
    password_stdin: _Stdin = False,
) -> None:
    """Give a person a new first password; ends every session of theirs."""
    from consumers.console.auth import people
    from consumers.console.auth.passwords import Passwords
    from consumers.console.services import now_us

    password = Passwords().accept(_password(from_stdin=password_stdin), name)
    with _database() as database, database.write() as session:
        people.set_password(session, name, password, by=_actor(), at_us=now_us(), must_change=True)
    sys.stderr.write(f"{name} has a new password, to be changed at the next sign-in\n")


@app.command("list")
def list_people(json_output: Annotated[bool, typer.Option("--json", help="a JSON list")] = False) -> None:
    """Everybody, also those who were deactivated."""
    from consumers.console.auth import people

    with _database() as database, database.read() as session:
        rows: list[dict[str, Any]] = [{"name": row.name, **people.shown(row)} for row in people.everybody(session)]
    if json_output:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    table = Table("name", "full name", "role", "skills", "state")
    for row in rows:
        state = ("administrator" if row["admin"] else "") if row["active"] else "deactivated"
        table.add_row(row["name"], row["full_name"], row["role"], ", ".join(row["skills"]), state)
    Console().print(table)


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="the program it is for")],
    role: Annotated[str, typer.Option(help="as a person's")] = "inspector",
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="days until it ends; for ever when absent")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="a JSON line")] = False,
) -> None:
    """Make a service token, with which a program calls the API (`Authorization: Bearer`), and print it once."""
    from consumers.console.auditing import record
    from consumers.console.auth import tokens
    from consumers.console.errors import PeopleError
    from consumers.console.permissions import ROLES
    from consumers.console.services import now_us

    if role not in ROLES:
        raise PeopleError(f"role {role!r} is none of {', '.join(ROLES)}")
    actor, now = _actor(), now_us()
    ends = None if days is None else now + days * 86_400_000_000
    with _database() as database, database.write() as session:
        row, secret = tokens.issue(session, name, role, by=actor.name, at_us=now, expires_at_us=ends)
        record(session, actor, "token.issue", f"{row.token_id} {name}", at_us=now, after={"name": name, "role": role})
        told = {"token_id": row.token_id, "name": name, "role": role, "expires_at_us": ends, "secret": secret}
    sys.stdout.write((json.dumps(told) if json_output else secret) + "\n")


@contextmanager
def _database() -> "Iterator[Database]":
    """The console's database; at the block's end, what was done is told to Kafka if it is there."""
    from consumers.console.database import open_database
    from consumers.console.migrating import migrate
    from infra.settings import load_settings

    database = open_database(load_settings())
    try:
        migrate(database)
        yield database
        _tell(database)
    finally:
        database.close()


def _tell(database: "Database") -> None:
    from consumers.console.auditing import send_waiting, waiting
    from consumers.console.errors import NotPublishedError
    from consumers.console.publishing import Publisher
    from infra.schema_topic import make_codec
    from infra.settings import load_settings

    if not waiting(database):
        return
    settings = load_settings()
    publisher = Publisher(settings, make_codec(settings))
    try:
        while send_waiting(database, publisher):
            pass
    except NotPublishedError:
        sys.stderr.write("Kafka is away: the audit event waits in the database until a console sends it\n")
    finally:
        publisher.close()


def _actor() -> _CommandLine:
    return _CommandLine(name=f"cli:{getpass.getuser()}")


def _password(*, from_stdin: bool) -> str:
    from consumers.console.errors import PeopleError

    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise PeopleError("there is no terminal to ask for a password: give it with --password-stdin")
    first, again = getpass.getpass("password: "), getpass.getpass("again: ")
    if first != again:
        raise PeopleError("the two passwords differ: nothing was changed")
    return first
