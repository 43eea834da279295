"""Trains kind `rules`: tunes OpenCV recipes on the training split and packs the best as a model artifact."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.decode import decode
from consumers.inference.document import (
    ClassSpec,
    GoldenSet,
    InputSpec,
    ModelDocument,
    OutputSpec,
    Preprocessing,
    RuntimeSpec,
    Thresholds,
)
from consumers.inference.errors import InferenceError, RecipeError
from consumers.inference.golden import expectation
from consumers.inference.picture import Pixels
from consumers.inference.rules.evaluation import RecipeEvaluator
from consumers.inference.rules.recipe import Recipe, decode_recipe, encode_recipe, with_values
from consumers.trainer.errors import ExportError, TrainerError, UsageError
from consumers.trainer.evaluate import evaluate, observe
from consumers.trainer.golden_choice import GOLDEN_IMAGES
from consumers.trainer.labelled_images import SPLITS, LabelledImage, LabelledImages, class_order
from consumers.trainer.metrics import Indices
from consumers.trainer.packaging import MAXIMUM_GOLDEN_BYTES, verify_golden
from consumers.trainer.prepared_images import PreparedImages, prepare_images
from consumers.trainer.progress import Listener, Progress, silent
from consumers.trainer.provenance import lineage_of
from consumers.trainer.report import TrainingReport
from consumers.trainer.rules_candidates import candidate_recipes, with_labels
from consumers.trainer.rules_objective import measure_signs, ramps, refit
from consumers.trainer.rules_search import Trial, search
from consumers.trainer.thresholds import choose_review_band

RECIPE_FILE: Final = "recipe.json"


@dataclass(frozen=True, slots=True)
class Effort:
    """How many sets of values a search tries, each on how many training images (evenly good and defective)."""

    trials: int
    images: int


EFFORTS: Final = {
    "quick": Effort(120, 300),
    "standard": Effort(400, 600),
    "demo": Effort(10, 100),
    "ci": Effort(6, 40),
}
LONGER_SIDE: Final = 288
"""Pixels of the working picture's longer side: what the ready-made recipes' sizes are meant for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesRun:
    """What to tune: the ready-made recipes, or one `recipe` of a person's; `images` bounds time and memory."""

    trials: int = 120
    images: int = 300
    recipe: Recipe | None = None
    seed: int = 0
    threads: int = 2
    good_class: str = "good"
    name: str = "rules"
    version: str = "1"
    product: str = "any"


def effort_named(preset: str) -> Effort:
    """The effort of a preset; UsageError lists those there are."""
    if preset not in EFFORTS:
        raise UsageError(f"unknown preset {preset!r}; there are {', '.join(EFFORTS)}")
    return EFFORTS[preset]


def read_recipe(path: Path) -> Recipe:
    """A person's recipe from a JSON file; UsageError says what is wrong with it."""
    try:
        return decode_recipe(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read the recipe {path}: {error.strerror or error}") from error
    except RecipeError as error:
        raise UsageError(f"{path}: {error}") from error


def train_rules(dataset: LabelledImages, directory: Path, run: RulesRun, listen: Listener = silent) -> TrainingReport:
    """Tune on the training split, lay the ramps on training and validation images, write an artifact to `directory`.

    Raises UsageError for data without good or defective training images, TrainerError when the disk is full.
    """
    started = time.monotonic()
    classes = class_order(dataset.images, run.good_class)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"{directory} exists and is not empty; choose another folder for --out")
    recipes = (with_labels(run.recipe, classes[1:]),) if run.recipe else candidate_recipes(classes[1:])
    try:
        with tempfile.TemporaryDirectory(prefix="linewatch-rules-") as scratch:
            listen(Progress(stage="prepare", message=f"{len(dataset.images)} images, {len(recipes)} recipes"))
            document = _draft(recipes[0], dataset, run)
            images = prepare_images(dataset.images, document, classes, Path(scratch))
            trial = _search(recipes, images, run, listen)
            recipe, document = _finish(trial, images, _draft(trial.recipe, dataset, run), run)
            listen(Progress(stage="export", message=recipe.title))
            artifact = _write(directory, document, recipe, images)
    except OSError as error:
        raise TrainerError(f"training stopped: {error.strerror or error} ({error.filename or 'no file'})") from error
    warnings = tuple(f"skipped {item.file}: {item.reason}" for item in (*dataset.skipped, *images.skipped))
    return _report(artifact, images, classes, run, warnings, time.monotonic() - started)


def _draft(recipe: Recipe, dataset: LabelledImages, run: RulesRun) -> ModelDocument:
    """The document of a recipe before its ramps are laid; the working picture has the images' own shape."""
    width, height = _working_size(dataset)
    return ModelDocument(
        name=run.name, version=run.version, kind="rules", product=run.product, good_class=run.good_class,
        classes=tuple(ClassSpec(name=name, defect=True) for name in recipe.class_names),
        input=InputSpec(width=width, height=height, channels=3, dtype="uint8"),
        preprocessing=Preprocessing(colour="bgr"),
        outputs=tuple(OutputSpec(name=meaning, meaning=meaning) for meaning in ("scores", "boxes", "box-scores")),
        thresholds=Thresholds(classes=dict.fromkeys(recipe.class_names, 0.5)),
        runtime=RuntimeSpec(name="rules", file=RECIPE_FILE, precision="none"),
        lineage=lineage_of(dataset.manifest, run.seed, {}),
    )  # fmt: skip


