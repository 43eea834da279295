"""The monitor: edges, inspections, minutes, alarms."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from consumers.console.auth.callers import Caller, requires
from consumers.console.errors import ProblemError, problems
from consumers.console.features import FeaturesDep
from consumers.console.monitoring.alarms import alarms_of
from consumers.console.monitoring.inspections import Wanted, detail, search
from consumers.console.monitoring.minutes import statistics_of
from consumers.console.permissions import Permission
from consumers.console.services import ServicesDep
from consumers.console.views.fields import LARGEST_INTEGER, Micros, VerdictWord, Word
from consumers.console.views.monitor import (
    AlarmView,
    EdgeView,
    InspectionDetailView,
    InspectionsView,
    StatisticsView,
)

router = APIRouter(tags=["monitor"])
Viewer = Annotated[Caller, requires(Permission.MONITOR)]
_Score = Annotated[float | None, Query(allow_inf_nan=False)]


@router.get("/edges")
def edges(_caller: Viewer, features: FeaturesDep) -> list[EdgeView]:
    """Every edge, by name, at most a second old."""
    return features.edges.all()


@router.get("/inspections")
def inspections(
    _caller: Viewer,
    services: ServicesDep,
    edge_id: Word | None = None,
    camera_id: Word | None = None,
    verdict: VerdictWord | None = None,
    defect_class: Word | None = None,
    label: Annotated[Word | None, Query(description="the class of the label that counts")] = None,
    from_us: Annotated[Micros | None, Query(description="captured at or after, Unix microseconds")] = None,
    to_us: Annotated[Micros | None, Query(description="captured before, Unix microseconds")] = None,
    min_score: _Score = None,
    max_score: _Score = None,
    labeled: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> InspectionsView:
    """Inspections, newest first."""
    wanted = Wanted(
        edge_id=edge_id,
        camera_id=camera_id,
        verdict=verdict,
        defect_class=defect_class,
        label=label,
        from_us=from_us,
        to_us=to_us,
        min_score=min_score,
        max_score=max_score,
        labeled=labeled,
    )
    with services.database.read() as session:
        return search(session, wanted, cursor, limit)


@router.get("/inspections/{camera_id}/{sequence}", responses=problems(404))
def inspection(
    _caller: Viewer,
    services: ServicesDep,
    camera_id: Annotated[Word, Path()],
    sequence: Annotated[int, Path(ge=0, le=LARGEST_INTEGER)],
) -> InspectionDetailView:
    """Everything about one frame: its inspection, where it lies, its labels, its task."""
    with services.database.read() as session:
        return detail(session, camera_id, sequence)


@router.get("/statistics")
def statistics(_caller: Viewer, services: ServicesDep, edge_id: Word, from_us: Micros, to_us: Micros) -> StatisticsView:
    """The minutes of an edge that began in [from_us, to_us); of more than two days the last two."""
    if to_us < from_us:
        raise ProblemError(422, "span_invalid", f"to_us {to_us} lies before from_us {from_us}")
    with services.database.read() as session:
        return statistics_of(session, edge_id, from_us, to_us)


@router.get("/alarms")
def alarms(
    _caller: Viewer,
    services: ServicesDep,
    raised: Annotated[bool | None, Query(description="only those that stand (true) or were cleared (false)")] = None,
) -> list[AlarmView]:
    """Alarms by their newest word, newest first; the last 500."""
    with services.database.read() as session:
        return alarms_of(session, raised=raised)
