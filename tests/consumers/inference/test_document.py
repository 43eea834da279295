"""The schema of model.json refuses what it does not know."""

import msgspec
import pytest

from consumers.inference.document import GoldenSet, InputSpec, ModelDocument, Preprocessing, Region, Thresholds
from tests.consumers.inference.artifacts import tiny_document


def test_classes_in_order() -> None:
    document = tiny_document()
    assert document.class_names == ("good", "dark")
    assert document.defect_classes == ("dark",)


def test_documents_are_frozen_and_compare_by_value() -> None:
    document = tiny_document()
    with pytest.raises(AttributeError):
        document.name = "other"  # type: ignore[misc]
    assert document == tiny_document()


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (Region, b'{"x": 0.5, "y": 0, "width": 0, "height": 1}'),
        (Region, b'{"x": -0.1, "y": 0, "width": 1, "height": 1}'),
        (InputSpec, b'{"width": 8, "height": 8, "channels": 2}'),
        (InputSpec, b'{"width": 8, "height": 8, "channels": 3, "dtype": "float16"}'),
        (Preprocessing, b'{"resize": "squash"}'),
        (Preprocessing, b'{"resise": "stretch"}'),
        (Thresholds, b'{"classes": {"../x": 0.5}}'),
        (Thresholds, b'{"classes": {"a": 0.5}, "review_band": 0.6}'),
        (GoldenSet, b'{"tolerance": -1}'),
        (ModelDocument, b"{}"),
    ],
)
def test_parts_refuse_what_is_out_of_range(part: type[msgspec.Struct], content: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content, type=part)
