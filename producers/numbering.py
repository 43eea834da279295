"""Where a camera's numbers go on, decided from what lies in Kafka and what lies in the spool. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from producers.captured import Ledger


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame of the camera that lies in Kafka."""

    sha256: str
    committed: bool  # its transaction is committed; else aborted, yet readers of uncommitted records have seen it


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaView:
    """What Kafka holds of a camera."""

    last_sequence: int  # highest number anyone ever used for this camera, -1 when none
    frames: Mapping[int, Seen] = field(default_factory=dict)  # by sequence: what may be the spool's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How numbers go on."""

    base: int  # `sequence = base + index` for every frame not acknowledged
    acknowledged: int  # frames up to this index need not be sent again
    found: tuple[int, ...] = ()  # of these, the ones that lie in Kafka, though this gateway never heard so
    given_up: int = 0  # frames before them that do not: their numbers stay unused
    taken_over: bool = False  # another gateway used the camera since this spool's last frame


def number(ledger: Ledger, hashes: Iterable[tuple[int, str]], view: KafkaView) -> Numbering:
    """Decide how numbers go on.

    `hashes` are index and sha256 of the spool's frames that are not acknowledged, in order. Nothing that is in Kafka
    already gets a second number, and no number is ever given to two frames.
    """
    if ledger.base is None:
        # The first capture of this spool that was not dropped before Kafka was met follows what Kafka has.
        return Numbering(base=view.last_sequence - ledger.acknowledged, acknowledged=ledger.acknowledged)
    ours = list(hashes)
    matched, committed = _in_kafka(ledger.base, ours, view)
    sent = matched[-1] if matched else ledger.acknowledged
    if view.last_sequence <= ledger.base + sent:
        # Nobody else: what an aborted transaction showed is sent again under its own number, which readers drop.
        settled = matched[committed - 1] if committed else ledger.acknowledged
        found = tuple(matched[:committed])
        return Numbering(
            base=ledger.base, acknowledged=settled, found=found, given_up=_given_up(ours, settled, len(found))
        )
    # Another gateway numbered frames after ours. Ours that readers have seen keep their numbers, and sending them again
    # now would put them behind their successors; the rest goes on above everything.
    return Numbering(
        base=view.last_sequence - sent,
        acknowledged=sent,
        found=tuple(matched),
        given_up=_given_up(ours, sent, len(matched)),
        taken_over=True,
    )


def _given_up(hashes: Iterable[tuple[int, str]], settled: int, found: int) -> int:
    return sum(1 for index, _ in hashes if index <= settled) - found


def _in_kafka(base: int, hashes: Iterable[tuple[int, str]], view: KafkaView) -> tuple[list[int], int]:
    """Indexes of ours that lie in Kafka at all, and how many of the first of them are committed.

    They were sent in order, so one that is missing before another that is there was given up: its file had changed.
    """
    matched: list[int] = []
    committed = 0
    for index, sha256 in hashes:
        seen = view.frames.get(base + index)
        if seen is None:
            continue
        if seen.sha256 != sha256:
            break
        if seen.committed and committed == len(matched):
            committed += 1
        matched.append(index)
    return matched, committed
