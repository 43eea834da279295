"""Which images a replay writes."""

from consumers.datasets.replay_plan import file_name, of_labels, of_manifest
from schemas.records import Box
from tests.consumers.datasets.makers import label, location
from tests.consumers.datasets.test_manifest import image, manifest


def test_a_dataset_is_read_as_it_lies_in_kafka_split_by_split() -> None:
    images = [image(n, split="test" if n % 2 else "train", location=location("ab" * 32, 100 - n)) for n in range(6)]
    planned = of_manifest(manifest(*images))
    assert [one.name for one in planned] == [f"cam-1-{n:09}" for n in (5, 3, 1, 4, 2, 0)]
    assert [one.split for one in planned] == ["test"] * 3 + ["train"] * 3


def test_disputed_and_unusable_labels_are_left_out_and_counted() -> None:
    boxes = [Box(label="dent", x=1, y=2, w=3, h=4)]
    labels = [
        label("aa" * 32, label="dent", boxes=boxes),
        label("bb" * 32, label_id="b", outcome="unusable", label=None),
        label("cc" * 32, label_id="c"),
        label("cc" * 32, label_id="d", round="second", labeler="bob", label="dent"),
    ]
    planned, left_out = of_labels(labels)
    assert ([(one.label, one.boxes) for one in planned], left_out) == ([("dent", tuple(boxes))], 2)


def test_an_imported_image_is_named_by_its_hash() -> None:
    assert file_name(None, "ab" * 32) == "ab" * 10
