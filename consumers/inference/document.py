"""The schema of `model.json`: everything about a model but its weights, as data.

A document is plain data that one implementation executes (`preprocess.py`, `postprocess.py`, `judge.py`), so a model
exported by a trainer of today is judged alike by every edge. Unknown fields are refused: a typing error in a
threshold must not be ignored in silence.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.records.inspection import ModelKind

FORMAT_VERSION = 1
"""Raised when an older edge would misread a newer document."""

RuntimeName = Literal["litert", "onnx", "rules"]
Precision = Literal["fp32", "int8", "none"]
ColourOrder = Literal["rgb", "bgr", "grey"]
ResizeMode = Literal["stretch", "letterbox", "centre-crop"]
Interpolation = Literal["nearest", "linear", "area", "cubic"]
Meaning = Literal[
    "probabilities",  # (batch, classes), each row sums to 1
    "logits",  # (batch, classes), softmax is applied here
    "scores",  # (batch, classes), independent 0..1 per class
    "anomaly",  # (batch,) or (batch, 1): one raw anomaly value, calibrated by `postprocessing.calibration`
    "heatmap",  # (batch, rows, columns[, 1]): raw anomaly value per place
    "boxes",  # (batch, boxes, 4): x, y, width, height in pixels of the network's input, origin top left
    "box-scores",  # (batch, boxes, classes): independent 0..1 per class
    "embedding",  # (batch, n): features, summarised for drift statistics
]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Side = Annotated[int, Meta(ge=1, le=16384)]
ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
ModelName = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$")]
ModelVersionName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
ClassName = Annotated[str, Meta(pattern=r"^[^\s/\\][^/\\\x00-\x1f]{0,62}$")]


class ClassSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One class the model knows; `defect` tells whether a part showing it is bad."""

    name: ClassName
    defect: bool


class Quantisation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Affine quantisation of a tensor: real = (stored - zero_point) * scale."""

    scale: Annotated[float, Meta(gt=0.0)]
    zero_point: int


class InputSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The network's (or recipe's) input tensor for one image; `quantisation` only with an integer dtype.

    For kind `rules` the input is the working picture of the recipe: uint8, nhwc, no quantisation.
    """

    width: Side
    height: Side
    channels: Literal[1, 3]
    layout: Literal["nhwc", "nchw"] = "nhwc"
    dtype: Literal["float32", "uint8", "int8"] = "float32"
    quantisation: Quantisation | None = None


class Region(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A region of interest as fractions (0..1) of the picture's width and height, origin top left."""

    x: Fraction
    y: Fraction
    width: Annotated[float, Meta(gt=0.0, le=1.0)]
    height: Annotated[float, Meta(gt=0.0, le=1.0)]


class Preprocessing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a decoded picture (uint8, BGR) to the input tensor: crop region, resize, colour, (pixel - mean) * scale.

    `mean` and `scale` have one number per channel, in `colour` order, for pixels 0..255. `fill` is the grey value
    (0..255) of letterbox borders.
    """

    colour: ColourOrder = "rgb"
    resize: ResizeMode = "stretch"
    interpolation: Interpolation = "area"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (1.0, 1.0, 1.0)
    region: Region | None = None
    fill: Annotated[int, Meta(ge=0, le=255)] = 114


class OutputSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One output tensor. Outputs are listed in the order the runtime is asked for them, by `name`."""

    name: ShortText
    meaning: Meaning
    quantisation: Quantisation | None = None


class Calibration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Maps a raw anomaly value to a score: 0 at `low` and below, 1 at `high` and above, linear between."""

    low: float
    high: float


class BoxSelection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Greedy non-maximum suppression per class: drops boxes below `minimum_score` or overlapping a better one."""

    minimum_score: Fraction = 0.05
    overlap: Fraction = 0.5
    maximum: Annotated[int, Meta(ge=1, le=10_000)] = 100


class Postprocessing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From output tensors to scores and boxes.

    `temperature` divides logits before softmax. `blur_sigma` (cells of the heatmap, 0 = none) smooths a heatmap
    before its maximum becomes the anomaly value; `heatmap_level` (a score) outlines boxes where it is exceeded.
    """

    temperature: Annotated[float, Meta(gt=0.0)] = 1.0
    calibration: Calibration | None = None
    selection: BoxSelection = BoxSelection()
    blur_sigma: Annotated[float, Meta(ge=0.0, le=64.0)] = 0.0
    heatmap_level: Fraction | None = None


class Thresholds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a defect class's score (0..1) fails a part, and the half-width of the band sent to review around it."""

    classes: dict[ClassName, Fraction]
    review_band: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.0


class GoldenImage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One picture below golden/ and what the trainer saw when it exported: scores per class, the label, the score."""

    file: ShortText
    label: str
    score: Fraction
    scores: dict[str, float]


class GoldenSet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pictures a model must still judge alike where it runs; `tolerance` is the largest score difference allowed."""

    images: tuple[GoldenImage, ...] = ()
    tolerance: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.01


class Lineage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model comes from: `manifest` is the dataset's hash, `parent` the digest of the model it grew from."""

    manifest: str
    code_commit: str
    seed: int
    created_at_us: Annotated[int, Meta(ge=0)]
    parent: str | None = None
    metrics: dict[str, float] = msgspec.field(default_factory=dict)
    versions: dict[str, str] = msgspec.field(default_factory=dict)


class RuntimeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What executes the model; `file` is relative to the artifact; `threads` 0 lets the edge decide.

    `precision` is `none` for kind rules.
    """

    name: RuntimeName
    file: ShortText
    precision: Precision = "fp32"
    threads: Annotated[int, Meta(ge=0, le=256)] = 0


class ModelDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`model.json`. `classes` are in the order of the outputs' columns; `good_class` labels a part without defects."""

    name: ModelName
    version: ModelVersionName
    kind: ModelKind
    product: ShortText
    classes: Annotated[tuple[ClassSpec, ...], Meta(min_length=1, max_length=1000)]
    input: InputSpec
    preprocessing: Preprocessing
    outputs: Annotated[tuple[OutputSpec, ...], Meta(min_length=1, max_length=16)]
    thresholds: Thresholds
    runtime: RuntimeSpec
    lineage: Lineage
    good_class: ClassName = "good"
    postprocessing: Postprocessing = Postprocessing()
    golden: GoldenSet = GoldenSet()
    format_version: int = FORMAT_VERSION

    @property
    def class_names(self) -> tuple[str, ...]:
        """All class names, in the order of the outputs' columns."""
        return tuple(item.name for item in self.classes)

    @property
    def defect_classes(self) -> tuple[str, ...]:
        """The names of the classes that make a part bad, in order."""
        return tuple(item.name for item in self.classes if item.defect)
