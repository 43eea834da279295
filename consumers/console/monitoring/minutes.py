"""An edge's minutes: what its cameras and writers counted, put together minute by minute."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from consumers.console.monitoring.histograms import add_histogram
from consumers.console.tables.edges import MinuteRow
from consumers.console.views.monitor import HistogramView, MinuteView, StatisticsView
from schemas.records import EdgeStatistics
from schemas.records.operations import Histogram

LONGEST_US: Final = 48 * 3_600_000_000
"""A span longer than this is cut off at its beginning: 2,880 points are more than any screen shows."""


def statistics_of(session: Session, edge_id: str, from_us: int, to_us: int) -> StatisticsView:
    """The minutes of an edge that began in [from_us, to_us), Unix microseconds."""
    start = max(from_us, to_us - LONGEST_US)
    query = select(MinuteRow.minute_us, MinuteRow.statistics)
    query = query.where(MinuteRow.edge_id == edge_id, MinuteRow.minute_us >= start, MinuteRow.minute_us < to_us)
    rows = session.execute(query.order_by(MinuteRow.minute_us))
    minutes = [
        minute_view(minute_us, [msgspec.convert(statistics, EdgeStatistics) for _, statistics in group])
        for minute_us, group in groupby(rows, key=lambda row: row[0])
    ]
    return StatisticsView.model_construct(minutes=minutes, truncated_before_us=start if start > from_us else None)


def minute_view(minute_us: int, records: Iterable[EdgeStatistics]) -> MinuteView:
    """The records of one minute as one; it is closed when all of them are."""
    records = list(records)
    verdicts: Counter[str] = Counter()
    defect_classes: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    latency: Histogram | None = None
    scores: Histogram | None = None
    for record in records:
        verdicts.update(record.verdicts)
        defect_classes.update(record.defect_classes)
        parts.update(record.parts)
        latency = add_histogram(latency, record.latency)
        scores = add_histogram(scores, record.scores)
    return MinuteView.model_construct(
        minute_us=minute_us,
        closed=all(record.closed for record in records),
        inspections=sum(record.inspections for record in records),
        verdicts=dict(verdicts),
        defect_classes=dict(defect_classes),
        missing=sum(record.missing for record in records),
        deadline_missed=sum(record.deadline_missed for record in records),
        parts=dict(parts),
        first_pass_parts=sum(record.first_pass_parts for record in records),
        labels=sum(record.labels for record in records),
        escapes=sum(record.escapes for record in records),
        overkill=sum(record.overkill for record in records),
        kappa=next((record.kappa for record in records if record.kappa is not None), None),
        latency=_histogram(latency),
        scores=_histogram(scores),
    )


def _histogram(histogram: Histogram | None) -> HistogramView | None:
    if histogram is None:
        return None
    return HistogramView.model_construct(bounds=histogram.bounds, counts=histogram.counts)
