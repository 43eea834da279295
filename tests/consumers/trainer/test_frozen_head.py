"""When boxes teach places. The fit itself is tested with the whole training (test_classification.py)."""

import dataclasses

from consumers.trainer.frozen_head import boxes_suffice
from consumers.trainer.labelled_images import BoxLabel, LabelledImages


def test_boxes_suffice_when_nearly_every_defect_has_one(parts: LabelledImages) -> None:
    assert boxes_suffice(parts.images, "good")
    bare = [dataclasses.replace(image, boxes=()) for image in parts.images]
    assert not boxes_suffice(bare, "good")
    assert boxes_suffice([bare[1], *parts.images], "good")
    assert not boxes_suffice([*(image for image in bare if image.label == "spot"), *parts.images], "good")


def test_boxes_of_other_things_do_not_count(parts: LabelledImages) -> None:
    other = (BoxLabel("screw", 1, 1, 9, 9),)
    assert not boxes_suffice([dataclasses.replace(image, boxes=other) for image in parts.images], "good")
