"""The steps of a recipe, as data: their parameters, units and ranges. What they do is in `execution.py`.

Lengths are pixels of the working picture (`input` in model.json), greys 0..255, areas square pixels. A step works on
the current picture: at first the working picture in blue, green, red, later whatever the step before left. Steps are
of two sorts: *picture* steps change it, *measure* steps (measures.py) look at it and score one class.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from consumers.inference.document import Fraction

Grey = Annotated[float, Meta(ge=0, le=255)]
Kernel = Annotated[int, Meta(ge=1, le=399)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="step"):
    """What every step has in common: the field `step`, which names its kind."""


class Crop(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="crop"):
    """Keep a rectangle, given as fractions (0..1) of the current picture; boxes are mapped back."""

    x: Fraction = 0.0
    y: Fraction = 0.0
    width: Annotated[float, Meta(gt=0, le=1)] = 1.0
    height: Annotated[float, Meta(gt=0, le=1)] = 1.0


class Channel(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="channel"):
    """Keep one channel: weighted grey, a colour, or one of hue (0..179), saturation, value, or CIE lightness, a, b."""

    channel: Literal["grey", "blue", "green", "red", "hue", "saturation", "value", "lightness", "a", "b"] = "grey"


class Blur(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="blur"):
    """Smooth; `size` is the kernel's side, rounded up to an odd number. `bilateral` keeps edges (slow)."""

    method: Literal["gaussian", "median", "mean", "bilateral"] = "gaussian"
    size: Kernel = 5


class Clahe(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="clahe"):
    """Equalise contrast in tiles x tiles fields, limited by `clip` (contrast-limited adaptive equalisation)."""

    clip: Annotated[float, Meta(ge=0.1, le=40)] = 2.0
    tiles: Annotated[int, Meta(ge=1, le=64)] = 8


class Normalise(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="normalise"):
    """Stretch greys so that the `low` and `high` percentiles become 0 and 255."""

    low: Annotated[float, Meta(ge=0, lt=100)] = 1.0
    high: Annotated[float, Meta(gt=0, le=100)] = 99.0


class Background(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="background"):
    """Subtract the surroundings, smoothed over `size` pixels, and multiply by `gain`.

    `polarity` says what stands out: `dark` or `bright` spots only, or `both` (absolute difference).
    """

    method: Literal["gaussian", "median", "mean"] = "gaussian"
    size: Kernel = 31
    polarity: Literal["dark", "bright", "both"] = "both"
    gain: Annotated[float, Meta(gt=0, le=64)] = 1.0


class Threshold(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="threshold"):
    """To a mask: 255 where the grey lies above a level (`side` below: under it), else 0.

    The level is `level` (fixed), Otsu's (`otsu`), the mean over `size` pixels plus `offset` greys (adaptive), or the
    median plus `deviations` robust standard deviations (deviation; minus for side below).
    """

    method: Literal["fixed", "otsu", "adaptive", "deviation"] = "fixed"
    side: Literal["above", "below"] = "above"
    level: Grey = 128.0
    size: Annotated[int, Meta(ge=3, le=399)] = 31
    offset: Annotated[float, Meta(ge=-255, le=255)] = 0.0
    deviations: Annotated[float, Meta(ge=0, le=100)] = 4.0


class Morphology(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="morphology"):
    """Open, close, erode, dilate and the like with a `size` x `size` element, `iterations` times."""

    operation: Literal["open", "close", "erode", "dilate", "gradient", "tophat", "blackhat"]
    shape: Literal["ellipse", "rectangle", "cross"] = "ellipse"
    size: Kernel = 3
    iterations: Annotated[int, Meta(ge=1, le=20)] = 1


class Edges(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="edges"):
    """Find edges: `canny` gives a mask by two gradient levels, `sobel` and `laplacian` give the strength."""

    method: Literal["canny", "sobel", "laplacian"] = "canny"
    low: Annotated[float, Meta(ge=0, le=2000)] = 50.0
    high: Annotated[float, Meta(ge=0, le=2000)] = 150.0


class Invert(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="invert"):
    """Swap dark and bright."""


class Border(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="border"):
    """Set a frame of `margin` pixels to 0, where lenses and holders disturb."""

    margin: Annotated[int, Meta(ge=0, le=4096)] = 4


class Keep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="keep"):
    """Remember the current picture under a name, for `recall` and `combine`."""

    name: Name


class Recall(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="recall"):
    """Go back to a kept picture; `source` is the working picture itself."""

    name: Name = "source"


class Combine(Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="combine"):
    """Combine the current picture with a kept one of the same size, pixel by pixel."""

    name: Name
    operation: Literal["and", "or", "subtract", "difference", "minimum", "maximum"]


PictureStep = (
    Crop | Channel | Blur | Clahe | Normalise | Background | Threshold | Morphology | Edges | Invert | Border | Keep
    | Recall | Combine
)  # fmt: skip
