"""From labels to the images of a dataset, and where corrections and late arrivals leave the rest."""

import msgspec
import pytest

from consumers.datasets.build import ImageFacts, assemble
from consumers.datasets.candidates import agreement, candidates
from consumers.datasets.label_history import current_labels
from consumers.datasets.looks import Look, look_at
from consumers.datasets.manifest import Manifest
from consumers.datasets.selection import Selection
from consumers.datasets.topic_reading import ListedFrame
from schemas.records import Label
from tests.consumers.datasets.makers import DAY_US, START_US, corrected, label, location, picture

EDGE = "press-1"


def sha(number: int) -> str:
    return f"{number:064x}"


def said(number: int, text: str | None = "good", **more: object) -> Label:
    values: dict[str, object] = {
        "label_id": f"cam-1/{number}/first/1",
        "task_id": f"cam-1/{number}/first",
        "sequence": number,
        "captured_at_us": START_US + number,
        "labeled_at_us": START_US + DAY_US + number,
        "frame": location(sha(number), number),
        "label": text,
    }
    return label(sha(number), **{**values, **more})


def selection(**more: object) -> Selection:
    values: dict[str, object] = {"name": "s", "edge_ids": (EDGE,), "from_us": START_US, "to_us": START_US + DAY_US}
    return Selection(**{**values, **more}).checked(START_US + 9 * DAY_US)  # type: ignore[arg-type]


def built(labels: list[Label], asked: Selection | None = None, *, looks: dict[int, int] | None = None) -> Manifest:
    """The manifest, each image looking like picture `looks[n]`, by default its own."""
    found = candidates(asked or selection(), {EDGE: labels}, {})
    facts = {
        one.sha256: ImageFacts(9, "image/png", look_at(picture((looks or {}).get(n, n)), 10**6), in_blobs=True)
        for one in found
        for n in [int(one.sha256, 16)]
    }
    return assemble(asked or selection(), found, facts, {})


def test_late_images_and_corrections_move_nothing() -> None:
    labels = [said(number) for number in range(30)]
    before = built(labels)
    # Twins of old images, captured before them, and labeled afterwards.
    late = [said(n, captured_at_us=START_US, labeled_at_us=START_US + 3 * DAY_US) for n in range(30, 60)]
    after = built(
        [*labels, *late, corrected(labels[3], DAY_US, label="dent")], looks={n: n - 30 for n in range(30, 60)}
    )

    splits = {image.sha256: image.split for image in after.images}
    assert {image.sha256: image.split for image in before.images}.items() <= splits.items()
    assert all(splits[sha(n)] == splits[sha(n - 30)] for n in range(30, 60))
    twins = {image.sha256: image.twin_of for image in after.images}
    assert all(twins[sha(n)] == sha(n - 30) for n in range(30, 60))


def test_what_is_asked_for_changes_no_split() -> None:
    labels = [said(number, "dent" if number % 2 else "good") for number in range(40)]
    looks = {n: n % 7 for n in range(40)}
    whole = {image.sha256: image.split for image in built(labels, looks=looks).images}
    for asked in (selection(classes=("dent",)), selection(from_us=START_US + 20), selection(to_us=START_US + 9)):
        part = built(labels, asked, looks=looks).images
        assert 0 < len(part) < 40
        assert {image.sha256: image.split for image in part}.items() <= whole.items()


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([said(0, "good"), said(0, "dent", label_id="b", round="second", labeler="bob")], "disputed: ann and bob"),
        ([said(0, None, outcome="unusable")], "unusable: ann"),
    ],
)
def test_what_people_did_not_settle_is_left_out_with_the_reason(labels: list[Label], reason: str) -> None:
    found = built([*labels, said(1)])
    assert [one.reason.startswith(reason) for one in found.left_out] == [True]
    assert [image.sha256 for image in found.images] == [sha(1)]


def test_agreed_takes_only_what_two_say() -> None:
    twice = [said(0), msgspec.structs.replace(said(0), label_id="b", round="second", labeler="bob")]
    found = built([*twice, said(1)], selection(label_filter="agreed"))
    assert [image.frame_id for image in found.images] == ["cam-1/0"]
    assert found.header.left_out == {"not agreed": 1}


def test_imported_images_come_on_request() -> None:
    imported = said(5, label_id="imported/x", round="imported", camera_id=None, sequence=None, frame=None)
    assert [image.frame_id for image in built([imported, said(1)]).images] == ["cam-1/1"]
    found = built([imported, said(1)], selection(include_imported=True))
    assert {image.frame_id for image in found.images} == {None, "cam-1/1"}


def test_a_missing_image_is_no_part_of_it_and_binds_nobody() -> None:
    found = candidates(selection(), {EDGE: [said(0), said(1)]}, {})
    facts = {sha(1): ImageFacts(9, "image/png", Look(1, 1, None), in_blobs=True)}
    manifest = assemble(selection(), found, facts, {sha(0): "gone"})
    assert [(one.frame_id, one.reason) for one in manifest.missing] == [("cam-1/0", "gone")]
    assert [image.frame_id for image in manifest.images] == ["cam-1/1"]


def test_unlabeled_frames_stand_behind_labeled_ones() -> None:
    frames = [ListedFrame(EDGE, "cam-1", n, START_US + n, sha(n), location(sha(n), n), None, None) for n in range(4)]
    found = candidates(selection(label_filter="any"), {EDGE: [said(2)]}, {EDGE: frames})
    assert [one.frame_id for one in found] == ["cam-1/2", "cam-1/0", "cam-1/1", "cam-1/3"]
    assert [one.current is None for one in found] == [False, True, True, True]


def test_agreement_is_cohens_kappa() -> None:
    pairs = [("good", "good")] * 20 + [("good", "dent")] * 5 + [("dent", "good")] * 10 + [("dent", "dent")] * 15
    labels = []
    for number, (first, second) in enumerate(pairs):
        labels += [said(number, first), said(number, second, label_id=f"{number}/b", round="second", labeler="bob")]
    found = agreement(current_labels(labels).values())
    assert (found.pairs, found.agreed) == (50, 35)
    assert found.kappa == pytest.approx(0.4)  # the example of Cohen's kappa in textbooks
    assert agreement(current_labels(labels[:2]).values()).kappa is None
