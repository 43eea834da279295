"""What the first page costs, and that the build names nothing off the machine."""

import gzip
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from consumers.console.pages import FOLDER
from tests.paths import REPO

LIMIT = 400_000  # bytes of compressed JavaScript


@pytest.fixture(scope="module")
def manifest() -> dict[str, dict[str, object]]:
    """Vite's list of chunks."""
    path = FOLDER / ".vite/manifest.json"
    assert path.is_file(), "the pages are not built: run make web"
    found: dict[str, dict[str, object]] = json.loads(path.read_text())
    return found


def first_load(manifest: dict[str, dict[str, object]], *entries: str) -> set[str]:
    """Files of JavaScript that are loaded before these entries run."""
    files: set[str] = set()
    waiting = list(entries)
    while waiting:
        chunk = manifest[waiting.pop()]
        if str(chunk["file"]) not in files:
            files.add(str(chunk["file"]))
            waiting += [str(name) for name in chunk.get("imports", [])]  # type: ignore[attr-defined]
    return {name for name in files if name.endswith(".js")}


def weight(files: set[str]) -> int:
    """Bytes of these files as they go over the wire to a browser that takes gzip."""
    return sum(len(gzip.compress((FOLDER / name).read_bytes())) for name in files)


def test_the_first_load_is_light(manifest: dict[str, dict[str, object]]) -> None:
    assert weight(first_load(manifest, "index.html")) < LIMIT
    # An inspector lands on Label, with its canvas.
    assert weight(first_load(manifest, "index.html", "src/pages/label/index.tsx")) < LIMIT


def test_the_canvas_comes_only_with_the_label_page(manifest: dict[str, dict[str, object]]) -> None:
    label = first_load(manifest, "index.html", "src/pages/label/index.tsx")
    others = first_load(
        manifest, "index.html", *(f"src/pages/{name}/index.tsx" for name in ("monitor", "data", "admin"))
    )
    konva = {name for name in label | others if "Transformer" in (FOLDER / name).read_text()}
    assert konva
    assert konva.isdisjoint(others)


def test_every_text_file_lies_there_compressed_too() -> None:
    files = [path for path in FOLDER.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg")]
    assert files
    for path in files:
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes()


def test_styles_and_page_name_no_address_off_the_machine() -> None:
    for path in (*FOLDER.rglob("*.css"), FOLDER / "index.html"):
        assert re.findall(r"(?:url\(|src=|href=)[\"']?(?:https?:)?//[^)\"']*", path.read_text()) == []


def test_the_wheel_carries_the_pages_and_not_their_source(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPO, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "consumers/console/static/index.html" in names
    assert [name for name in names if name.startswith("consumers/console/web/")] == []
