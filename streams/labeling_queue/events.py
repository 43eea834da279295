"""What a step takes in, and the hashes that stand for chance."""

from hashlib import sha256
from typing import NamedTuple

import msgspec

from schemas.records import EdgePolicy, Inspection, Label, LabelingRequest
from streams.labeling_queue.state import Rule


class Answered(msgspec.Struct, frozen=True):
    """A label, and its offset in `labels`."""

    label: Label
    offset: int


class Asking(msgspec.Struct, frozen=True):
    """A request, and its offset in `labeling-requests`."""

    request: LabelingRequest
    offset: int


class Passed(msgspec.Struct, frozen=True):
    """Cameras' latest frames, (epoch, sequence), among those that were nothing to ask about."""

    marks: dict[str, tuple[int, int]]


class Sources(NamedTuple):
    """Kafka's ids of the topics as they are now: offsets are compared only within one of them."""

    labels: str = ""
    requests: str = ""


Event = Inspection | Passed | Answered | Asking | Rule | Sources


def rule_of(policy: EdgePolicy) -> Rule:
    """What a policy says about labeling."""
    return Rule(
        revision=policy.revision,
        sample_rate=policy.sample_rate,
        near_threshold=policy.near_threshold,
        second_label_rate=policy.second_label_rate,
        queue_cap=policy.queue_cap,
        skill=policy.skill,
        draw_boxes=policy.draw_boxes,
    )


def chosen(salt: str, frame_id: str, rate: float) -> bool:
    """Whether a frame is among a share `rate` of all: the same frames for ever, and others for each `salt`.

    >>> chosen("sample", "cam-1/1", 1.0), chosen("sample", "cam-1/1", 0.0)
    (True, False)
    """
    return int.from_bytes(sha256(f"{salt}:{frame_id}".encode()).digest()[:8]) < rate * 2**64
