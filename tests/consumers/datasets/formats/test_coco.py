"""COCO files of other tools."""

from pathlib import Path

import pytest

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats import FORMATS, AnnotatedImage
from schemas.records import Box


def test_coco_leaves_an_image_out_whose_box_is_bad(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}], '
        '"categories": [{"id": 1, "name": "dent"}], '
        '"annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 1, 2, 2]}]}'
    )
    rows = list(FORMATS["coco"].read(tmp_path / "c.json", None))
    assert ["category 2 is not in the file" in str(rows[0]), "left out" in str(rows[1]), len(rows)] == [True, True, 2]


def test_fractions_are_rounded_to_whole_pixels(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 7, "file_name": "a.png", "width": 9, "height": 9}], '
        '"categories": [{"id": 3, "name": "dent"}], '
        '"annotations": [{"image_id": 7, "category_id": 3, "bbox": [0.6, 1.4, 3.0, 2.9], "iscrowd": 0}]}'
    )
    (row,) = FORMATS["coco"].read(tmp_path / "c.json", None)
    assert isinstance(row, AnnotatedImage)
    assert (row.label, row.boxes) == (None, (Box(label="dent", x=1, y=1, w=3, h=3),))


def test_what_is_no_coco_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text("[]")
    with pytest.raises(LabelFileError, match="is no COCO file"):
        list(FORMATS["coco"].read(tmp_path / "c.json", None))
    with pytest.raises(LabelFileError, match="holds no annotations"):
        list(FORMATS["coco"].read(tmp_path, None))
