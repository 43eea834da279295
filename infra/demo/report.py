"""What people see: live progress, the table at the end, and which images go on the contact sheet."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from infra.demo.labeling import Labeling
from infra.demo.tally import Sighting, Tally
from schemas.records import VERDICTS


def progress_table(done: Mapping[str, tuple[int, int]], expected: int | None, waiting: Mapping[str, int]) -> Table:
    """A line an edge: frames published, inspected, waiting for a label, and a bar."""
    table = Table(box=None, pad_edge=False)
    for title in ("edge", "published", "inspected", "to label", ""):
        table.add_column(title, justify="left" if title in ("edge", "") else "right")
    for edge, (published, inspected) in done.items():
        share = min(1.0, inspected / expected) if expected else 0.0
        bar = "█" * round(share * 30) + "·" * (30 - round(share * 30))
        table.add_row(edge, str(published), str(inspected), str(waiting.get(edge, 0)), bar)
    return table


def result_table(
    tallies: Sequence[Tally], models: Mapping[str, str], counted: Mapping[str, int], labeling: Labeling
) -> Table:
    """The table at the demo's end, one column an edge."""
    table = Table(title="What happened", title_justify="left")
    table.add_column("")
    for tally in tallies:
        table.add_column(f"{tally.edge_id}\n{models[tally.edge_id]}", justify="right")
    rows = [
        ("frames published", [str(t.frames) for t in tallies]),
        ("inspected once", [str(t.inspected) for t in tallies]),
        ("counted by line_statistics", [str(counted.get(t.edge_id, 0)) for t in tallies]),
        *((f"  {verdict}", [str(t.verdicts.get(verdict, 0)) for t in tallies]) for verdict in VERDICTS),
        ("accuracy against truth", [_percent(t.accuracy) for t in tallies]),
        ("  escapes (defects passed)", [f"{t.escapes} of {t.defective}" if t.judged else "-" for t in tallies]),
        ("  overkill (good not passed)", [f"{t.overkill} of {t.good}" if t.judged else "-" for t in tallies]),
        ("latency p50", [f"{t.latency_p50 * 1000:.1f} ms" for t in tallies]),
        ("latency p99", [f"{t.latency_p99 * 1000:.1f} ms" for t in tallies]),
        ("images/s", [f"{t.images_per_second:.1f}" for t in tallies]),
        ("waiting for a label", [str(labeling.offered[t.edge_id]) for t in tallies]),
    ]
    for name, cells in rows:
        table.add_row(name, *cells)
    return table


def _percent(share: float | None) -> str:
    return "no truth known" if share is None else f"{share * 100:.1f} %"


def chosen(tally: Tally, count: int) -> list[Sighting]:
    """Sightings for the contact sheet: mistakes first, then every verdict in turn, spread over the run."""
    wrong = [s for s in tally.seen if s.truth and (s.truth.label == "good") != (s.inspection.verdict == "pass")]
    picked = wrong[: count // 4]
    by_verdict = {verdict: [s for s in tally.seen if s.inspection.verdict == verdict] for verdict in VERDICTS}
    waiting = [sightings for sightings in by_verdict.values() if sightings]
    while len(picked) < count and waiting:
        for sightings in waiting:
            sighting = sightings.pop(len(sightings) // 2)
            if sighting not in picked and len(picked) < count:
                picked.append(sighting)
        waiting = [sightings for sightings in waiting if sightings]
    return picked


def failures(tallies: Sequence[Tally], counted: Mapping[str, int]) -> list[str]:
    """Every promise the run broke, in words; an empty list means success."""
    found = []
    for tally in tallies:
        if tally.frames == 0:
            found.append(f"{tally.edge_id}: no frame was published")
        if tally.inspected != tally.frames:
            found.append(f"{tally.edge_id}: {tally.frames} frames, {tally.inspected} inspected")
        if counted.get(tally.edge_id, 0) != tally.inspected:
            found.append(f"{tally.edge_id}: statistics count {counted.get(tally.edge_id, 0)} of {tally.inspected}")
    return found
