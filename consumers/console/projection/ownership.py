"""Which of several consoles on one database projects: the holder of one row, renewed in every transaction it makes.

A console that lost the row can't commit another batch, so two never write at once, whatever their clocks say.
"""

import os
import socket
import uuid
from contextlib import suppress
from typing import Final

import psutil
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.errors import ConsoleError
from consumers.console.tables.progress import ProjectorRow

LEASE_US: Final = 10_000_000
"""A console that did not renew for so long is taken for dead by the others."""
_ONE: Final = 1


class ProjectionLostError(ConsoleError):
    """Another console projects now; this one waits until that one stops. Nothing to do."""


class Ownership:
    """This process' hold, or wish for one, on the projection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._place = place()
        self._holder = f"{self._place}|{os.getpid()}|{_started(os.getpid())}|{uuid.uuid4().hex}"

    def acquire(self, at_us: int) -> bool:
        """Take the hold if it is free, run out, or its holder's process is gone from this machine."""
        try:
            with self._database.write() as session:
                row = session.get(ProjectorRow, _ONE, with_for_update=True)
                if row is None:
                    session.add(ProjectorRow(one=_ONE, holder=self._holder, expires_at_us=at_us + LEASE_US))
                elif row.holder == self._holder or row.expires_at_us < at_us or self._is_gone(row.holder):
                    row.holder, row.expires_at_us = self._holder, at_us + LEASE_US
                else:
                    return False
        except IntegrityError:  # two started at once on an empty table, and this one came second
            return False
        return True

    def renew(self, session: Session, at_us: int) -> None:
        """Renew the hold in this transaction; ProjectionLostError when it is another's. Call it first."""
        mine = (ProjectorRow.one == _ONE) & (ProjectorRow.holder == self._holder)
        renewed = session.execute(update(ProjectorRow).where(mine).values(expires_at_us=at_us + LEASE_US))
        if renewed.rowcount != 1:  # type: ignore[attr-defined]
            raise ProjectionLostError("another console projects now")

    def release(self) -> None:
        """Give the hold up, so that another console goes on at once."""
        with self._database.write() as session:
            session.execute(delete(ProjectorRow).where(ProjectorRow.holder == self._holder))

    def _is_gone(self, holder: str) -> bool:
        where, _, rest = holder.partition("|")
        pid, _, rest = rest.partition("|")
        started = rest.partition("|")[0]
        return where == self._place and _started(int(pid)) != started


def place() -> str:
    """This machine and, where there is such a thing, this container: where process numbers mean the same."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{os.readlink('/proc/self/ns/pid')}"
    return socket.gethostname()


def _started(pid: int) -> str:
    """When a process was started, as a word; empty when there is none."""
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""
