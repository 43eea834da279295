"""Small rooms, a test beside each module, no shadowed names, no addresses of package registries."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import REPO

PACKAGES = ("schemas", "infra", "producers", "streams", "consumers")
LINES = 400
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc)(_|$)")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    return [REPO / name for name in listed.stdout.splitlines() if (REPO / name).is_file()]


def ours(path: Path) -> bool:
    return path.relative_to(REPO).parts[0] in PACKAGES and path.suffix == ".py"


def test_files_are_small() -> None:
    long = {
        str(path): len(path.read_text().splitlines()) for path in tracked() if path.suffix in (".py", ".ts", ".tsx")
    }
    assert {path: lines for path, lines in long.items() if lines > LINES} == {}


def test_every_module_has_a_test_module_of_the_same_name() -> None:
    missing = []
    for path in filter(ours, tracked()):
        name = path.relative_to(REPO)
        if path.name in ("__init__.py", "errors.py") or "records/" in name.as_posix():
            continue  # errors are tested where they are raised, records all together in test_records.py
        if not (REPO / "tests" / name.parent / f"test_{path.name}").exists():
            missing.append(name.as_posix())
    assert missing == []


def test_no_module_hides_one_of_the_standard_library() -> None:
    hidden = [
        path for path in filter(ours, tracked()) if path.stem in sys.stdlib_module_names and path.stem != "__init__"
    ]
    # Inside a package of ours `import signal` still finds Python's own: only a top-level name could hide it.
    assert [path for path in hidden if path.parent == REPO] == []


def test_names_say_what_a_module_is() -> None:
    assert [path.name for path in filter(ours, tracked()) if FORBIDDEN_NAMES.search(path.stem)] == []


@pytest.mark.parametrize(
    "host", ["pypi" + ".org", "python" + "hosted", "npmjs" + ".", "maven" + ".apache.org/maven2", "deb.debian" + ".org"]
)
def test_no_file_names_the_host_of_a_package_registry(host: str) -> None:
    assert [str(path) for path in tracked() if host.encode() in path.read_bytes()] == []


def test_images_of_the_shared_data_are_never_committed() -> None:
    allowed = ("docs/", "tests/")
    pictures = [
        p.relative_to(REPO).as_posix() for p in tracked() if p.suffix.lower() in (".jpg", ".jpeg", ".bmp", ".tif")
    ]
    assert [name for name in pictures if not name.startswith(allowed)] == []
