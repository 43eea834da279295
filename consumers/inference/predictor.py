"""Image bytes in, prediction out: decode, preprocess, infer, postprocess, each stage timed.

`prepare` is safe across threads and holds no lock, so an edge decodes ahead in a pool; `infer` belongs to one thread.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consumers.inference.appearance import Appearance, measure_appearance, summarise_embedding
from consumers.inference.artifact import Artifact
from consumers.inference.decode import MAXIMUM_PIXELS, decode
from consumers.inference.picture import Geometry, Picture, PixelRegion
from consumers.inference.postprocess import postprocess
from consumers.inference.preprocess import Preprocessor
from consumers.inference.runtimes.opening import open_inferencer
from schemas.records.frame import Box


@dataclass(frozen=True, slots=True)
class Durations:
    """Microseconds spent in each stage, by a monotonic clock; `preprocess_us` includes measuring the appearance."""

    decode_us: int
    preprocess_us: int
    infer_us: int
    postprocess_us: int

    @property
    def total_us(self) -> int:
        """Sum of the stages, without waits between them."""
        return self.decode_us + self.preprocess_us + self.infer_us + self.postprocess_us


@dataclass(frozen=True, slots=True)
class Prepared:
    """An image ready for the model: its input tensor, where it came from, how it looks, and the time it took."""

    tensor: NDArray[Any]
    geometry: Geometry
    appearance: Appearance
    decode_us: int
    preprocess_us: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one image, before any threshold.

    `score` is the defect score (0 good .. 1 surely defective), `scores` has every class (0..1), boxes are in pixels of
    the image as captured (`width` x `height`), `embedding` has 16 numbers.
    """

    label: str
    score: float
    scores: dict[str, float]
    boxes: tuple[Box, ...]
    embedding: tuple[float, ...]
    brightness: float
    blur: float
    width: int
    height: int
    durations: Durations


class Predictor:
    """A loaded model artifact with everything round it."""

    def __init__(self, artifact: Artifact, *, threads: int | None = None, maximum_pixels: int = MAXIMUM_PIXELS) -> None:
        self.artifact = artifact
        self._maximum_pixels = maximum_pixels
        self._preprocessor = Preprocessor(artifact.document)
        self._inferencer = open_inferencer(artifact, threads)

    def predict(self, data: bytes, region: PixelRegion | None = None) -> Prediction:
        """Judge encoded image bytes. DecodeError when they are no picture, ModelRuntimeError when the model fails."""
        return self.infer(self.prepare(data, region))

    def prepare(self, data: bytes, region: PixelRegion | None = None) -> Prepared:
        """Decode and preprocess; safe across threads. `region` is the edge's own and replaces the model's."""
        start = time.perf_counter_ns()
        picture = decode(data, self.artifact.document, self._maximum_pixels, region)
        return self.prepare_picture(picture, region, decode_us=(time.perf_counter_ns() - start) // 1000)

    def prepare_picture(self, picture: Picture, region: PixelRegion | None = None, decode_us: int = 0) -> Prepared:
        """Preprocess a picture that is decoded already; safe across threads."""
        start = time.perf_counter_ns()
        tensor, geometry = self._preprocessor.run(picture, region)
        appearance = measure_appearance(picture)
        return Prepared(
            tensor=tensor,
            geometry=geometry,
            appearance=appearance,
            decode_us=decode_us,
            preprocess_us=(time.perf_counter_ns() - start) // 1000,
        )

    def infer(self, prepared: Prepared) -> Prediction:
        """Run the model on a prepared image; one thread at a time."""
        start = time.perf_counter_ns()
        outputs = self._inferencer.infer(prepared.tensor)
        inferred = time.perf_counter_ns()
        found = postprocess(self.artifact.document, outputs, prepared.geometry)
        tones = prepared.appearance.tones
        embedding = tones if found.embedding is None else summarise_embedding(found.embedding)
        durations = Durations(
            decode_us=prepared.decode_us,
            preprocess_us=prepared.preprocess_us,
            infer_us=(inferred - start) // 1000,
            postprocess_us=(time.perf_counter_ns() - inferred) // 1000,
        )
        return Prediction(
            label=found.label,
            score=found.score,
            scores=found.scores,
            boxes=found.boxes,
            embedding=embedding,
            brightness=prepared.appearance.brightness,
            blur=prepared.appearance.blur,
            width=prepared.geometry.width,
            height=prepared.geometry.height,
            durations=durations,
        )

    def warm_up(self, runs: int = 2) -> None:
        """Run the model on a middle-grey picture, so that the first frame does not pay for lazy set-up."""
        spec = self.artifact.document.input
        grey = Picture.of(np.full((spec.height, spec.width, 3), 128, np.uint8))
        prepared = self.prepare_picture(grey)
        for _ in range(runs):
            self.infer(prepared)

    def close(self) -> None:
        """Free the model."""
        self._inferencer.close()
