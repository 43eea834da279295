"""Who may work on which task: claims, heartbeats and giving back, decided by the database.

Two people never hold one task: the claim is one conditional upsert, whose condition the database checks under the row's
lock. Whether a lease has run out is part of that condition, so nothing has to sweep. Clocks of several consoles may
differ: that only makes a lease a little longer or shorter, as what counts at submit is the fencing token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consumers.console.keys import is_one_of
from consumers.console.projection.catching_up import is_catching_up
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.leases import LeaseRow

# Spelled out, not bound: else SQLite can't see that the partial indexes of tables/leases.py fit.
OPEN_TASK: ColumnElement[bool] = TaskRow.state != literal_column("'closed'")
SETTLED_US = 600_000_000
"""After so long the queue has seen an answer, microseconds."""
_TRIES = 5  # how often a claim looks again when others were quicker


@dataclass(frozen=True, slots=True)
class Labeler:
    """Who asks."""

    name: str
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lease:
    """A hold on a task until `expires_at_us` (Unix microseconds)."""

    task_id: str
    fencing_token: int
    expires_at_us: int


def claim(
    session: Session, labeler: Labeler, edge_id: str | None, count: int, *, now_us: int, lease_us: int
) -> list[Lease]:
    """Up to `count` tasks for `labeler`: first those already held (renewed, same token), then the best that are free.

    `session` must be a writing one. Ranked by priority, then by age. Only tasks whose skill the person has and that do
    not exclude them.
    """
    held = _own(session, labeler, edge_id, count, now_us, lease_us)
    for _ in range(_TRIES):
        wanted = count - len(held)
        if wanted <= 0:
            break
        free = _free(session, labeler, edge_id, wanted, now_us)
        for task in free:
            if lease := _take(session, task, labeler.name, now_us, lease_us):
                held.append(lease)
        if len(free) < wanted:
            break
    return held


def _own(
    session: Session, labeler: Labeler, edge_id: str | None, count: int, now_us: int, lease_us: int
) -> list[Lease]:
    query = (
        select(LeaseRow.task_id, LeaseRow.fencing_token)
        .join(TaskRow, TaskRow.task_id == LeaseRow.task_id)
        .where(LeaseRow.holder == labeler.name, LeaseRow.expires_at_us > now_us, _on(edge_id))
        .where(OPEN_TASK, may_answer(session, labeler))
        .order_by(LeaseRow.claimed_at_us, LeaseRow.task_id)
        .limit(count)
    )
    held = [(task_id, token) for task_id, token in session.execute(query)]
    renewed = {lease.task_id: lease for lease in renew(session, labeler.name, held, now_us=now_us, lease_us=lease_us)}
    return [renewed[task_id] for task_id, _ in held if task_id in renewed]


def _free(session: Session, labeler: Labeler, edge_id: str | None, limit: int, now_us: int) -> Sequence[Any]:
    query = (
        select(TaskRow.task_id, TaskRow.revision, TaskRow.state, TaskRow.changed_at_us)
        .outerjoin(LeaseRow, LeaseRow.task_id == TaskRow.task_id)
        .where(OPEN_TASK, _on(edge_id), may_answer(session, labeler))
        .where(or_(LeaseRow.task_id.is_(None), and_(_not_held(now_us), _not_answered(TaskRow))))
        .order_by(TaskRow.priority.desc(), TaskRow.captured_at_us, TaskRow.task_id)
        .limit(limit)
        # PostgreSQL: who claims at the same time looks past these rows instead of waiting. SQLite's writers queue up.
        .with_for_update(of=TaskRow, skip_locked=True)
    )
    return session.execute(query).all()


def _take(session: Session, task: Any, name: str, now_us: int, lease_us: int) -> Lease | None:
    """Take a task unless somebody took or answered it since it was looked at."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # From the clock: label ids are made of it, and a new or restored database must not give one that was there before.
    higher = case((LeaseRow.fencing_token >= now_us, LeaseRow.fencing_token + 1), else_=now_us)
    new = {"holder": name, "claimed_at_us": now_us, "expires_at_us": now_us + lease_us}
    statement = (
        insert(LeaseRow)
        .values(task_id=task.task_id, fencing_token=now_us, **new)
        .on_conflict_do_update(
            index_elements=[LeaseRow.task_id],
            set_={**new, "fencing_token": higher},
            where=and_(_not_held(now_us), _not_answered(task)),
        )
        .returning(LeaseRow.fencing_token)
    )
    token = session.execute(statement).scalar_one_or_none()
    return None if token is None else Lease(task.task_id, token, now_us + lease_us)


