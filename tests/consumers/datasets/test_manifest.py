"""A digest covers contents, and nothing else."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.errors import ManifestError
from consumers.datasets.manifest import (
    Agreement,
    DatasetImage,
    DatasetLabel,
    LeftOut,
    Manifest,
    MissingImage,
    check_manifest,
    digest_of,
    make_manifest,
    manifest_bytes,
    read_manifest,
)
from schemas.records import Box
from tests.consumers.datasets.makers import location


def said(**more: Any) -> DatasetLabel:
    values: dict[str, Any] = {
        "label": "dent",
        "boxes": (Box(label="dent", x=1, y=2, w=3, h=4), Box(label="dent", x=0, y=2, w=3, h=4)),
        "image_width": 96,
        "image_height": 64,
        "state": "single",
        "label_id": "cam-1/0/first/1",
        "label_ids": ("cam-1/0/first/1",),
        "labelers": ("ann",),
        "labeled_at_us": 1,
    }
    return DatasetLabel(**{**values, **more})


def image(number: int = 0, **more: Any) -> DatasetImage:
    values: dict[str, Any] = {
        "sha256": f"{number:064x}",
        "split": "train",
        "edge_id": "press-1",
        "captured_at_us": number,
        "size": 10,
        "content_type": "image/png",
        "width": 96,
        "height": 64,
        "label": said(),
        "frame_id": f"cam-1/{number}",
    }
    return DatasetImage(**{**values, **more})


def manifest(*images: DatasetImage) -> Manifest:
    missing = [MissingImage(sha256="f" * 64, edge_id="press-1", frame_id=None, reason="gone")]
    left_out = [LeftOut(sha256="e" * 64, edge_id="press-1", frame_id="cam-1/9", reason="disputed: a and b")]
    return make_manifest(
        images, missing, left_out, selection={"edges": "press-1"}, agreement=Agreement(), look_version=1
    )


@pytest.mark.parametrize(
    "more",
    [
        {"location": location("ab" * 32, 77)},
        {"frame_id": None, "edge_id": "press-2", "captured_at_us": 99},
        {"label": said(label_id="other", label_ids=("a", "b"), labelers=("bob",), labeled_at_us=5, state="agreed")},
        {"label": said(boxes=tuple(reversed(said().boxes)))},
        {"label": said(boxes=tuple(msgspec.structs.replace(box, score=0.5) for box in said().boxes))},
        {"twin_of": "b" * 64, "look": "c" * 64, "part_id": "p", "product": "q", "content_type": "image/jpeg"},
    ],
)
def test_hints_people_and_order_are_outside_the_digest(more: dict[str, Any]) -> None:
    assert digest_of([image(1), image(0)]) == digest_of([image(0, **more), image(1)])


@pytest.mark.parametrize(
    "more",
    [
        {"split": "test"},
        {"sha256": "d" * 64},
        {"label": None},
        {"label": said(label="good")},
        {"label": said(boxes=())},
        {"label": said(boxes=(Box(label="dent", x=1, y=2, w=3, h=5),))},
        {"label": said(image_width=97)},
    ],
)
def test_contents_are_inside_the_digest(more: dict[str, Any]) -> None:
    assert digest_of([image(0)]) != digest_of([image(0, **more)])


def test_the_digest_of_known_contents_never_changes() -> None:
    known = "sha256:c8ace7c6264a18eb41799b5e0e9909ef3fecec0fa62205fca1e57b1117a70518"
    # Another one would mean that every dataset that was ever built gets another digest.
    assert digest_of([image(0), image(1, label=None, split="test")]) == known


def test_a_file_comes_back_the_same() -> None:
    written = manifest(image(3), image(1, label=None), image(2))
    found = read_manifest(manifest_bytes(written), "here")
    assert found == written
    check_manifest(found, "here")
    assert [one.sha256 for one in found.images] == sorted(one.sha256 for one in found.images)
    assert (found.header.left_out, found.header.unlabeled, found.header.missing) == ({"disputed": 1}, 1, 1)
    assert found.header.balance == {"train": {"dent": 2}}


@given(cut=st.integers(0, 5000))
def test_a_file_that_was_cut_off_is_refused(cut: int) -> None:
    whole = manifest_bytes(manifest(*(image(number) for number in range(5))))
    lines = len(whole[: min(cut, len(whole) - 1)].splitlines())
    if lines >= 6 and whole[: min(cut, len(whole))].count(b"\n") >= 6:
        return  # only what is missing or left out was cut
    with pytest.raises(ManifestError):
        check_manifest(read_manifest(whole[: min(cut, len(whole) - 1)], "here"), "here")


def test_what_is_no_manifest_is_named() -> None:
    with pytest.raises(ManifestError, match="here, line 1"):
        read_manifest(b"nonsense", "here")
    with pytest.raises(ManifestError, match="first line is not a header"):
        read_manifest(b"", "here")
