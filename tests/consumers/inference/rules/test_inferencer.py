"""A recipe behind the protocol of networks."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.document import ClassSpec, OutputSpec, Thresholds
from consumers.inference.errors import ArtifactError, ModelRuntimeError
from consumers.inference.rules.defaults import default_recipe
from consumers.inference.rules.inferencer import RulesInferencer
from consumers.inference.rules.measures import Template
from consumers.inference.rules.recipe import Recipe, encode_recipe
from tests.consumers.inference.artifacts import photo_like, rules_artifact, rules_document

SURFACE = default_recipe("surface")


def batch(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.stack([photo_like(64, 48, seed) for seed in range(count)])


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return rules_artifact(tmp_path / "rules", SURFACE, 64, 48)


def test_outputs_in_the_documents_order(artifact: Artifact) -> None:
    inferencer = RulesInferencer(artifact)
    scores, boxes, box_scores = inferencer.infer(batch(1))
    assert inferencer.input_shape == (48, 64, 3)
    assert scores.shape == (1, 2)
    assert scores.dtype == boxes.dtype == box_scores.dtype == np.float32
    assert boxes.shape == (1, box_scores.shape[1], 4)
    assert box_scores.max() == scores.max()
    inferencer.close()


def test_columns_are_the_documents_classes_also_those_the_recipe_does_not_score(tmp_path: Path) -> None:
    document = rules_document(SURFACE, 64, 48)
    classes = (ClassSpec(name="good", defect=False), *reversed(document.classes))
    outputs = (OutputSpec(name="scores", meaning="scores"),)
    turned = msgspec.structs.replace(document, classes=classes, outputs=outputs)
    inferencer = RulesInferencer(write_artifact(tmp_path / "turned", turned, encode_recipe(SURFACE), {}))
    plain = RulesInferencer(rules_artifact(tmp_path / "plain", SURFACE, 64, 48))
    own, other = plain.infer(batch(1))[0], inferencer.infer(batch(3))[0]
    assert other.shape == (3, 3)
    assert other[0].tolist() == [0.0, own[0, 1], own[0, 0]]


def test_boxes_of_several_pictures_at_once_are_refused(artifact: Artifact) -> None:
    with pytest.raises(ModelRuntimeError, match="one picture at a time"):
        RulesInferencer(artifact).infer(batch(2))


def test_floats_and_wrong_shapes_are_refused(artifact: Artifact) -> None:
    with pytest.raises(ModelRuntimeError, match="uint8"):
        RulesInferencer(artifact).infer(batch(1).astype(np.float32))
    with pytest.raises(ModelRuntimeError, match="the model takes"):
        RulesInferencer(artifact).infer(batch(1)[:, :20])


def test_a_class_the_document_does_not_name_is_refused(tmp_path: Path) -> None:
    document = rules_document(SURFACE, 64, 48)
    fewer = msgspec.structs.replace(
        document, classes=document.classes[:1], thresholds=Thresholds(classes={"scratch": 0.5})
    )
    with pytest.raises(ArtifactError, match=r"scores \['spot'\]"):
        RulesInferencer(write_artifact(tmp_path / "fewer", fewer, encode_recipe(SURFACE), {}))


def test_a_broken_recipe_is_an_artifact_error_that_names_file_and_step(artifact: Artifact) -> None:
    artifact.runtime_file.write_bytes(b'{"steps": [{"step": "exec"}]}')
    with pytest.raises(ArtifactError, match=r"recipe\.json: step 0"):
        RulesInferencer(artifact)


def test_a_template_that_is_no_picture_is_found_when_loaded(tmp_path: Path) -> None:
    recipe = Recipe(steps=(Template(class_name="x", png=b"nothing"),))
    with pytest.raises(ArtifactError, match="no readable picture"):
        RulesInferencer(rules_artifact(tmp_path / "rules", recipe, 64, 48))
