"""What a step takes in: frames as far as they are counted, seconds, rules."""

import msgspec

from schemas.identifiers import frame_id
from schemas.records import EdgePolicy, Inspection, Verdict


class Counted(msgspec.Struct, frozen=True, gc=False):
    """The fields of an Inspection that are counted; flat, and without cycles, as there are many."""

    edge_id: str
    camera_id: str
    sequence: int
    epoch: int
    captured_at_us: int
    verdict: Verdict
    defect_class: str | None
    score: float
    brightness: float
    blur: float
    model_digest: str | None
    part_id: str | None
    total_us: int  # receipt to verdict
    deadline_missed: bool

    @property
    def frame_id(self) -> str:
        return frame_id(self.camera_id, self.sequence)


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """A tick as one edge sees it. While its inspections lag behind (`caught_up` false) no part grows older.

    `again` asks for every minute kept, published or not: after a change of owner the last one, if it was suspended, may
    have overwritten them with older numbers.
    """

    at_us: int
    caught_up: bool
    again: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """An edge's policy, as far as parts go; takes effect when its revision is newer than the state's."""

    revision: int
    cameras: tuple[str, ...]
    deadline_us: int


Event = Counted | Second | Rule


def counted(inspection: Inspection) -> Counted:
    """What is counted of an inspection."""
    return Counted(
        inspection.edge_id,
        inspection.camera_id,
        inspection.sequence,
        inspection.epoch,
        inspection.captured_at_us,
        inspection.verdict,
        inspection.defect_class,
        inspection.score,
        inspection.brightness,
        inspection.blur,
        None if inspection.model is None else inspection.model.digest,
        inspection.part_id,
        inspection.latency.total_us,
        inspection.deadline_missed,
    )


def rule_of(policy: EdgePolicy) -> Rule:
    """The rule in a policy."""
    return Rule(revision=policy.revision, cameras=tuple(policy.cameras), deadline_us=policy.part_deadline_us)
