"""An edge needs neither TensorFlow nor Keras nor Faust: it runs where importing them fails."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.paths import REPO

_PROGRAM = """
import sys
from importlib.abc import MetaPathFinder

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"tensorflow", "keras", "faust", "torch", "sklearn"}:
            raise ImportError(f"{name} must not be imported by an edge")

sys.meta_path.insert(0, Refuse())

import importlib, pkgutil, threading, time
from pathlib import Path
import consumers.edge, consumers.inference
for package in (consumers.edge, consumers.inference):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

from consumers.edge.ledger import Assignment
from consumers.edge.loading import load_standing
from consumers.edge.marks import CameraMarks
from consumers.edge.progress import PartitionProgress
from consumers.edge.slot import LineUp
from consumers.edge.stages import Arrived, Identity, inspect_frame, prepare
from consumers.inference.artifact import load_artifact
from schemas.records import EdgeConfig
from tests.consumers.edge.frames import frame_of

artifact = load_artifact(Path(sys.argv[1]))
standing = load_standing(artifact, EdgeConfig(), threads=1, maximum_pixels=10**8)
frame = frame_of(Path(sys.argv[2]).read_bytes())
arrived = Arrived(frame=frame, assignment=Assignment(0, CameraMarks(), PartitionProgress()), offset=0, topic="frames.e",
                  traceparent=None, received_us=0, received_ns=0, line_up=LineUp(standing))
print(inspect_frame(prepare(arrived, frame.image), Identity("edge-1", "one")).verdict)
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"tensorflow", "keras", "faust", "onnx"}))
"""


def test_every_module_imports_and_a_frame_is_inspected_where_tensorflow_cannot_be_imported(tmp_path: Path) -> None:
    brightness_artifact(tmp_path / "model")
    (tmp_path / "dark.png").write_bytes(image_of(20))

    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path / "model"), str(tmp_path / "dark.png")],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["fail", "[]"]


@pytest.mark.integration
@pytest.mark.parametrize("platform", ["windows", "linux"])
def test_what_an_edge_needs_resolves(platform: str) -> None:
    uv = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")
    done = subprocess.run(
        [uv, "pip", "compile", "--quiet", "--python-platform", platform, "--extra", "edge", "pyproject.toml"],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    names = {line.partition("==")[0] for line in done.stdout.splitlines() if "==" in line}
    assert {"ai-edge-litert", "onnxruntime", "confluent-kafka"} <= names
    assert not names & {"tensorflow", "tensorflow-cpu", "keras", "faust-streaming"}
