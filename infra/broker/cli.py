"""`linewatch broker`: the embedded Kafka from the command line."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from infra.broker import Cluster, ClusterStatus

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The embedded Kafka: start, stop, status.")

_LOCAL = ("127.0.0.1", "localhost")

Dir = Annotated[
    Path | None, typer.Option("--dir", help="where the broker keeps everything; default: the data directory's broker")
]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command()
def start(
    nodes: Annotated[int, typer.Option(min=1, max=9, help="1, or 3 for replication over three nodes")] = 1,
    directory: Dir = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65000, help="the first node's; default: the one of bootstrap_servers")
    ] = None,
    heap: Annotated[int, typer.Option(min=128, help="memory of a node's heap, MB")] = 512,
    min_free_mb: Annotated[int, typer.Option(min=0, help="refuse to start with less disk free than this, MB")] = 1000,
    timeout: Annotated[float, typer.Option(min=1, help="seconds to wait until it is ready")] = 120.0,
    json: Json = False,
) -> None:
    """Start the broker, or say that it runs already; it goes on when this command ends."""
    from infra.broker import Cluster, ClusterOptions
    from infra.settings import load_settings

    progress = Console(stderr=True)
    where = _directory(directory)
    options = ClusterOptions(
        nodes=nodes,
        # One that runs already may stay where it is, unless another port is asked for.
        port=port or (None if Cluster(where).runs() else _configured_port(load_settings().bootstrap_servers)),
        heap_megabytes=heap,
        cache_dir=load_settings().cache_dir,
        minimum_free_bytes=min_free_mb * 1_000_000,
        start_timeout_s=timeout,
    )
    cluster = Cluster(where, options, report=lambda line: progress.print(line, highlight=False))
    with progress.status("starting Kafka"):
        cluster.start()
    _show(cluster.status(), json)
    _advise(cluster, progress)


@app.command()
def stop(
    directory: Dir = None,
    timeout: Annotated[float, typer.Option(min=0, help="seconds until a node that does not end is killed")] = 60.0,
    json: Json = False,
) -> None:
    """Stop the broker and wait until it is gone; its data stays."""
    import msgspec

    from infra.broker import Cluster

    stops = Cluster(_directory(directory)).stop(timeout)
    if json:
        typer.echo(msgspec.json.encode({"nodes": stops}))
    elif all(one.how == "absent" for one in stops):
        Console().print(f"no broker runs in {_directory(directory)}", highlight=False)
    else:
        Console().print("\n".join(f"node {one.node_id}: {_HOW[one.how]}" for one in stops), highlight=False)


_HOW = {
    "stopped": "stopped",
    "killed": "killed, as it did not end in time; nothing acknowledged is lost, the next start checks its logs",
    "absent": "did not run",
}


@app.command()
def status(directory: Dir = None, json: Json = False) -> None:
    """Say what runs and answers; exit code 1 unless all of it does."""
    from infra.broker import Cluster

    found = Cluster(_directory(directory)).status()
    _show(found, json)
    if not found.running:
        raise typer.Exit(1)


def _directory(given: Path | None) -> Path:
    from infra.settings import load_settings

    return given or load_settings().data_dir / "broker"


def _configured_port(bootstrap_servers: str) -> int | None:
    """Give the port where clients will look for a broker on this machine; None when they look elsewhere."""
    host, _, port = bootstrap_servers.split(",", maxsplit=1)[0].strip().rpartition(":")
    return int(port) if host in _LOCAL and port.isdigit() else None


def _show(status: "ClusterStatus", json: bool) -> None:
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(status))
        return
    table = Table("node", "pid", "address", "state")
    for node in status.nodes:
        state = "running" if node.registered else "starting or fenced" if node.alive else "not running"
        table.add_row(str(node.node_id), str(node.pid or "-"), f"127.0.0.1:{node.broker_port}", state)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"Kafka {status.kafka_version}, cluster {status.cluster_id}, data and logs in {status.directory}")


def _advise(cluster: "Cluster", console: Console) -> None:
    """Say how clients find this broker when the settings lead them elsewhere."""
    from infra.settings import load_settings

    configured, actual = load_settings().bootstrap_servers, cluster.bootstrap_servers
    if not set(configured.split(",")) & set(actual.split(",")):
        console.print(
            f"clients will look at {configured}: set LINEWATCH_BOOTSTRAP_SERVERS={actual} for them", highlight=False
        )
