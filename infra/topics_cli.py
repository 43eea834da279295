"""`linewatch topics`: the catalogue, and Kafka made to agree with it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

if TYPE_CHECKING:
    from schemas.topics import Topic

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The topics: list, apply, diff.")

Edges = Annotated[list[str], typer.Option("--edge", help="an edge whose own topics count too; may be repeated")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.command(name="list")
def list_topics(edge: Edges = [], json: Json = False) -> None:  # noqa: B006 - Typer reads it and never changes it
    """Print the catalogue; with --edge, real names in place of <edge>. Needs no broker."""
    from schemas.topics import CATALOGUE

    rows = [(name, topic) for topic in CATALOGUE for name in _names(topic, edge)]
    if json:
        import msgspec

        typer.echo(msgspec.json.encode([_as_json(name, topic) for name, topic in rows]))
        return
    table = Table(
        Column("topic", no_wrap=True), "parts", "key", Column("kept", no_wrap=True), "written by", "read by", box=SIMPLE
    )
    for name, topic in rows:
        table.add_row(
            name,
            str(topic.partitions),
            topic.key,
            _kept(topic),
            ", ".join(topic.writers),
            ", ".join(topic.readers),
        )
    Console().print(table)


@app.command()
def apply(edge: Edges = [], json: Json = False) -> None:  # noqa: B006 - Typer reads it and never changes it
    """Create what is missing, set what differs, publish the schemas; edges that have topics count by themselves."""
    from infra.kafka import make_admin
    from infra.schema_topic import publish_schemas
    from infra.settings import load_settings
    from infra.topics import apply_topics, known_edges

    settings = load_settings()
    admin = make_admin(settings)
    applied = apply_topics(admin, settings, {*edge, *known_edges(admin)})
    published = publish_schemas(settings)
    if json:
        import msgspec

        typer.echo(msgspec.json.encode({**msgspec.to_builtins(applied), "schemas_published": published}))
        return
    console = Console(highlight=False)
    for name in applied.created:
        console.print(f"created {name}")
    for name in applied.altered:
        console.print(f"changed the settings of {name}")
    for difference in applied.left:
        console.print(f"[yellow]{difference}[/yellow]: only moving its replicas mends that (kafka-reassign-partitions)")
    console.print(
        f"{len(applied.created)} created, {len(applied.altered)} changed, {published} schemas published; "
        "all else was as it should be"
    )


@app.command()
def diff(edge: Edges = [], json: Json = False) -> None:  # noqa: B006 - Typer reads it and never changes it
    """Print how Kafka differs from the catalogue; exit code 1 when it does."""
    from infra.kafka import make_admin
    from infra.settings import load_settings
    from infra.topics import compare_topics, known_edges, wanted_topics

    admin = make_admin(load_settings())
    wanted = wanted_topics(load_settings(), {*edge, *known_edges(admin)})
    differences = compare_topics(admin, wanted)
    if json:
        import msgspec

        typer.echo(msgspec.json.encode({"topics": len(wanted), "differences": differences}))
    else:
        console = Console(highlight=False)
        for difference in differences:
            console.print(str(difference))
        console.print(f"{len(wanted)} topics, {len(differences)} differences")
    raise typer.Exit(1 if differences else 0)


def _names(topic: "Topic", edges: list[str]) -> list[str]:
    return [topic.of(edge_id) for edge_id in edges] if topic.per_edge and edges else [topic.name]


def _kept(topic: "Topic") -> str:
    if topic.retention_ms is None:
        return topic.cleanup
    if topic.retention_ms < 0:
        return f"{topic.cleanup}, for ever"
    hours = topic.retention_ms // 3_600_000
    return f"{topic.cleanup}, {hours // 24} d" if hours >= 24 else f"{topic.cleanup}, {hours} h"


def _as_json(name: str, topic: "Topic") -> dict[str, object]:
    return {
        "name": name,
        "partitions": topic.partitions,
        "key": topic.key,
        "record": topic.record.__name__ if topic.record else None,
        "config": topic.configuration(),
        "writers": topic.writers,
        "readers": topic.readers,
        "about": topic.about,
    }
