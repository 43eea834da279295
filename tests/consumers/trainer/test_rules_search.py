"""The search: seeded, within the space, and better than where it started."""

import numpy as np
import pytest

from consumers.inference.picture import Pixels
from consumers.inference.rules.recipe import Recipe, decode_recipe
from consumers.trainer.metrics import Truth
from consumers.trainer.rules_search import Trial, search

# A threshold so high that the recipe as given sees nothing: only a search can mend it.
_BLIND = decode_recipe(
    b"""{"steps": [{"step": "channel"}, {"step": "threshold", "method": "fixed", "level": 250},
    {"step": "contours", "class": "spot", "measure": "largest", "zero_at": 0, "one_at": 10}],
    "space": [{"name": "1.level", "low": 100, "high": 250, "step": 5}]}"""
)


@pytest.fixture(scope="module")
def plates() -> tuple[list[Pixels], Truth]:
    """Grey plates of 120, every other one with a square of 200; noise of 180 in single pixels on all."""
    rng, found = np.random.default_rng(0), []
    defective = np.arange(20) % 2 == 1
    for bad in defective:
        plate = np.full((32, 32, 3), 120, np.uint8)
        plate[tuple(rng.integers(0, 32, (2, 12)))] = 180
        if bad:
            x, y = rng.integers(4, 24, 2)
            plate[y : y + 4, x : x + 4] = 200
        found.append(plate)
    return found, defective


def _search(recipe: Recipe, plates: tuple[list[Pixels], Truth], seed: int = 3) -> tuple[Trial, list[float]]:
    heard: list[float] = []
    best = search([recipe], *plates, trials=16, seed=seed, tell=lambda _, trial: heard.append(trial.fit.value))
    return best, heard


def test_the_search_mends_a_blind_recipe(plates: tuple[list[Pixels], Truth]) -> None:
    best, heard = _search(_BLIND, plates)
    assert heard[0] < 0.5
    assert best.fit.detection == 1.0
    assert best.fit.overkill <= 0.02
    assert heard == sorted(heard)
    assert len(heard) == 16


def test_the_same_seed_finds_the_same(plates: tuple[list[Pixels], Truth]) -> None:
    assert _search(_BLIND, plates)[0] == _search(_BLIND, plates)[0]


def test_values_stay_on_the_grid_of_the_space(plates: tuple[list[Pixels], Truth]) -> None:
    level = _search(_BLIND, plates, seed=9)[0].values["1.level"]
    assert 100 <= level <= 250
    assert level % 5 == 0


def test_of_two_recipes_the_better_one_is_kept(plates: tuple[list[Pixels], Truth]) -> None:
    useless = decode_recipe(
        b'{"steps": [{"step": "intensity", "class": "spot", "measure": "minimum", "zero_at": 0, "one_at": 9}]}'
    )
    best = search([useless, _BLIND], *plates, trials=20, seed=1, tell=lambda done, trial: None)
    assert best.recipe == _BLIND
