"""The runtime an artifact names is the one that opens, and nothing else is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from consumers.inference.errors import ModelRuntimeError
from consumers.inference.rules.defaults import default_recipe
from consumers.inference.rules.inferencer import RulesInferencer
from consumers.inference.runtimes.litert import LiteRtInferencer
from consumers.inference.runtimes.onnx import OnnxInferencer
from consumers.inference.runtimes.opening import open_inferencer, usable_cores
from tests.consumers.inference.artifacts import rules_artifact, tiny_artifact
from tests.paths import REPO


def test_each_runtime_by_its_name(tmp_path: Path) -> None:
    assert isinstance(open_inferencer(tiny_artifact(tmp_path / "a", "onnx")), OnnxInferencer)
    assert isinstance(open_inferencer(tiny_artifact(tmp_path / "b", "litert")), LiteRtInferencer)
    rules = rules_artifact(tmp_path / "c", default_recipe("presence"), 64, 64)
    assert isinstance(open_inferencer(rules, threads=1), RulesInferencer)


def test_there_is_at_least_one_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize(("runtime", "module"), [("onnx", "onnxruntime"), ("litert", "ai_edge_litert.interpreter")])
def test_a_runtime_that_is_not_installed_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, module: str
) -> None:
    artifact = tiny_artifact(tmp_path / "model", runtime)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModelRuntimeError, match=r"install linewatch\[edge\]"):
        open_inferencer(artifact)


def test_judging_by_rules_imports_no_network_runtime_and_never_tensorflow(tmp_path: Path) -> None:
    artifact = rules_artifact(tmp_path / "rules", default_recipe("presence"), 64, 64)
    code = (
        "import sys; from pathlib import Path\n"
        "from consumers.inference.artifact import load_artifact\n"
        "from consumers.inference.predictor import Predictor\n"
        f"Predictor(load_artifact(Path({str(artifact.directory)!r}))).warm_up()\n"
        "heavy = {'tensorflow', 'keras', 'onnxruntime', 'ai_edge_litert', 'faust'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True, timeout=120)
