"""Classifiers on a backbone: outputs, frozen BatchNorm, places."""

import numpy as np
import pytest

from consumers.trainer.errors import UsageError
from consumers.trainer.networks import lite0
from consumers.trainer.networks.classifier import (
    BACKBONES,
    backbone_named,
    build_classifier,
    build_places_classifier,
    looks_at_places,
    places_grid,
    set_margins,
    with_outputs,
)


def test_backbones_by_name() -> None:
    assert all(backbone_named(name).endpoints for name in BACKBONES)
    with pytest.raises(UsageError, match="lite0, resnet50"):
        backbone_named("vgg")


@pytest.mark.integration
def test_a_pooled_classifier_gives_logits_and_what_they_see() -> None:
    model = build_classifier(lite0.build_lite0(64, 64), dict(lite0.ENDPOINTS), (8, 16), 3)
    outputs = model(np.zeros((2, 64, 64, 3), np.float32), training=False)
    assert outputs["logits"].shape == (2, 3)
    assert outputs["embedding"].shape == (2, 2 * (40 + 112))
    assert places_grid(model) == (0, 0)
    assert not looks_at_places(model)


@pytest.mark.integration
def test_batch_norm_does_not_move_when_trained() -> None:
    model = build_classifier(lite0.build_lite0(32, 32), dict(lite0.ENDPOINTS), (8, 16), 2)
    before = model.get_layer("block_2_project_bn").get_weights()
    model(np.random.default_rng(0).normal(0, 9, (4, 32, 32, 3)).astype(np.float32), training=True)
    after = model.get_layer("block_2_project_bn").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert not any("_bn" in variable.path for variable in model.trainable_variables)


@pytest.mark.integration
@pytest.mark.parametrize(("side", "grid"), [(64, (4, 4)), (100, (7, 7))])
def test_the_worst_place_decides(side: int, grid: tuple[int, int]) -> None:
    model = build_places_classifier(lite0.build_lite0(side, side), dict(lite0.ENDPOINTS), (8, 16), 3)
    assert places_grid(model) == grid
    width = 112 + 2 * 40
    rng = np.random.default_rng(0)
    set_margins(model, rng.normal(0, 1, (width, 2)).astype(np.float32), np.zeros(2, np.float32))
    seen = with_outputs(model, margins="margins", maxima="maxima", places="places")
    image = rng.normal(0, 0.5, (1, side, side, 3)).astype(np.float32)
    outputs = {name: np.asarray(value) for name, value in seen(image, training=False).items()}
    assert outputs["places"].shape == (1, *grid, width)
    assert np.allclose(outputs["maxima"], np.clip(outputs["margins"], 0, 6).max(axis=(1, 2)))
