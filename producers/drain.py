"""The one writer that takes frames from the spool to Kafka, in order, and starts again wherever it failed."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from infra.blobs import BlobError
from producers.camera_history import CLAIM_EVERY_BYTES, CLAIM_EVERY_FRAMES, TRANSACTION_FRAMES
from producers.captured import Notice, Spooled
from producers.claiming import FENCED_LOOK_S, Claimant, Claimed
from producers.envelope import Envelopes, Unsendable
from producers.link import Link, LinkError, LinkFencedError, LinkTooLargeError, OpenLink
from producers.metrics import GatewayMetrics
from producers.spool import Acknowledgement, Spool
from schemas.identifiers import frame_id

_log = logging.getLogger(__name__)

COMMIT_EVERY_BYTES: Final = 128 * 2**20
_TAKE_BYTES: Final = 2 * 2**20
_ROOM_FOR_ENVELOPE: Final = 4096  # bytes of a frame's message beside its image, at most

MakeEnvelopes = Callable[[int], Envelopes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When a transaction is committed, and how long a failure is answered by waiting."""

    seconds: float = 0.5  # a transaction lasts
    size: int = COMMIT_EVERY_BYTES  # bytes of messages in it
    frames: int = TRANSACTION_FRAMES  # in it
    backoff_s: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0)  # before the 2nd, 3rd, ... attempt


@dataclass(slots=True)
class _Transaction:
    """What was sent since the last commit."""

    started: float  # monotonic seconds
    frames: int = 0
    gaps: int = 0  # frames given up
    size: int = 0  # bytes
    first_sequence: int | None = None
    last_sequence: int | None = None
    last: int | None = None  # index of the last frame it settles
    notice: int = 0  # id of its last notice
    captured_ns: list[int] = field(default_factory=list)  # monotonic capture times, of frames that were in memory
    captured_us: list[int] = field(default_factory=list)  # wall clock capture times, of frames read back from disk

    @property
    def empty(self) -> bool:
        return self.last is None and not self.notice


@dataclass(frozen=True, slots=True)
class _Way:
    """The way into Kafka, as long as nothing fails."""

    link: Link
    envelopes: Envelopes
    claimed: Claimed


@dataclass(slots=True)
class Delivered:
    """What a drain has delivered so far."""

    frames: int = 0
    size: int = 0  # bytes of messages
    gaps: int = 0  # frames that could not be sent any more, as their file had changed or vanished
    first_sequence: int | None = None
    last_sequence: int | None = None
    epoch: int = 0  # of the newest claim, 0 before the first