def _working_size(dataset: LabelledImages) -> tuple[int, int]:
    """Width and height of the working picture: the most frequent shape, its longer side at most 288 pixels."""
    sizes: Counter[tuple[int, int]] = Counter()
    for image in dataset.images[:32]:
        try:
            picture = decode(image.path.read_bytes())
        except (InferenceError, OSError):
            continue
        sizes[picture.width, picture.height] += 1
    if not sizes:
        raise UsageError(f"none of the first {len(dataset.images[:32])} images can be read")
    width, height = sizes.most_common(1)[0][0]
    scale = min(1.0, LONGER_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _search(recipes: tuple[Recipe, ...], images: PreparedImages, run: RulesRun, listen: Listener) -> Trial:
    rows = _sample(images, run.images)
    defective = images.classes[rows] != 0
    if defective.all() or not defective.any():
        raise UsageError("the training split needs good and defective images; add images (15 % go to each other split)")

    def tell(done: int, best: Trial) -> None:
        figures = {"detection": best.fit.detection, "overkill": best.fit.overkill, "auroc": best.fit.auroc}
        listen(Progress(stage="search", step=done, steps=run.trials, metrics=figures))

    return search(recipes, _pictures(images, rows), defective, run.trials, run.seed, tell, run.threads)


def _sample(images: PreparedImages, limit: int) -> Indices:
    """Training rows for the search: at most half of the limit of good and of defective ones, evenly taken."""
    rows = images.rows("train")
    parts = [rows[images.classes[rows] == 0], rows[images.classes[rows] != 0]]
    chosen = [part[np.linspace(0, len(part) - 1, min(limit // 2, len(part))).astype(np.int64)] for part in parts]
    return np.sort(np.concatenate(chosen))


def _pictures(images: PreparedImages, rows: Indices) -> list[Pixels]:
    return [np.array(images.pixels[row]) for row in rows]


def _finish(
    trial: Trial, images: PreparedImages, document: ModelDocument, run: RulesRun
) -> tuple[Recipe, ModelDocument]:
    """Lay the ramps on training and validation images (rules hardly overfit, and validation alone is small)."""
    rows = np.concatenate([_sample(images, run.images), images.rows("validation")])
    defective = images.classes[rows] != 0
    tuned = with_values(trial.recipe, trial.values)
    pictures = _pictures(images, rows)
    fit = refit(_measure(tuned, pictures, run.threads), defective, measure_signs(tuned), trial.fit.columns)
    recipe = msgspec.structs.replace(with_values(tuned, ramps(tuned, fit)), space=tuned.space)
    evaluator = RecipeEvaluator(recipe, pictures, run.threads)
    try:
        scores = evaluator.scores().max(axis=1)
    finally:
        evaluator.close()
    thresholds = Thresholds(
        classes=dict.fromkeys(recipe.class_names, 0.5),
        review_band=round(choose_review_band(scores, defective, 0.5), 6),
    )
    metrics = {"search_detection": fit.detection, "search_overkill": fit.overkill, "search_auroc": fit.auroc}
    lineage = lineage_of(document.lineage.manifest, run.seed, metrics | {"trials": float(run.trials)})
    return recipe, msgspec.structs.replace(document, thresholds=thresholds, lineage=lineage)


def _measure(recipe: Recipe, pictures: list[Pixels], threads: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    evaluator = RecipeEvaluator(recipe, pictures, threads)
    try:
        return evaluator.measured()
    finally:
        evaluator.close()


def _write(directory: Path, document: ModelDocument, recipe: Recipe, images: PreparedImages) -> Artifact:
    """Write the artifact; its golden set is what the recipe says of images it was not tuned on."""
    content = encode_recipe(recipe)
    pictures = _golden_images(images)
    try:
        with tempfile.TemporaryDirectory(prefix="linewatch-rules-") as folder:
            trial = write_artifact(Path(folder) / "trial", document, content, {})
            seen = observe(trial, pictures)
        names = [f"golden/{place:02d}{image.path.suffix.lower()}" for place, image in enumerate(seen.images)]
        golden = GoldenSet(
            images=tuple(expectation(name, got) for name, got in zip(names, seen.predictions, strict=True))
        )
        files = {name: image.path.read_bytes() for name, image in zip(names, seen.images, strict=True)}
        artifact = write_artifact(directory, msgspec.structs.replace(document, golden=golden), content, files)
    except InferenceError as error:
        raise ExportError(f"the tuned recipe does not run: {error}") from error
    verify_golden(artifact)
    return artifact


def _golden_images(images: PreparedImages) -> list[LabelledImage]:
    """Images of the validation split, else of the training split, good and defective in turn."""
    rows = images.rows("validation") if len(images.rows("validation")) >= 8 else images.rows("train")
    fitting = [row for row in rows if images.images[row].path.stat().st_size <= MAXIMUM_GOLDEN_BYTES]
    good = [row for row in fitting if images.classes[row] == 0]
    bad = [row for row in fitting if images.classes[row] != 0]
    half = GOLDEN_IMAGES // 2
    return [images.images[row] for row in (*good[:half], *bad[: GOLDEN_IMAGES - half])]


def _report(
    artifact: Artifact,
    images: PreparedImages,
    classes: tuple[str, ...],
    run: RulesRun,
    warnings: tuple[str, ...],
    seconds: float,
) -> TrainingReport:
    by_split = {split: [image for image in images.images if image.split == split] for split in SPLITS}
    document = artifact.document
    return TrainingReport(
        kind="rules", name=run.name, version=run.version, directory=str(artifact.directory), digest=artifact.digest,
        precision=document.runtime.precision, seed=run.seed,
        images={split: dict(Counter(image.label for image in found)) for split, found in by_split.items()},
        threshold=0.5, review_band=document.thresholds.review_band, golden_images=len(document.golden.images),
        golden_difference=0.0, seconds=round(seconds, 1),
        validation=evaluate(artifact, by_split["validation"]) if by_split["validation"] else None,
        test=evaluate(artifact, by_split["test"]) if by_split["test"] else None,
        warnings=warnings,
    )  # fmt: skip
