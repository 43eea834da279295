"""The synthetic camera: any image by its index alone, the same bytes each time."""

import hashlib
from collections.abc import Callable, Iterator
from threading import Event
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from producers.errors import SourceError
from producers.sources.files import checked_position
from producers.sources.source import SYSTEM_CLOCK, BrokenImage, Capture, Clock
from producers.sources.synthetic.camera import photograph
from producers.sources.synthetic.gasket import draw_gasket
from producers.sources.synthetic.panel import draw_panel
from producers.sources.synthetic.screws import draw_screws
from producers.sources.synthetic.settings import PartKind, SyntheticSettings
from producers.sources.synthetic.surface import Layout, Part, Pixels, Region
from producers.sources.synthetic.view import draw_view
from schemas.records.frame import Box, Exposure, Truth

JPEG_QUALITY: Final = 90  # what industrial cameras send by default

DrawPart = Callable[[Layout, np.random.Generator, np.random.Generator | None, float], Part]
_DRAW: Final[dict[PartKind, DrawPart]] = {"gasket": draw_gasket, "panel": draw_panel, "screws": draw_screws}
# One stream of numbers a purpose: leaving the defects out changes nothing else.
_PART, _DEFECT, _VIEW = 1, 2, 3


class Shot(NamedTuple):
    """One image with what is on it."""

    image: Pixels  # height x width x 3, uint8, BGR
    truth: Truth  # exact, in pixels of the image
    part_id: str
    product: str
    exposure: Exposure


def shoot(settings: SyntheticSettings, index: int, *, defects: bool = True) -> Shot:
    """Draw image `index` (0..); without `defects`, the very same image as if the part had none."""
    number = index // settings.views
    layout = Layout(settings.width, settings.height)
    damage = _numbers(settings.seed, _DEFECT, number)
    defective = damage.random() < settings.defect_rate and defects
    draw = _DRAW[settings.part]
    part = draw(layout, _numbers(settings.seed, _PART, number), damage if defective else None, settings.contrast)

    numbers = _numbers(settings.seed, _VIEW, index, _camera_number(settings.camera_id))
    view = draw_view(numbers, index)
    image = photograph(part.surface, view, layout, numbers)
    return Shot(
        image=image,
        truth=Truth(label=part.label, boxes=boxes_of(part.regions, view.matrix(layout), layout)),
        part_id=f"{settings.part}-{settings.seed}-{number:06d}",
        product=part.product,
        exposure=Exposure(exposure_us=round(4_000 * view.gain), gain_db=round(2 * view.noise, 1), light="ring"),
    )


def boxes_of(regions: list[Region], matrix: NDArray[np.float64], layout: Layout) -> list[Box]:
    """Boxes round every pixel that `regions` touch on the image, cut off at its border; none for what lies outside."""
    boxes = []
    for region in regions:
        points = region.outline @ matrix[:, :2].T + matrix[:, 2]
        size = np.array([layout.width, layout.height])
        # Pixel k reaches from k - 0.5 to k + 0.5.
        first = np.clip(np.floor(points.min(axis=0) + 0.5), 0, size).astype(int)
        last = np.clip(np.floor(points.max(axis=0) + 0.5) + 1, 0, size).astype(int)
        (x, y), (w, h) = first.tolist(), (last - first).tolist()
        if w > 0 and h > 0:
            boxes.append(Box(label=region.label, x=x, y=y, w=w, h=h))
    return boxes


def _numbers(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def _camera_number(camera_id: str) -> int:
    return int.from_bytes(hashlib.sha256(camera_id.encode()).digest()[:8], "big")


class SyntheticSource:
    """Images of made-up parts. Replayable: the index is the position; endless unless the settings have a count."""

    replayable = True

    def __init__(self, settings: SyntheticSettings, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.settings = settings
        self.description = settings.uri
        self._clock = clock
        self._closed = Event()

    @property
    def length(self) -> int:
        """How many images there are; SourceError when there is no end."""
        if self.settings.count is None:
            raise SourceError(f"{self.description} never ends, so it can't be looped; give it a count, or no loop")
        return self.settings.count

    def open(self, position: int = 0) -> Iterator[Capture | BrokenImage]:
        """Yield image after image from `position` on."""
        index = checked_position(position)
        while not self._closed.is_set() and (self.settings.count is None or index < self.settings.count):
            yield self._capture(index)
            index += 1

    def close(self) -> None:
        """End every iteration before its next image."""
        self._closed.set()

    def _capture(self, index: int) -> Capture:
        shot = shoot(self.settings, index)
        taken = self._clock.now()
        return Capture(
            image=jpeg_of(shot.image),
            content_type="image/jpeg",
            captured_at_us=taken.unix_us,
            monotonic_ns=taken.monotonic_ns,
            origin=f"{self.description}#{index}",
            position=index,
            width=self.settings.width,
            height=self.settings.height,
            part_id=shot.part_id,
            product=shot.product,
            exposure=shot.exposure,
            truth=shot.truth,
        )


def jpeg_of(image: Pixels) -> bytes:
    """Encode a shot as the camera would."""
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise SourceError(f"an image of shape {image.shape} can't be encoded as JPEG")
    return jpeg.tobytes()
