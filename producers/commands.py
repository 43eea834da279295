"""Orders to edges: signed statements of what they shall run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from confluent_kafka import Producer

from infra.kafka import make_producer, read_compacted
from infra.security import SigningKey
from infra.settings import Settings
from producers.errors import ProducersError
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.headers import event_headers
from schemas.records import DesiredState, DesiredStatement, EdgeConfig, EdgeReported, Region
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


def next_revision(desired: Iterable[DesiredState], reported: Iterable[EdgeReported]) -> int:
    """A revision above all that an edge was ever told, as far as topics show; it rises over both slots together."""
    told = (state.revision for state in desired)
    seen = (max(one.active_revision, one.shadow_revision, one.refused_revision) for one in reported)
    return max((*told, *seen), default=0) + 1


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """What to change in an edge's configuration; None leaves a setting as it is.

    Thresholds are per class; `region` is "all" for the whole image.
    """

    thresholds: Mapping[str, float] | None = None
    review_band: float | None = None
    deadline_us: int | None = None
    late_verdict: Literal["reject", "review"] | None = None
    region: Region | Literal["all"] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return self == ConfigChange()

    def apply(self, config: EdgeConfig, revision: int) -> EdgeConfig:
        """The configuration with these changes, under a new revision."""
        changed: dict[str, Any] = {
            "review_band": self.review_band,
            "deadline_us": self.deadline_us,
            "late_verdict": self.late_verdict,
        }
        given = {name: value for name, value in changed.items() if value is not None}
        if self.thresholds:
            given["thresholds"] = {**config.thresholds, **self.thresholds}
        config = msgspec.structs.replace(config, revision=revision, **given)
        if self.region is None:
            return config
        return msgspec.structs.replace(config, region=None if self.region == "all" else self.region)


def parse_thresholds(texts: Sequence[str]) -> dict[str, float]:
    """Thresholds given as `class=score`; StatementError for anything else.

    >>> parse_thresholds(["scratch=0.4", "dent=1"])
    {'scratch': 0.4, 'dent': 1.0}
    """
    found = {}
    for text in texts:
        name, separator, value = text.rpartition("=")
        try:
            score = float(value)
        except ValueError:
            score = -1.0
        if not separator or not name or not 0 <= score <= 1:
            raise StatementError(f"threshold {text!r} is not CLASS=SCORE with a score from 0 to 1, such as scratch=0.4")
        found[name] = score
    return found


def parse_region(text: str) -> Region | Literal["all"]:
    """A region given as `x,y,w,h` in pixels, or `all`; StatementError for anything else.

    >>> parse_region("10,20,300,200")
    Region(x=10, y=20, w=300, h=200)
    """
    if text == "all":
        return "all"
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise StatementError(f"region {text!r} is not X,Y,W,H in pixels, such as 10,20,300,200, or 'all'")
    x, y, w, h = (int(part) for part in parts)
    if w < 1 or h < 1:
        raise StatementError(f"region {text!r} is empty: width and height must be at least 1")
    return Region(x=x, y=y, w=w, h=h)
