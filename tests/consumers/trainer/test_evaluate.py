"""Evaluation counts what the edge would have said."""

from pathlib import Path

import pytest

from consumers.inference.artifact import Artifact
from consumers.trainer.errors import UsageError
from consumers.trainer.evaluate import evaluate, figures, observe
from consumers.trainer.labelled_images import LabelledImages, read_labelled_images
from tests.consumers.trainer.drawing import write_parts


def test_every_image_is_counted_once(rules_artifact: Artifact, parts: LabelledImages) -> None:
    found = evaluate(rules_artifact, parts.images)
    assert found.images == 36
    assert sum(map(sum, found.classification.confusion)) == 36
    assert sum(found.verdicts.values()) == 36
    assert (found.defects.good, found.defects.defective) == (12, 24)
    assert found.classes == ("good", "scratch", "spot")
    assert 0 < found.latency.infer_p50 <= found.latency.infer_p99
    assert found.size_bytes == sum(
        (rules_artifact.directory / name).stat().st_size for name in ("model.json", "recipe.json")
    )


def test_figures_follow_from_predictions(rules_artifact: Artifact, parts: LabelledImages) -> None:
    seen = observe(rules_artifact, parts.images)
    found = figures(rules_artifact, seen)
    caught = sum(p.score >= 0.5 for p, i in zip(seen.predictions, seen.images, strict=True) if i.label != "good")
    assert found.defects.detection == caught / 24
    right = sum(p.label == i.label for p, i in zip(seen.predictions, seen.images, strict=True))
    assert found.classification.accuracy == right / 36


def test_perturbed_images_are_judged_otherwise_but_repeatably(rules_artifact: Artifact, parts: LabelledImages) -> None:
    plain, one, same = (
        observe(rules_artifact, parts.images, kinds).scores.tolist()
        for kinds in ((), ("rotation", "brightness"), ("rotation", "brightness"))
    )
    assert one == same != plain


def test_labels_the_model_does_not_know_get_a_row(rules_artifact: Artifact, tmp_path: Path) -> None:
    write_parts(tmp_path / "data", each=2)
    path = tmp_path / "data" / "annotations.jsonl"
    path.write_text(path.read_text().replace('"label":"spot"', '"label":"dent"'))
    found = evaluate(rules_artifact, read_labelled_images(tmp_path / "data").images)
    assert found.classes == ("good", "scratch", "spot", "dent")
    assert found.classification.per_class["dent"].recall == 0.0
    assert found.classification.per_class["dent"].support == 2


def test_broken_images_are_listed_and_nothing_else_is_bad_usage(rules_artifact: Artifact, tmp_path: Path) -> None:
    data = write_parts(tmp_path / "data", each=1)
    data.images[0].path.write_bytes(b"broken")
    assert [file for file, _ in evaluate(rules_artifact, data.images).skipped] == [data.images[0].file]
    with pytest.raises(UsageError, match="none of 1 images"):
        evaluate(rules_artifact, data.images[:1])
