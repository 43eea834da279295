"""`linewatch schemas`: check the contracts, freeze new versions, publish them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The Avro schemas: check, freeze, publish.")


@app.command()
def check(json_output: Annotated[bool, typer.Option("--json", help="one JSON object")] = False) -> None:
    """Say whether every .avsc may follow all versions ever committed; exit code 1 when one may not."""
    import msgspec

    from schemas.compatibility import check_all, current_schemas

    problems = [str(problem) for problem in check_all()]
    console = Console()
    if json_output:
        console.print_json(msgspec.json.encode({"schemas": len(current_schemas()), "problems": problems}).decode())
    else:
        for problem in problems:
            console.print(f"[red]{problem}[/red]")
        console.print(f"{len(current_schemas())} schemas, {len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@app.command()
def freeze(
    folder: Annotated[Path, typer.Option(help="the schemas/avro folder of a checkout")] = Path("schemas/avro"),
) -> None:
    """Copy every new version of an .avsc into the history; refuses one that breaks its readers."""
    from schemas.compatibility import check_schema, current_schemas, versions_of
    from schemas.store import fingerprint_of

    console = Console()
    for stem, text in current_schemas().items():
        history = versions_of(stem)
        if fingerprint_of(text) in map(fingerprint_of, history.values()):
            continue
        breaking = [problem for problem in check_schema(stem, text, history) if problem.direction != "frozen"]
        if breaking:
            console.print(f"[red]{breaking[0]}[/red]")
            raise typer.Exit(1)
        target = folder / "history" / stem / f"{len(history) + 1:04}.avsc"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        console.print(f"froze {target}")


@app.command()
def publish() -> None:
    """Write every schema that the `schemas` topic lacks."""
    from infra.schema_topic import publish_schemas
    from infra.settings import load_settings

    Console().print(f"{publish_schemas(load_settings())} schemas published")
