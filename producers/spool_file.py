"""The spool on disk: an SQLite file that one gateway owns."""

import json
import logging
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from producers.captured import Captured, Facts, Ledger, Notice, Spooled
from producers.errors import SpoolError, SpoolLockedError

_log = logging.getLogger(__name__)

# Large pages suit images: with 200 kB ones 16 KiB wrote twice as fast as SQLite's 4 KiB, and small rows stay cheap.
PAGE_BYTES: Final = 16_384
_VERSION: Final = 1
_VACUUM_PAGES: Final = 128  # given back in one step ...
_VACUUM_STEPS: Final = 16  # ... and steps at a time: 32 MiB, well below a second
_SCHEMA: Final = """
CREATE TABLE frames (
    idx INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL, facts BLOB NOT NULL, path TEXT, image BLOB);
CREATE TABLE notices (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE taken (path TEXT, sha256 TEXT, PRIMARY KEY (path, sha256)) WITHOUT ROWID;
CREATE TABLE positions (source TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE ledger (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL);
"""
_encode_facts = msgspec.msgpack.Encoder().encode
_decode_facts = msgspec.msgpack.Decoder(Facts).decode
_encode_notice = msgspec.msgpack.Encoder().encode
_decode_notice = msgspec.msgpack.Decoder(Notice).decode
_COLUMNS: Final = "idx, sha256, size, facts, path, image"
_Row = tuple[int, str, int, bytes, str | None, bytes | None]


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk, a quota or the file's page limit is exhausted."""
    # A full disk also shows as an I/O error, where the write-ahead log or its index could not grow.
    codes = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
    return getattr(error, "sqlite_errorcode", 0) in codes


