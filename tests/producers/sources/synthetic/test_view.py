"""Views: the pose's matrix, the ranges, the drift."""

import numpy as np
import pytest

from producers.sources.synthetic.surface import Layout
from producers.sources.synthetic.view import draw_view

LAYOUT = Layout(640, 480)


def test_the_matrix_moves_the_middle_by_the_shift() -> None:
    view = draw_view(np.random.default_rng(3), 0)
    middle = np.array([*LAYOUT.at(0, 0), 1.0])
    assert (view.matrix(LAYOUT) @ middle).tolist() == pytest.approx(LAYOUT.at(*view.shift))


def test_the_matrix_turns_and_zooms_without_bending() -> None:
    view = draw_view(np.random.default_rng(4), 0)
    linear = view.matrix(LAYOUT)[:, :2]
    assert np.linalg.det(linear) == pytest.approx(view.zoom**2)
    assert (linear @ linear.T / view.zoom**2).ravel().tolist() == pytest.approx([1, 0, 0, 1])


def test_views_stay_small() -> None:
    for seed in range(200):
        view = draw_view(np.random.default_rng(seed), seed)
        assert abs(view.angle) <= 4
        assert 0.97 <= view.zoom <= 1.03
        assert 0.6 <= view.gain <= 1.3
        assert abs(view.warmth) <= 0.2


def test_the_light_drifts_slowly() -> None:
    early, late = (draw_view(np.random.default_rng(5), index) for index in (0, 5_000))
    assert late.warmth > early.warmth
    assert late.gain < early.gain
    assert draw_view(np.random.default_rng(5), 1).warmth == pytest.approx(early.warmth, abs=0.001)
