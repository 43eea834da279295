"""The first step of training: features of the frozen network, computed once, and a head fitted on them in seconds."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from consumers.trainer.head import fit_head
from consumers.trainer.labelled_images import LabelledImage
from consumers.trainer.metrics import Indices
from consumers.trainer.network_outputs import Values, compile_forward, each_batch, output_of
from consumers.trainer.networks.classifier import (
    class_count,
    looks_at_places,
    places_grid,
    set_head,
    set_margins,
    with_outputs,
)
from consumers.trainer.places_head import PlaceSamples, fit_places, sample_places
from consumers.trainer.prepared_images import Batch, PreparedImages, View
from consumers.trainer.presets import Preset
from consumers.trainer.progress import Listener, Progress, StageClock

# Bounds the memory of the fit: fewer views, or fewer places of each image, when a data set is large.
MAXIMUM_FEATURE_BYTES: Final = 256 * 2**20
# Boxes teach places only if nearly all defective images have one: else undrawn defects would be taught as good.
BOXED_SHARE: Final = 0.9


def boxes_suffice(images: Sequence[LabelledImage], good_class: str) -> bool:
    """Whether nearly every defective image has a box of a defect class."""
    defects = {image.label for image in images} - {good_class}
    boxed = [any(box.label in defects for box in image.boxes) for image in images if image.label != good_class]
    return bool(boxed) and sum(boxed) >= BOXED_SHARE * len(boxed)


def fit_frozen_head(model: Any, images: PreparedImages, preset: Preset, seed: int, listen: Listener) -> None:
    """Fit the classifier's head, of places or of the pooled picture, and put it into the network."""
    if looks_at_places(model):
        _fit_margins(model, images, preset, seed, listen)
        _fit_logits(model, "maxima", images, _few_views(preset, seed), listen)
    else:
        width = int(model.get_layer("embedding").output.shape[-1])
        affordable = MAXIMUM_FEATURE_BYTES // (4 * width * len(images.rows("train")))
        _fit_logits(model, "embedding", images, _views(preset, seed)[: max(1, affordable)], listen)


def _views(preset: Preset, seed: int) -> list[View]:
    """The plain view, then augmented ones."""
    return [View()] + [View(how=preset.augmentation, seed=seed * 1000 + n) for n in range(1, preset.views + 1)]


def _few_views(preset: Preset, seed: int) -> list[View]:
    """For a head of a few numbers: the plain view and one that the places were not fitted on."""
    return [View(), View(how=preset.augmentation, seed=seed * 1000 + 999)][: 1 + min(preset.views, 1)]


def _fit_margins(model: Any, images: PreparedImages, preset: Preset, seed: int, listen: Listener) -> None:
    rows, grid, views = images.rows("train"), places_grid(model), _views(preset, seed)
    forward = compile_forward(with_outputs(model, features="places"))
    width = int(model.get_layer("places").output.shape[-1])
    affordable = MAXIMUM_FEATURE_BYTES // (4 * width * len(rows) * len(views))
    rng = np.random.default_rng(seed)
    clock, parts = StageClock(len(views) * len(rows)), []
    for view in views:
        placed = View(how=view.how, seed=view.seed, grid=grid)
        for batch, outputs in each_batch(forward, images, rows, placed):
            parts.append(sample_places(outputs["features"], batch.places, max(8, affordable), rng))
            _tell(listen, clock, batch)
    samples = PlaceSamples(
        np.concatenate([part.features for part in parts]), np.concatenate([part.classes for part in parts])
    )
    listen(Progress(stage="head", message=f"{len(samples.classes)} places of {width} features"))
    head = fit_places(samples, class_count(model), rng)
    set_margins(model, head.weights, head.bias)


def _fit_logits(model: Any, layer: str, images: PreparedImages, views: Sequence[View], listen: Listener) -> None:
    rows, validation = images.rows("train"), images.rows("validation")
    forward = compile_forward(with_outputs(model, features=layer))
    clock = StageClock(len(views) * len(rows))
    features = np.concatenate(list(_features(forward, images, rows, views, listen, clock)))
    labels = np.tile(images.classes[rows], len(views))
    known = output_of(forward, "features", images, validation) if validation.size else features[:0]
    listen(Progress(stage="head", message=f"{len(labels)} vectors of {features.shape[1]} features"))
    head = fit_head(features, labels, class_count(model), (known, images.classes[validation]))
    set_head(model, head.weights, head.bias)


def _features(
    forward: Any, images: PreparedImages, rows: Indices, views: Sequence[View], listen: Listener, clock: StageClock
) -> Iterator[Values]:
    for view in views:
        for batch, outputs in each_batch(forward, images, rows, view):
            _tell(listen, clock, batch)
            yield outputs["features"]


def _tell(listen: Listener, clock: StageClock, batch: Batch) -> None:
    rate, left = clock.add(len(batch.classes))
    listen(Progress(stage="features", step=clock.done, steps=clock.total, images_per_second=rate, seconds_left=left))
