"""Trains a classifier in two steps and packs it: frozen features with a fitted head, then all layers with averaging."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from consumers.inference.document import ModelDocument, Preprocessing
from consumers.trainer.calibration import Calibrated, apply_calibration, calibrate
from consumers.trainer.classification_export import Exported, export_gated
from consumers.trainer.errors import TrainerError, UsageError
from consumers.trainer.evaluate import Evaluation, evaluate
from consumers.trainer.finetune import EpochResult, FineTuner
from consumers.trainer.frozen_head import boxes_suffice, fit_frozen_head
from consumers.trainer.labelled_images import SPLITS, LabelledImages, class_order
from consumers.trainer.network_outputs import compile_forward, output_of
from consumers.trainer.networks.classifier import Backbone, backbone_named, build_classifier, build_places_classifier
from consumers.trainer.packaging import draft_document
from consumers.trainer.prepared_images import PLAIN, PreparedImages, View, prepare_images
from consumers.trainer.presets import Preset
from consumers.trainer.progress import Listener, Progress, silent
from consumers.trainer.provenance import lineage_of
from consumers.trainer.report import TrainingReport
from consumers.trainer.tensorflow_setup import seed_everything

# Enough to place a threshold at 2 % of the good parts; more would only cost time.
MAXIMUM_CALIBRATION_IMAGES: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassificationRun:
    """What to train. `weights` is a file that replaces the backbone's own ImageNet weights."""

    preset: Preset
    backbone: str = "lite0"
    weights: Path | None = None
    seed: int = 0
    int8: bool = True
    good_class: str = "good"
    name: str = "classifier"
    version: str = "1"
    product: str = "any"


@dataclass(slots=True)
class _Training:
    """A run while it runs: the network, its images, and what a person should be told."""

    run: ClassificationRun
    classes: tuple[str, ...]
    model: Any
    document: ModelDocument
    images: PreparedImages
    listen: Listener
    warnings: list[str]


def train_classification(
    dataset: LabelledImages, directory: Path, run: ClassificationRun, listen: Listener = silent
) -> TrainingReport:
    """Train on the data set's training split and write an artifact to `directory` (absent or empty).

    Raises UsageError for data that can't be trained on, DivergedError when the loss is no number, ExportError when
    the runtime disagrees with the trainer, TrainerError when the disk is full. Nothing is written unless all is well.
    """
    started = time.monotonic()
    classes = _checked_classes(dataset, run, directory)
    seed_everything(run.seed)
    try:
        with tempfile.TemporaryDirectory(prefix="linewatch-train-") as scratch:
            training = _set_up(dataset, classes, run, Path(scratch), listen)
            history = _train(training)
            calibrated, document = _calibrate(training)
            lineage = lineage_of(dataset.manifest, run.seed, _metrics(calibrated, history))
            document = msgspec.structs.replace(document, lineage=lineage)
            exported = export_gated(training.model, document, training.images, directory, int8=run.int8, listen=listen)
    except OSError as error:
        raise TrainerError(f"training stopped: {error.strerror or error} ({error.filename or 'no file'})") from error
    return _report(dataset, training, exported, calibrated, history, time.monotonic() - started)


def _checked_classes(dataset: LabelledImages, run: ClassificationRun, directory: Path) -> tuple[str, ...]:
    backbone_named(run.backbone)
    classes = class_order(dataset.images, run.good_class)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"{directory} exists and is not empty; choose another folder for --out")
    if missing := set(classes) - {image.label for image in dataset.of_split("train")}:
        raise UsageError(f"no training image is labelled {sorted(missing)}; add images (15 % go to each other split)")
    return classes


def _set_up(
    dataset: LabelledImages, classes: tuple[str, ...], run: ClassificationRun, scratch: Path, listen: Listener
) -> _Training:
    listen(Progress(stage="prepare", message=f"{len(dataset.images)} images, {len(classes)} classes"))
    backbone = backbone_named(run.backbone)
    warnings: list[str] = []
    at_places = boxes_suffice(dataset.of_split("train"), run.good_class)
    model = _network(backbone, run, len(classes), at_places, warnings)
    preprocessing = Preprocessing(colour=backbone.colour, mean=backbone.mean, scale=backbone.scale)
    document = draft_document(
        model, classes, preprocessing, lineage_of(dataset.manifest, run.seed, {}),
        name=run.name, version=run.version, product=run.product,
    )  # fmt: skip
    images = prepare_images(dataset.images, document, classes, scratch)
    skipped = [*dataset.skipped, *images.skipped]
    warnings += [f"skipped {item.file}: {item.reason}" for item in skipped]
    return _Training(run, classes, model, document, images, listen, warnings)


