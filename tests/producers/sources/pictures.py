"""Drawn images and folders of them, for tests."""

import json
from pathlib import Path

import cv2
import numpy as np

from producers.sources.source import BrokenImage, Capture, Clock, Source

CLOCK = Clock(unix_us=lambda: 1_700_000_000_000_000, monotonic_ns=lambda: 42)


def jpeg(grey: int = 128, width: int = 32, height: int = 24) -> bytes:
    """A JPEG of one grey."""
    done, data = cv2.imencode(".jpg", np.full((height, width, 3), grey, np.uint8))
    assert done
    return data.tobytes()


def grey_of(image: bytes) -> int:
    """The mean grey of an encoded image."""
    picture = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return round(float(picture.mean()))


def folder_of(folder: Path, *names: str) -> Path:
    """A folder with a JPEG under each name; each of another grey."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(jpeg(10 + 5 * number))
    return folder


def annotate(folder: Path, *lines: dict[str, object]) -> None:
    """Write an annotations.jsonl of these lines."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (folder / "annotations.jsonl").write_text(text, encoding="utf-8")


def captures(source: Source, position: int = 0) -> list[Capture]:
    """Every item of the source; each must be a capture."""
    items = list(source.open(position))
    assert not [item for item in items if isinstance(item, BrokenImage)]
    return [item for item in items if isinstance(item, Capture)]


def names(source: Source, position: int = 0) -> list[str]:
    """The file name of each item."""
    return [Path(item.origin).name for item in source.open(position)]
