"""Writes frames and their labels to a folder or to shards; what is there already is verified and kept."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256 as sha256_of
from pathlib import Path
from threading import Event
from typing import Final, Literal, get_args

from consumers.datasets.errors import CancelledError, DatasetsError, ImageMissingError, ImagesMissingError
from consumers.datasets.formats import FORMATS, AnnotatedImage, LabelFormat
from consumers.datasets.formats.jsonl import line_of
from consumers.datasets.frame_images import FoundImage, content_type_of
from consumers.datasets.image_reading import Wanted, read_images, unreachable
from consumers.datasets.shards import ShardFormat, ShardImage, shard_names, write_shard
from infra.blobs import BlobStore
from infra.settings import Settings
from producers.errors import HeaderError
from producers.sources.headers import read_header
from schemas.records import Box, FrameLocation

ReplayFormat = Literal["folder", "coco", "yolo", "voc", "label-studio", "tfrecord", "webdataset"]
REPLAY_FORMATS: Final[tuple[ReplayFormat, ...]] = get_args(ReplayFormat)
MARKER: Final = "replay.json"
UNLABELED: Final = "unlabeled.jsonl"
SHARD_IMAGES: Final = 256  # images a shard; they are in memory together
_LABEL_FORMATS: Final[dict[str, LabelFormat]] = {
    "folder": "jsonl",
    "coco": "coco",
    "yolo": "yolo",
    "voc": "voc",
    "label-studio": "label-studio",
}
_SUFFIXES: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/bmp": "bmp",
    "image/tiff": "tif",
    "image/webp": "webp",
    "image/x-portable-graymap": "pgm",
    "image/x-portable-pixmap": "ppm",
}
OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayImage:
    """One image to write: `name` is its file without suffix; label None for an unlabeled frame."""

    name: str
    sha256: str
    location: FrameLocation | None
    label: str | None
    boxes: tuple[Box, ...] = ()
    split: str | None = None
    frame_id: str | None = None
    captured_at_us: int | None = None
    part_id: str | None = None
    product: str | None = None
    labeler: str | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What lies in the folder now: `written` this time, `kept` from before, `missing` nowhere to be had."""

    written: int
    kept: int
    labeled: int
    missing: tuple[str, ...]


class FolderTakenError(DatasetsError):
    """The folder holds something else; choose another one, or remove it."""


def replay(
    settings: Settings,
    blobs: BlobStore,
    images: Sequence[ReplayImage],
    out: Path,
    form: ReplayFormat,
    *,
    request: dict[str, str],
    allow_missing: bool = False,
    on_progress: OnProgress = lambda _phase, _done, _total: None,
    stop: Event | None = None,
) -> Replayed:
    """Write images and labels below `out`. The same request into the same folder goes on where it stopped.

    Raises:
        FolderTakenError: the folder is not empty and holds no replay of this request.
        ImagesMissingError: images are nowhere to be had and `allow_missing` is false; known ones stop it before
        anything is written. CancelledError: `stop` was set.
    """
    _claim(out, form, request)
    wanted = [Wanted(one.sha256, one.location, one) for one in images]
    gone = unreachable(settings, blobs, wanted)
    lines = tuple(f"{one.ref.name if isinstance(one.ref, ReplayImage) else ''}: {why}" for one, why in gone)
    if gone and not allow_missing:
        raise ImagesMissingError(
            f"{len(gone)} of {len(images)} images are missing, and none was written: go on without them by "
            "--allow-missing",
            lines,
        )
    lost = {id(one.ref) for one, _ in gone}
    there = [one for one in images if id(one) not in lost]
    (out / MARKER).parent.mkdir(parents=True, exist_ok=True)
    (out / MARKER).write_text(json.dumps({"format": form, **request}), encoding="utf-8")
    if form in ("tfrecord", "webdataset"):
        done = _shards(settings, blobs, there, out, form, on_progress, stop)
    else:
        done = _folder(settings, blobs, there, out, _LABEL_FORMATS[form], on_progress, stop)
    if done.missing and not allow_missing:
        raise ImagesMissingError(f"{len(done.missing)} images could not be read; the rest is written", done.missing)
    return Replayed(done.written, done.kept, done.labeled, (*lines, *done.missing))


