"""Changes that test images go through to see what a model bears: turned, darker or brighter.

Each is a function of the image's digest, so a figure can be repeated exactly and two models meet the same images.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from typing import Final, Literal

import cv2
import numpy as np

from consumers.inference.picture import Picture, Pixels
from consumers.trainer.errors import UsageError

Perturbation = Literal["rotation", "brightness"]
ROTATION_DEGREES: Final = (3.0, 12.0)
"""Least and greatest angle, either way: a part that lies askew on the belt."""
BRIGHTNESS_SHARE: Final = (0.15, 0.4)
"""Least and greatest change of brightness, darker or brighter: a lamp that ages, a window behind the camera."""


def perturb(picture: Picture, sha256: str, kinds: Sequence[Perturbation]) -> Picture:
    """The picture after every perturbation of `kinds`, in their order; sizes stay."""
    pixels = picture.pixels
    for kind in kinds:
        pixels = _PERTURBATIONS[kind](pixels, _signed(sha256, kind))
    return dataclasses.replace(picture, pixels=pixels)


def parse_perturbations(text: str) -> tuple[Perturbation, ...]:
    """`rotation,brightness` as a tuple; UsageError for another word."""
    found: list[Perturbation] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        kind = next((known for known in _PERTURBATIONS if known == word), None)
        if kind is None:
            raise UsageError(f"unknown perturbation {word!r}; there are {', '.join(_PERTURBATIONS)}")
        found.append(kind)
    return tuple(found)


def combinations_of(kinds: Sequence[Perturbation]) -> list[tuple[Perturbation, ...]]:
    """What an evaluation runs: images as they are, with each perturbation, and with all at once."""
    found: list[tuple[Perturbation, ...]] = [(), *((kind,) for kind in kinds)]
    return found if len(kinds) < 2 else [*found, tuple(kinds)]


def _signed(sha256: str, kind: str) -> float:
    """A number in -1..1 that is never 0, from the image and the kind: sign by one bit, size by the others."""
    raw = int.from_bytes(hashlib.sha256(f"{kind} {sha256}".encode()).digest()[:8], "big")
    return (1 if raw & 1 else -1) * ((raw >> 1) + 1) / 2**63


def _within(signed: float, limits: tuple[float, float]) -> float:
    size = limits[0] + abs(signed) * (limits[1] - limits[0])
    return float(np.copysign(size, signed))


def _rotate(pixels: Pixels, signed: float) -> Pixels:
    rows, columns = pixels.shape[:2]
    centre = ((columns - 1) / 2, (rows - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, _within(signed, ROTATION_DEGREES), 1.0)
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        np.uint8,
    )


def _relight(pixels: Pixels, signed: float) -> Pixels:
    gain = 1.0 + _within(signed, BRIGHTNESS_SHARE)
    table = np.clip(np.rint(np.arange(256) * gain), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), np.uint8)


_PERTURBATIONS: Final[dict[Perturbation, Callable[[Pixels, float], Pixels]]] = {
    "rotation": _rotate,
    "brightness": _relight,
}
