"""The measure steps of a recipe, as data: each looks at the current picture and scores one class.

A measured value becomes a score by a ramp: 0 at `zero_at` (and beyond it), 1 at `one_at` (and beyond), linear between;
`one_at` may be the smaller number. When several measures score one class, the highest counts.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from consumers.inference.document import ClassName, Fraction
from consumers.inference.rules.steps import Step

Length = Annotated[float, Meta(ge=0, le=16384)]
Area = Annotated[float, Meta(ge=0, le=1e9)]
Count = Annotated[int, Meta(ge=0, le=10_000)]


class Measure(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every measure has: the class it scores (field `class`) and its ramp, in the measured value's unit."""

    class_name: ClassName = field(name="class")
    zero_at: float = 0.0
    one_at: float = 1.0


class Contours(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="contours"):
    """Outline the white regions of a mask, keep those within the limits, and measure them.

    `measure`: `count`; `area` (sum, square pixels); `largest` (area); `longest` (length: longer side of the tightest
    turned rectangle, pixels); `strength` (highest sum over a region of the kept picture named `of`, greys x square
    pixels / 255). Limits: `area`, `length`, `aspect` (longer by shorter side of that rectangle, 1 and more), `fill`
    (area by the area of that rectangle, 0..1). With `expected`, `count` becomes how many are missing.
    """

    measure: Literal["count", "area", "largest", "longest", "strength"] = "largest"
    minimum_area: Area = 1.0
    maximum_area: Area = 1e9
    minimum_length: Length = 0.0
    maximum_length: Length = 16384.0
    minimum_aspect: Annotated[float, Meta(ge=1, le=10_000)] = 1.0
    maximum_aspect: Annotated[float, Meta(ge=1, le=10_000)] = 10_000.0
    minimum_fill: Fraction = 0.0
    expected: Count | None = None
    of: str | None = None


class Circles(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="circles"):
    """Count circles by the Hough transform (gradient form), in a grey picture, after a median blur.

    `gradient` is the upper edge level (greys), `votes` how sure a centre must be (fewer finds more), `distance` the
    least one between centres. The value is their count, or with `expected` how many are missing.
    """

    minimum_radius: Length
    maximum_radius: Length
    distance: Annotated[float, Meta(ge=1, le=16384)] = 20.0
    gradient: Annotated[float, Meta(ge=1, le=1000)] = 100.0
    votes: Annotated[float, Meta(ge=1, le=1000)] = 30.0
    expected: Count | None = None


class Template(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="template"):
    """Look for a small picture (`png`: a PNG file in base64) by normalised correlation (1 is equal up to light).

    `count`: how many places match by `match` or more, or with `expected` how many are missing. `best`: the highest
    correlation anywhere, -1..1.
    """

    png: Annotated[bytes, Meta(min_length=1, max_length=4 * 1024 * 1024)]
    measure: Literal["count", "best"] = "count"
    match: Annotated[float, Meta(ge=0, le=1)] = 0.8
    expected: Count | None = None


class Discs(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="discs"):
    """Look for round spots of one size, darker or brighter than what surrounds them: empty holes, screw heads.

    As `template`, with a drawn disc of `radius` pixels in a square of four radii: light and shade do not matter.
    """

    radius: Annotated[float, Meta(ge=1.5, le=400)]
    polarity: Literal["dark", "bright"] = "dark"
    measure: Literal["count", "best"] = "best"
    match: Annotated[float, Meta(ge=0, le=1)] = 0.75
    expected: Count | None = None


class Place(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A round place to look at: its centre and radius as fractions (0..1) of the current picture's width and height.

    The radius is a fraction of the width.
    """

    x: Fraction
    y: Fraction
    radius: Annotated[float, Meta(gt=0, le=1)]


class Places(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="places"):
    """Look at expected places, each a disc, and score the worst: is every screw where it should be?

    `measure` in each disc: `mean` or `deviation` of the greys, `dark` or `bright` (share 0..1 of pixels below or above
    `level`), `contrast` (mean of the disc minus mean of a ring of the same area round it, greys, may be negative).
    Each place found bad (score >= 0.5) becomes a box.
    """

    places: Annotated[tuple[Place, ...], Meta(min_length=1, max_length=1000)]
    measure: Literal["mean", "deviation", "dark", "bright", "contrast"] = "mean"
    level: Annotated[float, Meta(ge=0, le=255)] = 128.0


class Intensity(Measure, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="intensity"):
    """Measure the whole current picture: mean, deviation, minimum, maximum or a percentile of its greys."""

    measure: Literal["mean", "deviation", "minimum", "maximum", "percentile"] = "mean"
    percentile: Annotated[float, Meta(ge=0, le=100)] = 99.0


MeasureStep = Contours | Circles | Template | Discs | Places | Intensity
