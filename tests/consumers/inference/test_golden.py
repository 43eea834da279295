"""A golden set passes where the model runs as it did, and fails where it does not."""

from pathlib import Path

import msgspec
import pytest

from consumers.inference.artifact import Artifact
from consumers.inference.document import GoldenSet
from consumers.inference.golden import expectation, run_golden_set
from consumers.inference.predictor import Predictor
from tests.consumers.inference.artifacts import encoded, plain, tiny_artifact

FILES = {f"golden/{grey}.png": encoded(plain(grey)) for grey in (60, 120, 200)}


def recorded(tmp_path: Path, *, shift: float = 0.0, label: str | None = None) -> Artifact:
    """Export a model with a golden set recorded from itself, one expectation moved."""
    plain_model = Predictor(tiny_artifact(tmp_path / "plain"))
    images = [expectation(name, plain_model.predict(content)) for name, content in FILES.items()]
    first = images[0]
    images[0] = msgspec.structs.replace(first, score=first.score - shift, label=label or first.label)
    return tiny_artifact(tmp_path / "model", files=FILES, golden=GoldenSet(images=tuple(images), tolerance=0.02))


def test_a_model_agrees_with_itself(tmp_path: Path) -> None:
    report = run_golden_set(Predictor(recorded(tmp_path)))
    assert report.passed
    assert (report.images, report.largest_difference, report.failures) == (3, 0.0, ())


def test_another_runtime_may_differ_within_the_tolerance_only(tmp_path: Path) -> None:
    golden = recorded(tmp_path).document.golden
    quantised = Predictor(tiny_artifact(tmp_path / "int8", "litert-int8", files=FILES, golden=golden))
    report = run_golden_set(quantised)
    assert report.passed
    assert 0 < report.largest_difference <= 0.02


def test_a_score_that_moved_fails(tmp_path: Path) -> None:
    report = run_golden_set(Predictor(recorded(tmp_path, shift=0.05)))
    assert not report.passed
    assert report.largest_difference == pytest.approx(0.05)
    assert report.failures == ("golden/60.png: scores differ by 0.05, more than 0.02",)


def test_another_label_fails(tmp_path: Path) -> None:
    report = run_golden_set(Predictor(recorded(tmp_path, label="good")))
    assert report.failures == ("golden/60.png: label 'dark', expected 'good'",)


def test_a_picture_that_cannot_be_judged_fails(tmp_path: Path) -> None:
    artifact = recorded(tmp_path)
    (artifact.directory / "golden" / "60.png").write_bytes(b"broken")
    (artifact.directory / "golden" / "120.png").unlink()
    report = run_golden_set(Predictor(artifact))
    assert len(report.failures) == 2
    assert "not an image" in report.failures[0]


def test_no_golden_set_passes_and_says_so(tmp_path: Path) -> None:
    report = run_golden_set(Predictor(tiny_artifact(tmp_path / "model")))
    assert report.passed
    assert report.images == 0
