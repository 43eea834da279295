"""Datumaro, which knows nothing of linewatch, reads what we write: the same boxes, by each format's conventions.

It lives in an environment of its own, `<cache_dir>/datumaro`, made by hand at the repository's root:
`uv venv DIR && uv pip install --python DIR --require-hashes -r tests/peers/datumaro.lock`.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from consumers.datasets.formats import AnnotatedImage, LabelFormat
from infra.settings import Settings
from schemas.records import Box
from tests.consumers.datasets.test_formats import put
from tests.paths import REPO

HOME: Final = Path(Settings().cache_dir) / "datumaro"
PYTHON: Final = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PYTHON.is_file(), reason=f"no Datumaro in {HOME}: see this module's docstring"),
]


def images() -> list[AnnotatedImage]:
    """Odd sizes, boxes in corners, one image without any."""
    return [
        AnnotatedImage(
            file=f"images/part-{number}.png",
            label="dent",
            boxes=tuple(
                Box(label=name, x=x, y=y, w=w, h=h)
                for name, x, y, w, h in (
                    ("dent", 10 + number, 4, 21, 7),
                    ("scratch", 0, 0, 97, 41),
                    ("missing screw", 96, 40, 1, 1),
                )
            )
            * (number < 4),
            width=97,
            height=41,
            split="train",
        )
        for number in range(5)
    ]


def judged(folder: Path, form: str) -> dict[str, Any]:
    """What Datumaro read."""
    command = [str(PYTHON), str(REPO / "tests/peers/datumaro_reads.py"), str(folder), form]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {name.rpartition("/")[2]: read for name, read in found.items()}


@pytest.mark.parametrize(
    ("form", "theirs", "shift"),
    # Datumaro takes VOC's corners, counted from one, as they are: one further right and down, and one narrower.
    [("coco", "coco_instances", 0), ("yolo", "yolo", 0), ("voc", "voc_detection", 1)],
)
def test_an_outsider_reads_the_same_boxes(form: LabelFormat, theirs: str, shift: int, tmp_path: Path) -> None:
    put(tmp_path / form, form, images())

    found = judged(tmp_path / form, theirs)

    for image in images():
        expected = [[b.label, b.x + shift, b.y + shift, b.w - shift, b.h - shift] for b in image.boxes]
        read = found[image.file.removeprefix("images/").removesuffix(".png")]
        assert read["size"] == [97, 41]
        for one, other in zip(read["boxes"], sorted(expected), strict=True):
            assert one[0] == other[0]
            assert one[1:] == pytest.approx(other[1:], abs=1e-6)
