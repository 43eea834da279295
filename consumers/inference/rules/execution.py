"""Runs a recipe on a working picture. Deterministic; nothing in a recipe is evaluated as code."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2

from consumers.inference.errors import RecipeError
from consumers.inference.picture import Pixels
from consumers.inference.rules import filters, measuring, steps
from consumers.inference.rules.measures import (
    Circles,
    Contours,
    Discs,
    Intensity,
    Measure,
    MeasureStep,
    Places,
    Template,
)
from consumers.inference.rules.recipe import AnyStep, Recipe
from consumers.inference.rules.steps import Step


@dataclass(frozen=True, slots=True)
class RuleBox:
    """Where a rule found something: pixels of the working picture, score 0..1."""

    class_name: str
    x: int
    y: int
    width: int
    height: int
    score: float


@dataclass(frozen=True, slots=True)
class View:
    """A picture on its way through the steps, and where its corner lies on the working picture."""

    pixels: Pixels
    x: int = 0
    y: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """A recipe's state between two steps. Pictures are never changed in place, so a state may be continued twice."""

    current: View
    kept: dict[str, View]
    scores: dict[str, float]
    values: tuple[float, ...] = ()
    boxes: tuple[RuleBox, ...] = ()


def begin(recipe: Recipe, pixels: Pixels) -> Progress:
    """Return the state before the first step; pixels are uint8, (rows, columns, 3) BGR or (rows, columns[, 1])."""
    plain = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    view = View(plain)
    return Progress(current=view, kept={"source": view}, scores=dict.fromkeys(recipe.class_names, 0.0))


def proceed(recipe: Recipe, progress: Progress, first: int, last: int) -> Progress:
    """Run steps `first` to `last` (excluded). RecipeError names the step that cannot be done on this picture."""
    for index in range(first, last):
        try:
            progress = _do(recipe.steps[index], progress)
        except (cv2.error, RecipeError) as error:
            tag = type(recipe.steps[index]).__struct_config__.tag
            raise RecipeError(f"step {index} ({tag}): {str(error).strip()}") from error
    return progress


def execute(recipe: Recipe, pixels: Pixels) -> Progress:
    """Run a whole recipe on one working picture: scores per class, the measured values in order, and boxes."""
    return proceed(recipe, begin(recipe, pixels), 0, len(recipe.steps))


def _do(step: AnyStep, progress: Progress) -> Progress:
    match step:
        case steps.Keep():
            return replace(progress, kept={**progress.kept, step.name: progress.current})
        case steps.Recall():
            return replace(progress, current=progress.kept[step.name])
        case Measure():
            return _measure(step, progress)
        case _:
            return replace(progress, current=_filter(step, progress))


_FILTERS: Final[dict[type[Step], Callable[[Any, Pixels], Pixels]]] = {
    steps.Channel: filters.apply_channel,
    steps.Blur: filters.apply_blur,
    steps.Clahe: filters.apply_clahe,
    steps.Normalise: filters.apply_normalise,
    steps.Background: filters.apply_background,
    steps.Threshold: filters.apply_threshold,
    steps.Morphology: filters.apply_morphology,
    steps.Edges: filters.apply_edges,
    steps.Invert: filters.apply_invert,
    steps.Border: filters.apply_border,
}


def _filter(step: AnyStep, progress: Progress) -> View:
    view = progress.current
    if isinstance(step, steps.Crop):
        return _crop(step, view)
    if isinstance(step, steps.Combine):
        return replace(view, pixels=filters.apply_combine(step, view.pixels, _same_shape(progress, step.name)))
    return replace(view, pixels=_FILTERS[type(step)](step, view.pixels))


def _crop(step: steps.Crop, view: View) -> View:
    rows, columns = view.pixels.shape[:2]
    x, y = min(int(step.x * columns), columns - 1), min(int(step.y * rows), rows - 1)
    width = max(1, min(round(step.width * columns), columns - x))
    height = max(1, min(round(step.height * rows), rows - y))
    return View(view.pixels[y : y + height, x : x + width], view.x + x, view.y + y)


def _same_shape(progress: Progress, name: str) -> Pixels:
    other, current = progress.kept[name].pixels, progress.current.pixels
    if current.ndim == 2:
        other = filters.single_channel(other)
    if other.shape != current.shape:
        raise RecipeError(f"{name!r} has shape {other.shape}, the current picture {current.shape}")
    return other


def _measure(step: MeasureStep | Measure, progress: Progress) -> Progress:
    measured = _measured(step, progress)
    score = measuring.ramp(step, measured.value)
    counted = isinstance(step, Circles) or getattr(step, "measure", "") in {"count", "area"}
    view = progress.current
    boxes = tuple(
        RuleBox(
            step.class_name,
            spot.x + view.x,
            spot.y + view.y,
            spot.width,
            spot.height,
            score if counted else measuring.ramp(step, spot.value),
        )
        for spot in measured.spots
    )
    return replace(
        progress,
        scores={**progress.scores, step.class_name: max(progress.scores[step.class_name], score)},
        values=(*progress.values, measured.value),
        boxes=progress.boxes + tuple(box for box in boxes if box.score > 0),
    )


def _measured(step: MeasureStep | Measure, progress: Progress) -> measuring.Measured:
    pixels = progress.current.pixels
    match step:
        case Contours():
            strength = None if step.of is None else filters.single_channel(_same_shape(progress, step.of))
            return measuring.measure_contours(step, pixels, strength)
        case Circles():
            return measuring.measure_circles(step, pixels)
        case Template():
            return measuring.measure_template(step, pixels)
        case Discs():
            return measuring.measure_discs(step, pixels)
        case Places():
            return measuring.measure_places(step, pixels)
        case Intensity():
            return measuring.measure_intensity(step, pixels)
        case _:
            raise RecipeError(f"a {type(step).__name__} is no measure step")
