"""`linewatch streams`: the stream processors."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The stream processors.", rich_markup_mode=None)

MetricsPort = Annotated[int | None, typer.Option("--metrics-port", help="serve /metrics there; 0 takes any free port")]
Instance = Annotated[str, typer.Option(help="name of this worker on this machine: its folder of state")]
StallLimit = Annotated[float, typer.Option(min=5, help="seconds without progress before the process ends")]


@app.command()
def statistics(metrics_port: MetricsPort = None, instance: Instance = "1", stall_limit: StallLimit = 60.0) -> None:
    """Count verdicts, parts and gaps by edge, camera and minute (line_statistics).

    Start it again, here or elsewhere, for more workers: they share the edges and take over from each other.
    """
    from infra.blobs import open_blobs
    from infra.process import setup_logging
    from infra.settings import load_settings
    from streams.line_statistics.app import run_statistics

    settings = load_settings()
    setup_logging(settings, "linewatch.streams.statistics")
    code = run_statistics(
        settings, open_blobs(settings), instance=instance, metrics_port=metrics_port, stall_limit=stall_limit
    )
    raise typer.Exit(code)


@app.command()
def labeling(metrics_port: MetricsPort = None, instance: Instance = "1", stall_limit: StallLimit = 60.0) -> None:
    """Keep the queues of frames that people are asked to label (labeling_queue).

    Start it again, here or elsewhere, for more workers: they share the edges and take over from each other.
    """
    from infra.blobs import open_blobs
    from infra.process import setup_logging
    from infra.settings import load_settings
    from streams.labeling_queue.app import run_labeling

    settings = load_settings()
    setup_logging(settings, "linewatch.streams.labeling")
    code = run_labeling(
        settings, open_blobs(settings), instance=instance, metrics_port=metrics_port, stall_limit=stall_limit
    )
    raise typer.Exit(code)


@app.command()
def ticks(
    limit: Annotated[int | None, typer.Option(min=1, help="stop after so many seconds")] = None,
) -> None:
    """Publish the clock that stream steps go by: one tick a second. One process is enough, two are harmless."""
    from infra.kafka import make_producer
    from infra.process import setup_logging, stop_event
    from infra.schema_topic import make_codec
    from infra.settings import load_settings
    from schemas.topics import TICKS
    from streams.ticker import run_ticker
    from streams.worker import require_topics

    settings = load_settings()
    log = setup_logging(settings, "linewatch.streams.ticks")
    require_topics(settings, [TICKS.name])
    log.info("ticking every second")
    run_ticker(make_producer(settings), make_codec(settings), stop_event(), limit=limit)
