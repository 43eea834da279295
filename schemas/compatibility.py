"""May this .avsc replace those before it? Checked against every version ever committed.

FULL_TRANSITIVE for frames, inspections and labels, which outlive any rollout; BACKWARD elsewhere.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from schemas.records import Frame, Inspection, Label
from schemas.store import FILES, fingerprint_of

_FULL: Final = frozenset(FILES[record] for record in (Frame, Inspection, Label))


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One reason why one version can't follow another."""

    schema: str
    version: str
    direction: str
    reason: str

    def __str__(self) -> str:
        return f"{self.schema}.avsc against history {self.version}: not {self.direction}: {self.reason}"


def current_schemas() -> dict[str, str]:
    """File stem -> JSON of every .avsc in force."""
    folder = files("schemas").joinpath("avro")
    return {stem: folder.joinpath(f"{stem}.avsc").read_text(encoding="utf-8") for stem in sorted(FILES.values())}


def versions_of(stem: str) -> dict[str, str]:
    """Version -> JSON of every committed version of one schema, oldest first."""
    folder = files("schemas").joinpath("avro/history").joinpath(stem)
    if not folder.is_dir():
        return {}
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".avsc"): entry.read_text(encoding="utf-8") for entry in entries}


def check_schema(stem: str, text: str, history: dict[str, str]) -> list[Incompatibility]:
    """Everything that keeps `text` from following `history`; an empty list when nothing does."""
    found = []
    for version, old in history.items():
        for direction, reader, writer in _directions(stem, new=text, old=old):
            found += [Incompatibility(stem, version, direction, reason) for reason in _reasons(reader, writer)]
    if fingerprint_of(text) not in map(fingerprint_of, history.values()):
        reason = "it is not in the history yet: run `linewatch schemas freeze` and commit the file it writes"
        found.append(Incompatibility(stem, "-", "frozen", reason))
    return found


def check_all() -> list[Incompatibility]:
    """What `linewatch schemas check` reports."""
    return [
        problem for stem, text in current_schemas().items() for problem in check_schema(stem, text, versions_of(stem))
    ]


def _directions(stem: str, *, new: str, old: str) -> list[tuple[str, str, str]]:
    backward = ("readable by the new reader (BACKWARD)", new, old)
    forward = ("readable by the old reader (FORWARD)", old, new)
    return [backward, forward] if stem in _FULL else [backward]


def _reasons(reader: str, writer: str) -> list[str]:
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

    checker: Any = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(_parsed(reader), _parsed(writer))
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    # Two sets, whose members belong to one another by chance only when there are several; never none: it is refused.
    return [f"{'; '.join(sorted(result.messages)) or 'incompatible'} at {', '.join(sorted(result.locations)) or '/'}"]


def _parsed(text: str) -> Any:
    from avro.schema import parse

    return parse(json.dumps(json.loads(text)))