def _claim(out: Path, form: ReplayFormat, request: dict[str, str]) -> None:
    if not out.exists() or not any(out.iterdir()):
        return
    try:
        there = json.loads((out / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        there = None
    if there != {"format": form, **request}:
        what = "something else" if there is None else f"a replay of {there}"
        raise FolderTakenError(f"{out} holds {what}: choose another folder, or remove it")


def _folder(
    settings: Settings,
    blobs: BlobStore,
    images: Sequence[ReplayImage],
    out: Path,
    form: LabelFormat,
    on_progress: OnProgress,
    stop: Event | None,
) -> Replayed:
    target = FORMATS[form]
    folder = out / target.images_folder
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, AnnotatedImage] = {}
    lacking: list[Wanted] = []
    there = {path.stem: path for path in folder.iterdir() if path.suffix != ".partial"}
    for one in images:
        found = _verified(there.get(one.name), one.sha256)
        if found is None:
            lacking.append(Wanted(one.sha256, one.location, one))
        else:
            rows[one.name] = _row(one, target.images_folder, found)
    kept, missing = len(rows), []
    for one, outcome in _read(settings, blobs, lacking, stop):
        if isinstance(outcome, ImageMissingError):
            missing.append(f"{one.name}: {outcome}")
        else:
            _write(folder / f"{one.name}.{suffix_of(outcome.content_type)}", outcome.data)
            rows[one.name] = _row(one, target.images_folder, outcome)
        on_progress("writing images", len(rows) + len(missing), len(images))
    ordered = [rows[one.name] for one in images if one.name in rows]
    labeled = [row for row in ordered if row.label is not None]
    target.write(labeled, out)
    _write(out / UNLABELED, b"".join(line_of(row) for row in ordered if row.label is None))
    return Replayed(len(rows) - kept, kept, len(labeled), tuple(missing))


def _read(
    settings: Settings, blobs: BlobStore, wanted: Sequence[Wanted], stop: Event | None
) -> Iterator[tuple[ReplayImage, FoundImage | ImageMissingError]]:
    for one, outcome in read_images(settings, blobs, wanted):
        if stop is not None and stop.is_set():
            raise CancelledError("stopped; the same command goes on from here")
        if isinstance(one.ref, ReplayImage):
            yield one.ref, outcome


def _shards(
    settings: Settings,
    blobs: BlobStore,
    images: Sequence[ReplayImage],
    out: Path,
    form: ShardFormat,
    on_progress: OnProgress,
    stop: Event | None,
) -> Replayed:
    classes = sorted({one.label for one in images if one.label} | {box.label for one in images for box in one.boxes})
    _write(out / "classes.json", json.dumps(classes).encode())
    written = kept = labeled = 0
    missing: list[str] = []
    for path, part in shard_names(images, out, form, SHARD_IMAGES):
        index = path.with_suffix(path.suffix + ".json")
        names = [[one.name, one.sha256, one.label, [[b.label, b.x, b.y, b.w, b.h] for b in one.boxes]] for one in part]
        expected = json.dumps({"classes": classes, "images": names}).encode()
        if path.is_file() and index.is_file() and index.read_bytes() == expected:
            kept += len(part)
        else:
            found = dict(_read(settings, blobs, [Wanted(one.sha256, one.location, one) for one in part], stop))
            rows = []
            for one in part:
                outcome = found[one]
                if isinstance(outcome, ImageMissingError):
                    missing.append(f"{one.name}: {outcome}")
                else:
                    rows.append(ShardImage(one.name, _row(one, "", outcome), outcome.data, outcome.content_type))
            write_shard(path, rows, form, classes)
            if len(rows) == len(part):
                _write(index, expected)
            written += len(rows)
        labeled += sum(one.label is not None for one in part)
        on_progress("writing shards", written + kept + len(missing), len(images))
    return Replayed(written, kept, labeled, tuple(missing))


def _verified(path: Path | None, sha256: str) -> FoundImage | None:
    """A file of an earlier run, when it holds what it should."""
    if path is None:
        return None
    data = path.read_bytes()
    if sha256_of(data).hexdigest() != sha256:
        return None
    return FoundImage(data, content_type_of(data), "blob")


def _row(one: ReplayImage, folder: str, found: FoundImage) -> AnnotatedImage:
    try:
        header = read_header(found.data)
        width, height = header.width, header.height
    except HeaderError:
        width = height = 0
    name = f"{one.name}.{suffix_of(found.content_type)}"
    return AnnotatedImage(
        file=f"{folder}/{name}" if folder else name,
        label=one.label,
        boxes=one.boxes,
        width=width,
        height=height,
        sha256=one.sha256,
        frame_id=one.frame_id,
        captured_at_us=one.captured_at_us,
        part_id=one.part_id,
        product=one.product,
        labeler=one.labeler,
        split=one.split,
    )


def suffix_of(content_type: str) -> str:
    """The file suffix of a media type, `bin` for an unknown one."""
    return _SUFFIXES.get(content_type, "bin")


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(data)
    partial.replace(path)
