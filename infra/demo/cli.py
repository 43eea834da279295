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
) -> None:
    """Train two models, run broker, cameras, edges and statistics, report; exit code 0 when all counts agree."""
    from infra.demo.run import DemoOptions, run_demo, show_where
    from infra.settings import load_settings

    console = Console()
    if source is not None and not source.is_dir():
        raise typer.BadParameter(f"{source} is not a folder", param_hint="--source")
    settings = load_settings()
    options = DemoOptions(
        source=source.resolve() if source else None, frames=frames, fps=fps, out=out or settings.data_dir / "demo"
    )
    result = run_demo(settings, options, console)
    show_where(result, console)
    raise typer.Exit(1 if result.broken else 0)
