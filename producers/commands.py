"""Orders to edges: signed statements of what they shall run."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from confluent_kafka import Producer

from infra.kafka import make_producer, read_compacted
from infra.security import SigningKey
from infra.settings import Settings
from producers.errors import ProducersError
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.headers import event_headers
from schemas.records import DesiredState, DesiredStatement, EdgeReported
from schemas.topics import DESIRED, EDGE_REPORTED

_ACKNOWLEDGED_WITHIN: Final = 30.0  # seconds


class StatementError(ProducersError):
    """A statement can't be made or sent as asked; the message says what to change."""


def statement_bytes(statement: DesiredStatement) -> bytes:
    """The exact bytes that are signed: JSON with keys in order of declaration, maps sorted."""
    return msgspec.json.encode(statement, order="deterministic")


def sign_statement(statement: DesiredStatement, key: SigningKey, issued_at_us: int) -> list[DesiredState]:
    """The signed statement, addressed to each of its edges; StatementError when it contradicts itself."""
    if not statement.edges:
        raise StatementError("a statement for no edge at all: name at least one")
    if (statement.model is None) != (statement.blob is None):
        raise StatementError("a statement names a model and the blob it is packed in, or neither")
    content = statement_bytes(statement)
    signatures = [key.sign(content)]
    return [
        DesiredState(
            edge_id=edge,
            slot=statement.slot,
            revision=statement.revision,
            issued_at_us=issued_at_us,
            statement=content,
            signatures=signatures,
        )
        for edge in statement.edges
    ]


def send_desired(settings: Settings, codec: Codec, states: Iterable[DesiredState]) -> None:
    """Write desired states and wait for Kafka to have them; StatementError when it does not."""
    producer = make_producer(settings)
    failures: list[str] = []
    for state in states:
        _send(producer, codec, state, failures)
    if producer.flush(_ACKNOWLEDGED_WITHIN) or failures:
        raise StatementError(f"Kafka did not take every statement: {'; '.join(failures) or 'no answer in time'}")


def _send(producer: Producer, codec: Codec, state: DesiredState, failures: list[str]) -> None:
    producer.produce(
        DESIRED.of(state.edge_id),
        key=state.slot,
        value=codec.encode(state),
        headers=event_headers(state, event_id=state.event_id, source="/cli"),
        on_delivery=lambda error, message: failures.append(f"{message.topic()}: {error.str()}") if error else None,
    )


def read_desired(settings: Settings, codec: Codec, edge_id: str) -> dict[str, DesiredState]:
    """What an edge is told to run, by slot; unreadable records are left out, as the edge does."""
    found = {}
    for key, value in read_compacted(settings, DESIRED.of(edge_id)).items():
        try:
            found[key.decode(errors="replace")] = codec.decode(value, DesiredState)
        except DecodeError:
            continue
    return found


def read_reported(settings: Settings, codec: Codec) -> list[EdgeReported]:
    """The latest report of every process of every edge, by edge and process."""
    found = []
    for value in read_compacted(settings, EDGE_REPORTED.name).values():
        try:
            found.append(codec.decode(value, EdgeReported))
        except DecodeError:
            continue
    return sorted(found, key=lambda report: (report.edge_id, report.instance))


def parse_statement(state: DesiredState) -> DesiredStatement:
    """What a desired state says, unverified; StatementError when it is no statement."""
    try:
        return msgspec.json.decode(state.statement, type=DesiredStatement)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StatementError(f"statement {state.event_id} is unreadable: {error}") from error


def next_revision(known: Sequence[DesiredState]) -> int:
    """The revision of the next statement for edges that have these; rises over slots and edges alike."""
    return max((state.revision for state in known), default=0) + 1
