"""The wheel, installed alone into a clean environment, as an edge would have it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import REPO

pytestmark = pytest.mark.integration

TOP_LEVEL = ["consumers", "infra", "producers", "schemas", "streams"]


def _run(*command: str | Path, cwd: Path = Path("/")) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the edge's lock file and our wheel, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=REPO)
    (wheel,) = folder.glob("*.whl")
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "venv", "--quiet", "--python", sys.executable, folder / "env")
    interpreter = folder / "env/bin/python"
    _run(uv, "pip", "install", "--quiet", "--python", interpreter, "--require-hashes", "-r", REPO / "locks/edge.lock")
    _run(uv, "pip", "install", "--quiet", "--python", interpreter, "--no-deps", wheel)
    return interpreter


def test_the_command_helps(python: Path) -> None:
    assert "gateway" in _run(python.with_name("linewatch"), "--help")


def test_each_top_level_name_has_one_provider(python: Path) -> None:
    program = "import json, importlib.metadata as m; print(json.dumps(m.packages_distributions()))"
    providers = json.loads(_run(python, "-c", program))
    assert {name: providers[name] for name in TOP_LEVEL} == {name: ["linewatch"] for name in TOP_LEVEL}
    assert sorted(name for name, packages in providers.items() if "linewatch" in packages) == TOP_LEVEL


def test_an_edge_installs_without_tensorflow_and_its_modules_load(python: Path) -> None:
    program = (
        "import importlib.util as u\n"
        "assert not [n for n in ('tensorflow', 'keras', 'faust') if u.find_spec(n)]\n"
        "import consumers.edge.cli, consumers.inference.artifact, producers.gateway_cli, infra.kafka\n"
        "from schemas.compatibility import current_schemas; assert len(current_schemas()) == 20\n"
    )
    _run(python, "-c", program)
