"""What the demo saw, counted: one immutable tally for each edge."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.records import EdgeStatistics, Inspection, Truth

GOOD = "good"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the tally keeps of one inspection."""

    inspection: Inspection
    truth: Truth | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The figures of one edge."""

    edge_id: str
    frames: int
    inspected: int
    duplicates: int
    verdicts: Mapping[str, int]
    judged: int
    right: int
    escapes: int
    overkill: int
    defective: int
    good: int
    latency_p50: float
    latency_p99: float
    images_per_second: float
    seen: tuple[Sighting, ...] = field(repr=False)

    @property
    def accuracy(self) -> float | None:
        """Share of frames with known truth whose verdict tells good from defective; review counts as not passed."""
        return self.right / self.judged if self.judged else None


def tally(edge_id: str, frames: Mapping[str, Truth | None], inspections: Iterable[Inspection]) -> Tally:
    """Count an edge's inspections against the frames published to it (frame id -> truth).

    Every frame counts once: of several inspections the first one holds, as it does for every reader.
    """
    first: dict[str, Inspection] = {}
    total = 0
    for inspection in inspections:
        first.setdefault(inspection.frame_id, inspection)
        total += 1
    seen = tuple(Sighting(inspection, frames.get(frame_id)) for frame_id, inspection in first.items())
    outcomes = Counter(_outcome(sighting) for sighting in seen)
    latencies = sorted(inspection.latency.total_us / 1e6 for inspection in first.values())
    return Tally(
        edge_id=edge_id,
        frames=len(frames),
        inspected=len(first),
        duplicates=total - len(first),
        verdicts=Counter(inspection.verdict for inspection in first.values()),
        judged=sum(outcomes.values()) - outcomes["unknown"],
        right=outcomes["passed good"] + outcomes["caught"],
        escapes=outcomes["escape"],
        overkill=outcomes["overkill"],
        defective=outcomes["caught"] + outcomes["escape"],
        good=outcomes["passed good"] + outcomes["overkill"],
        latency_p50=quantile(latencies, 0.50),
        latency_p99=quantile(latencies, 0.99),
        images_per_second=_rate([inspection.inspected_at_us for inspection in first.values()]),
        seen=seen,
    )


def _outcome(sighting: Sighting) -> str:
    if sighting.truth is None:
        return "unknown"
    passed = sighting.inspection.verdict == "pass"
    if sighting.truth.label == GOOD:
        return "passed good" if passed else "overkill"
    return "escape" if passed else "caught"


def quantile(values: list[float], share: float) -> float:
    """The smallest of the sorted values that at least `share` of them do not exceed; 0 when there are none."""
    return values[max(0, -(-len(values) * share // 1).__int__() - 1)] if values else 0.0


def _rate(times_us: list[int]) -> float:
    span = (max(times_us) - min(times_us)) / 1e6 if times_us else 0.0
    return (len(times_us) - 1) / span if span > 0 else 0.0


def counted_by_statistics(latest: Iterable[EdgeStatistics]) -> Counter[str]:
    """Inspections per edge as line_statistics counts them: the sum over the latest record of each key."""
    counts: Counter[str] = Counter()
    for record in latest:
        if record.camera_id != "*" and record.writer.startswith("line_statistics"):
            counts[record.edge_id] += record.inspections
    return counts
