"""`linewatch dataset`: build, show, list, verify, diff."""

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from consumers.datasets.build import BuiltDataset
    from consumers.datasets.manifest import Manifest
    from infra.blobs import BlobStore
    from infra.settings import Settings
    from schemas.records import Dataset

app = typer.Typer(no_args_is_help=True, help="Datasets from topics: build, show, list, verify, diff.")

Json = Annotated[bool, typer.Option("--json", help="print JSON")]
Which = Annotated[str, typer.Argument(help="name (its newest), digest or its first 8 digits, or NAME:DIGEST")]
_SHOWN = 100  # missing images that are listed one by one for a person; --json lists all


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="name of the dataset: a-z, 0-9 and '-'")],
    edge: Annotated[list[str], typer.Option("--edge", help="edge; may be repeated")],
    start: Annotated[str, typer.Option("--from", help="captured since: ISO 8601 (UTC), or 8h, 7d, 2w ago")],
    end: Annotated[str, typer.Option("--to", help="captured before: ISO 8601 (UTC), now, ...")] = "now",
    classes: Annotated[list[str] | None, typer.Option("--class", help="only this class; may be repeated")] = None,
    label_filter: Annotated[
        str, typer.Option("--label-filter", help="labeled; agreed (two people, or adjudicated); any (unlabeled too)")
    ] = "labeled",
    include_imported: Annotated[
        bool, typer.Option("--include-imported", help="also images that were imported and never were frames")
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="go on without images that are nowhere to be had")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="put images that lie only in Kafka into the blob store")
    ] = True,
    labels_until: Annotated[
        str | None, typer.Option("--labels-until", help="labels given later do not count; default now")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="also write manifest.jsonl into this folder")] = None,
    json_output: Json = False,
) -> None:
    """Build a dataset of what lies in topics; the same contents have the same digest, wherever and whenever built."""
    from consumers.datasets.build import PHASES, build_dataset
    from consumers.datasets.errors import ImagesMissingError, SelectionError
    from consumers.datasets.progress_bar import PhaseBar
    from consumers.datasets.selection import Selection, parse_filter, parse_time

    settings, blobs = _opened()
    try:
        selection = Selection(
            name=name,
            edge_ids=tuple(edge),
            from_us=parse_time(start),
            to_us=parse_time(end),
            classes=tuple(classes or ()),
            label_filter=parse_filter(label_filter),
            include_imported=include_imported,
            allow_missing=allow_missing,
            keep_images=keep,
            labels_until_us=None if labels_until is None else parse_time(labels_until),
        ).checked(now_us())
    except SelectionError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        with PhaseBar(quiet=json_output) as bar:
            built = build_dataset(
                settings,
                blobs,
                selection,
                built_by=getpass.getuser(),
                on_progress=lambda at: bar.show(PHASES[at.phase], at.done, at.total),
            )
    except ImagesMissingError as error:
        list_missing(error.missing, json_output=json_output)
        raise
    if out is not None:
        write_manifest(built.manifest, out)
    _report_built(built, json_output=json_output)


@app.command()
def show(which: Which, json_output: Json = False) -> None:
    """Show a dataset: classes, splits, who labeled, how they agree, what is missing or left out."""
    from rich.console import Console

    from consumers.datasets.views import dataset_json, print_dataset

    settings, blobs = _opened()
    record, manifest = _found(settings, blobs, which)
    if json_output:
        import msgspec

        header = msgspec.to_builtins(manifest.header)
        missing = [str(one) for one in manifest.missing]
        _print_json({"dataset": dataset_json(record), "manifest": header, "missing_images": missing})
        return
    print_dataset(Console(soft_wrap=True), record.name, manifest)


@app.command(name="list")
def list_datasets(json_output: Json = False) -> None:
    """List every dataset that was built."""
    from rich.console import Console

    from consumers.datasets.registry import read_datasets
    from consumers.datasets.views import dataset_json, datasets_table
    from infra.schema_topic import make_codec

    settings, _ = _opened()
    found = read_datasets(settings, make_codec(settings))
    if json_output:
        _print_json([dataset_json(one) for one in found])
        return
    Console().print(datasets_table(found) if found else "no dataset was built yet: linewatch dataset build")


