"""`linewatch gateway`: publish a camera's images."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from producers.gateway import GatewayReport

app = typer.Typer(rich_markup_mode=None, help="Publish a camera's images to Kafka, numbered and in order.")


@app.command()
def gateway(
    edge: Annotated[str, typer.Option("--edge", help="inspection point the frames go to")],
    camera: Annotated[str, typer.Option("--camera", help="camera id; one gateway each")],
    source: Annotated[
        str,
        typer.Option("--source", help="folder, glob, image or video file, webcam index, rtsp://..., synthetic:<part>"),
    ],
    fps: Annotated[
        float | None, typer.Option("--fps", min=0.001, help="frames a second [default: all there are]")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="end after so many frames")] = None,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=0, max=65535, help="serve /metrics there; 0: any free port")
    ] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="product being made, where the source is silent")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="begin again at the end of files")] = False,
    json: Annotated[bool, typer.Option("--json", help="print the report as JSON")] = False,
) -> None:
    """Publish until the source ends or the process is told to stop (Ctrl-C, SIGTERM).

    Frames that Kafka did not take by then stay in the spool and go first at the next start. Exit code 1 when another
    gateway has taken the camera over.
    """
    from prometheus_client import CollectorRegistry

    from infra.metrics import metrics_page
    from infra.process import setup_logging, stop_event
    from infra.settings import load_settings
    from producers.gateway import Gateway, GatewayOptions

    settings = load_settings()
    log = setup_logging(settings, "gateway")
    stop = stop_event()
    registry = CollectorRegistry()
    options = GatewayOptions(
        edge_id=edge, camera_id=camera, source=source, fps=fps, limit=limit, product=product, loop=loop
    )
    running = Gateway(settings, options, registry=registry)
    with metrics_page(settings, registry, metrics_port, job="gateway", name=camera) as port:
        if port is not None:
            log.info("/metrics on port %d", port)
        report = running.run(stop)
    if json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    else:
        _print(report)


def _print(report: "GatewayReport") -> None:
    table = Table(title=f"camera {report.camera_id}: {report.source}", show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    numbers = "" if report.first_sequence is None else f" (numbers {report.first_sequence} to {report.last_sequence})"
    rows = {
        "captured": f"{report.captured} frames, {report.captured_bytes / 1e6:.1f} MB",
        "delivered": f"{report.delivered} frames{numbers}",
        "delivered by earlier runs, left out": str(report.skipped),
        "dead letters": str(report.dead_letters),
        "dropped": str(report.dropped),
        "waiting in the spool": str(report.waiting),
        "epoch": str(report.epoch),
        "seconds": f"{report.seconds:.1f}",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console = Console()
    console.print(table)
    if not report.captured and not report.delivered and report.skipped:
        console.print("Nothing new: every file was delivered by an earlier run.")
