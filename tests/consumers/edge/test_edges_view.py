"""Edges as people and programs see them."""

import json
from pathlib import Path

from rich.console import Console

from consumers.edge.edges_view import desired_json, desired_lines, model_text, report_json, reports_table
from infra.security import create_key
from producers.commands import ConfigChange, sign_statement
from producers.telling import Order, Packed, next_statement
from schemas.records import ClaimCheck, EdgeReported, ModelRef

MODEL = ModelRef(name="dents", version="4", digest="sha256:" + "ab" * 32, kind="rules")
REPORT = EdgeReported(
    edge_id="press-1",
    instance="pc-7",
    reported_at_us=1_000_000,
    started_at_us=1,
    state="running",
    healthy=False,
    message="images wait for the blob store",
    software="0.1.0",
    active=MODEL,
    active_revision=3,
    frames=1200,
    errors=4,
    latency_p50_us=41_000,
    latency_p99_us=60_000,
)


def test_a_row_tells_what_runs_how_fast_and_what_is_wrong() -> None:
    console = Console(width=200, record=True, file=None)
    with console.capture() as shown:
        console.print(reports_table([REPORT], now_us=8_000_000))

    text = shown.get()
    for part in ("press-1", "pc-7", "dents 4 (abababababab)", "1200 (4 errors)", "41 / 60 ms", "7 s ago", "blob store"):
        assert part in text


def test_a_report_is_json() -> None:
    assert json.loads(json.dumps(report_json(REPORT)))["active"]["digest"] == MODEL.digest


def test_what_an_edge_is_told_is_spelled_out(tmp_path: Path) -> None:
    packed = Packed(MODEL, ClaimCheck(reference="sha256:" + "2" * 64, sha256="2" * 64, size=10))
    order = Order(
        slot="active", model=packed, change=ConfigChange(thresholds={"dent": 0.4}), reason="too strict", by="ana"
    )
    key = create_key(tmp_path)
    (state,) = sign_statement(next_statement("press-1", [], [], order, 1), key, 1)

    content = json.loads(json.dumps(desired_json(state)))
    lines = desired_lines("press-1", {"active": state})

    assert content["signed_by"] == [key.key_id]
    assert content["statement"]["config"]["thresholds"] == {"dent": 0.4}
    assert lines[0] == "active: dents 4 (abababababab), revision 1, by ana (too strict)"
    assert "'dent': 0.4" in lines[1]
    assert "told nothing yet" in desired_lines("press-2", {})[0]
    assert model_text(None) == "none"
