"""Folders of YOLO."""

from pathlib import Path

import pytest

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats import FORMATS, AnnotatedImage, BadRow, LabelFormat
from consumers.datasets.formats.yolo import yaml_names
from schemas.records import Box
from tests.consumers.datasets.makers import picture


@pytest.mark.parametrize("form", ["yolo", "voc"])
def test_two_images_never_share_a_label_file(form: LabelFormat, tmp_path: Path) -> None:
    images = [AnnotatedImage(file=f"images/a.{end}", label="good", width=4, height=4) for end in ("jpg", "png")]
    with pytest.raises(LabelFileError, match=r"images/a\.jpg and images/a\.png"):
        FORMATS[form].write(images, tmp_path)


@pytest.mark.parametrize(
    "text",
    ["names: [dent, 'scratch']\n", "nc: 2\nnames:\n- dent\n- scratch\n", "names: {0: dent, 1: scratch}\nval: x\n"],
)
def test_names_of_yolo_as_other_tools_write_them(text: str) -> None:
    assert yaml_names(text) == ["dent", "scratch"]


def test_an_image_without_a_label_file_is_not_labeled_and_bad_lines_are_named(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images" / f"{name}.png").write_bytes(picture(1))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.25 0.25\n")
    (tmp_path / "labels" / "b.txt").write_text("0 0.5 0.5 0.5 0.5\n7 0.5 0.5 0.1 0.1\n")
    (tmp_path / "classes.txt").write_text("dent\nscratch\n")
    first, second = FORMATS["yolo"].read(tmp_path, None)
    assert isinstance(first, AnnotatedImage)
    assert (first.label, first.boxes) == ("scratch", (Box(label="scratch", x=36, y=24, w=24, h=16),))
    assert isinstance(second, BadRow)
    assert second.where.endswith("b.txt:2")
    assert "class 7 has no name" in second.reason
