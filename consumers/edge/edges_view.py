"""How edges are shown: reports and desired states as JSON values and as tables."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich.table import Table

from producers.commands import parse_statement
from schemas.records import DesiredState, EdgeReported, ModelRef


def report_json(report: EdgeReported) -> dict[str, Any]:
    """A report as JSON values."""
    content: dict[str, Any] = msgspec.to_builtins(report)
    return content


def desired_json(state: DesiredState) -> dict[str, Any]:
    """A desired state with its statement spelled out, as JSON values."""
    statement: dict[str, Any] = msgspec.to_builtins(parse_statement(state))
    return {
        "revision": state.revision,
        "issued_at_us": state.issued_at_us,
        "signed_by": [signature.key_id for signature in state.signatures],
        "statement": statement,
    }


def reports_table(reports: Sequence[EdgeReported], now_us: int | None = None) -> Table:
    """One row a process."""
    now = time.time_ns() // 1000 if now_us is None else now_us
    table = Table("edge", "process", "state", "model", "revision", "frames", "p50 / p99", "seen", "message")
    for report in reports:
        health = report.state if report.healthy else f"[red]{report.state}[/red]"
        table.add_row(
            report.edge_id,
            report.instance,
            health,
            model_text(report.active),
            str(report.active_revision),
            f"{report.frames} ({report.errors} errors)" if report.errors else str(report.frames),
            f"{report.latency_p50_us / 1000:.0f} / {report.latency_p99_us / 1000:.0f} ms",
            f"{max(now - report.reported_at_us, 0) / 1e6:.0f} s ago",
            report.message or "",
        )
    return table


def desired_lines(edge_id: str, desired: Mapping[str, DesiredState]) -> list[str]:
    """What an edge is told, one line a slot and one for its configuration."""
    if not desired:
        return [f"edge {edge_id} is told nothing yet; `linewatch edges set-desired` tells it"]
    lines = []
    for slot, state in sorted(desired.items()):
        statement = parse_statement(state)
        approval = statement.approval
        lines.append(
            f"{slot}: {model_text(statement.model)}, revision {state.revision}, "
            f"by {approval.approved_by} ({approval.reason})"
        )
        config = msgspec.to_builtins(statement.config)
        lines.append("  " + ", ".join(f"{name} {value}" for name, value in config.items()))
    return lines


def model_text(model: ModelRef | None) -> str:
    """A model in few words: name, version, the start of its digest."""
    return "none" if model is None else f"{model.name} {model.version} ({model.digest[7:19]})"
