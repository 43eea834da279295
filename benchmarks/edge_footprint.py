"""edge-footprint: memory and disk an edge takes with ResNet50 loaded, against the same edge with TensorFlow.

Memory is the resident set of `linewatch edge` after it has inspected frames; the peer is the same program whose
models run as SavedModels. Disk is what `uv` installs for each: locks/edge.lock, and the same without the runtimes but
with TensorFlow. The figure is the worse of the two ratios.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from benchmarks.edge_rig import CAMERAS, images, running_edge
from benchmarks.edge_with_tensorflow import SAVED_MODEL
from benchmarks.measure import Series, Target, interleave, options, ratio, report
from benchmarks.resnet50 import resnet50_files

_REPO: Final = Path(__file__).resolve().parents[1]
_UV: Final = Path(sys.executable).with_name("uv")
_TENSORFLOW: Final = "tensorflow-cpu"
_MB: Final = 1e6


def main() -> int:
    asked = options(__doc__ or "")
    rounds, frames = (1, 20) if asked.quick else (asked.rounds, 100)
    memory = interleave(
        {"edge": lambda: resident(frames), "edge with TensorFlow": lambda: resident(frames, tensorflow=True)},
        rounds,
        "MB of memory",
    )
    disk = {
        "edge": Series("installed: edge", "MB", (edge_size(),)),
        "peer": Series("installed: edge with TensorFlow", "MB", (tensorflow_size(),)),
    }
    ratios = (
        ratio(memory["edge"], memory["edge with TensorFlow"], "memory"),
        ratio(disk["edge"], disk["peer"], "disk"),
    )
    better, worse = sorted(ratios, key=lambda one: one.median)
    report(
        "edge-footprint",
        worse,
        Target("<=", 1 / 3),
        rows=[*memory.values(), *disk.values(), better],
        peer=memory["edge with TensorFlow"],
        packages=("ai-edge-litert", "tensorflow-cpu", "confluent-kafka", "numpy"),
        notes={"frames": frames, "model": "ResNet50 fp32, 224 x 224", "figure": "the worse of memory and disk"},
        quick=asked.quick,
    )
    return 0


def resident(frames: int, *, tensorflow: bool = False) -> float:
    """Resident set of an edge process, MB, after it has inspected so many frames."""
    files = resnet50_files()
    module = "benchmarks.edge_with_tensorflow" if tensorflow else "infra.cli"
    extra = {SAVED_MODEL: str(files.saved_model)} if tensorflow else {}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_edge(Path(folder), files.artifact, threads=2, module=module, environment=extra) as rig,
    ):
        pictures = images()
        for number in range(frames):
            rig.publish(pictures[number % len(pictures)], CAMERAS[number % len(CAMERAS)])
        rig.flush()
        rig.collect(frames)
        return float(psutil.Process(rig.process.pid).memory_info().rss) / _MB


def installed(requirements: Sequence[str], constraints: str = "") -> float:
    """What `uv pip install` of these takes in an environment of its own, MB."""
    with tempfile.TemporaryDirectory() as folder:
        place, limits = Path(folder) / "venv", Path(folder) / "constraints.txt"
        limits.write_text(constraints, encoding="utf-8")
        _uv("venv", "--python", sys.executable, str(place))
        before = _size(place)
        _uv("pip", "install", "--python", str(place), "--constraints", str(limits), *requirements)
        return (_size(place) - before) / _MB


def _uv(*arguments: str) -> None:
    subprocess.run([str(_UV), *arguments, "--quiet"], check=True)


def edge_size() -> float:
    """What an edge installs, MB."""
    return installed(["--requirements", str(_REPO / "locks" / "edge.lock")])


def tensorflow_size() -> float:
    """The edge's own requirements without its runtimes, and TensorFlow, in the versions of the whole lock, MB."""
    project = tomllib.loads((_REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (_REPO / "locks" / "linewatch.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([A-Za-z0-9._-]+==[^\\\n]+?) *\\?$", lock, re.MULTILINE)
    return installed([*project["dependencies"], _TENSORFLOW], "\n".join(pins))


def _size(place: Path) -> int:
    return sum(path.lstat().st_size for path in place.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
