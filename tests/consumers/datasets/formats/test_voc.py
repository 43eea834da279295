"""XML files of Pascal VOC."""

from pathlib import Path

import pytest

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats import FORMATS, AnnotatedImage, BadRow


def test_xml_with_entities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>')
    (row,) = FORMATS["voc"].read(tmp_path, None)
    assert isinstance(row, BadRow)
    assert "entities" in row.reason


def test_a_box_that_misses_a_corner_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        "<annotation><filename>a.png</filename><size><width>9</width><height>9</height></size>"
        "<object><name>dent</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax></bndbox></object></annotation>"
    )
    (row,) = FORMATS["voc"].read(tmp_path, None)
    assert isinstance(row, BadRow)
    assert row.reason == "<bndbox><ymax> is missing or empty"


def test_a_name_that_xml_can_not_hold_is_refused(tmp_path: Path) -> None:
    image = AnnotatedImage(file="JPEGImages/a.png", label="bad\x00", width=4, height=4)
    with pytest.raises(LabelFileError, match="VOC can't hold"):
        FORMATS["voc"].write([image], tmp_path)
