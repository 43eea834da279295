"""A model stands only when it runs here and judges its golden set as its trainer did."""

from pathlib import Path

import pytest

from consumers.edge.errors import ModelUnusableError
from consumers.edge.loading import load_standing
from schemas.records import EdgeConfig
from tests.consumers.edge.brightness import brightness_artifact


def test_a_model_that_judges_alike_stands_with_its_proof(tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model")

    standing = load_standing(
        artifact, EdgeConfig(revision=3), threads=1, maximum_pixels=10**8, revision=5, rollout_id="r"
    )

    assert standing.golden is not None
    assert (standing.golden.passed, standing.golden.images) == (True, 1)
    assert (standing.revision, standing.rollout_id, standing.config.revision) == (5, "r", 3)


def test_a_model_that_judges_otherwise_is_unusable(tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model", golden_score=0.5)

    with pytest.raises(ModelUnusableError, match="fails 1 checks of its golden set"):
        load_standing(artifact, EdgeConfig(), threads=1, maximum_pixels=10**8)


def test_a_runtime_file_that_does_not_load_is_unusable(tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model")
    artifact.runtime_file.write_bytes(b"no network")

    with pytest.raises(ModelUnusableError, match="can't run here"):
        load_standing(artifact, EdgeConfig(), threads=1, maximum_pixels=10**8)


def test_a_golden_image_beyond_the_cap_is_unusable(tmp_path: Path) -> None:
    artifact = brightness_artifact(tmp_path / "model")

    with pytest.raises(ModelUnusableError, match="golden set"):
        load_standing(artifact, EdgeConfig(), threads=1, maximum_pixels=100)
