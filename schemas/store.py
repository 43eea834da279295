"""Schemas by fingerprint: those in this package, its committed history, and any that a source brings."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol, cast

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

from schemas.errors import SchemasError, UnknownSchemaError
from schemas.records import (
    Alarm,
    AuditEvent,
    CameraClaim,
    Dataset,
    DeadLetter,
    DesiredState,
    EdgePolicy,
    EdgeReported,
    EdgeStatistics,
    Frame,
    Inspection,
    Label,
    LabelingRequest,
    LabelingTask,
    ModelVersion,
    Record,
    Rollout,
    RolloutCommand,
    Tick,
    TrainingJob,
    TrainingProgress,
)

Schema = dict[str, Any]

FILES: Final[dict[type[Record], str]] = {
    Alarm: "alarm",
    AuditEvent: "audit_event",
    CameraClaim: "camera_claim",
    Dataset: "dataset",
    DeadLetter: "dead_letter",
    DesiredState: "desired_state",
    EdgePolicy: "edge_policy",
    EdgeReported: "edge_reported",
    EdgeStatistics: "edge_statistics",
    Frame: "frame",
    Inspection: "inspection",
    Label: "label",
    LabelingRequest: "labeling_request",
    LabelingTask: "labeling_task",
    ModelVersion: "model_version",
    Rollout: "rollout",
    RolloutCommand: "rollout_command",
    Tick: "tick",
    TrainingJob: "training_job",
    TrainingProgress: "training_progress",
}


class SchemaSource(Protocol):
    """Where schemas of other versions come from, such as the `schemas` topic."""

    def find(self, fingerprint_hex: str) -> str | None:
        """The schema's JSON, or None after really looking; may take a moment."""


@cache
def schema_text(record: type[Record]) -> str:
    """The .avsc of a record as committed; SchemasError for a record that only travels inside others."""
    if record not in FILES:
        raise SchemasError(f"{record.__name__} has no .avsc of its own: it travels only inside other records")
    return files("schemas").joinpath(f"avro/{FILES[record]}.avsc").read_text(encoding="utf-8")


@cache
def fingerprint_of(text: str) -> str:
    """CRC-64-AVRO of a schema's canonical form, 16 hex digits in the byte order of single-object encoding."""
    return str(fingerprint(to_parsing_canonical_form(json.loads(text)), "CRC-64-AVRO"))


def parse_plain(text: str) -> Schema:
    """Parse a schema without its logical types: times stay integers, which no time zone can bend.

    The fingerprint is the same: canonical form drops logical types too.
    """
    return cast("Schema", parse_schema(json.loads(text, object_hook=_without_logical_type)))


def _without_logical_type(node: Schema) -> Schema:
    return {key: value for key, value in node.items() if key != "logicalType"}


@cache
def committed_history() -> dict[str, tuple[str, str]]:
    """Every schema version ever committed: fingerprint -> (file stem, JSON)."""
    versions = {}
    for folder in files("schemas").joinpath("avro/history").iterdir():
        for entry in folder.iterdir():
            text = entry.read_text(encoding="utf-8")
            versions[fingerprint_of(text)] = (folder.name, text)
    return versions


class SchemaStore:
    """Finds a writer's schema by fingerprint; looks an unknown one up again, as it may just have been published."""

    def __init__(self, source: SchemaSource | None = None) -> None:
        self._source = source
        self._parsed: dict[str, Schema] = {}

    def parsed(self, fingerprint_hex: str) -> Schema:
        """The parsed schema; UnknownSchemaError when neither history nor source has it."""
        known = self._parsed.get(fingerprint_hex)
        if known is None:
            known = self._parsed[fingerprint_hex] = parse_plain(self._text(fingerprint_hex))
        return known

    def _text(self, fingerprint_hex: str) -> str:
        _, text = committed_history().get(fingerprint_hex, ("", None))
        if text is None and self._source is not None:
            text = self._source.find(fingerprint_hex)
        if text is None:
            where = (
                "the history of this version" if self._source is None else "this version's history or the schemas topic"
            )
            raise UnknownSchemaError(f"schema with fingerprint {fingerprint_hex} is not in {where}")
        return text
