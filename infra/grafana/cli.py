"""`linewatch grafana`: keep a Grafana in step with linewatch."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, help="Grafana: sync data source, folder and dashboards.")

_COLOURS = {"created": "green", "updated": "yellow", "unchanged": "dim"}


@app.callback()
def grafana() -> None:
    """Grafana: sync data source, folder and dashboards."""


@app.command("sync")
def sync_command(
    url: Annotated[str | None, typer.Option(help="Grafana's address; default LINEWATCH_GRAFANA_URL")] = None,
    token: Annotated[
        str | None,
        typer.Option(help="service account token; better in LINEWATCH_GRAFANA_TOKEN, as others see command lines"),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="one JSON list")] = False,
) -> None:
    """Make or update the data source, the folder and the dashboards; run again, it changes nothing."""
    import msgspec

    from infra.grafana.errors import GrafanaError
    from infra.settings import load_settings

    try:
        from infra.grafana.adapter import Grafana
        from infra.grafana.sync import sync
    except ImportError as error:
        raise GrafanaError(f"{error.name} is not installed here: install linewatch with its extra `console`") from error

    settings = load_settings()
    address = url or settings.grafana_url
    secret = token or (settings.grafana_token.get_secret_value() if settings.grafana_token else None)
    if not address:
        raise typer.BadParameter("give --url or set LINEWATCH_GRAFANA_URL: there is no Grafana to sync")
    if not secret:
        raise typer.BadParameter("give --token or set LINEWATCH_GRAFANA_TOKEN: a service account token, role Admin")
    done = sync(Grafana(address, secret), settings.prometheus_url)
    console = Console()
    if json_output:
        console.print_json(msgspec.json.encode(done).decode())
        return
    table = Table("", "name", "", "where", box=None)
    for one in done:
        table.add_row(one.kind, one.name, f"[{_COLOURS[one.action]}]{one.action}[/]", one.url)
    console.print(table)
