"""What a synthetic camera draws, and the URI that says so: `synthetic:panel?seed=7&defect_rate=0.3&size=640x480`."""

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args
from urllib.parse import parse_qsl

from producers.errors import SourceError

PartKind = Literal["screws", "panel", "gasket"]
PARTS: Final[tuple[PartKind, ...]] = get_args(PartKind)

_MIN_SIDE, _MAX_SIDE = 64, 8192  # pixels: a defect still shows at the least, memory holds the largest
_PARAMETERS: Final = ("seed", "defect_rate", "size", "views", "contrast", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticSettings:
    """Everything an image depends on beside its index. Raises SourceError for values out of range."""

    part: PartKind  # what is drawn
    seed: int = 0  # parts, defects and light; cameras with one seed see the same parts
    defect_rate: float = 0.2  # share of parts with a defect, 0..1
    width: int = 640  # pixels, 64..8192
    height: int = 480  # pixels, 64..8192
    views: int = 1  # images a camera takes of each part, at least 1
    contrast: float = 1.0  # strength of defects: 1 is from hardly visible to plain, less is harder
    count: int | None = None  # images until the source ends, None for ever
    camera_id: str = "camera"  # its pose, light and noise are its own

    def __post_init__(self) -> None:
        _require(self.part in PARTS, f"part {self.part!r} is unknown; there are {', '.join(PARTS)}")
        _require(self.seed >= 0, f"seed {self.seed} must not be negative")
        _require(0.0 <= self.defect_rate <= 1.0, f"defect_rate {self.defect_rate} must lie in 0..1")
        for side in (self.width, self.height):
            _require(_MIN_SIDE <= side <= _MAX_SIDE, f"a side of {side} pixels must lie in {_MIN_SIDE}..{_MAX_SIDE}")
        _require(self.views >= 1, f"views {self.views} must be at least 1")
        _require(0.0 < self.contrast <= 4.0, f"contrast {self.contrast} must be above 0 and at most 4")
        _require(self.count is None or self.count >= 0, f"count {self.count} must not be negative")

    @property
    def uri(self) -> str:
        """The URI that gives these settings again, with everything in it but the camera."""
        count = "" if self.count is None else f"&count={self.count}"
        return (
            f"synthetic:{self.part}?seed={self.seed}&defect_rate={self.defect_rate:g}&size={self.width}x{self.height}"
            f"&views={self.views}&contrast={self.contrast:g}{count}"
        )


def parse_settings(uri: str, *, seed: int | None = None, camera_id: str = "camera") -> SyntheticSettings:
    """Return the settings in `uri`; `seed` holds where the URI has none. Raises SourceError with what is allowed."""
    part, _, query = uri.removeprefix("synthetic:").partition("?")
    if part not in PARTS:
        raise SourceError(f"{uri!r}: part {part!r} is unknown; there are {', '.join(PARTS)}")
    settings = SyntheticSettings(part=part, seed=seed or 0, camera_id=camera_id)
    for name, value in parse_qsl(query, keep_blank_values=True):
        settings = _with(settings, name, value, uri)
    return settings


def _with(settings: SyntheticSettings, name: str, value: str, uri: str) -> SyntheticSettings:
    try:
        if name == "size":
            return _sized(settings, value)
        if name in {"defect_rate", "contrast"}:
            change: dict[str, Any] = {name: float(value)}
            return dataclasses.replace(settings, **change)
        if name in _PARAMETERS:
            change = {name: int(value)}
            return dataclasses.replace(settings, **change)
    except ValueError as error:
        raise SourceError(f"{uri!r}: {name}={value!r} is no number") from error
    raise SourceError(f"{uri!r}: unknown parameter {name!r}; there are {', '.join(_PARAMETERS)}")


def _sized(settings: SyntheticSettings, value: str) -> SyntheticSettings:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", value)
    if match is None:
        raise SourceError(f"size {value!r} is not <width>x<height> in pixels, such as 640x480")
    return dataclasses.replace(settings, width=int(match[1]), height=int(match[2]))


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise SourceError(message)
