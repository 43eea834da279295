"""`linewatch console`: serve the web console."""

import json
import sys
from typing import Annotated

import typer

console = typer.Typer(rich_markup_mode=None, help="The web console.")


@console.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    address: Annotated[str | None, typer.Option(help="where it listens; default: console_address")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="default: console_port; 0: any free one")] = None,
    keep_days: Annotated[float, typer.Option(min=0.01, help="inspections older than this are left out")] = 30.0,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="read every topic again from its beginning")] = False,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", min=0, max=65535, help="serve /metrics here; 0 for any free port")
    ] = None,
    instance: Annotated[str, typer.Option(help="name of this process for Prometheus")] = "1",
    json_output: Annotated[bool, typer.Option("--json", help="a JSON line once it is served")] = False,
) -> None:
    """Serve the console until told to stop (Ctrl-C, SIGTERM). Without people it prints a token for the first one."""
    if context.invoked_subcommand is not None:
        return
    from consumers.console.app import create_app
    from consumers.console.opening import Console
    from consumers.console.projection.rebuilding import forget_projection
    from consumers.console.serving import ConsoleServer, listen, url_of
    from infra.metrics import metrics_page
    from infra.process import setup_logging
    from infra.settings import load_settings

    settings = load_settings()
    logger = setup_logging(settings, "console")
    listening = listen(
        settings.console_address if address is None else address, settings.console_port if port is None else port
    )
    with listening, Console.open(settings, keep_days=keep_days) as opened:
        if rebuild:
            forget_projection(opened.services.database)
        token, url = opened.first_run_token(), url_of(listening)
        registry = opened.services.metrics.registry
        with metrics_page(settings, registry, metrics_port, job="console", name=instance) as metrics:
            server = ConsoleServer(
                create_app(settings, opened.services),
                opened.services.hub,
                lambda: _say(url, token, metrics, json_output=json_output),
            )
            server.run(sockets=[listening])
    logger.info("the console ends")
    if not server.started:
        raise typer.Exit(1)


@console.command()
def openapi() -> None:
    """Print the API's description (OpenAPI 3.1); needs neither database nor broker."""
    from consumers.console.openapi import main

    main()


def _say(url: str, token: str | None, metrics_port: int | None, *, json_output: bool) -> None:
    if json_output:
        started = {"event": "started", "url": url, "first_run_token": token, "metrics_port": metrics_port}
        sys.stdout.write(json.dumps(started) + "\n")
        sys.stdout.flush()
    sys.stderr.write(f"console at {url}\n")
    if token is not None:
        sys.stderr.write(f"nobody is here yet: make the first administrator there with the token {token}\n")
    sys.stderr.flush()
