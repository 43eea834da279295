"""The golden set: some of each class, clear cases first, always the same."""

import numpy as np

from consumers.trainer.golden_choice import choose_golden
from consumers.trainer.labelled_images import LabelledImages


def _probabilities(parts: LabelledImages, sure: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    places = {"good": 0, "scratch": 1, "spot": 2}
    table = np.full((len(parts.images), 3), (1 - sure) / 2)
    for row, image in enumerate(parts.images):
        table[row, places[image.label]] = sure
    return table


def test_every_class_is_there_and_nothing_twice(parts: LabelledImages) -> None:
    chosen = choose_golden(parts.images, _probabilities(parts, 0.9), wanted=6)
    originals = {image.path.read_bytes(): image.label for image in parts.images}
    assert len({picture.data for picture in chosen}) == 6
    assert [originals[picture.data] for picture in chosen] == ["good", "scratch", "spot"] * 2
    assert {picture.suffix for picture in chosen} == {".png"}


def test_the_choice_does_not_depend_on_the_order(parts: LabelledImages) -> None:
    table = _probabilities(parts, 0.9)
    assert choose_golden(parts.images[::-1], table[::-1]) == choose_golden(parts.images, table)


def test_clear_cases_come_first(parts: LabelledImages) -> None:
    table = _probabilities(parts, 0.9)
    close = [row for row in range(len(table)) if row % 2]
    table[close] = 1 / 3
    chosen = {picture.data for picture in choose_golden(parts.images, table, wanted=6)}
    assert not chosen & {parts.images[row].path.read_bytes() for row in close}