class Drain:
    """Delivers a spool until it is told to end. `run` is for a thread of its own."""

    def __init__(
        self,
        spool: Spool,
        open_link: OpenLink,
        make_envelopes: MakeEnvelopes,
        claimant: Claimant,
        metrics: GatewayMetrics,
        *,
        camera_id: str,
        unix_us: Callable[[], int],
        pace: Pace = Pace(),
    ) -> None:
        self._pace = pace
        self._spool, self._open_link, self._make_envelopes, self._claimant = spool, open_link, make_envelopes, claimant
        self._metrics, self._camera_id, self._unix_us = metrics, camera_id, unix_us
        self._captured = threading.Event()  # no more frames will come
        self.abandoned = threading.Event()  # what is left stays in the spool
        self._inline_limit: int | None = None
        self._fenced = False  # the last failure was that another link was opened
        self._since_claim_frames = self._since_claim_bytes = 0
        self.delivered = Delivered()

    def finish(self) -> None:
        """No more frames will come: end once everything is delivered."""
        self._captured.set()
        self._spool.seal()

    def abandon(self) -> None:
        """End soon, whatever is left."""
        self.abandoned.set()
        self.finish()

    def run(self) -> None:
        """Deliver until finished or abandoned. Raises FencedError when another gateway took the camera over."""
        failures = 0
        while not self._over():
            before = self.delivered.frames
            try:
                self._deliver()
            except (LinkError, BlobError) as error:
                failures = failures + 1 if self.delivered.frames == before else 1
                self._note_failure(error, failures)
                self.abandoned.wait(self._pace.backoff_s[min(failures, len(self._pace.backoff_s)) - 1])

    def _over(self) -> bool:
        """Every run claims its camera once, even one that turns out to have nothing to deliver."""
        delivered = self.delivered.epoch > 0 and self._captured.is_set() and self._spool.is_drained()
        return self.abandoned.is_set() or delivered

    def _note_failure(self, error: Exception, failures: int) -> None:
        if self.abandoned.is_set():
            return
        self._metrics.delivery_failures.inc()
        if isinstance(error, LinkTooLargeError):
            self._inline_limit = max(error.size - _ROOM_FOR_ENVELOPE, 1) // 2
        self._fenced = isinstance(error, LinkFencedError)
        level = logging.WARNING if failures == 1 else logging.INFO
        _log.log(level, "not delivered, trying again: %s; %d frames wait", error, self._spool.state().frames)

    def _deliver(self) -> None:
        """Open a link, claim the camera, deliver until the end or a failure."""
        if self.delivered.epoch:
            patience = FENCED_LOOK_S if self._fenced else 0.0
            self._claimant.stop_if_taken_over(patience, self.abandoned)
        link = self._open_link()
        try:
            envelopes = self._make_envelopes(link.partition)
            if self._inline_limit is not None:
                envelopes.inline_limit = self._inline_limit
            claimed = self._claimant.claim(link, envelopes)
            self.delivered.epoch = claimed.epoch
            self._metrics.epoch.set(claimed.epoch)
            self._note_found(claimed)
            self._pump(link, envelopes, claimed)
        finally:
            link.close()

    def _note_found(self, claimed: Claimed) -> None:
        """An answer was lost, not what it was about: these frames are delivered, and counted."""
        if claimed.found:
            self._note_delivered(len(claimed.found), claimed.base + claimed.found[0], claimed.base + claimed.found[-1])
            self._metrics.note_delivery(len(claimed.found), ())
        self._note_gaps(claimed.given_up)

    def _note_gaps(self, count: int) -> None:
        self._metrics.dead_letters.inc(count)
        self.delivered.gaps += count

    def _note_delivered(self, frames: int, first_sequence: int | None, last_sequence: int | None) -> None:
        done = self.delivered
        done.frames += frames
        if frames:
            done.first_sequence = first_sequence if done.first_sequence is None else done.first_sequence
            done.last_sequence = last_sequence

    def _pump(self, link: Link, envelopes: Envelopes, claimed: Claimed) -> None:
        self._since_claim_frames = self._since_claim_bytes = 0
        way = _Way(link, envelopes, claimed)
        transaction = _Transaction(time.monotonic())
        while not self.abandoned.is_set():
            frames = self._spool.take(_TAKE_BYTES, self._patience(transaction))
            if transaction.empty:
                transaction.started = time.monotonic()
            for frame in frames:
                self._send(way, frame, transaction)
                if self._is_full(transaction):
                    transaction = self._commit(way, transaction)
            self._send_notices(way, transaction)
            if self._is_due(transaction, idle=not frames):
                transaction = self._commit(way, transaction)
            elif not frames and transaction.empty and self._over():
                self._renew(way, last=True)
                return

    def _patience(self, transaction: _Transaction) -> float:
        """Seconds to wait for frames."""
        if self._captured.is_set():
            return 0.02
        if transaction.empty:
            return 0.2
        return max(0.0, transaction.started + self._pace.seconds - time.monotonic())

    def _is_due(self, transaction: _Transaction, *, idle: bool) -> bool:
        if transaction.empty:
            return False
        old = time.monotonic() - transaction.started >= self._pace.seconds
        return old or (idle and self._captured.is_set())

    def _is_full(self, transaction: _Transaction) -> bool:
        return transaction.size >= self._pace.size or transaction.frames >= self._pace.frames

    def _send(self, way: _Way, frame: Spooled, transaction: _Transaction) -> None:
        sequence = way.claimed.base + frame.index
        message = way.envelopes.frame(frame, sequence, way.claimed.epoch)
        if isinstance(message, Unsendable):
            self._give_up(way, frame, sequence, message)
            transaction.gaps += 1
        else:
            way.link.send(message)
            transaction.frames += 1
            transaction.size += len(message.value)
            transaction.first_sequence = sequence if transaction.first_sequence is None else transaction.first_sequence
            transaction.last_sequence = sequence
            if frame.fresh:
                transaction.captured_ns.append(frame.facts.monotonic_ns)
            else:
                transaction.captured_us.append(frame.facts.captured_at_us)
        transaction.last = frame.index

    def _give_up(self, way: _Way, frame: Spooled, sequence: int, unsendable: Unsendable) -> None:
        """A frame's file is not what it was: its number stays unused, which is said, never silent."""
        name = frame_id(self._camera_id, sequence)
        _log.error("frame %s is lost: %s", name, unsendable.reason)
        letter = Notice(
            at_us=self._unix_us(),
            kind="LostFileError",
            message=f"frame {name} is lost: {unsendable.reason}",
            origin=frame.facts.origin,
            raw=unsendable.raw,
        )
        alarm = Notice(
            at_us=letter.at_us, kind="sequence_gap", message=letter.message, alarm_id=f"{name}/sequence_gap", value=1.0
        )
        way.link.send(way.envelopes.notice(letter))
        way.link.send(way.envelopes.notice(alarm))

    def _send_notices(self, way: _Way, transaction: _Transaction) -> None:
        for number, notice in self._spool.take_notices():
            way.link.send(way.envelopes.notice(notice))
            transaction.notice = number

    def _commit(self, way: _Way, transaction: _Transaction) -> _Transaction:
        """Commit and acknowledge; returns the next transaction."""
        offset = way.link.commit()
        self._spool.acknowledge(Acknowledgement(index=transaction.last, offset=offset, notice=transaction.notice))
        self._note_delivered(transaction.frames, transaction.first_sequence, transaction.last_sequence)
        self._note_gaps(transaction.gaps)
        self.delivered.size += transaction.size
        self._since_claim_frames += transaction.frames
        self._since_claim_bytes += transaction.size
        now_us = self._unix_us()
        ages_s = [(now_us - captured_us) / 1e6 for captured_us in transaction.captured_us]
        self._metrics.note_delivery(transaction.frames, transaction.captured_ns, ages_s)
        self._renew(way)
        return _Transaction(time.monotonic())

    def _renew(self, way: _Way, *, last: bool = False) -> None:
        """Write the claim anew so that whoever claims next has little to read."""
        many = self._since_claim_frames >= CLAIM_EVERY_FRAMES or self._since_claim_bytes >= CLAIM_EVERY_BYTES
        renewal = self._claimant.renewal(way.link, way.claimed)
        if renewal is None or not (many or (last and self._since_claim_frames)):
            return
        way.link.send(way.envelopes.claim(renewal))
        self._since_claim_frames = self._since_claim_bytes = 0
        if last:
            way.link.commit()
