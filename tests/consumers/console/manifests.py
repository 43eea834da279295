"""A dataset's manifest for tests."""

from typing import Any

from consumers.datasets.manifest import (
    Agreement,
    DatasetImage,
    DatasetLabel,
    LeftOut,
    Manifest,
    MissingImage,
    make_manifest,
)
from consumers.datasets.splits import Split
from schemas.records import Box

SPLITS: tuple[Split, ...] = ("train", "train", "validation", "test")


def made_image(number: int, **changes: Any) -> DatasetImage:
    """An image; every other one shows a dent."""
    dent = number % 2 == 1
    boxes = (Box(label="dent", x=number, y=2, w=3, h=4),) if dent else ()
    label = DatasetLabel(
        label="dent" if dent else "good",
        boxes=boxes,
        image_width=640,
        image_height=480,
        state="single",
        label_id=f"cam-1/{number}/first/1",
        label_ids=(f"cam-1/{number}/first/1",),
        labelers=("ann",),
        labeled_at_us=5,
    )
    values: dict[str, Any] = {
        "sha256": f"{number:064x}",
        "split": SPLITS[number % 4],
        "edge_id": "press-1",
        "captured_at_us": number,
        "size": 1000,
        "content_type": "image/jpeg",
        "width": 640,
        "height": 480,
        "label": label,
        "frame_id": f"cam-1/{number}",
    }
    return DatasetImage(**{**values, **changes})


def made_manifest(*images: DatasetImage) -> Manifest:
    """A manifest of these images, or of eight."""
    return make_manifest(
        images or [made_image(number) for number in range(8)],
        [MissingImage(sha256="f" * 64, edge_id="press-1", frame_id="cam-1/99", reason="not in Kafka (any more)")],
        [LeftOut(sha256="e" * 64, edge_id="press-1", frame_id="cam-1/98", reason="disputed: ann and bo disagree")],
        selection={"edges": "press-1"},
        agreement=Agreement(pairs=3, agreed=2, kappa=0.4),
        look_version=1,
    )
