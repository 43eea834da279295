"""Whole-pixel boxes come back the same from every format, and from one by way of another."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumers.datasets.formats import FORMATS, LABEL_FORMATS, AnnotatedImage, BadRow, LabelFormat
from consumers.datasets.formats.annotated import stem_of
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
