"""`linewatch edge`: one process of an edge."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Inspect an edge's frames and publish verdicts.")


@app.command()
def edge(
    edge_id: Annotated[str, typer.Option("--edge", help="id of the inspection point; its processes share its cameras")],
    model: Annotated[
        Path | None,
        typer.Option("--model", help="model artifact to start with, until `edges set-desired` names one", exists=True),
    ] = None,
    instance: Annotated[
        str | None, typer.Option("--instance", help="name of this process; default: the machine's name")
    ] = None,
    threads: Annotated[int | None, typer.Option("--threads", min=1, help="threads of the model's runtime")] = None,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=0, help="serve /metrics here; 0 for any free port")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="a JSON line at the start and at the end")] = False,
) -> None:
    """Inspect an edge's frames and publish verdicts until told to stop (Ctrl-C or SIGTERM)."""
    from prometheus_client import CollectorRegistry

    from consumers.edge.process import Edge, EdgeOptions, default_instance
    from infra.metrics import metrics_page
    from infra.process import setup_logging, stop_event
    from infra.settings import load_settings

    settings = load_settings()
    logger = setup_logging(settings, f"edge.{edge_id}")
    stop, registry = stop_event(), CollectorRegistry()
    options = EdgeOptions(edge_id=edge_id, instance=instance or default_instance(), model=model, threads=threads)
    process = Edge(settings, options, registry)
    name = f"{edge_id}.{options.instance}"
    with metrics_page(settings, registry, metrics_port, job="edge", name=name) as port:
        served = "" if port is None else f", /metrics on port {port}"
        logger.info("edge %s/%s starts%s", edge_id, options.instance, served)
        _say(json_output, event="started", edge=edge_id, instance=options.instance, metrics_port=port)
        process.run(stop)
    count = process.count()
    logger.info("edge %s/%s ends: %d frames, %d errors", edge_id, options.instance, count.frames, count.errors)
    _say(json_output, event="stopped", edge=edge_id, frames=count.frames, errors=count.errors)


def _say(wanted: bool, **values: object) -> None:
    if wanted:
        sys.stdout.write(json.dumps(values) + "\n")
        sys.stdout.flush()