def _network(backbone: Backbone, run: ClassificationRun, classes: int, at_places: bool, warnings: list[str]) -> Any:
    base = backbone.build(run.preset.side, run.preset.side)
    if backbone.load(base, run.weights) is None:
        warnings.append(
            f"no pretrained weights for {run.backbone}: it starts from random numbers and will learn little from few "
            "images; import a file by `linewatch weights import` and name it by --weights"
        )
    build = build_places_classifier if at_places else build_classifier
    return build(base, backbone.endpoints, run.preset.strides, classes)


def _train(training: _Training) -> tuple[EpochResult, ...]:
    run = training.run
    fit_frozen_head(training.model, training.images, run.preset, run.seed, training.listen)
    how = training.run.preset.fine_tuning
    if how.epochs == 0:
        return ()
    tuner = FineTuner(training.model, training.images, how, training.run.preset.augmentation, training.run.seed)
    return tuple(tuner.run(training.listen))


def _calibrate(training: _Training) -> tuple[Calibrated, ModelDocument]:
    """Temperature, threshold and band from images the weights were not fitted on, as far as there are any.

    A linear head on frozen features hardly overfits, so views of training images that it was not fitted on count as
    well: a few dozen validation images alone place a threshold badly.
    """
    images, validation = training.images, training.images.rows("validation")
    labels = images.classes[validation]
    frozen = training.run.preset.fine_tuning.epochs == 0
    lacking = not ((labels == 0).any() and (labels != 0).any())
    if lacking:
        training.warnings.append(
            "the validation split lacks good or defective parts, so thresholds were chosen on training images too and "
            "are too hopeful; label more images"
        )
    forward = compile_forward(training.model)
    further = images.rows("train")[: MAXIMUM_CALIBRATION_IMAGES if frozen or lacking else 0]
    unseen = View(how=training.run.preset.augmentation, seed=training.run.seed * 1000 + 998)
    parts = [(rows, view) for rows, view in ((validation, PLAIN), (further, unseen)) if rows.size]
    logits = np.concatenate([output_of(forward, "logits", images, rows, view) for rows, view in parts])
    found = calibrate(logits, images.classes[np.concatenate([rows for rows, _ in parts])])
    return found, apply_calibration(training.document, found)


def _metrics(calibrated: Calibrated, history: tuple[EpochResult, ...]) -> dict[str, float]:
    figures = {
        "validation_detection": calibrated.detection,
        "validation_overkill": calibrated.overkill,
        "epochs": float(history[-1].epoch if history else 0),
    }
    if history:
        best = min(history, key=lambda result: result.validation_loss)
        figures |= {"validation_loss": best.validation_loss, "validation_macro_f1": best.macro_f1}
    return figures


def _report(
    dataset: LabelledImages,
    training: _Training,
    exported: Exported,
    calibrated: Calibrated,
    history: tuple[EpochResult, ...],
    seconds: float,
) -> TrainingReport:
    run = training.run
    measured: dict[str, Evaluation | None] = {}
    for split in SPLITS[1:]:
        images = [image for image in training.images.images if image.split == split]
        measured[split] = evaluate(exported.artifact, images) if images else None
    return TrainingReport(
        kind="classification", name=run.name, version=run.version, directory=str(exported.artifact.directory),
        digest=exported.artifact.digest, precision=exported.artifact.document.runtime.precision, seed=run.seed,
        images={split: dict(_counts(training, split)) for split in SPLITS},
        threshold=calibrated.threshold, review_band=calibrated.review_band,
        golden_images=len(exported.artifact.document.golden.images), golden_difference=exported.largest_difference,
        seconds=round(seconds, 1), validation=measured["validation"], test=measured["test"], gate=exported.gate,
        history=history, warnings=(*training.warnings, *exported.warnings),
    )  # fmt: skip


def _counts(training: _Training, split: str) -> dict[str, int]:
    labels = [image.label for image in training.images.images if image.split == split]
    return {name: labels.count(name) for name in training.classes}
