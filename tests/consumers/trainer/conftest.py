"""Data sets for the trainer's tests, drawn once."""

from pathlib import Path

import pytest

from consumers.inference.artifact import Artifact, load_artifact
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.rules import RulesRun, train_rules
from tests.consumers.trainer.drawing import write_parts


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> LabelledImages:
    """36 drawn parts, 12 of each label, with boxes."""
    return write_parts(tmp_path_factory.mktemp("parts") / "data")


@pytest.fixture(scope="session")
def rules_artifact(parts: LabelledImages, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """A recipe tuned on the drawn parts: a model that needs no TensorFlow."""
    folder: Path = tmp_path_factory.mktemp("rules") / "model"
    train_rules(parts, folder, RulesRun(trials=4, images=24))
    return load_artifact(folder)
