"""What changed between two datasets."""

from consumers.datasets.comparing import diff_manifests
from schemas.records import Box
from tests.consumers.datasets.test_manifest import image, manifest, said


def test_added_removed_changed_and_moved() -> None:
    boxes = (Box(label="dent", x=1, y=1, w=1, h=1),)
    before = manifest(image(1), image(2), image(3), image(4))
    after = manifest(
        image(2, label=said(label="good", labelers=("bob",))),
        image(3, split="test", label=said(boxes=boxes)),
        image(4, captured_at_us=77),
        image(5),
    )
    found = diff_manifests(before, after)

    assert (found.added, found.removed) == ((image(5).sha256,), (image(1).sha256,))
    assert [(one.sha256, one.label_before, one.label_after, one.boxes_changed) for one in found.changed] == [
        (image(2).sha256, "dent", "good", False),
        (image(3).sha256, "dent", "dent", True),
    ]
    assert (found.moved, found.same, found.changed[0].labelers_after) == (1, False, ("bob",))
    assert diff_manifests(before, before).same
