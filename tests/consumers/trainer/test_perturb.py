"""Perturbations: the same for an image each time, different between images, sizes kept."""

import hashlib

import numpy as np
import pytest

from consumers.inference.picture import Picture
from consumers.trainer.errors import UsageError
from consumers.trainer.perturb import combinations_of, parse_perturbations, perturb

_PICTURE = Picture.of(np.random.default_rng(0).integers(0, 200, (48, 64, 3)).astype(np.uint8))


def _sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_an_image_is_perturbed_alike_each_time() -> None:
    for kind in parse_perturbations("rotation,brightness"):
        one, same, other = (perturb(_PICTURE, _sha(number), (kind,)).pixels for number in (1, 1, 2))
        assert np.array_equal(one, same)
        assert not np.array_equal(one, other)
        assert not np.array_equal(one, _PICTURE.pixels)
        assert one.shape == _PICTURE.pixels.shape


def test_brightness_goes_both_ways_within_its_limits() -> None:
    means = [perturb(_PICTURE, _sha(n), ("brightness",)).pixels.mean() / _PICTURE.pixels.mean() for n in range(60)]
    assert min(means) >= 0.59
    assert max(means) <= 1.41
    assert any(mean < 0.8 for mean in means)
    assert any(mean > 1.2 for mean in means)
    assert not any(0.87 < mean < 1.13 for mean in means)


def test_an_evaluation_runs_plain_each_and_all() -> None:
    assert combinations_of(parse_perturbations("")) == [()]
    assert combinations_of(("rotation",)) == [(), ("rotation",)]
    assert combinations_of(("rotation", "brightness"))[-1] == ("rotation", "brightness")


def test_an_unknown_word_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="unknown perturbation 'fog'"):
        parse_perturbations("rotation,fog")
