"""What an edge remembers over a restart: the last statement it follows per slot, and the highest revision seen."""

import os
import threading
import uuid
from pathlib import Path
from typing import Final

import msgspec

from consumers.edge.errors import EdgeStateError
from schemas.records import DesiredState, Slot

_FORMAT: Final = 1


class SlotMemory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One slot: `floor` is the highest well-signed revision seen, `followed` the statement in force."""

    floor: int = 0
    followed: DesiredState | None = None


class Memory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All slots, as in state.json."""

    format_version: int = _FORMAT
    slots: dict[str, SlotMemory] = {}

    def of(self, slot: Slot) -> SlotMemory:
        """What is remembered of a slot; an empty memory for one never used."""
        return self.slots.get(slot, SlotMemory())


class MemoryFile:
    """data_dir/edge/<edge>/state.json; written whole or not at all, floors only ever rise. Safe across threads.

    Processes of one edge on one machine share the file: what another one has learned counts too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> Memory:
        """What is remembered; EdgeStateError for a file that is not ours or damaged."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return Memory()
        except OSError as error:
            raise EdgeStateError(f"{self._path}: cannot be read: {error.strerror}") from error
        try:
            memory = msgspec.json.decode(content, type=Memory)
        except msgspec.DecodeError as error:
            # Going on with an empty memory would let old statements in again.
            raise EdgeStateError(f"{self._path}: not an edge's state ({error}); restore it or move it away") from error
        if memory.format_version != _FORMAT:
            raise EdgeStateError(f"{self._path}: format {memory.format_version}, this version reads {_FORMAT}")
        return memory

    def raise_floor(self, slot: Slot, revision: int) -> None:
        """Remember that a well-signed statement of this revision was seen."""
        with self._lock:
            known = self.read().of(slot)
            if revision > known.floor:
                self._write(slot, SlotMemory(floor=revision, followed=known.followed))

    def follow(self, state: DesiredState) -> None:
        """Remember a statement as the one in force."""
        with self._lock:
            known = self.read().of(state.slot)
            if known.followed is None or state.revision >= known.followed.revision:
                self._write(state.slot, SlotMemory(floor=max(known.floor, state.revision), followed=state))

    def _write(self, slot: Slot, content: SlotMemory) -> None:
        memory = Memory(slots={**self.read().slots, slot: content})
        scratch = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex}.tmp")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with scratch.open("wb") as stream:
                stream.write(msgspec.json.format(msgspec.json.encode(memory)))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(scratch, self._path)
        except OSError as error:
            scratch.unlink(missing_ok=True)
            raise EdgeStateError(f"{self._path}: cannot be written: {error}") from error
