"""Measure steps as data."""

import msgspec
import pytest

from consumers.inference.rules.measures import Contours, Discs, MeasureStep, Places


def decoded(content: bytes) -> MeasureStep:
    return msgspec.json.decode(content, type=MeasureStep)  # type: ignore[no-any-return]


def test_measures_name_their_class_and_ramp() -> None:
    step = decoded(b'{"step": "contours", "class": "spot", "zero_at": 5, "one_at": 2}')
    assert isinstance(step, Contours)
    assert (step.class_name, step.zero_at, step.one_at) == ("spot", 5, 2)
    assert b'"class":"spot"' in msgspec.json.encode(step)


def test_places_and_discs() -> None:
    places = decoded(b'{"step": "places", "class": "m", "places": [{"x": 0.5, "y": 0.5, "radius": 0.1}]}')
    assert isinstance(places, Places)
    assert places.places[0].radius == 0.1
    assert decoded(b'{"step": "discs", "class": "m", "radius": 3}') == Discs(class_name="m", radius=3)


@pytest.mark.parametrize(
    "content",
    [
        b'{"step": "contours"}',
        b'{"step": "contours", "class": ""}',
        b'{"step": "contours", "class": "a/b"}',
        b'{"step": "contours", "class": "a", "minimum_aspect": 0.5}',
        b'{"step": "circles", "class": "a", "minimum_radius": 3}',
        b'{"step": "places", "class": "a", "places": []}',
        b'{"step": "places", "class": "a", "places": [{"x": 2, "y": 0, "radius": 0.1}]}',
        b'{"step": "template", "class": "a", "png": ""}',
        b'{"step": "template", "class": "a", "png": "***"}',
        b'{"step": "discs", "class": "a", "radius": 1}',
        b'{"step": "intensity", "class": "a", "percentile": 101}',
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded(content)
