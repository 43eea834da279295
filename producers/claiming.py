"""Claiming a camera: what Kafka has already is settled, numbers go on above it, and any older gateway is told."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from producers.envelope import Envelopes
from producers.errors import FencedError
from producers.link import Link
from producers.numbering import Numbering, number
from producers.spool import Spool
from producers.spool_file import gateway_name
from schemas.records import CameraClaim

_log = logging.getLogger(__name__)

NewestClaim = Callable[[], CameraClaim | None]
FENCED_LOOK_S: Final = 2.0  # a gateway writes its claim right after it has fenced the one before


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim in force."""

    epoch: int
    base: int  # `sequence = base + index`
    found: tuple[int, ...] = ()  # indexes of frames that Kafka had already, though nobody here had heard so
    given_up: int = 0  # frames before these that it does not have, and never will


class Claimant:
    """Claims one camera for one spool. For one thread."""

    def __init__(
        self, spool: Spool, newest_claim: NewestClaim, *, edge_id: str, camera_id: str, unix_us: Callable[[], int]
    ) -> None:
        """`newest_claim` reads the camera's newest claim, by anyone, from Kafka."""
        self._spool, self._newest_claim = spool, newest_claim
        self._edge_id, self._camera_id, self._unix_us = edge_id, camera_id, unix_us
        self._tried = 0  # highest epoch this process tried to claim: it may lie in Kafka though the claim failed

    def claim(self, link: Link, envelopes: Envelopes) -> Claimed:
        """Claim the camera over a fresh link. Raises LinkError when Kafka can't be asked or told."""
        self._spool.flush()
        ledger = self._spool.state().ledger
        newest = self._newest_claim()
        hashes = self._spool.hashes(ledger.next_index)
        view = link.look(ledger, newest, hashes)
        decided = number(ledger, hashes, view)
        self._tell(decided, len(hashes))
        epoch = max(newest.epoch if newest else 0, ledger.epoch) + 1
        end = link.end_offset()
        self._tried = epoch
        link.send(envelopes.claim(self.record(link, epoch, end, view.last_sequence)))
        link.commit()
        # What an aborted transaction left of ours may lie before the end: the next look starts where this one did.
        moved = (ledger.topic, ledger.partition) != (link.topic, link.partition)
        self._spool.claimed(
            base=decided.base,
            acknowledged=decided.acknowledged,
            epoch=epoch,
            topic=link.topic,
            partition=link.partition,
            offset=end if ledger.offset is None or moved or decided.taken_over else ledger.offset,
        )
        self._spool.rewind()
        following = self._spool.state().ledger.acknowledged + 1 + decided.base
        _log.info("camera %s claimed: epoch %d, the next frame is number %d", self._camera_id, epoch, following)
        return Claimed(epoch, decided.base, decided.found, decided.given_up)

    def record(self, link: Link, epoch: int, offset: int, last_sequence: int) -> CameraClaim:
        """The claim as a record: later frames than `last_sequence` lie at or behind `offset`."""
        return CameraClaim(
            camera_id=self._camera_id,
            edge_id=self._edge_id,
            epoch=epoch,
            gateway=gateway_name(),
            claimed_at_us=self._unix_us(),
            topic=link.topic,
            partition=link.partition,
            offset=offset,
            last_sequence=last_sequence,
        )

    def renewal(self, link: Link, claimed: Claimed) -> CameraClaim | None:
        """The claim as it stands after the last acknowledgement, None before the first."""
        ledger = self._spool.state().ledger
        if ledger.offset is None:
            return None
        return self.record(link, claimed.epoch, ledger.offset, claimed.base + ledger.acknowledged)

    def stop_if_taken_over(self, patience_s: float, ended: threading.Event) -> None:
        """Raise FencedError when there is a newer claim than this process's; look for one for `patience_s` seconds.

        To be asked before a link is opened again: opening it would fence the other gateway in its turn.
        """
        deadline = time.monotonic() + patience_s
        while True:
            newest = self._newest_claim()
            if newest is not None and self._is_above(newest):
                raise FencedError(_fenced(newest))
            if time.monotonic() >= deadline or ended.wait(0.1):
                return

    def _is_above(self, newest: CameraClaim) -> bool:
        if newest.epoch == self._tried:
            return newest.gateway != gateway_name()
        return newest.epoch > self._tried

    def _tell(self, decided: Numbering, waiting: int) -> None:
        if decided.taken_over:
            _log.warning(
                "another gateway has used camera %s meanwhile; %d frames of this spool go on above its numbers",
                self._camera_id,
                waiting,
            )
        if decided.given_up:
            _log.warning(
                "camera %s: %d frames were given up before, as their dead letters say; their numbers stay unused",
                self._camera_id,
                decided.given_up,
            )


def _fenced(claim: CameraClaim) -> str:
    since = datetime.fromtimestamp(claim.claimed_at_us / 1e6, tz=UTC).isoformat(timespec="seconds")
    return (
        f"camera {claim.camera_id} was taken over by gateway {claim.gateway} at {since} (epoch {claim.epoch}): "
        "one camera has one gateway. Stop that one and start this one again, or give one of them another camera id; "
        "what this one had not delivered stays in its spool"
    )
