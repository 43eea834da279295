"""`linewatch label`: labels in and out of files of other tools."""

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from consumers.datasets.formats import LabelFormat
    from consumers.datasets.importing import Imported

app = typer.Typer(no_args_is_help=True, help="Labels: import, export.")

FormatOption = Annotated[str, typer.Option("--format", help="jsonl, coco, yolo, voc or label-studio")]
Edge = Annotated[str, typer.Option("--edge", help="edge the labels belong to")]
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
_SHOWN = 100  # bad rows named one by one for a person; --json names all


@app.command(name="import")
def import_labels(
    path: Annotated[Path, typer.Argument(help="file or folder of labels", exists=True)],
    edge: Edge,
    form: FormatOption = "jsonl",
    images: Annotated[
        Path | None, typer.Option("--images", help="folder of the images; default: beside the labels", file_okay=False)
    ] = None,
    labeler: Annotated[str | None, typer.Option("--labeler", help="whose labels they are; default: you")] = None,
    json_output: Json = False,
) -> None:
    """Publish the labels of a file; importing it again adds nothing.

    Bad rows are listed, the rest goes on, exit code 1.
    """
    import time

    from consumers.datasets import importing
    from consumers.datasets.formats import FORMATS
    from consumers.datasets.progress_bar import PhaseBar
    from infra.blobs import open_blobs
    from infra.schema_topic import make_codec
    from infra.settings import load_settings

    settings = load_settings()
    with PhaseBar(quiet=json_output) as bar:
        found = importing.import_labels(
            settings,
            open_blobs(settings),
            make_codec(settings),
            FORMATS[_format(form)].read(path, images),
            edge_id=_edge(edge),
            labeler=labeler or getpass.getuser(),
            roots=_roots(path, images),
            now_us=time.time_ns() // 1000,
            on_progress=bar.show,
        )
    _report_import(found, json_output=json_output)
    if found.bad:
        raise typer.Exit(1)


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="new folder; the same command again goes on there", file_okay=False)],
    edge: Edge,
    form: FormatOption = "jsonl",
    allow_missing: Annotated[bool, typer.Option("--allow-missing", help="go on without what is missing")] = False,
    json_output: Json = False,
) -> None:
    """Write the current labels of an edge and their images; disputed and unusable ones are left out."""
    from consumers.datasets.progress_bar import PhaseBar
    from consumers.datasets.replay_cli import report, write_images
    from consumers.datasets.replay_plan import of_labels
    from consumers.datasets.replaying import REPLAY_FORMATS
    from consumers.datasets.topic_reading import TopicReading
    from infra.blobs import open_blobs
    from infra.schema_topic import make_codec
    from infra.settings import load_settings

    settings = load_settings()
    wanted = "folder" if _format(form) == "jsonl" else form
    chosen = next(known for known in REPLAY_FORMATS if known == wanted)
    with PhaseBar(quiet=json_output) as bar:
        reading = TopicReading(settings, make_codec(settings))
        try:
            labels = reading.labels([_edge(edge)], 2**62, lambda done, all_: bar.show("reading labels", done, all_))
        finally:
            reading.close()
        images, left_out = of_labels(labels[edge])
        request = {"labels_of": edge}
        done = write_images(
            settings,
            open_blobs(settings),
            images,
            path,
            chosen,
            request,
            bar,
            allow_missing=allow_missing,
            json_output=json_output,
        )
    report(path, done, json_output=json_output)
    if left_out:
        sys.stderr.write(f"{left_out} images left out: their labels are disputed, or nobody can tell what they show\n")


def _format(text: str) -> "LabelFormat":
    from consumers.datasets.formats import LABEL_FORMATS

    for known in LABEL_FORMATS:
        if known == text:
            return known
    raise typer.BadParameter(f"format {text!r} is none of {', '.join(LABEL_FORMATS)}")


def _edge(text: str) -> str:
    from schemas.errors import InvalidIdentifierError
    from schemas.identifiers import checked_identifier

    try:
        return checked_identifier(text, "edge")
    except InvalidIdentifierError as error:
        raise typer.BadParameter(str(error)) from error


def _roots(path: Path, images: Path | None) -> tuple[Path, ...]:
    """Where images are looked for: as said, else beside the labels and one folder up (COCO's and VOC's annotations)."""
    if images is not None:
        return (images,)
    return (path, path.parent) if path.is_dir() else (path.parent, path.parent.parent)


def _report_import(found: "Imported", *, json_output: bool) -> None:
    from rich.console import Console

    if json_output:
        bad = [{"where": one.where, "reason": one.reason} for one in found.bad]
        said = {"added": found.added, "known": found.known, "attached_to_frames": found.attached, "bad": bad}
        sys.stdout.write(json.dumps(said) + "\n")
        return
    for one in found.bad[:_SHOWN]:
        sys.stderr.write(f"bad row: {one}\n")
    if len(found.bad) > _SHOWN:
        sys.stderr.write(f"... and {len(found.bad) - _SHOWN} more; --json lists all\n")
    Console(soft_wrap=True).print(
        f"{found.added} labels added, {found.known} were known, {found.attached} are of frames of this edge, "
        f"{len(found.bad)} rows are bad",
        highlight=False,
    )
