"""Tables for a person."""

import io
from pathlib import Path

from rich.console import Console

from consumers.inference.artifact import Artifact
from consumers.trainer.evaluate import evaluate
from consumers.trainer.labelled_images import LabelledImages
from consumers.trainer.rules import RulesRun, train_rules
from consumers.trainer.tables import print_evaluations, print_report


def test_an_evaluation_shows_its_figures_and_confusion(rules_artifact: Artifact, parts: LabelledImages) -> None:
    text = io.StringIO()
    found = [evaluate(rules_artifact, parts.of_split("test"), kinds) for kinds in ((), ("rotation",))]
    print_evaluations(Console(file=text, width=160), found)
    written = text.getvalue()
    for words in ("on 6 images", "as they are", "rotation", "defective parts caught", "of 4", "recall", "scratch"):
        assert words in written


def test_a_report_ends_with_where_the_model_lies(parts: LabelledImages, tmp_path: Path) -> None:
    text = io.StringIO()
    report = train_rules(parts, tmp_path / "model", RulesRun(trials=2, images=24))
    print_report(Console(file=text, width=80), report)
    last = text.getvalue().strip().splitlines()[-1]
    assert last.startswith(f"{tmp_path / 'model'}: none, threshold 0.500")
    assert report.digest[:19] in last
