"""The truth of annotated folders."""

import json
import unicodedata
from pathlib import Path

import pytest

from producers.errors import SourceError
from producers.sources.annotations import FolderTruth, read_annotations
from schemas.records.frame import Box, Truth
from tests.paths import SHARED_DATA
from tests.producers.sources.pictures import annotate, folder_of


def test_a_line_gives_label_and_boxes(tmp_path: Path) -> None:
    box = {"label": "dent", "x": 1, "y": 2, "w": 3, "h": 4}
    annotate(
        tmp_path, {"file": "images/a.jpg", "label": "dent", "boxes": [box], "width": 9, "part_id": "p1", "x": None}
    )
    line = read_annotations(tmp_path / "annotations.jsonl")["images/a.jpg"]
    assert line.truth == Truth(label="dent", boxes=[Box(label="dent", x=1, y=2, w=3, h=4)])
    assert line.part_id == "p1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "annotations.jsonl:2"),
        ('{"file": "a.jpg"}', "label"),
        ('{"file": "a.jpg", "label": "good", "boxes": [{"label": "x", "x": 0.5, "y": 0, "w": 1, "h": 1}]}', "int"),
        ('{"file": "../../etc/passwd", "label": "good"}', "below the folder"),
        ('{"file": "/etc/passwd", "label": "good"}', "below the folder"),
        ('{"file": "", "label": "good"}', "below the folder"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "annotations.jsonl"
    path.write_text('{"file": "b.jpg", "label": "good"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match=reason):
        read_annotations(path)


def test_a_mark_at_the_start_and_odd_separators_in_texts_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "annotations.jsonl"
    lines = ['{"file": "a.jpg", "label": "two\u2028lines"}', '{"file": "b.jpg", "label": "good"}']
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert {name: line.label for name, line in read_annotations(path).items()} == {
        "a.jpg": "two\u2028lines",
        "b.jpg": "good",
    }


def test_annotations_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "annotations.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="can't be read"):
        read_annotations(tmp_path / "annotations.jsonl")


@pytest.mark.parametrize("inside", ["images", "images/oven", "."])
def test_truth_is_found_beside_the_images(tmp_path: Path, inside: str) -> None:
    folder_of(tmp_path, f"{inside}/a.jpg")
    annotate(tmp_path, {"file": (Path(inside) / "a.jpg").as_posix(), "label": "good", "boxes": []})
    found = FolderTruth().of(tmp_path / inside / "a.jpg")
    assert found is not None
    assert found.label == "good"


def test_truth_of_another_folder_layout_is_found_from_its_root(tmp_path: Path) -> None:
    folder_of(tmp_path, "oven/a.jpg")
    annotate(tmp_path, {"file": "oven/a.jpg", "label": "good"})
    assert FolderTruth(tmp_path).of(tmp_path / "oven/a.jpg") is not None
    assert FolderTruth().of(tmp_path / "oven/a.jpg") is None


def test_names_match_whichever_way_their_accents_are_spelled(tmp_path: Path) -> None:
    composed = unicodedata.normalize("NFC", "Gehäuse 부품.jpg")
    folder_of(tmp_path, composed)
    annotate(tmp_path, {"file": unicodedata.normalize("NFD", composed), "label": "good"})
    assert FolderTruth().of(tmp_path / composed) is not None


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared data sets are not beside the repository")
@pytest.mark.parametrize("name", ["bsd_pitting", "bsd_sequence", "circuitboard", "lgp_surface", "screws_missing"])
def test_every_shared_data_set(name: str) -> None:
    path = SHARED_DATA / name / "annotations.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = read_annotations(path)
    assert set(found) == {line["file"] for line in lines}
    assert {key: len(value.boxes) for key, value in found.items()} == {x["file"]: len(x["boxes"]) for x in lines}
