"""Bytes in, prediction out, by every runtime alike."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest

from consumers.inference.appearance import SUMMARY_SIZE
from consumers.inference.decode import decode
from consumers.inference.document import OutputSpec
from consumers.inference.errors import DecodeError, InferenceError
from consumers.inference.picture import Picture, PixelRegion
from consumers.inference.predictor import Predictor
from consumers.inference.rules.defaults import default_recipe
from tests.consumers.inference.artifacts import encoded, photo_like, plain, rules_artifact, tiny_artifact
from tests.consumers.inference.tiny_models import expected_probabilities


@pytest.mark.parametrize(("runtime", "tolerance"), [("onnx", 1e-5), ("litert", 1e-5), ("litert-int8", 0.02)])
@pytest.mark.parametrize("grey", [0, 100, 128, 160, 255])
def test_every_runtime_gives_the_same_scores(tmp_path: Path, runtime: str, tolerance: float, grey: int) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model", runtime))
    prediction = predictor.predict(encoded(plain(grey)))
    expected = expected_probabilities(plain(grey) / 255)
    assert prediction.scores["good"] == pytest.approx(expected[0], abs=tolerance)
    assert prediction.score == pytest.approx(expected[1], abs=tolerance)
    assert prediction.label == ("good" if expected[0] >= expected[1] else "dark")
    predictor.close()


def test_everything_an_inspection_needs_is_there(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    prediction = predictor.predict(encoded(plain(70, 320, 200)))
    assert (prediction.width, prediction.height) == (320, 200)
    assert prediction.brightness == 70
    assert prediction.blur == 0
    assert len(prediction.embedding) == SUMMARY_SIZE
    assert all(isinstance(number, float) for number in prediction.embedding)
    spent = prediction.durations
    assert min(spent.decode_us, spent.preprocess_us, spent.infer_us, spent.postprocess_us) >= 0
    assert spent.total_us > 0


def test_without_an_embedding_output_the_tones_are_the_summary(tmp_path: Path) -> None:
    outputs = (OutputSpec(name="probabilities", meaning="probabilities"),)
    predictor = Predictor(tiny_artifact(tmp_path / "model", outputs=outputs))
    assert predictor.predict(encoded(plain(51))).embedding == (0.2,) * SUMMARY_SIZE


def test_broken_bytes_are_one_error_and_the_next_image_is_judged(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    content = encoded(photo_like(100, 100))
    with pytest.raises(DecodeError):
        predictor.predict(content[:500])
    assert predictor.predict(content).width == 100


def test_an_edges_region_is_what_is_judged(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    half = plain(0, 64, 32)
    half[:, 32:] = 255
    content = encoded(half)
    assert predictor.predict(content, PixelRegion(0, 0, 32, 32)).label == "dark"
    assert predictor.predict(content, PixelRegion(32, 0, 32, 32)).label == "good"
    with pytest.raises(InferenceError, match="outside"):
        predictor.predict(content, PixelRegion(40, 0, 32, 32))


def test_a_small_region_of_a_large_jpeg_is_seen_at_full_sharpness(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    content = encoded(photo_like(1024, 1024), ".jpg")
    region = PixelRegion(333, 444, 16, 16)
    whole = predictor.prepare_picture(decode(content), region)
    assert np.array_equal(predictor.prepare(content, region).tensor, whole.tensor)


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"), maximum_pixels=1000)
    with pytest.raises(DecodeError, match="more than the 1000 allowed"):
        predictor.predict(encoded(plain(9)))


def test_preparing_in_threads_gives_what_one_thread_gives(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model", "litert"))
    contents = [encoded(photo_like(120, 80, seed)) for seed in range(24)]
    alone = [predictor.predict(content) for content in contents]
    with ThreadPoolExecutor(4) as pool:
        together = [predictor.infer(prepared) for prepared in pool.map(predictor.prepare, contents)]
    assert [item.scores for item in together] == [item.scores for item in alone]
    assert [item.blur for item in together] == [item.blur for item in alone]


def test_decoded_pictures_are_judged_like_their_bytes(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    content = encoded(photo_like(120, 80))
    frame = predictor.infer(predictor.prepare_picture(decode(content)))
    assert frame.scores == predictor.predict(content).scores


def test_warming_up_works_for_networks_and_rules(tmp_path: Path) -> None:
    for artifact in (
        tiny_artifact(tmp_path / "network", "litert-int8"),
        rules_artifact(tmp_path / "rules", default_recipe("surface"), 64, 64, "grey"),
    ):
        predictor = Predictor(artifact, threads=1)
        predictor.warm_up()
        predictor.close()


def test_rules_give_boxes_in_pixels_of_the_image(tmp_path: Path) -> None:
    artifact = rules_artifact(tmp_path / "rules", default_recipe("surface"), 224, 224, "grey")
    pixels = np.full((448, 448), 120, np.uint8)
    pixels[200:204, 100:300] = 220
    prediction = Predictor(artifact).predict(encoded(pixels))
    assert prediction.label == "scratch"
    assert prediction.score == 1.0
    box = prediction.boxes[0]
    assert box.label == "scratch"
    assert [box.x, box.y] == pytest.approx([100, 200], abs=6)
    assert [box.w, box.h] == pytest.approx([200, 4], abs=12)


def test_an_even_picture_shows_no_defect_to_the_rules(tmp_path: Path) -> None:
    artifact = rules_artifact(tmp_path / "rules", default_recipe("surface"), 224, 224, "grey")
    prediction = Predictor(artifact).predict(encoded(plain(120)))
    assert (prediction.label, prediction.score, prediction.boxes) == ("good", 0.0, ())


def test_a_small_video_frame_is_judged_without_bytes(tmp_path: Path) -> None:
    predictor = Predictor(tiny_artifact(tmp_path / "model"))
    prepared = predictor.prepare_picture(Picture.of(plain(255)), decode_us=7)
    assert predictor.infer(prepared).durations.decode_us == 7


def test_predictions_are_frozen(tmp_path: Path) -> None:
    prediction = Predictor(tiny_artifact(tmp_path / "model")).predict(encoded(plain(1)))
    with pytest.raises(AttributeError):
        prediction.score = 0.0  # type: ignore[misc]
    assert msgspec.json.encode(prediction)
