"""`linewatch samples`: images to try things with."""

import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from producers.sources.synthetic import SyntheticSettings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Sample images: draw a data set.")

Name = Annotated[str, typer.Argument(help="synthetic:<part>, with ?defect_rate=.., size=WxH, views=.., contrast=..")]
Count = Annotated[int, typer.Option(min=1, help="how many images")]
Out = Annotated[Path, typer.Option(help="new or empty folder for images/ and annotations.jsonl")]
Seed = Annotated[int, typer.Option(min=0, help="the same seed gives the same images")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]


@app.callback()
def samples() -> None:
    """Keep `get` a subcommand, though it is the only one."""


@app.command()
def get(name: Name, out: Out, count: Count = 200, seed: Seed = 0, json: Json = False) -> None:
    """Draw a data set with exact labels and boxes, half of it defective unless the name says otherwise."""
    import msgspec

    from producers.errors import SourceError
    from producers.sources.synthetic import write_samples

    try:
        settings = _settings(name, count, seed)
    except SourceError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    labels: Counter[str] = Counter()
    with _progress(json) as progress:
        task = progress.add_task(f"drawing {settings.part}", total=count)

        def drawn(label: str) -> None:
            labels[label] += 1
            progress.advance(task)

        write_samples(settings, out, on_image=lambda shot: drawn(shot.truth.label))
    if json:
        typer.echo(msgspec.json.encode({"folder": str(out), "images": count, "labels": dict(sorted(labels.items()))}))
        return
    counted = ", ".join(f"{number} {label}" for label, number in sorted(labels.items()))
    Console(highlight=False).print(f"{count} images in {out}: {counted}", soft_wrap=True, markup=False)


def _settings(name: str, count: int, seed: int) -> "SyntheticSettings":
    from producers.errors import SourceError
    from producers.sources.synthetic import PARTS, parse_settings
    from producers.sources.synthetic.dataset import TRAINING_DEFECT_RATE

    part, _, query = name.partition("?")
    if not part.startswith("synthetic:"):
        raise SourceError(f"{name!r} is unknown; there are {', '.join(f'synthetic:{each}' for each in PARTS)}")
    # What the name says comes last, and the last one holds.
    uri = f"{part}?defect_rate={TRAINING_DEFECT_RATE}&{query}"
    return dataclasses.replace(parse_settings(uri, seed=seed), count=count)


def _progress(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=quiet,
    )