@app.command()
def verify(
    which: Which,
    from_topics: Annotated[
        bool, typer.Option("--from-topics", help="also build the same selection again from offset 0 and compare")
    ] = False,
    json_output: Json = False,
) -> None:
    """Read every image again and compare its sha256, compute the digest again; exit code 1 when anything differs."""
    from rich.console import Console

    from consumers.datasets.progress_bar import PhaseBar
    from consumers.datasets.verifying import verify_dataset

    settings, blobs = _opened()
    record, manifest = _found(settings, blobs, which)
    with PhaseBar(quiet=json_output) as bar:
        found = verify_dataset(settings, blobs, record.name, manifest, from_topics=from_topics, on_progress=bar.show)
    if json_output:
        missing = [str(one) for one in found.missing]
        _print_json(
            {
                "digest": found.digest,
                "holds": found.holds,
                "images": found.images,
                "missing_images": missing,
                "recomputed": found.recomputed,
                "rebuilt": found.rebuilt,
            }
        )
    else:
        list_missing([str(one) for one in found.missing], json_output=False)
        again = "" if found.rebuilt is None else f"; built again from topics: {found.rebuilt}"
        word = "holds" if found.holds else "does NOT hold"
        Console(soft_wrap=True).print(
            f"{record.name} {found.digest} {word}: {found.images - len(found.missing)} of {found.images} images as "
            f"they were, digest of the contents {found.recomputed}{again}",
            highlight=False,
        )
    if not found.holds:
        raise typer.Exit(1)


@app.command()
def diff(before: Which, after: Which, json_output: Json = False) -> None:
    """Show which images, labels and splits differ between two datasets."""
    import msgspec
    from rich.console import Console

    from consumers.datasets.comparing import diff_manifests

    settings, blobs = _opened()
    found = diff_manifests(_found(settings, blobs, before)[1], _found(settings, blobs, after)[1])
    if json_output:
        _print_json(msgspec.to_builtins(found))
        return
    console = Console(soft_wrap=True, highlight=False, markup=False)
    console.print(
        f"{len(found.added)} images added, {len(found.removed)} removed, {len(found.changed)} with another label, "
        f"boxes or split ({found.moved} in another split)"
    )
    for one in found.changed:
        label = f"{one.label_before} -> {one.label_after}" if one.label_before != one.label_after else "boxes"
        moved = f", {one.split_before} -> {one.split_after}" if one.split_before != one.split_after else ""
        console.print(f"{one.frame_id or one.sha256[:12]}: {label}{moved} ({', '.join(one.labelers_after)})")


def now_us() -> int:
    """This moment, Unix microseconds."""
    import time

    return time.time_ns() // 1000


def list_missing(missing: "tuple[str, ...] | list[str]", *, json_output: bool) -> None:
    """Name what is missing: everything as JSON, the first hundred for a person."""
    if json_output:
        _print_json({"missing_images": list(missing)})
        return
    for line in missing[:_SHOWN]:
        sys.stderr.write(f"missing: {line}\n")
    if len(missing) > _SHOWN:
        sys.stderr.write(f"... and {len(missing) - _SHOWN} more; --json lists all\n")


def write_manifest(manifest: "Manifest", folder: Path) -> Path:
    """Write `manifest.jsonl` into a folder, whole or not at all; returns its path."""
    from consumers.datasets.manifest import manifest_bytes

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "manifest.jsonl"
    partial = path.with_suffix(".partial")
    partial.write_bytes(manifest_bytes(manifest))
    partial.replace(path)
    return path


def _opened() -> "tuple[Settings, BlobStore]":
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    settings = load_settings()
    return settings, open_blobs(settings)


def _found(settings: "Settings", blobs: "BlobStore", which: str) -> "tuple[Dataset, Manifest]":
    from consumers.datasets.registry import find_dataset, load_manifest, read_datasets
    from infra.schema_topic import make_codec

    record = find_dataset(read_datasets(settings, make_codec(settings)), which)
    return record, load_manifest(blobs, record)


def _report_built(built: "BuiltDataset", *, json_output: bool) -> None:
    from rich.console import Console

    from consumers.datasets.views import dataset_json, print_dataset

    unreadable = [f"{one.place}: {one.reason}" for one in built.unreadable]
    if json_output:
        missing = [str(one) for one in built.manifest.missing]
        _print_json({**dataset_json(built.record), "missing_images": missing, "unreadable": unreadable})
        return
    print_dataset(Console(soft_wrap=True), built.record.name, built.manifest)
    for line in unreadable:
        sys.stderr.write(f"unreadable record, left out: {line}\n")


def _print_json(content: Any) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
