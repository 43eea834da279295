"""Brings an edge to what it is told to run: verify, download, load, prove, swap; one statement at a time, aside.

The line never waits for it: frames are judged by the standing model until the next one is ready.
"""

import dataclasses
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consumers.edge.acceptance import accept
from consumers.edge.cache import ModelCache
from consumers.edge.errors import EdgeStateError, ModelUnusableError, StatementRefusedError
from consumers.edge.loading import load_standing
from consumers.edge.memory import MemoryFile
from consumers.edge.slot import ModelSlot, Slots, Standing
from infra.blobs import BlobError
from infra.security import SecurityError, load_trust
from schemas.records import DesiredState, DesiredStatement, EdgeState, Slot

logger = logging.getLogger(__name__)

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_SLOTS: Final[tuple[Slot, ...]] = ("active", "shadow")


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of the installer, for the edge's reports."""

    state: EdgeState
    message: str | None = None
    refused_revision: int | None = None
    slot: Slot = "active"


@dataclass(frozen=True, slots=True)
class Machine:
    """What models are loaded with on this machine."""

    threads: int | None  # of the runtime; None lets the model or the machine decide
    maximum_pixels: int


class Installer:
    """The installing thread. `offer` statements to it; a newer one of a slot takes the place of a waiting one."""

    def __init__(
        self,
        edge_id: str,
        slots: Slots,
        memory: MemoryFile,
        cache: ModelCache,
        trust_file: Path,
        machine: Machine,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._edge_id, self._slots, self._memory, self._cache = edge_id, slots, memory, cache
        self._trust_file, self._machine, self._on_progress = trust_file, machine, on_progress
        self._pending: dict[Slot, DesiredState] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="edge-install", daemon=True)

    def start(self) -> None:
        """Take up what was in force before the last stop, then follow what is offered."""
        memory = self._memory.read()
        for slot in _SLOTS:
            if (followed := memory.of(slot).followed) is not None:
                self.offer(followed)
        self._thread.start()

    def offer(self, state: DesiredState) -> None:
        """A statement arrived; never waits."""
        with self._changed:
            self._pending[state.slot] = state
            self._changed.notify_all()

    def stop(self) -> None:
        """End; a download goes on after the next start."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is pending or under way, at most `timeout` seconds; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._busy, timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._pending or self._stopping.is_set())
                if self._stopping.is_set():
                    return
                state = self._pending.pop(next(iter(self._pending)))
                self._busy = True
            self._attempt(state)

    def _attempt(self, state: DesiredState) -> None:
        """Follow a statement or refuse it; trouble that passes is waited out unless a newer statement comes."""
        wait = _FIRST_WAIT
        while self._wanted(state.slot):
            try:
                self._follow(state)
            except (StatementRefusedError, ModelUnusableError) as error:
                logger.warning("refused: %s", error)
                self._on_progress(Progress("refused", str(error), state.revision, state.slot))
                return
            except (BlobError, EdgeStateError, SecurityError) as error:
                logger.warning("statement %s can't be followed yet: %s", state.event_id, error)
                self._on_progress(Progress("downloading", f"waiting: {error}", slot=state.slot))
                self._stopping.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            except Exception as error:
                logger.exception("statement %s failed in an unforeseen way", state.event_id)
                reason = f"{type(error).__name__}: {error}"
                told = f"statement {state.event_id}: {reason}"
                self._on_progress(Progress("refused", told, state.revision, state.slot))
                return
            else:
                return

    def _wanted(self, slot: Slot) -> bool:
        with self._changed:
            return not self._stopping.is_set() and slot not in self._pending

    def _follow(self, state: DesiredState) -> None:
        if self._stands(state):
            return
        self._on_progress(Progress("verifying", slot=state.slot))
        known = self._memory.read().of(state.slot)
        statement = accept(state, self._edge_id, known, load_trust(self._trust_file))
        self._memory.raise_floor(state.slot, state.revision)
        if statement.model is None:
            standing = None
        elif (standing := self._standing(statement)) is None:
            return
        self._slot(state.slot).swap(standing)
        self._memory.follow(state)
        self._cache.prune(self._digests_in_use())
        logger.info("slot %s now runs %s", state.slot, "nothing" if standing is None else standing.reference)
        self._on_progress(Progress("swapped", slot=state.slot))

    def _stands(self, state: DesiredState) -> bool:
        """Whether this very statement is in force, as when the topic is read again from its beginning."""
        followed, current = self._memory.read().of(state.slot).followed, self._slot(state.slot).current
        if followed is None or followed.statement != state.statement:
            return False
        return current is not None and current.revision == state.revision

    def _standing(self, statement: DesiredStatement) -> Standing | None:
        """The model of a statement, ready to judge; None when a newer statement made it unwanted."""
        model, blob = statement.model, statement.blob
        if model is None or blob is None:
            return None
        for slot in (self._slot(statement.slot), self._slots.active, self._slots.shadow):
            if (held := slot.find(model.digest)) is not None:
                # Loaded and proven already: a rollback, a new configuration, a candidate that becomes active.
                return dataclasses.replace(
                    held, config=statement.config, revision=statement.revision, rollout_id=statement.rollout_id
                )
        self._on_progress(Progress("downloading", slot=statement.slot))
        artifact = self._cache.bring(model.digest, blob, lambda: self._wanted(statement.slot))
        if artifact is None:
            return None
        self._on_progress(Progress("warming", slot=statement.slot))
        return load_standing(
            artifact,
            statement.config,
            threads=self._machine.threads,
            maximum_pixels=self._machine.maximum_pixels,
            revision=statement.revision,
            rollout_id=statement.rollout_id,
        )

    def _slot(self, slot: Slot) -> ModelSlot:
        return self._slots.active if slot == "active" else self._slots.shadow

    def _digests_in_use(self) -> list[str]:
        held = (one for slot in (self._slots.active, self._slots.shadow) for one in (slot.current, slot.previous))
        return [one.reference.digest for one in held if one is not None]
