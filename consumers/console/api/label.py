"""Labeling: claim, draft, submit, correct, progress."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from consumers.console.auth.callers import Caller, requires
from consumers.console.errors import ProblemError, problems
from consumers.console.features import FeaturesDep, lifespan
from consumers.console.labeling import claims, drafts
from consumers.console.labeling.answers import Answer
from consumers.console.labeling.claims import Labeler
from consumers.console.labeling.progress import day_start_us, progress, recent
from consumers.console.labeling.task_views import task_views
from consumers.console.permissions import Permission
from consumers.console.projection.catching_up import check_caught_up
from consumers.console.services import Services, ServicesDep
from consumers.console.views.fields import Word
from consumers.console.views.labeling import (
    AnswerBody,
    ClaimBody,
    ClaimedView,
    CorrectBody,
    DraftBody,
    LabelEdgeView,
    LeasesBody,
    ProgressView,
    RecentView,
    RenewedLeaseView,
    RenewedView,
    SubmitBody,
    SubmittedView,
)

router = APIRouter(prefix="/label", tags=["label"], lifespan=lifespan)
LabelerCaller = Annotated[Caller, requires(Permission.LABEL)]
# Claims, heartbeats and drafts are written without waiting for the disk. A power cut may take the last moments of them
# back: who held a task then claims it anew, and no check goes by the fencing token without its holder.
_Edge = Annotated[Word | None, Query(description="only this edge's")]


def _labeler(caller: Caller) -> Labeler:
    return Labeler(caller.name, frozenset(caller.skills))


def _lease_us(services: Services) -> int:
    return round(services.settings.lease_seconds * 1e6)


@router.get("/edges")
def edges(caller: LabelerCaller, features: FeaturesDep) -> list[LabelEdgeView]:
    """The edges whose frames can be labeled, those with most tasks for this person first."""
    return features.overview.edges(_labeler(caller))


@router.post("/claim")
def claim(caller: LabelerCaller, services: ServicesDep, body: ClaimBody) -> ClaimedView:
    """Hold up to `count` tasks: first those already held, with the same token, then the best that are free."""
    with services.database.write(durable=False) as session:
        check_caught_up(session)
        leases = claims.claim(
            session,
            _labeler(caller),
            body.edge_id,
            body.count,
            now_us=services.clock(),
            lease_us=_lease_us(services),
        )
    with services.database.read() as session:
        return ClaimedView.model_construct(tasks=task_views(session, caller.name, leases))


@router.post("/renew")
def renew(caller: LabelerCaller, services: ServicesDep, body: LeasesBody) -> RenewedView:
    """Keep holding tasks: a page's heartbeat. A lost one may be somebody else's by now; its draft is kept."""
    with services.database.write(durable=False) as session:
        kept = claims.renew(session, caller.name, body.pairs(), now_us=services.clock(), lease_us=_lease_us(services))
    names = {lease.task_id for lease in kept}
    return RenewedView(
        renewed=[RenewedLeaseView(task_id=lease.task_id, expires_at_us=lease.expires_at_us) for lease in kept],
        lost=[lease.task_id for lease in body.leases if lease.task_id not in names],
    )


@router.post("/release", status_code=204)
def release(caller: LabelerCaller, services: ServicesDep, body: LeasesBody) -> Response:
    """Give tasks back, so that others need not wait for the lease to run out."""
    with services.database.write(durable=False) as session:
        claims.release(session, caller.name, body.pairs())
    return Response(status_code=204)


@router.put("/draft", status_code=204, responses=problems(404, 409))
def save_draft(caller: LabelerCaller, services: ServicesDep, body: DraftBody) -> Response:
    """Keep an edit. With a lost lease it is kept as well, and the answer is 409 `lease_lost`."""
    with services.database.write(durable=False) as session:
        held = drafts.save(
            session,
            caller.name,
            body.task_id,
            body.fencing_token,
            outcome=body.outcome,
            label=body.label,
            boxes=tuple(box.to_box() for box in body.boxes),
            note=body.note,
            now_us=services.clock(),
        )
    if not held:
        raise ProblemError(409, "lease_lost", "the task is not yours any more: your draft is kept, take the next")
    return Response(status_code=204)


@router.post("/submit", responses=problems(404, 409, 503))
def submit(caller: LabelerCaller, features: FeaturesDep, body: SubmitBody) -> SubmittedView:
    """Answer a task; returns once Kafka has the label. The same answer again gives the same label."""
    label = features.submitter.submit(
        caller.name, body.task_id, body.fencing_token, _answer(body, prediction_shown=body.prediction_shown)
    )
    return SubmittedView(label_id=label.label_id, version=label.version)


@router.get("/recent")
def recent_labels(caller: LabelerCaller, services: ServicesDep) -> RecentView:
    """One's own last ten labels, newest first."""
    with services.database.read() as session:
        return RecentView.model_construct(labels=recent(session, caller.name))


@router.post("/correct", responses=problems(404, 409, 503))
def correct(caller: LabelerCaller, features: FeaturesDep, body: CorrectBody) -> SubmittedView:
    """Put another answer in place of one of one's own labels; every version is kept."""
    label = features.submitter.correct(caller.name, body.label_id, _answer(body))
    return SubmittedView(label_id=label.label_id, version=label.version)


@router.get("/progress")
def my_progress(
    caller: LabelerCaller,
    services: ServicesDep,
    features: FeaturesDep,
    edge_id: _Edge = None,
    tz_offset_minutes: Annotated[
        int, Query(ge=-840, le=840, description="minutes this person's clock is ahead of UTC: their day counts")
    ] = 0,
) -> ProgressView:
    """Labels of today, the pace, and what is left."""
    since = day_start_us(services.clock(), tz_offset_minutes)
    with services.database.read() as session:
        return progress(session, features.waiting, _labeler(caller), edge_id, since)


def _answer(body: AnswerBody, *, prediction_shown: bool = False) -> Answer:
    return Answer(
        outcome=body.outcome,
        label=body.label,
        boxes=tuple(box.to_box() for box in body.boxes),
        image_width=body.image_width,
        image_height=body.image_height,
        note=body.note,
        seconds_taken=body.seconds_taken,
        prediction_shown=prediction_shown,
    )
