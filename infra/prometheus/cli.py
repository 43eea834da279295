"""`linewatch prometheus`: watch the processes of this machine."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(rich_markup_mode=None, help="Prometheus with linewatch's rules, for the processes of this machine.")


@app.command()
def prometheus(
    port: Annotated[int, typer.Option(min=0, max=65535, help="where it listens; 0: any free port")] = 9090,
    retention: Annotated[str, typer.Option(help="how long samples are kept, as Prometheus writes it")] = "30d",
    json_output: Annotated[bool, typer.Option("--json", help="a JSON line once it is ready")] = False,
) -> None:
    """Run Prometheus until told to stop (Ctrl-C, SIGTERM). Processes started with --metrics-port are found by it.

    Without a Prometheus on the PATH, Debian's package is fetched once and unpacked into the cache folder.
    """
    from infra.process import stop_event
    from infra.prometheus.distribution import ensure_programs
    from infra.prometheus.errors import PrometheusStartError
    from infra.prometheus.server import PrometheusServer
    from infra.settings import load_settings

    settings, said, stop = load_settings(), Console(stderr=True), stop_event()
    programs = ensure_programs(settings.cache_dir, lambda line: said.print(line, highlight=False))
    with PrometheusServer.start(programs, settings.data_dir, port=port, retention=retention) as server:
        if json_output:
            sys.stdout.write(json.dumps({"event": "started", "url": server.url}) + "\n")
            sys.stdout.flush()
        said.print(f"Prometheus at {server.url} (alerts: {server.url}/alerts)", highlight=False)
        while not stop.wait(0.5):
            if (code := server.process.poll()) is not None:
                raise PrometheusStartError(f"Prometheus ended by itself with exit code {code}: see {server.log}")
