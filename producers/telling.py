"""Tells edges what to run: reads what they are told now, makes the next statement of each, signs and sends it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.kafka import make_admin
from infra.schema_topic import make_codec
from infra.security import SigningKey
from infra.settings import Settings
from infra.topics import ensure_edge_topics
from producers.commands import (
    ConfigChange,
    StatementError,
    next_revision,
    parse_statement,
    read_desired,
    read_reported,
    send_desired,
    sign_statement,
)
from schemas.identifiers import checked_identifier
from schemas.records import (
    Approval,
    ClaimCheck,
    DesiredState,
    DesiredStatement,
    EdgeConfig,
    EdgeReported,
    ModelRef,
    Slot,
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A model and the blob its artifact is packed in."""

    reference: ModelRef
    blob: ClaimCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person wants of some edges; model "keep" stays with the one they are told, None empties the slot."""

    slot: Slot
    model: Packed | Literal["keep"] | None
    change: ConfigChange
    reason: str
    by: str
    rollout_id: str | None = None


def tell_edges(settings: Settings, key: SigningKey, edges: Sequence[str], order: Order) -> list[DesiredState]:
    """Send each edge its next statement; gives what was sent once Kafka has it. StatementError says what is wrong."""
    codec, now_us = make_codec(settings), time.time_ns() // 1000
    for edge in edges:
        ensure_edge_topics(make_admin(settings), checked_identifier(edge, "edge"), settings)
    reports = read_reported(settings, codec)
    states: list[DesiredState] = []
    for edge in edges:
        told = read_desired(settings, codec, edge)
        own = [report for report in reports if report.edge_id == edge]
        states += sign_statement(next_statement(edge, told.values(), own, order, now_us), key, now_us)
    send_desired(settings, codec, states)
    return states


def next_statement(
    edge_id: str, told: Iterable[DesiredState], reports: Iterable[EdgeReported], order: Order, now_us: int
) -> DesiredStatement:
    """The statement that follows what an edge is told. Pure."""
    known = list(told)
    revision = next_revision(known, reports)
    before = next((parse_statement(state) for state in known if state.slot == order.slot), None)
    model, blob = _model(edge_id, before, order)
    return DesiredStatement(
        revision=revision,
        slot=order.slot,
        edges=[edge_id],
        model=model,
        blob=blob,
        config=order.change.apply(before.config if before else EdgeConfig(), revision),
        rollout_id=order.rollout_id,
        approval=Approval(approved_by=order.by, approved_at_us=now_us, reason=order.reason),
    )


def _model(edge_id: str, before: DesiredStatement | None, order: Order) -> tuple[ModelRef | None, ClaimCheck | None]:
    if order.model is None:
        return None, None
    if order.model != "keep":
        return order.model.reference, order.model.blob
    if before is None or before.model is None:
        raise StatementError(
            f"edge {edge_id} is told to run no model in slot {order.slot}: use `linewatch edges set-desired` first"
        )
    return before.model, before.blob
