"""Picture steps as data: ranges are held, unknown fields and steps are refused."""

import msgspec
import pytest

from consumers.inference.rules.steps import Blur, Crop, PictureStep, Threshold


def test_steps_are_told_apart_by_their_tag() -> None:
    assert msgspec.json.decode(b'{"step": "blur", "size": 7}', type=PictureStep) == Blur(size=7)
    assert msgspec.json.decode(b'{"step": "crop", "width": 0.5}', type=PictureStep) == Crop(width=0.5)


@pytest.mark.parametrize(
    "content",
    [
        b'{"size": 7}',
        b'{"step": "exec", "code": "import os"}',
        b'{"step": "blur", "size": 0}',
        b'{"step": "blur", "size": 400}',
        b'{"step": "blur", "size": 2.5}',
        b'{"step": "blur", "sise": 3}',
        b'{"step": "crop", "width": 0}',
        b'{"step": "crop", "x": -0.1}',
        b'{"step": "threshold", "level": 256}',
        b'{"step": "threshold", "method": "magic"}',
        b'{"step": "keep", "name": "../x"}',
        b'{"step": "morphology"}',
        b'{"step": "clahe", "tiles": 65}',
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(content, type=PictureStep)


def test_every_step_is_documented() -> None:
    assert all(kind.__doc__ for kind in (Blur, Crop, Threshold))
