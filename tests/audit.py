"""What the session's `audit` topic tells. Tests share it, and some put there what is no event."""

from infra.kafka import read_to_end
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import AuditEvent
from schemas.topics import AUDIT


def audit_events(settings: Settings) -> list[AuditEvent]:
    """Every event so far, oldest first."""
    values = [message.value() for message in read_to_end(settings, AUDIT.name)]
    return [Codec().decode(value, AuditEvent) for value in values if value is not None]
