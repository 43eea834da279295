import json
from pathlib import Path

from infra.demo.options import DemoOptions
from infra.demo.teaching import model_name


def test_a_model_is_named_by_kind_runtime_and_precision(tmp_path: Path) -> None:
    document = {"kind": "classification", "runtime": {"name": "litert", "precision": "int8"}}
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert model_name(tmp_path) == "classification, litert int8"


def test_a_folder_with_annotations_teaches_its_own_models(tmp_path: Path) -> None:
    options = DemoOptions(source=tmp_path, frames=1, fps=1, out=tmp_path)
    assert not options.annotated
    (tmp_path / "annotations.jsonl").touch()
    assert options.annotated
