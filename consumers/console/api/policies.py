"""What is special about each edge."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import select

from consumers.console.auditing import record
from consumers.console.auth.callers import Caller, requires
from consumers.console.errors import ProblemError, problems
from consumers.console.events import note_change
from consumers.console.permissions import Permission
from consumers.console.projection.changes import table_of
from consumers.console.projection.writing import put_rows
from consumers.console.services import Services, ServicesDep
from consumers.console.tables.edges import PolicyRow
from consumers.console.views.fields import LARGEST_INTEGER, Micros, View, Word, Words
from schemas.errors import InvalidIdentifierError
from schemas.identifiers import checked_identifier
from schemas.records import EdgePolicy
from schemas.topics import EDGE_POLICIES

router = APIRouter(tags=["policies"])
Names = Annotated[list[Word], Field(max_length=100)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_WINDOW = r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$"


class PolicyFields(View):
    """A policy as it is set; what is left out is set to its default."""

    revision: int = Field(ge=0, le=LARGEST_INTEGER - 1, description="that of the policy this one replaces; 0 for none")
    line: Word | None = None
    tags: Names = []  # noqa: RUF012 - pydantic copies it
    product: Word | None = None
    cameras: Names = Field([], description="cameras that see one part; empty: each frame is a part")
    part_deadline_us: int = Field(10_000_000, ge=0, le=86_400_000_000)
    sample_rate: Share = Field(0.01, description="share of frames sampled for labels")
    near_threshold: Share = Field(0.05, description="distance from a threshold that asks for a label")
    second_label_rate: Share = Field(0.05, description="share of labels asked twice")
    queue_cap: int = Field(500, ge=1, le=100_000, description="open tasks at most")
    skill: Word | None = Field(None, description="skill its labels need")
    drift_bound: float = Field(0.25, ge=0, le=1000, allow_inf_nan=False)
    bandwidth: int | None = Field(None, ge=1, le=LARGEST_INTEGER, description="bytes/s a rollout may take")
    window: str | None = Field(None, pattern=_WINDOW, description="maintenance window, HH:MM-HH:MM")
    classes: Names = Field([], description="what a person may say of a frame, in the order of the keys")
    draw_boxes: bool = False
    guide: dict[Word, Words] = Field({}, max_length=100, description="class: words that tell people how to know it")


class PolicyView(View):
    """A policy in force, with who set it."""

    edge_id: str
    revision: int
    set_by: str
    set_at_us: Micros
    line: str | None
    tags: list[str]
    product: str | None
    cameras: list[str]
    part_deadline_us: int
    sample_rate: float
    near_threshold: float
    second_label_rate: float
    queue_cap: int
    skill: str | None
    drift_bound: float
    bandwidth: int | None
    window: str | None
    classes: list[str]
    draw_boxes: bool
    guide: dict[str, str]

    @classmethod
    def of(cls, row: PolicyRow) -> "PolicyView":
        """From its row, unchecked: the command line sets policies too."""
        return cls.model_construct(**_values(row))


EdgeId = Annotated[str, Path(max_length=63)]


@router.get("/policies")
def list_policies(_caller: Annotated[Caller, requires(Permission.MONITOR)], services: ServicesDep) -> list[PolicyView]:
    """Every edge's policy, by edge."""
    with services.database.read() as session:
        return [PolicyView.of(row) for row in session.scalars(select(PolicyRow).order_by(PolicyRow.edge_id))]


@router.get("/policies/{edge_id}", responses=problems(404))
def show_policy(
    _caller: Annotated[Caller, requires(Permission.MONITOR)], edge_id: EdgeId, services: ServicesDep
) -> PolicyView:
    """An edge's policy."""
    with services.database.read() as session:
        row = session.get(PolicyRow, edge_id)
    if row is None:
        raise ProblemError(404, "no_policy", f"edge {edge_id!r} has no policy of its own: defaults are in force")
    return PolicyView.of(row)


@router.put("/policies/{edge_id}", responses=problems(409, 503))
def set_policy(
    caller: Annotated[Caller, requires(Permission.WRITE_POLICIES)],
    edge_id: EdgeId,
    body: PolicyFields,
    services: ServicesDep,
) -> PolicyView:
    """Set an edge's policy: acknowledged by Kafka before this answers. 409 when somebody else was quicker."""
    try:
        checked_identifier(edge_id, "edge")
    except InvalidIdentifierError as error:
        raise ProblemError(422, "wrong_input", str(error)) from error
    # One at a time over all consoles, from the look at the revision to the new one being in the table.
    with services.database.exclusive("policies"):
        before = _checked_revision(services, edge_id, body.revision)
        policy = EdgePolicy(
            edge_id=edge_id,
            set_by=caller.name,
            set_at_us=services.clock(),
            **{**body.model_dump(), "revision": body.revision + 1},
        )
        services.publisher.send(EDGE_POLICIES, policy, event_id=policy.event_id, key=edge_id)
        return _keep(services, caller, policy, before)


def _checked_revision(services: Services, edge_id: str, revision: int) -> dict[str, Any] | None:
    """The policy in force, None for none; ProblemError 409 when it is not the one that was edited."""
    with services.database.read() as session:
        row = session.get(PolicyRow, edge_id)
    current = 0 if row is None else row.revision
    if current != revision:
        raise ProblemError(
            409, "policy_changed", f"edge {edge_id} is at revision {current}, not {revision}: load it again, then edit"
        )
    return None if row is None else _values(row)


def _keep(services: Services, caller: Caller, policy: EdgePolicy, before: dict[str, Any] | None) -> PolicyView:
    """Put the row that the projection will put again, so that the next look at the revision sees it."""
    with services.database.write() as session:
        values = {column.name: getattr(policy, column.name) for column in table_of(PolicyRow).columns}
        put_rows(session, services.database, table_of(PolicyRow), [values])
        record(session, caller, "policy.set", policy.edge_id, at_us=policy.set_at_us, before=before, after=values)
        note_change(
            session,
            services.database,
            "edge",
            edge_id=policy.edge_id,
            keys=[[policy.edge_id]],
            at_us=policy.set_at_us,
        )
    services.hub.nudge()
    return PolicyView.model_construct(**values)


def _values(row: PolicyRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in table_of(PolicyRow).columns}
