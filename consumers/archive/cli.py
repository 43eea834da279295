"""`linewatch archive`: keep images and inspections for longer than Kafka does."""

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

if TYPE_CHECKING:
    from consumers.archive.pinning import Pin

app = typer.Typer(
    no_args_is_help=True, help="Keep images and inspections: run, pin, pins, release.", rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="JSON instead of text")]
MetricsPort = Annotated[
    int | None, typer.Option("--metrics-port", min=0, help="serve /metrics here; 0 for any free port")
]
Instance = Annotated[str, typer.Option(help="name of this process for Prometheus")]


@app.command()
def run(
    only: Annotated[
        Literal["images", "inspections"] | None, typer.Option("--only", help="one of the two; default both")
    ] = None,
    flush_rows: Annotated[int, typer.Option(min=1, help="rows buffered at most before some are written")] = 20_000,
    flush_seconds: Annotated[float, typer.Option(min=0.1, help="how long a row waits to be written, at most")] = 600.0,
    merge_after: Annotated[
        float, typer.Option(min=1.0, help="hours after a day's end until its files are merged")
    ] = 48.0,
    metrics_port: MetricsPort = None,
    instance: Instance = "1",
    json_output: Json = False,
) -> None:
    """Keep the image of every frame whose labeling task opens, and every inspection as Parquet, until told to stop.

    Any number of processes, on any machines, share the work.
    """
    from prometheus_client import CollectorRegistry

    from consumers.archive.archiver import Limits
    from consumers.archive.process import PARTS, Archive, ArchiveOptions
    from infra.metrics import metrics_page
    from infra.process import setup_logging, stop_event
    from infra.settings import load_settings

    settings = load_settings()
    logger = setup_logging(settings, "linewatch.archive")
    stop, registry = stop_event(), CollectorRegistry()
    options = ArchiveOptions(
        parts=(only,) if only else PARTS,
        limits=Limits(flush_rows, flush_seconds),
        settle=timedelta(hours=merge_after),
    )
    archive = Archive(settings, options, registry)
    with metrics_page(settings, registry, metrics_port, job="archive", name=instance) as port:
        logger.info("archiving %s to %s", " and ".join(options.parts), archive.url)
        if json_output:
            print_json(event="started", parts=options.parts, metrics_port=port)
        archive.run(stop)
    logger.info("stopped")


@app.command()
def pin(
    edge_id: Annotated[str, typer.Option("--edge", help="whose frames")],
    start: Annotated[str, typer.Option("--from", help="from when on: 2026-11-25T08:00 (UTC unless it says otherwise)")],
    end: Annotated[str, typer.Option("--to", help="up to when")],
    note: Annotated[str, typer.Option(help="why, shown by `archive pins`")] = "",
    json_output: Json = False,
) -> None:
    """Keep all frames of a span of time until they are released. The same command again goes on where it stopped."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from consumers.archive.pinning import Pinner, PinProgress
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    settings = load_settings()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[frames]} frames"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(f"pinning {edge_id}", total=None, frames=0)

        def show(progress: PinProgress) -> None:
            bars.update(task, completed=progress.done, total=max(progress.total, 1), frames=progress.frames)

        pinned = Pinner(settings, open_blobs(settings)).run(
            edge_id, moment_us(start), moment_us(end), note=note, on_progress=show
        )
    if json_output:
        print_json(**_told(pinned))
        return
    missing = f", {pinned.missing} whose large image is gone" if pinned.missing else ""
    Console().print(
        f"pinned {pinned.frames} frames{missing}: {pinned.pin}", highlight=False, markup=False, soft_wrap=True
    )


@app.command()
def pins(json_output: Json = False) -> None:
    """Show what is pinned."""
    from rich.markup import escape
    from rich.table import Table

    from consumers.archive.pinning import read_pins
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    found = read_pins(open_blobs(load_settings()))
    if json_output:
        print_json(pins=[_told(one) for one in found])
        return
    table = Table("pin", "frames", "state", "note")
    for one in found:
        table.add_row(one.pin, str(one.frames), "whole" if one.done else "interrupted: pin it again", escape(one.note))
    Console().print(table)


@app.command()
def release(pin_id: Annotated[str, typer.Argument(metavar="PIN", help="as `archive pins` shows it")]) -> None:
    """Keep the frames of a pin no longer than anything else does; `linewatch blobs gc` then frees their space."""
    from consumers.archive.pinning import release_pin
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    release_pin(open_blobs(load_settings()), pin_id)
    Console().print(f"released {pin_id}", highlight=False, markup=False)


def moment_us(text: str) -> int:
    """A time as Unix microseconds; UTC unless it names an offset. typer.BadParameter for anything else.

    >>> moment_us("1970-01-01T00:00:01.5")
    1500000
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-25T08:00 or 2026-11-25") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _told(pin: "Pin") -> dict[str, object]:
    import msgspec

    told: dict[str, object] = msgspec.to_builtins(pin)
    return told


def print_json(**values: object) -> None:
    """One JSON object on a line of its own."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()