class SpoolLock:
    """The right to use a spool's folder, freed by the operating system when the process dies.

    SQLite's own file lock works alike on Linux and Windows.
    """

    def __init__(self, folder: Path) -> None:
        self._owner = folder / "owner.json"
        self._connection = sqlite3.connect(folder / "lock", timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise SpoolLockedError(
                f"the spool {folder} is in use by {self._holder()}: only one gateway may number a camera's frames; "
                "stop that one first, or start this one with another camera id"
            ) from error
        self._owner.write_text(json.dumps({"gateway": gateway_name(), "since": _now()}), encoding="utf-8")

    def _holder(self) -> str:
        try:
            owner = json.loads(self._owner.read_text(encoding="utf-8"))
            return f"gateway {owner['gateway']} since {owner['since']}"
        except (OSError, ValueError, KeyError):
            return "another gateway"

    def release(self) -> None:
        """Let another gateway have it."""
        self._connection.close()


def gateway_name() -> str:
    """`<host>:<pid>` of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class SpoolFile:
    """Tables of one spool, for three threads: one writes, one delivers (`read_*`), one captures (`*taken`, `position`).

    Each has a connection of its own, and must: what two threads read over one connection at a time, SQLite answers from
    one snapshot, the older one, in which frames committed since are missing.
    """

    def __init__(self, folder: Path, *, log_bytes: int, max_pages: int | None = None) -> None:
        """`log_bytes` is about what the write-ahead log may take; `max_pages` caps the file itself."""
        self.path = folder / "spool.sqlite"
        self._reserve = folder / "reserve"
        self._log_pages = max(1, log_bytes // PAGE_BYTES)
        try:
            self._writer = self._connect()
            if max_pages is not None:
                self._writer.execute(f"PRAGMA max_page_count = {int(max_pages)}")
            self._create()
            self._reader, self._capturer = self._connect(), self._connect()
        except sqlite3.DatabaseError as error:
            if is_full(error):
                raise SpoolError(f"no room on disk for the spool {self.path}: free some space") from error
            raise SpoolError(
                f"the spool {self.path} can't be opened: {error}; if the disk is sound, move the file away: numbering "
                "then goes on above the camera's last frame in Kafka, but what was not delivered stays in that file"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        # Overwriting what is deleted would write every image twice, and need room on a full disk to make room.
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a frame counts as captured once it would survive a power cut; it costs about 1 ms a commit on an SSD.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {self._log_pages}")
        connection.execute(f"PRAGMA journal_size_limit = {self._log_pages * PAGE_BYTES}")
        return connection

    def _create(self) -> None:
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._writer.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise SpoolError(
                f"the spool {self.path} has format {version}, this linewatch writes {_VERSION}: "
                "let the version that wrote it deliver what it holds, then delete the file"
            )

    def close(self) -> None:
        """Close all connections; the write-ahead log is folded into the file."""
        self._capturer.close()
        self._reader.close()
        self._writer.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything or nothing; sqlite3.Error passes through after the rollback."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def add_frames(self, frames: Sequence[tuple[int, Captured]]) -> None:
        """Keep numbered frames, and where their source goes on."""
        self._writer.executemany(f"INSERT INTO frames ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", _rows(frames))  # noqa: S608
        files = [(f.resume.path, f.sha256) for _, f in frames if f.resume is not None and f.resume.path is not None]
        self._writer.executemany("INSERT OR IGNORE INTO taken VALUES (?, ?)", files)
        for _, frame in frames:
            if frame.resume is not None and frame.resume.position is not None:
                self.save_position(frame.resume.source, frame.resume.position + 1)

    def save_position(self, source: str, following: int) -> None:
        """Remember that `source` goes on at `following`."""
        self._writer.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (source, following))

    def add_taken(self, path: str, sha256: str) -> None:
        """Remember a file that needs no second look."""
        self._writer.execute("INSERT OR IGNORE INTO taken VALUES (?, ?)", (path, sha256))

    def add_notice(self, notice: Notice) -> None:
        """Keep a notice until Kafka has it."""
        self._writer.execute("INSERT INTO notices (body) VALUES (?)", (_encode_notice(notice),))

    def delete_frames(self, up_to: int) -> int:
        """Forget frames up to and with index `up_to`; returns how many there were."""
        return self._writer.execute("DELETE FROM frames WHERE idx <= ?", (up_to,)).rowcount

    def delete_frame(self, index: int) -> None:
        """Forget one frame."""
        self._writer.execute("DELETE FROM frames WHERE idx = ?", (index,))

    def delete_notices(self, up_to: int) -> None:
        """Forget notices up to and with id `up_to`."""
        self._writer.execute("DELETE FROM notices WHERE id <= ?", (up_to,))

    def save(self, ledger: Ledger) -> None:
        """Write the ledger."""
        body = msgspec.json.encode(ledger).decode()
        self._writer.execute("INSERT OR REPLACE INTO ledger VALUES (1, ?)", (body,))

    def oldest_stored(self, from_index: int) -> int | None:
        """Index of the oldest frame at or behind `from_index` whose bytes lie here; for the writing thread."""
        row = self._writer.execute(
            "SELECT idx FROM frames WHERE idx >= ? AND path IS NULL ORDER BY idx LIMIT 1", (from_index,)
        ).fetchone()
        return int(row[0]) if row else None

    def give_back_space(self) -> None:
        """Shrink the file by some of its free pages, and the write-ahead log to nothing, as far as there is room."""
        try:
            for _ in range(_VACUUM_STEPS):  # a few pages at a time: moving them takes room in the log first
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                # sqlite3 steps a pragma without columns once, which frees one page; a script is stepped to its end.
                self._writer.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES});")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            _log.debug("the spool %s stays as large as it is: %s", self.path, error)

    def hold_reserve(self, size: int) -> bool:
        """Keep so many bytes of disk occupied for hard times; False when they are not to be had."""
        try:
            if self._reserve.exists() and self._reserve.stat().st_size == size:
                return True
            with self._reserve.open("wb") as file:
                for _ in range(0, size, PAGE_BYTES):
                    file.write(bytes(PAGE_BYTES))
                file.truncate(size)
        except OSError:
            self.spend_reserve()
            return False
        return True

    def spend_reserve(self) -> None:
        """Give the reserved bytes to the write-ahead log: even forgetting delivered frames takes some room first."""
        self._reserve.unlink(missing_ok=True)
        self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def free_bytes(self) -> int:
        """Bytes of the file that hold nothing."""
        return int(self._writer.execute("PRAGMA freelist_count").fetchone()[0]) * PAGE_BYTES

    def used_bytes(self) -> int:
        """Bytes of the file that hold something."""
        return int(self._writer.execute("PRAGMA page_count").fetchone()[0]) * PAGE_BYTES - self.free_bytes()

    def read_ledger(self) -> Ledger:
        """The ledger as last saved."""
        row = self._reader.execute("SELECT body FROM ledger WHERE id = 1").fetchone()
        return msgspec.json.decode(row[0], type=Ledger) if row else Ledger()

    def read_frames(self, first: int, before: int, max_bytes: int) -> list[Spooled]:
        """Frames with `first` <= index < `before`, in order, `max_bytes` together; a larger one comes alone."""
        query = f"SELECT {_COLUMNS} FROM frames WHERE idx >= ? AND idx < ? ORDER BY idx"  # noqa: S608
        found: list[Spooled] = []
        size = 0
        for row in self._reader.execute(query, (first, before)):
            if found and size + row[2] > max_bytes:
                break
            found.append(_spooled(row))
            size += row[2]
        return found

    def read_hashes(self, first: int, before: int) -> list[tuple[int, str]]:
        """Index and sha256 of each frame with `first` <= index < `before`, in order."""
        query = "SELECT idx, sha256 FROM frames WHERE idx >= ? AND idx < ? ORDER BY idx"
        rows = self._reader.execute(query, (first, before))
        return [(int(index), str(sha256)) for index, sha256 in rows]

    def read_notices(self, after: int, limit: int = 100) -> list[tuple[int, Notice]]:
        """Id and notice, behind id `after`, oldest first."""
        rows = self._reader.execute("SELECT id, body FROM notices WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        return [(int(number), _decode_notice(body)) for number, body in rows]

    def read_newest_notice(self) -> int:
        """Id of the newest notice, 0 when there is none; for the writing thread."""
        return int(self._writer.execute("SELECT coalesce(max(id), 0) FROM notices").fetchone()[0])

    def read_count(self) -> int:
        """How many frames are kept; for the writing thread."""
        return int(self._writer.execute("SELECT count(*) FROM frames").fetchone()[0])

    def read_position(self, source: str) -> int:
        """Where `source` goes on, 0 when it was never seen."""
        row = self._capturer.execute("SELECT next FROM positions WHERE source = ?", (source,)).fetchone()
        return int(row[0]) if row else 0

    def read_has_taken(self) -> bool:
        """Whether any file was captured before."""
        return self._capturer.execute("SELECT 1 FROM taken LIMIT 1").fetchone() is not None

    def read_is_path_taken(self, path: str) -> bool:
        """Whether a file of this path was captured before."""
        return self._capturer.execute("SELECT 1 FROM taken WHERE path = ? LIMIT 1", (path,)).fetchone() is not None

    def read_is_taken(self, path: str, sha256: str) -> bool:
        """Whether this file with these bytes was captured before."""
        found = self._capturer.execute("SELECT 1 FROM taken WHERE path = ? AND sha256 = ?", (path, sha256)).fetchone()
        return found is not None


def disk_cost(frame: Captured) -> int:
    """About how many bytes of the file a frame takes, never too few: a row, and whole pages for an image kept here."""
    if frame.path is not None:
        return 1024
    return -(-(len(frame.image) + 1024) // PAGE_BYTES) * PAGE_BYTES


def _rows(frames: Iterable[tuple[int, Captured]]) -> Iterator[_Row]:
    for index, frame in frames:
        stored = None if frame.path is not None else frame.image
        yield index, frame.sha256, len(frame.image), _encode_facts(frame.facts), frame.path, stored


def _spooled(row: _Row) -> Spooled:
    index, sha256, size, facts, path, image = row
    return Spooled(index, sha256, size, _decode_facts(facts), path, image, fresh=False)
