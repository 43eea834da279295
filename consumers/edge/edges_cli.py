"""`linewatch edges`: what edges shall run, and what they do run."""

import getpass
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from producers.commands import ConfigChange
    from producers.telling import Packed

app = typer.Typer(no_args_is_help=True, help="Edges: list, show, set-desired, configure.")

Json = Annotated[bool, typer.Option("--json", help="print JSON")]
Edges = Annotated[list[str], typer.Argument(help="ids of the edges", show_default=False)]
SlotOption = Annotated[Literal["active", "shadow"], typer.Option("--slot", help="active judges, shadow looks on")]
Threshold = Annotated[
    list[str] | None, typer.Option("--threshold", help="CLASS=SCORE: a score at or above it fails; may be repeated")
]
ReviewBand = Annotated[
    float | None, typer.Option("--review-band", min=0, max=0.5, help="scores so close to a threshold go to review")
]
Deadline = Annotated[float | None, typer.Option("--deadline", min=0.001, help="seconds from capture to verdict")]
LateVerdict = Annotated[
    Literal["reject", "review"] | None, typer.Option("--late-verdict", help="what the line is told when none came")
]
RegionText = Annotated[
    str | None, typer.Option("--region", help="X,Y,W,H in pixels: the part of the image that is judged; 'all' for all")
]
Reason = Annotated[str, typer.Option("--reason", help="why, for the record")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="file: its first line opens the signing key", dir_okay=False)
]


@app.command(name="list")
def list_edges(json_output: Json = False) -> None:
    """Show every process of every edge, as last reported."""
    from rich.console import Console

    from consumers.edge.edges_view import report_json, reports_table
    from infra.schema_topic import make_codec
    from infra.settings import load_settings
    from producers.commands import read_reported

    settings = load_settings()
    reports = read_reported(settings, make_codec(settings))
    if json_output:
        _print_json([report_json(report) for report in reports])
    else:
        Console().print(reports_table(reports) if reports else "no edge has reported yet")


@app.command()
def show(edge_id: Annotated[str, typer.Argument(help="id of the edge")], json_output: Json = False) -> None:
    """Show what an edge is told to run, and what each of its processes does run."""
    from rich.console import Console

    from consumers.edge.edges_view import desired_json, desired_lines, report_json, reports_table
    from infra.schema_topic import make_codec
    from infra.settings import load_settings
    from producers.commands import read_desired, read_reported

    settings = load_settings()
    codec = make_codec(settings)
    desired = read_desired(settings, codec, edge_id)
    reports = [report for report in read_reported(settings, codec) if report.edge_id == edge_id]
    if json_output:
        told = {slot: desired_json(state) for slot, state in desired.items()}
        _print_json({"edge": edge_id, "desired": told, "reported": [report_json(report) for report in reports]})
        return
    console = Console(soft_wrap=True)
    for line in desired_lines(edge_id, desired):
        console.print(line, highlight=False, markup=False)
    console.print(reports_table(reports) if reports else f"edge {edge_id} has not reported yet")


@app.command(name="set-desired")
def set_desired(
    edges: Edges,
    model: Annotated[
        Path | None, typer.Option("--model", help="model artifact to run", exists=True, file_okay=False)
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="run no model in this slot")] = False,
    slot: SlotOption = "active",
    threshold: Threshold = None,
    review_band: ReviewBand = None,
    deadline: Deadline = None,
    late_verdict: LateVerdict = None,
    region: RegionText = None,
    rollout_id: Annotated[str | None, typer.Option("--rollout", help="rollout this belongs to")] = None,
    reason: Reason = "set by hand",
    passphrase_file: PassphraseFile = None,
    json_output: Json = False,
) -> None:
    """Tell edges which model to run, signed by this machine's key; settings not given stay as they are told now."""
    if (model is None) != clear:
        raise typer.BadParameter("give either --model DIR or --clear")
    packed = None if model is None else _store(model)
    change = _change(threshold, review_band, deadline, late_verdict, region)
    _tell(edges, slot, packed, change, reason, passphrase_file, json_output=json_output, rollout_id=rollout_id)


@app.command()
def configure(
    edges: Edges,
    slot: SlotOption = "active",
    threshold: Threshold = None,
    review_band: ReviewBand = None,
    deadline: Deadline = None,
    late_verdict: LateVerdict = None,
    region: RegionText = None,
    reason: Reason = "set by hand",
    passphrase_file: PassphraseFile = None,
    json_output: Json = False,
) -> None:
    """Change thresholds and the like of edges; the model they are told to run stays."""
    change = _change(threshold, review_band, deadline, late_verdict, region)
    if change.is_empty:
        raise typer.BadParameter("nothing to change: give --threshold, --review-band, --deadline ... (see --help)")
    _tell(edges, slot, "keep", change, reason, passphrase_file, json_output=json_output)


def _change(
    threshold: list[str] | None,
    review_band: float | None,
    deadline: float | None,
    late_verdict: Literal["reject", "review"] | None,
    region: str | None,
) -> "ConfigChange":
    from producers.commands import ConfigChange, StatementError, parse_region, parse_thresholds

    try:
        return ConfigChange(
            thresholds=parse_thresholds(threshold) if threshold else None,
            review_band=review_band,
            deadline_us=None if deadline is None else round(deadline * 1e6),
            late_verdict=late_verdict,
            region=None if region is None else parse_region(region),
        )
    except StatementError as error:
        raise typer.BadParameter(str(error)) from error


def _store(directory: Path) -> "Packed":
    """Pack an artifact into the blob store, where the edges fetch it."""
    from consumers.inference.artifact import load_artifact
    from consumers.inference.bundle import pack
    from infra.blobs import open_blobs
    from infra.settings import load_settings
    from producers.telling import Packed

    artifact = load_artifact(directory)
    with tempfile.TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "bundle"
        pack(artifact, bundle)
        return Packed(artifact.reference, open_blobs(load_settings()).put_file(bundle))


def _tell(
    edges: list[str],
    slot: Literal["active", "shadow"],
    packed: "Packed | Literal['keep'] | None",
    change: "ConfigChange",
    reason: str,
    passphrase_file: Path | None,
    *,
    json_output: bool,
    rollout_id: str | None = None,
) -> None:
    from rich.console import Console

    from infra.security import load_trust, signing_key
    from infra.settings import load_settings
    from producers.telling import Order, tell_edges

    settings = load_settings()
    passphrase = None if passphrase_file is None else passphrase_file.read_bytes().splitlines()[0]
    key = signing_key(settings.data_dir / "keys", load_trust(settings.trusted_keys), passphrase)
    order = Order(slot=slot, model=packed, change=change, reason=reason, by=getpass.getuser(), rollout_id=rollout_id)
    told = tell_edges(settings, key, edges, order)
    if json_output:
        _print_json([{"edge": state.edge_id, "slot": state.slot, "revision": state.revision} for state in told])
        return
    for state in told:
        Console().print(f"edge {state.edge_id}: slot {state.slot}, revision {state.revision}", highlight=False)


def _print_json(content: Any) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
