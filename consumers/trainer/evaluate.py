"""Measures a model artifact of any kind on labelled images, by the same code that runs on the edge."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from consumers.inference.artifact import Artifact
from consumers.inference.decode import decode
from consumers.inference.errors import InferenceError
from consumers.inference.judge import Criteria, criteria_for, judge
from consumers.inference.predictor import Prediction, Predictor
from consumers.trainer.errors import UsageError
from consumers.trainer.labelled_images import LabelledImage, SkippedImage
from consumers.trainer.metrics import (
    ClassificationFigures,
    DefectFigures,
    Scores,
    Truth,
    classification_figures,
    defect_figures,
)
from consumers.trainer.perturb import Perturbation, perturb


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds an image here, batch 1: the model alone, and decoding to scores; median and 99th percentile."""

    infer_p50: float
    infer_p99: float
    total_p50: float
    total_p99: float


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How a model did on a set of images.

    `defects` is read with the model's own thresholds and no review band; `verdicts` counts what the edge would have
    said, band included.
    """

    model: str
    digest: str
    kind: str
    precision: str
    images: int
    perturbations: tuple[str, ...]
    classes: tuple[str, ...]
    classification: ClassificationFigures
    defects: DefectFigures
    verdicts: dict[str, int]
    latency: Latency
    size_bytes: int
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Observations:
    """A model's predictions of labelled images, in their order, and those that could not be read."""

    images: tuple[LabelledImage, ...]
    predictions: tuple[Prediction, ...]
    skipped: tuple[SkippedImage, ...]

    @property
    def scores(self) -> Scores:
        """The defect scores (n,)."""
        return np.array([prediction.score for prediction in self.predictions], np.float64)

    def defective(self, good_class: str) -> Truth:
        """Which images a person called defective (n,)."""
        return np.array([image.label != good_class for image in self.images], np.bool_)


def observe(
    artifact: Artifact,
    images: Sequence[LabelledImage],
    perturbations: Sequence[Perturbation] = (),
    threads: int | None = None,
) -> Observations:
    """Predict every image on the artifact's runtime; UsageError when none can be read."""
    predictor = Predictor(artifact, threads=threads)
    kept: list[LabelledImage] = []
    predictions: list[Prediction] = []
    skipped: list[SkippedImage] = []
    try:
        predictor.warm_up()
        for image in images:
            try:
                predictions.append(_predict(predictor, image, perturbations))
            except (InferenceError, OSError) as error:
                skipped.append(SkippedImage(image.file, str(error)))
            else:
                kept.append(image)
    finally:
        predictor.close()
    if not kept:
        reason = f"; {skipped[0].file}: {skipped[0].reason}" if skipped else ""
        raise UsageError(f"none of {len(images)} images can be judged{reason}")
    return Observations(tuple(kept), tuple(predictions), tuple(skipped))


def _predict(predictor: Predictor, image: LabelledImage, perturbations: Sequence[Perturbation]) -> Prediction:
    data = image.path.read_bytes()
    if not perturbations:
        return predictor.predict(data)
    picture = perturb(decode(data, predictor.artifact.document), image.sha256, perturbations)
    return predictor.infer(predictor.prepare_picture(picture))


def evaluate(
    artifact: Artifact,
    images: Sequence[LabelledImage],
    perturbations: Sequence[Perturbation] = (),
    threads: int | None = None,
) -> Evaluation:
    """Every figure of a model on these images."""
    return figures(artifact, observe(artifact, images, perturbations, threads), perturbations)


def figures(artifact: Artifact, seen: Observations, perturbations: Sequence[Perturbation] = ()) -> Evaluation:
    """The figures that follow from observations."""
    document = artifact.document
    classes = _all_classes(artifact, seen)
    criteria = criteria_for(document)
    verdicts = Counter(judge(prediction, criteria).verdict for prediction in seen.predictions)
    return Evaluation(
        model=f"{document.name}:{document.version}",
        digest=artifact.digest,
        kind=document.kind,
        precision=document.runtime.precision,
        images=len(seen.images),
        perturbations=tuple(perturbations),
        classes=classes,
        classification=_classification(seen, classes),
        defects=_defects(seen, document.good_class, criteria),
        verdicts={name: verdicts.get(name, 0) for name in ("pass", "fail", "review", "error")},
        latency=_latency(seen.predictions),
        size_bytes=_size(artifact.directory),
        skipped=tuple((item.file, item.reason) for item in seen.skipped),
    )


def _all_classes(artifact: Artifact, seen: Observations) -> tuple[str, ...]:
    """The good class, the model's defects, then labels the model has never heard of."""
    document = artifact.document
    known = (document.good_class, *document.defect_classes)
    return (*known, *sorted({image.label for image in seen.images} - set(known)))


def _classification(seen: Observations, classes: tuple[str, ...]) -> ClassificationFigures:
    place = {name: index for index, name in enumerate(classes)}
    truth = np.array([place[image.label] for image in seen.images], np.int64)
    predicted = np.array([place.get(item.label, 0) for item in seen.predictions], np.int64)
    return classification_figures(truth, predicted, classes)


def _defects(seen: Observations, good_class: str, criteria: Criteria) -> DefectFigures:
    """Rejected = the edge's verdict without its review band, so per-class thresholds count as they do there."""
    plain = Criteria(thresholds=criteria.thresholds, review_band=0.0)
    rejected = np.array([judge(item, plain).verdict != "pass" for item in seen.predictions], np.bool_)
    threshold = min(criteria.thresholds.values(), default=0.5)
    return defect_figures(seen.scores, seen.defective(good_class), threshold, rejected)


def _latency(predictions: Sequence[Prediction]) -> Latency:
    infer = np.array([item.durations.infer_us for item in predictions]) / 1000
    total = np.array([item.durations.total_us for item in predictions]) / 1000
    return Latency(
        infer_p50=_percentile(infer, 50),
        infer_p99=_percentile(infer, 99),
        total_p50=_percentile(total, 50),
        total_p99=_percentile(total, 99),
    )


def _percentile(milliseconds: NDArray[np.float64], per_cent: float) -> float:
    return round(float(np.percentile(milliseconds, per_cent)), 3)


def _size(directory: Path) -> int:
    """Bytes of the artifact without its golden pictures, which are not loaded."""
    return sum(p.stat().st_size for p in directory.rglob("*") if p.is_file() and "golden" not in p.parent.parts)
