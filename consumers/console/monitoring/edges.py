"""Every edge at a glance: policies, reports and the last hour put together, shared by all who look."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Text, cast, func, select, union
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.monitoring.histograms import add_histogram, quantile
from consumers.console.tables.edges import CameraRow, EdgeReportRow, MinuteRow, PolicyRow
from consumers.console.tables.inspections import InspectionRow
from consumers.console.views.monitor import EdgeView, HourView, ModelView, TroubleCode
from schemas.records import EdgeReported
from schemas.records.operations import Histogram

SILENT_US: Final = 30_000_000
"""Six reports missed in a row."""
_HOUR_US: Final = 3_600_000_000
_HOUR_KEPT_US: Final = 10_000_000  # sums of an hour need not be newer
_FRESH_US: Final = 1_000_000


class _Minute(msgspec.Struct):
    """Of schemas.records.EdgeStatistics what the hour needs: the rest is skipped while it is parsed."""

    verdicts: dict[str, int] = {}
    latency: Histogram | None = None


@dataclass(slots=True)
class _Hour:
    inspections: int = 0
    missing: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    latency: Histogram | None = None

    def view(self) -> HourView:
        p50, p99 = (None if self.latency is None else quantile(self.latency, share) for share in (0.5, 0.99))
        return HourView.model_construct(
            inspections=self.inspections,
            verdicts=dict(self.verdicts),
            missing=self.missing,
            latency_p50_ms=None if p50 is None else p50 * 1000,
            latency_p99_ms=None if p99 is None else p99 * 1000,
        )


class EdgeTable:
    """The edges, at most a second old. Safe to share between threads; one a process.

    Many browsers ask for the same: one of them reads, the others get what was read last.
    """

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database, self._clock = database, clock
        self._lock = threading.Lock()
        self._edges: list[EdgeView] | None = None
        self._until = 0
        self._hours: dict[str, _Hour] = {}
        self._hours_until = 0

    def all(self) -> list[EdgeView]:
        """Every edge that has a policy, a camera or a report, by name."""
        if self._clock() >= self._until and self._lock.acquire(blocking=self._edges is None):
            try:
                if self._clock() >= self._until:
                    self._edges = self._read()
                    self._until = self._clock() + _FRESH_US
            finally:
                self._lock.release()
        return self._edges or []

    def some(self, session: Session, edge_ids: Iterable[str]) -> list[EdgeView]:
        """These edges as they are now."""
        return _views(session, self._hours, self._clock(), sorted(edge_ids))

    def _read(self) -> list[EdgeView]:
        now = self._clock()
        with self._database.read() as session:
            if now >= self._hours_until:
                self._hours = _hours(session, now - _HOUR_US)
                self._hours_until = now + _HOUR_KEPT_US
            return _views(session, self._hours, now, None)


def _views(session: Session, hours: dict[str, _Hour], now_us: int, edge_ids: Sequence[str] | None) -> list[EdgeView]:
    policies, reports, cameras = select(PolicyRow), select(EdgeReportRow), select(CameraRow)
    if edge_ids is not None:
        policies = policies.where(PolicyRow.edge_id.in_(edge_ids))
        reports = reports.where(EdgeReportRow.edge_id.in_(edge_ids))
        cameras = cameras.where(CameraRow.edge_id.in_(edge_ids))
    policy_of = {row.edge_id: row for row in session.scalars(policies)}
    reports_of: defaultdict[str, list[EdgeReportRow]] = defaultdict(list)
    for report in session.scalars(reports.order_by(EdgeReportRow.reported_at_us)):
        reports_of[report.edge_id].append(report)
    cameras_of: defaultdict[str, list[str]] = defaultdict(list)
    for camera in session.scalars(cameras.order_by(CameraRow.camera_id)):
        cameras_of[camera.edge_id].append(camera.camera_id)
    names = sorted({*policy_of, *reports_of, *cameras_of})
    newest = _newest_captures(session, edge_ids)
    return [
        _view(name, policy_of.get(name), reports_of[name], cameras_of[name], hours.get(name), newest.get(name), now_us)
        for name in names
    ]


def _newest_captures(session: Session, edge_ids: Sequence[str] | None) -> dict[str, int]:
    """Edge, of these or all: capture time of its newest inspection; one look at the end of an index for each."""
    names = union(select(PolicyRow.edge_id), select(CameraRow.edge_id), select(EdgeReportRow.edge_id)).subquery()
    newest = select(func.max(InspectionRow.captured_at_us)).where(InspectionRow.edge_id == names.c.edge_id)
    query = select(names.c.edge_id, newest.scalar_subquery())
    found = session.execute(query if edge_ids is None else query.where(names.c.edge_id.in_(edge_ids)))
    return {edge_id: at_us for edge_id, at_us in found if at_us is not None}


def _view(
    edge_id: str,
    policy: PolicyRow | None,
    reports: Sequence[EdgeReportRow],
    cameras: list[str],
    hour: _Hour | None,
    newest_us: int | None,
    now_us: int,
) -> EdgeView:
    live = [row for row in reports if now_us - row.reported_at_us < SILENT_US]
    last = reports[-1] if reports else None
    report = None if last is None else msgspec.convert(last.report, EdgeReported)
    model = None if report is None or report.active is None else report.active
    code, trouble = _trouble(reports, live, now_us) or (None, None)
    return EdgeView.model_construct(
        edge_id=edge_id,
        line=None if policy is None else policy.line,
        tags=[] if policy is None else policy.tags,
        product=None if policy is None else policy.product,
        state="unknown" if last is None else last.state if live else "silent",
        trouble=trouble,
        trouble_code=code,
        model=None
        if model is None
        else ModelView(name=model.name, version=model.version, digest=model.digest, kind=model.kind),
        config_revision=0 if report is None else report.config_revision,
        instances=len(live),
        cameras=sorted({*cameras, *(() if report is None else report.cameras)}),
        last_seen_us=None if last is None else last.reported_at_us,
        lag=None if newest_us is None else max(now_us - newest_us, 0) / 1e6,
        hour=(hour or _Hour()).view(),
    )


def _trouble(
    reports: Sequence[EdgeReportRow], live: Sequence[EdgeReportRow], now_us: int
) -> tuple[TroubleCode, str] | None:
    """What is wrong with an edge, as a code and in words; None when nothing is."""
    if not reports:
        return "never_reported", "it never reported: start `linewatch edge`"
    if not live:
        silent_s = (now_us - reports[-1].reported_at_us) // 1_000_000
        return "silent", f"no report for {silent_s} s: look at the factory PC and its network"
    for row in live:
        if not row.healthy:
            return "unhealthy", f"{row.instance}: {row.report.get('message') or f'not healthy while {row.state}'}"
    return None


def _hours(session: Session, since_us: int) -> dict[str, _Hour]:
    """What each edge did since then. Read as text: parsing only what is needed is most of the time saved."""
    query = select(MinuteRow.edge_id, MinuteRow.inspections, MinuteRow.missing, cast(MinuteRow.statistics, Text)).where(
        MinuteRow.minute_us >= since_us, MinuteRow.inspections + MinuteRow.missing > 0
    )
    hours: dict[str, _Hour] = {}
    decoder = msgspec.json.Decoder(_Minute)
    for edge_id, inspections, missing, statistics in session.execute(query):
        hour = hours.setdefault(edge_id, _Hour())
        minute = decoder.decode(statistics)
        hour.inspections += inspections
        hour.missing += missing
        hour.verdicts.update(minute.verdicts)
        hour.latency = add_histogram(hour.latency, minute.latency)
    return hours
