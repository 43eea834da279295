"""Whole-pixel boxes come back the same from every format, and from one by way of another."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.datasets.errors import LabelFileError
from consumers.datasets.formats import FORMATS, LABEL_FORMATS, AnnotatedImage, BadRow, LabelFormat
from consumers.datasets.formats.annotated import BadRowError, stem_of, whole_box
from consumers.datasets.formats.yolo import yaml_names
from consumers.datasets.manifest import canonical_boxes
from schemas.records import Box

CLASSES = ("scratch", "dent", "missing screw", "Kratzer ö", "스크래치", "a: b, 'c'", "007", "yes")


@st.composite
def annotated(draw: st.DrawFn) -> list[tuple[int, int, str, tuple[Box, ...]]]:
    """Sizes, classes and boxes of a few images; sizes are odd as well, so that shares and per cents are no round
    numbers."""
    images = []
    for _ in range(draw(st.integers(1, 3))):
        width, height = draw(st.integers(1, 2000)), draw(st.integers(1, 37))
        boxes = []
        for _ in range(draw(st.integers(0, 4))):
            x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
            w, h = draw(st.integers(1, width - x)), draw(st.integers(1, height - y))
            boxes.append(Box(label=draw(st.sampled_from(CLASSES)), x=x, y=y, w=w, h=h))
        images.append((width, height, draw(st.sampled_from(CLASSES)), tuple(boxes)))
    return images


def put(folder: Path, form: LabelFormat, images: Sequence[AnnotatedImage]) -> list[AnnotatedImage]:
    """Write images (grey pixels) and labels into a folder as the format wants them."""
    target = FORMATS[form]
    (folder / target.images_folder).mkdir(parents=True)
    placed = []
    for image in images:
        name = f"{target.images_folder}/{stem_of(image.file)}.png"
        pixels = np.zeros((image.height, image.width), np.uint8)
        (folder / name).write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        values = {field: getattr(image, field) for field in AnnotatedImage.__dataclass_fields__}
        placed.append(AnnotatedImage(**values | {"file": name}))
    target.write(placed, folder)
    return placed


def got(folder: Path, form: LabelFormat) -> list[AnnotatedImage]:
    found = list(FORMATS[form].read(folder, None))
    assert not [one for one in found if isinstance(one, BadRow)]
    return sorted((one for one in found if isinstance(one, AnnotatedImage)), key=lambda one: stem_of(one.file))


def contents(images: Sequence[AnnotatedImage]) -> list[tuple[object, ...]]:
    return [(stem_of(i.file), i.label, i.width, i.height, canonical_boxes(i.boxes)) for i in images]


def named(images: list[tuple[int, int, str, tuple[Box, ...]]]) -> list[AnnotatedImage]:
    return [
        AnnotatedImage(file=f"images/part-{n}.png", label=label, boxes=boxes, width=width, height=height, split="train")
        for n, (width, height, label, boxes) in enumerate(images)
    ]


@pytest.mark.parametrize("form", LABEL_FORMATS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(images=annotated())
def test_what_is_written_comes_back(form: LabelFormat, images: list[tuple[int, int, str, tuple[Box, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        placed = put(Path(folder), form, named(images))
        assert contents(got(Path(folder), form)) == contents(placed)


@settings(max_examples=40)
@given(images=annotated(), way=st.permutations(LABEL_FORMATS))
def test_a_journey_through_every_format_changes_nothing(
    images: list[tuple[int, int, str, tuple[Box, ...]]], way: list[LabelFormat]
) -> None:
    start = travelling = named(images)
    for form in way:
        with tempfile.TemporaryDirectory() as folder:
            put(Path(folder), form, travelling)
            travelling = got(Path(folder), form)
    assert contents(travelling) == contents(start)


@given(
    st.integers(1, 10_000),
    st.data(),
)
def test_shares_and_per_cents_of_any_size_round_back(width: int, data: st.DataObject) -> None:
    x = data.draw(st.integers(0, width - 1))
    w = data.draw(st.integers(1, width - x))
    centre, share = (x + w / 2) / width, w / width
    box = whole_box("a", centre * width - share * width / 2, 0, centre * width + share * width / 2, 1, width, 1)
    assert (box.x, box.w) == (x, w)
    left, wide = 100 * x / width, 100 * w / width
    assert whole_box("a", left * width / 100, 0, (left + wide) * width / 100, 1, width, 1) == box


def test_conventions_are_as_documented(tmp_path: Path) -> None:
    image = AnnotatedImage(
        file="images/a.png", label="dent", boxes=(Box(label="dent", x=10, y=4, w=20, h=8),), width=100, height=40
    )
    for form in LABEL_FORMATS:
        put(tmp_path / form, form, [image])
    assert '"bbox":[10,4,20,8]' in (tmp_path / "coco/annotations/instances_all.json").read_text()
    assert (tmp_path / "yolo/labels/a.txt").read_text() == "0 0.2 0.2 0.2 0.2\n"
    voc = (tmp_path / "voc/Annotations/a.xml").read_text()
    assert "<xmin>11</xmin><ymin>5</ymin><xmax>30</xmax><ymax>12</ymax>" in voc
    studio = (tmp_path / "label-studio/label-studio.json").read_text()
    assert all(said in studio for said in ('"x": 10.0', '"y": 10.0', '"width": 20.0', '"height": 20.0'))


@pytest.mark.parametrize(
    ("edges", "reason"),
    [
        ((0, 0, float("nan"), 4), "no numbers"),
        ((-2, 0, 4, 4), "columns -2 to 4 of an image with 10"),
        ((0, 0, 4, 22), "rows 0 to 22 of an image with 20"),
        ((3, 3, 3.2, 9), "is empty"),
    ],
)
def test_impossible_boxes_are_refused_with_their_edges(edges: tuple[float, float, float, float], reason: str) -> None:
    with pytest.raises(BadRowError, match=reason):
        whole_box("dent", *edges, 10, 20)


def test_a_bad_row_names_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = '{"file": "a.png", "label": "good", "boxes": [], "width": 4, "height": 4}'
    bad = '{"file": "b.png", "label": "dent", "boxes": [{"label": "dent", "x": 1, "y": 1, "w": 9, "h": 1}], '
    (tmp_path / "annotations.jsonl").write_text(f'{good}\nnonsense\n{bad}"width": 4, "height": 4}}\n')

    rows = list(FORMATS["jsonl"].read(tmp_path, None))

    assert isinstance(rows[0], AnnotatedImage)
    assert [
        str(row).startswith(f"{tmp_path / 'annotations.jsonl'}:{n}") for n, row in ((2, rows[1]), (3, rows[2]))
    ] == [
        True,
        True,
    ]


def test_coco_leaves_an_image_out_whose_box_is_bad(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(
        '{"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}], '
        '"categories": [{"id": 1, "name": "dent"}], '
        '"annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 1, 2, 2]}]}'
    )
    rows = list(FORMATS["coco"].read(tmp_path / "c.json", None))
    assert ["category 2 is not in the file" in str(rows[0]), "left out" in str(rows[1]), len(rows)] == [True, True, 2]


def test_a_rotated_box_of_label_studio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(
        '[{"id": 5, "data": {"image": "/data/upload/1/a.png"}, "annotations": [{"result": [{"type": "rectanglelabels",'
        '"original_width": 10, "original_height": 10, "value": {"x": 1, "y": 1, "width": 50, "height": 50,'
        '"rotation": 30, "rectanglelabels": ["dent"]}}]}]}]'
    )
    (row,) = FORMATS["label-studio"].read(tmp_path / "t.json", None)
    assert isinstance(row, BadRow)
    assert "rotated" in row.reason
    assert "task 5" in row.where


def test_xml_with_entities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>')
    (row,) = FORMATS["voc"].read(tmp_path, None)
    assert isinstance(row, BadRow)
    assert "entities" in row.reason


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
