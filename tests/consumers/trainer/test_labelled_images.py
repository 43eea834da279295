"""Reading of data set folders, and splits that never move."""

from collections import Counter
from pathlib import Path

import pytest

from consumers.trainer.errors import UsageError
from consumers.trainer.labelled_images import LabelledImages, class_order, read_labelled_images, split_of
from tests.consumers.trainer.drawing import write_parts
from tests.paths import SHARED_DATA


def test_a_split_is_a_function_of_the_group_alone() -> None:
    shares = Counter(split_of(f"group {number}") for number in range(4000))
    assert 0.66 < shares["train"] / 4000 < 0.74
    assert 0.12 < shares["validation"] / 4000 < 0.18


def test_recorded_splits_stay() -> None:
    # Were they to move, test images of yesterday would be trained on tomorrow.
    assert "".join(split_of(f"part-{number}")[1] for number in range(1, 25)) == "rrrrrrarrrrrearrererrrre"


def test_images_of_one_part_share_a_split(tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=4)
    path = tmp_path / "data" / "annotations.jsonl"
    lines = [line.replace('"label"', '"part_id":"one","label"', 1) for line in path.read_text().splitlines()]
    path.write_text("\n".join(line.replace('"split"', '"was"') for line in lines))
    assert len({image.split for image in read_labelled_images(tmp_path / "data").images}) == 1


def test_missing_files_are_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=2)
    (tmp_path / "data" / "images" / "good_000.png").unlink()
    found = read_labelled_images(tmp_path / "data")
    assert [(item.file, item.reason) for item in found.skipped] == [("images/good_000.png", "no such file")]
    assert len(found.images) == 5


def test_a_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=1)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    with (tmp_path / "data" / "annotations.jsonl").open("a") as stream:
        stream.write('{"file": "../secret.png", "label": "good"}\n')
    assert [item.reason for item in read_labelled_images(tmp_path / "data").skipped] == [
        "it lies outside the data set's folder"
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "is missing"), ("", "no labelled image"), ("{nonsense", "line 1"), ('{"file": "a.png"}', "label")],
)
def test_a_folder_that_is_no_data_set_says_why(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "annotations.jsonl").write_text(content)
    with pytest.raises(UsageError, match=words):
        read_labelled_images(tmp_path)


def test_the_manifest_covers_contents_and_not_the_order(tmp_path: Path, parts: LabelledImages) -> None:
    shuffled = LabelledImages(parts.directory, parts.images[::-1])
    assert shuffled.manifest == parts.manifest
    other = write_parts(tmp_path / "other", seed=1)
    assert other.manifest != parts.manifest


def test_classes_start_with_the_good_one(parts: LabelledImages) -> None:
    assert class_order(parts.images, "good") == ("good", "scratch", "spot")
    with pytest.raises(UsageError, match="name the good class"):
        class_order(parts.images, "fine")
    with pytest.raises(UsageError, match="every image is labelled 'good'"):
        class_order([image for image in parts.images if image.label == "good"], "good")


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared data sets are not beside the repository")
def test_a_real_set_keeps_its_groups_together() -> None:
    found = read_labelled_images(SHARED_DATA / "bsd_pitting")
    splits: dict[str, set[str]] = {}
    for image in found.images:
        splits.setdefault(image.group, set()).add(image.split)
    assert len(found.images) == 362
    assert all(len(of_group) == 1 for of_group in splits.values())