def may_answer(session: Session, labeler: Labeler) -> ColumnElement[bool]:
    """The condition that a task is for this person: its skill is theirs, and it does not exclude them."""
    skilled = or_(TaskRow.skill.is_(None), TaskRow.skill.in_(sorted(labeler.skills)))
    if session.get_bind().dialect.name == "sqlite":
        names = func.json_each(TaskRow.excluded_labelers).table_valued("value")
    else:
        names = func.json_array_elements_text(TaskRow.excluded_labelers).table_valued("value")
    # Hardly a task excludes anybody: comparing text first makes counting 20,000 tasks three times as fast.
    nobody = cast(TaskRow.excluded_labelers, Text) == "[]"
    return and_(skilled, or_(nobody, ~exists(select(1).select_from(names).where(names.c.value == labeler.name))))


def _on(edge_id: str | None) -> ColumnElement[bool]:
    return true() if edge_id is None else TaskRow.edge_id == edge_id


def _not_held(now_us: int) -> ColumnElement[bool]:
    return or_(LeaseRow.holder.is_(None), LeaseRow.expires_at_us <= now_us)


def _not_answered(task: Any) -> ColumnElement[bool]:
    """The condition, on leases, that nobody has answered `task` (its row, or the table) as it stands."""
    reopened = literal(task.state) == "reopened" if isinstance(task.state, str) else task.state == "reopened"
    anew = or_(reopened, LeaseRow.answered_at_us < task.changed_at_us - SETTLED_US)
    return or_(LeaseRow.answered_revision.is_(None), and_(LeaseRow.answered_revision < task.revision, anew))


def unanswered() -> ColumnElement[bool]:
    """The condition, on tasks outer-joined with leases, that nobody has answered the task as it stands.

    After an answer the queue closes a task, or reopens it for others. A higher revision alone says neither: somebody's
    wish may have raised the task's rank before the queue saw the answer. Long after the answer it does: the frame is
    asked about anew.
    """
    return or_(LeaseRow.task_id.is_(None), _not_answered(TaskRow))


def renew(session: Session, name: str, leases: Iterable[tuple[str, int]], *, now_us: int, lease_us: int) -> list[Lease]:
    """Prolong those of `leases` (task, token) that are still `name`'s and whose task is open; the others are lost.

    A lease that ran out and that nobody took since is still its holder's. While the projection catches up nobody knows
    which tasks are open, and each lease goes on.
    """
    mine = _held_by(session, name, leases)
    if not is_catching_up(session):
        mine = mine.where(exists(select(1).where(TaskRow.task_id == LeaseRow.task_id, OPEN_TASK)))
    statement = (
        update(LeaseRow)
        .where(LeaseRow.task_id.in_(mine))
        .values(expires_at_us=now_us + lease_us)
        .returning(LeaseRow.task_id, LeaseRow.fencing_token)
        .execution_options(synchronize_session=False)
    )
    return [Lease(task_id, token, now_us + lease_us) for task_id, token in sorted(session.execute(statement).all())]


def release(session: Session, name: str, leases: Iterable[tuple[str, int]]) -> None:
    """Give tasks back, so that others need not wait; those that are not `name`'s any more are left alone."""
    session.execute(
        update(LeaseRow)
        .where(LeaseRow.task_id.in_(_held_by(session, name, leases)))
        .values(holder=None)
        .execution_options(synchronize_session=False)
    )


def _held_by(session: Session, name: str, leases: Iterable[tuple[str, int]]) -> Select[str]:
    """The tasks among `leases` that are `name`'s, locked in one order: two requests never wait for each other."""
    among = is_one_of(session, (LeaseRow.task_id, LeaseRow.fencing_token), leases)
    return select(LeaseRow.task_id).where(among, LeaseRow.holder == name).order_by(LeaseRow.task_id).with_for_update()
