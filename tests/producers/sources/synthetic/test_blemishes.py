"""Dirt changes colour and shine, a little, and never the shape."""

import numpy as np
import pytest

from producers.sources.synthetic.blemishes import soiled
from producers.sources.synthetic.surface import Layout, Surface


@pytest.mark.parametrize("size", [(640, 480), (64, 64), (200, 900)])
def test_dirt_leaves_the_shape_alone(size: tuple[int, int]) -> None:
    width, height = size
    changed = 0
    for seed in range(30):
        surface = Surface(
            np.full((height, width, 3), 150, np.uint8),
            np.zeros((height, width), np.float32),
            np.full((height, width), 0.5, np.float32),
        )
        soiled(surface, Layout(width, height), np.random.default_rng(seed))
        assert not surface.height.any()
        assert 0 <= float(surface.gloss.min()) <= float(surface.gloss.max()) <= 1
        changed += bool((surface.albedo != 150).any())
    assert changed > 20
