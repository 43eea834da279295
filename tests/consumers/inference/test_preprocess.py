"""Preprocessing: geometry, colour and numbers, against plain numpy."""

from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from consumers.inference.document import InputSpec, ModelDocument, Preprocessing, Quantisation, Region
from consumers.inference.errors import InferenceError
from consumers.inference.picture import Picture, PixelRegion
from consumers.inference.preprocess import Preprocessor
from tests.consumers.inference.artifacts import photo_like, tiny_document


def model(
    width: int, height: int, *, channels: Any = 3, steps: dict[str, Any] | None = None, **spec: Any
) -> ModelDocument:
    steps = {"mean": (0.0,) * channels, "scale": (1.0,) * channels, **(steps or {})}
    return msgspec.structs.replace(
        tiny_document(),
        input=InputSpec(width=width, height=height, channels=channels, **spec),
        preprocessing=Preprocessing(**steps),
    )


def test_numbers_colours_and_batch_axis() -> None:
    pixels = photo_like(32, 24)
    steps = {"mean": (10.0, 20.0, 30.0), "scale": (0.5, 0.25, 0.125), "colour": "rgb"}
    tensor, _ = Preprocessor(model(32, 24, steps=steps)).run(Picture.of(pixels))
    expected = (pixels[:, :, ::-1].astype(np.float64) - [10, 20, 30]) * [0.5, 0.25, 0.125]
    assert tensor.shape == (1, 24, 32, 3)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0], expected, atol=1e-5)


def test_bgr_stays_bgr_and_planes_come_first_when_asked() -> None:
    pixels = photo_like(32, 24)
    tensor, _ = Preprocessor(model(32, 24, steps={"colour": "bgr"}, layout="nchw")).run(Picture.of(pixels))
    assert tensor.shape == (1, 3, 24, 32)
    assert tensor.flags.c_contiguous
    assert np.array_equal(tensor[0].transpose(1, 2, 0), pixels)


@pytest.mark.parametrize("grey_source", [False, True])
def test_grey(*, grey_source: bool) -> None:
    pixels = photo_like(32, 24)
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    tensor, _ = Preprocessor(model(32, 24, channels=1, steps={"colour": "grey"})).run(
        Picture.of(grey if grey_source else pixels)
    )
    assert tensor.shape == (1, 24, 32, 1)
    assert np.array_equal(tensor[0, :, :, 0], grey)


def test_a_grey_picture_fills_three_channels() -> None:
    grey = photo_like(32, 24)[:, :, 0]
    tensor, _ = Preprocessor(model(32, 24)).run(Picture.of(np.ascontiguousarray(grey)))
    assert np.array_equal(tensor[0, :, :, 2], grey)


@pytest.mark.parametrize(("dtype", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255)])
def test_integer_inputs_are_quantised_as_the_formula_says(dtype: str, low: int, high: int) -> None:
    pixels = photo_like(32, 24)
    quantisation = Quantisation(scale=0.0117, zero_point=3)
    steps = {"mean": (127.0,) * 3, "scale": (1 / 128,) * 3}
    tensor, _ = Preprocessor(model(32, 24, steps=steps, dtype=dtype, quantisation=quantisation)).run(Picture.of(pixels))
    real = (pixels[:, :, ::-1].astype(np.float64) - 127) / 128
    assert tensor.dtype == np.dtype(dtype)
    assert np.array_equal(tensor[0], np.clip(np.round(real / 0.0117) + 3, low, high).astype(dtype))


def test_plain_uint8_is_not_touched() -> None:
    pixels = photo_like(32, 24)
    tensor, _ = Preprocessor(model(32, 24, steps={"colour": "bgr"}, dtype="uint8")).run(Picture.of(pixels))
    assert np.array_equal(tensor[0], pixels)
    assert np.shares_memory(tensor, pixels)


def test_letterbox_keeps_the_shape_and_fills_the_rest() -> None:
    pixels = photo_like(200, 100)
    steps = {"resize": "letterbox", "fill": 7, "colour": "bgr"}
    placed, geometry = Preprocessor(model(64, 64, steps=steps)).pixels(Picture.of(pixels))
    assert np.all(placed[:16] == 7)
    assert np.all(placed[48:] == 7)
    assert np.array_equal(placed[16:48], cv2.resize(pixels, (64, 32), interpolation=cv2.INTER_AREA))
    assert geometry.to_captured(0, 16, 64, 32) == (0, 0, 200, 100)


def test_centre_crop_fills_the_input_from_the_middle() -> None:
    pixels = photo_like(200, 100)
    placed, geometry = Preprocessor(model(50, 50, steps={"resize": "centre-crop", "colour": "bgr"})).pixels(
        Picture.of(pixels)
    )
    resized = cv2.resize(pixels, (100, 50), interpolation=cv2.INTER_AREA)
    assert np.array_equal(placed, resized[:, 25:75])
    assert geometry.to_captured(0, 0, 50, 50) == (50, 0, 100, 100)


def test_stretch_scales_each_axis_for_itself() -> None:
    _, geometry = Preprocessor(model(50, 100)).pixels(Picture.of(photo_like(200, 100)))
    assert geometry.to_captured(10, 10, 10, 10) == (40, 10, 40, 10)


def test_growing_interpolates_though_area_is_asked() -> None:
    pixels = photo_like(20, 20)
    placed, _ = Preprocessor(model(40, 40, steps={"colour": "bgr"})).pixels(Picture.of(pixels))
    assert np.array_equal(placed, cv2.resize(pixels, (40, 40), interpolation=cv2.INTER_LINEAR))


def test_the_region_of_the_model_and_the_region_of_the_edge() -> None:
    pixels = photo_like(200, 100)
    steps = {"region": Region(x=0.5, y=0.0, width=0.5, height=1.0), "colour": "bgr"}
    preprocessor = Preprocessor(model(100, 100, steps=steps))
    placed, geometry = preprocessor.pixels(Picture.of(pixels))
    assert np.array_equal(placed, pixels[:, 100:])
    assert geometry.to_captured(0, 0, 10, 10) == (100, 0, 10, 10)
    placed, geometry = preprocessor.pixels(Picture.of(pixels), PixelRegion(10, 0, 100, 100))
    assert np.array_equal(placed, pixels[:, 10:110])
    assert geometry.to_captured(0, 0, 10, 10) == (10, 0, 10, 10)


def test_regions_are_found_on_reduced_pixels_too() -> None:
    whole = photo_like(400, 200)
    half = np.asarray(cv2.resize(whole, (200, 100), interpolation=cv2.INTER_AREA), np.uint8)
    preprocessor = Preprocessor(model(50, 50))
    region = PixelRegion(100, 40, 200, 100)
    one, geometry = preprocessor.pixels(Picture.of(whole), region)
    other, reduced = preprocessor.pixels(Picture(pixels=half, width=400, height=200, reduction=2), region)
    assert geometry == reduced
    assert np.abs(one.astype(int) - other.astype(int)).max() <= 2


@pytest.mark.parametrize("region", [(-1, 0, 10, 10), (0, 0, 0, 10), (195, 0, 10, 10), (0, 95, 10, 10)])
def test_a_region_outside_the_picture_is_an_error(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(InferenceError, match="lies outside the 200 x 100 picture"):
        Preprocessor(model(50, 50)).run(Picture.of(photo_like(200, 100)), PixelRegion(*region))
