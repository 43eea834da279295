"""`linewatch replay`: frames and labels as files."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumers.datasets.cli import list_missing
from consumers.datasets.errors import ImagesMissingError, SelectionError

if TYPE_CHECKING:
    from consumers.datasets.progress_bar import PhaseBar
    from consumers.datasets.replaying import Replayed, ReplayFormat, ReplayImage
    from infra.blobs import BlobStore
    from infra.settings import Settings

replay = typer.Typer(add_completion=False, help="Write frames and labels as files.")


@replay.command("replay")
def run_replay(
    out: Annotated[Path, typer.Option("--out", help="folder to write into; the same command again goes on there")],
    edge: Annotated[str | None, typer.Option("--edge", help="edge whose frames are wanted")] = None,
    start: Annotated[str | None, typer.Option("--from", help="captured since: ISO 8601 (UTC), or 8h, 7d ago")] = None,
    end: Annotated[str, typer.Option("--to", help="captured before: ISO 8601 (UTC), now, ...")] = "now",
    dataset: Annotated[str | None, typer.Option("--dataset", help="name or digest, in place of --edge")] = None,
    form: Annotated[
        str, typer.Option("--format", help="folder, coco, yolo, voc, label-studio, tfrecord or webdataset")
    ] = "folder",
    allow_missing: Annotated[bool, typer.Option("--allow-missing", help="go on without what is missing")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Write the frames of an edge and a span of time, or a dataset, with their labels."""
    from consumers.datasets.progress_bar import PhaseBar
    from consumers.datasets.replaying import REPLAY_FORMATS
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    if (edge is None) == (dataset is None) or (edge is not None and start is None):
        raise typer.BadParameter("give either --dataset, or --edge and --from")
    chosen = next((known for known in REPLAY_FORMATS if known == form), None)
    if chosen is None:
        raise typer.BadParameter(f"format {form!r} is none of {', '.join(REPLAY_FORMATS)}")
    settings = load_settings()
    blobs = open_blobs(settings)
    with PhaseBar(quiet=json_output) as bar:
        images, request = _planned(settings, blobs, edge, start, end, dataset, bar)
        done = write_images(
            settings, blobs, images, out, chosen, request, bar, allow_missing=allow_missing, json_output=json_output
        )
    report(out, done, json_output=json_output)


def _planned(
    settings: "Settings",
    blobs: "BlobStore",
    edge: str | None,
    start: str | None,
    end: str,
    dataset: str | None,
    bar: "PhaseBar",
) -> "tuple[list[ReplayImage], dict[str, str]]":
    from consumers.datasets.registry import find_dataset, load_manifest, read_datasets
    from consumers.datasets.replay_plan import of_edge, of_manifest
    from consumers.datasets.selection import parse_time
    from infra.schema_topic import make_codec

    codec = make_codec(settings)
    if dataset is not None:
        manifest = load_manifest(blobs, find_dataset(read_datasets(settings, codec), dataset))
        return of_manifest(manifest), {"dataset": manifest.digest}
    try:
        from_us, to_us = parse_time(start or ""), parse_time(end)
    except SelectionError as error:
        raise typer.BadParameter(str(error)) from error
    images = of_edge(settings, codec, edge or "", from_us, to_us, bar.show)
    if not images:
        raise SelectionError(f"edge {edge} has no frame captured between {start} and {end}")
    # As it was typed: "8h" ago names other moments each time, and the same folder still goes on.
    return images, {"edge": edge or "", "from": start or "", "to": end}


def write_images(
    settings: "Settings",
    blobs: "BlobStore",
    images: "list[ReplayImage]",
    out: Path,
    form: "ReplayFormat",
    request: dict[str, str],
    bar: "PhaseBar",
    *,
    allow_missing: bool,
    json_output: bool,
) -> "Replayed":
    """Replay, and name what is missing before the error goes on."""
    from consumers.datasets import replaying

    try:
        return replaying.replay(
            settings, blobs, images, out, form, request=request, allow_missing=allow_missing, on_progress=bar.show
        )
    except ImagesMissingError as error:
        list_missing(error.missing, json_output=json_output)
        raise


def report(out: Path, done: "Replayed", *, json_output: bool) -> None:
    """Say what lies in the folder now."""
    import json

    from rich.console import Console

    if json_output:
        found = {"folder": str(out), "written": done.written, "kept": done.kept, "labeled": done.labeled}
        sys.stdout.write(json.dumps({**found, "missing_images": done.missing}) + "\n")
        return
    list_missing(done.missing, json_output=False)
    Console(soft_wrap=True).print(
        f"{done.written} images written to {out}, {done.kept} kept from before, {done.labeled} of all labeled, "
        f"{len(done.missing)} missing",
        highlight=False,
        markup=False,
    )
