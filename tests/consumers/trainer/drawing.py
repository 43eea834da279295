"""Draws small labelled parts for the trainer's tests: a grey plate, good, with a dark scratch or with a bright spot."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from consumers.trainer.labelled_images import LabelledImages, Split, read_labelled_images

SIDE = 64
LABELS = ("good", "scratch", "spot")
# Two of three in training, so that every split has every label.
_SPLITS: tuple[Split, ...] = ("train", "train", "validation", "train", "train", "test")


def draw_part(label: str, rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[dict[str, object]]]:
    """A plate of 64 x 64 pixels and the boxes of its defect."""
    pixels = np.clip(rng.normal(150, 4, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    x, y = (int(value) for value in rng.integers(14, 40, 2))
    if label == "scratch":
        cv2.line(pixels, (x, y), (x + 14, y + 5), (40, 40, 40), 2)
        return pixels, [{"label": label, "x": x - 1, "y": y - 1, "w": 17, "h": 9}]
    if label == "spot":
        cv2.circle(pixels, (x + 4, y + 4), 4, (245, 245, 245), -1)
        return pixels, [{"label": label, "x": x, "y": y, "w": 9, "h": 9}]
    return pixels, []


def write_parts(
    folder: Path, each: int = 12, labels: Sequence[str] = LABELS, *, boxes: bool = True, seed: int = 0
) -> LabelledImages:
    """Write `each` parts of every label with their annotations, and read them back."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    lines = []
    for number in range(each):
        for label in labels:
            pixels, drawn = draw_part(label, rng)
            file = f"images/{label}_{number:03d}.png"
            cv2.imwrite(str(folder / file), pixels)
            line = {"file": file, "label": label, "boxes": drawn if boxes else [], "width": SIDE, "height": SIDE}
            lines.append(msgspec.json.encode(line | {"split": _SPLITS[number % len(_SPLITS)]}))
    (folder / "annotations.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return read_labelled_images(folder)
