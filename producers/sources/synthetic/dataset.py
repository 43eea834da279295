"""Writes synthetic images as a data set folder: `images/` and `annotations.jsonl`."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from producers.errors import SourceError
from producers.sources.annotations import ANNOTATIONS, IMAGES
from producers.sources.synthetic.settings import SyntheticSettings, parse_settings
from producers.sources.synthetic.source import Shot, jpeg_of, shoot

# Half of the images, not the few of a line: what a model learns from has to show enough of each class.
TRAINING_DEFECT_RATE: Final = 0.5


def write_dataset(part: str, count: int, out: Path, seed: int = 0) -> None:
    """Draw `count` images of `part` (see PARTS), half of them with a defect, into the new or empty folder `out`.

    Raises SourceError for an unknown part, and when the folder holds something already or can't be written.
    """
    uri = f"synthetic:{part}?count={count}&seed={seed}&defect_rate={TRAINING_DEFECT_RATE}"
    write_samples(parse_settings(uri), out)


def write_samples(settings: SyntheticSettings, out: Path, on_image: Callable[[Shot], None] | None = None) -> None:
    """As `write_dataset`, for any settings with a count; `on_image` hears of each image written."""
    if settings.count is None:
        raise SourceError(f"{settings.uri} never ends; give it a count")
    try:
        _write(settings, settings.count, out, on_image)
    except OSError as error:
        raise SourceError(f"{out} can't be written: {error.strerror or error}; mend that or choose another") from error


def _write(settings: SyntheticSettings, count: int, out: Path, on_image: Callable[[Shot], None] | None) -> None:
    if out.exists() and any(out.iterdir()):
        raise SourceError(f"{out} is not empty; choose another folder, or remove it first")
    (out / IMAGES).mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(count):
        shot = shoot(settings, index)
        image = jpeg_of(shot.image)
        name = f"{IMAGES}/{settings.part}_{index:06d}.jpg"
        (out / name).write_bytes(image)
        lines.append(_line(name, image, shot, settings, index))
        if on_image is not None:
            on_image(shot)
    # Written last, and at once: a folder with annotations is a whole one.
    unfinished = out / f"{ANNOTATIONS}.unfinished"
    unfinished.write_bytes(b"".join(lines))
    unfinished.replace(out / ANNOTATIONS)


def _line(name: str, image: bytes, shot: Shot, settings: SyntheticSettings, index: int) -> bytes:
    line = {
        "file": name,
        "label": shot.truth.label,
        "boxes": [{"label": box.label, "x": box.x, "y": box.y, "w": box.w, "h": box.h} for box in shot.truth.boxes],
        "width": settings.width,
        "height": settings.height,
        "sha256": hashlib.sha256(image).hexdigest(),
        "source": f"{settings.uri}#{index}",
        "part_id": shot.part_id,
        "product": shot.product,
    }
    return msgspec.json.encode(line) + b"\n"
