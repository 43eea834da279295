"""The gate lets nothing through that judges otherwise. Rules stand in for networks: the gate sees only artifacts."""

from pathlib import Path

import msgspec

from consumers.inference.artifact import Artifact, write_artifact
from consumers.inference.rules.recipe import decode_recipe, encode_recipe, with_values
from consumers.trainer.int8_gate import compare_precisions
from consumers.trainer.labelled_images import LabelledImages


def _blinded(artifact: Artifact, folder: Path) -> Artifact:
    """The same recipe with a ramp for scratches that nothing reaches."""
    recipe = decode_recipe(artifact.runtime_file.read_bytes())
    never = {"6.zero_at": 1e9, "6.one_at": 2e9}
    document = msgspec.structs.replace(
        artifact.document, golden=msgspec.structs.replace(artifact.document.golden, images=())
    )
    return write_artifact(folder, document, encode_recipe(with_values(recipe, never)), {})


def test_an_equal_model_is_accepted(rules_artifact: Artifact, parts: LabelledImages) -> None:
    found = compare_precisions(rules_artifact, rules_artifact, parts.of_split("validation"), parts.of_split("train"))
    assert found.accepted
    assert (found.agreement, found.largest_difference, found.accuracy_loss) == (1.0, 0.0, 0.0)
    assert (found.images, found.agreement_images) == (6, 30)
    assert found.metrics()["int8_accepted"] == 1.0


def test_a_worse_model_is_refused_with_every_reason(
    rules_artifact: Artifact, parts: LabelledImages, tmp_path: Path
) -> None:
    worse = _blinded(rules_artifact, tmp_path / "worse")
    found = compare_precisions(rules_artifact, worse, parts.of_split("validation"), ())
    assert not found.accepted
    assert found.detection_loss > 0.005
    assert any(reason.startswith("defect detection worse by") for reason in found.reasons)
    assert any(reason.startswith("classes agree on") for reason in found.reasons)


def test_disagreement_outside_of_validation_counts(
    rules_artifact: Artifact, parts: LabelledImages, tmp_path: Path
) -> None:
    worse = _blinded(rules_artifact, tmp_path / "worse")
    good = [image for image in parts.of_split("validation") if image.label == "good"]
    scratched = [image for image in parts.of_split("train") if image.label == "scratch"]
    found = compare_precisions(rules_artifact, worse, good, scratched)
    assert found.accuracy_loss == 0.0
    assert not found.accepted
