"""`linewatch demo`: the whole system on one machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer()


@app.command()
def demo(
    source: Annotated[Path | None, typer.Option(help="folder of images; default: a simulated camera")] = None,
    frames: Annotated[int, typer.Option(min=1, help="frames of the simulated camera, for each edge")] = 300,
    fps: Annotated[float, typer.Option(min=0.1, help="frames a second, for each edge")] = 20.0,
    out: Annotated[Path | None, typer.Option(help="where to work; default: data_dir/demo")] = None,
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="stay up until Ctrl-C; default: in a terminal")
    ] = None,
) -> None:
    """Train two models, run the whole line, open the console with frames to label; exit code 0 when all counts agree.

    In a terminal everything stays up after the report until Ctrl-C; elsewhere the demo ends with it.
    """
    from infra.demo.options import DemoOptions
    from infra.demo.run import run_demo
    from infra.settings import load_settings

    console = Console()
    if source is not None and not source.is_dir():
        raise typer.BadParameter(f"{source} is not a folder", param_hint="--source")
    settings = load_settings()
    options = DemoOptions(
        source=source.resolve() if source else None,
        frames=frames,
        fps=fps,
        out=out or settings.data_dir / "demo",
        stay=console.is_terminal if stay is None else stay,
    )
    result = run_demo(settings, options, console)
    raise typer.Exit(1 if result.broken else 0)
