"""Labels from files into a real Kafka, once each."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.datasets.label_cli import app as label_app
from consumers.datasets.label_history import current_labels
from consumers.datasets.publishing import publish
from consumers.datasets.topic_reading import TopicReading
from infra.blobs import open_blobs
from infra.settings import Settings
from infra.settings import load_settings as cached_settings
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, DAY_US, Line, corrected, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
IMAGES = 12
RUNNER = CliRunner()


@pytest.fixture
def line(broker_settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    """An edge whose settings are those of this process."""
    monkeypatch.setenv("LINEWATCH_BOOTSTRAP_SERVERS", broker_settings.bootstrap_servers)
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(broker_settings.data_dir))
    cached_settings.cache_clear()
    return Line(broker_settings, open_blobs(broker_settings), unique)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images with labels in annotations.jsonl, four of them with boxes."""
    (tmp_path / "set" / "images").mkdir(parents=True)
    lines = []
    for number in range(IMAGES):
        (tmp_path / "set" / "images" / f"{number}.png").write_bytes(picture(number))
        boxes = [{"label": "dent", "x": number, "y": 3, "w": 20 + number, "h": 11}] if number % 3 == 0 else []
        label = "dent" if boxes else "good"
        lines.append(json.dumps({"file": f"images/{number}.png", "label": label, "boxes": boxes}))
    (tmp_path / "set" / "annotations.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path / "set"


def run(app: Any, *words: object, code: int = 0) -> Any:
    """Run a command with --json; what it printed."""
    done = RUNNER.invoke(app, [*map(str, words), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout.splitlines()[-1])


def labels_of(line: Line) -> list[Label]:
    reading = TopicReading(line.settings, CODEC)
    try:
        return reading.labels([line.edge], 2**62, lambda _done, _total: None)[line.edge]
    finally:
        reading.close()


def test_importing_twice_adds_nothing_even_after_a_correction(line: Line, folder: Path) -> None:
    first = run(label_app, "import", folder, "--edge", line.edge)
    assert (first["added"], first["known"], first["bad"]) == (IMAGES, 0, [])
    imported = labels_of(line)
    publish(line.settings, CODEC, [corrected(imported[0], DAY_US, label="scratch")], "/test")

    again = run(label_app, "import", folder, "--edge", line.edge)

    assert (again["added"], again["known"]) == (0, IMAGES)
    assert len(labels_of(line)) == IMAGES + 1
    assert current_labels(labels_of(line))[imported[0].sha256].label.label == "scratch"
    assert all(line.blobs.has(label.sha256) for label in imported)
    assert {label.round for label in imported} == {"imported"}


def test_bad_rows_are_named_and_the_rest_goes_on(line: Line, folder: Path) -> None:
    with (folder / "annotations.jsonl").open("a") as file:
        file.write('{"file": "images/none.png", "label": "good"}\nnonsense\n')
        file.write('{"file": "images/1.png", "label": "dent"}\n{"file": "../secret.png", "label": "good"}\n')
    (folder.parent / "secret.png").write_bytes(picture(99))

    found = run(label_app, "import", folder, "--edge", line.edge, "--images", folder, code=1)

    assert found["added"] == IMAGES
    assert [bad["where"].rpartition(":")[2] for bad in found["bad"]] == ["13", "14", "15", "16"]
    reasons = [bad["reason"] for bad in found["bad"]]
    assert "says another thing of the same image than" in reasons[2]
    assert "is not below" in reasons[0]
    assert "is not below" in reasons[3]


def test_an_image_that_is_a_frame_gets_the_frames_identity(line: Line, folder: Path) -> None:
    line.capture([picture(3)])
    publish(line.settings, CODEC, [line.label_of(0, "good")], "/test")

    found = run(label_app, "import", folder, "--edge", line.edge)

    assert found["attached_to_frames"] == 1
    attached = [label for label in labels_of(line) if label.round == "imported" and label.frame_id == "cam-1/0"]
    assert [(label.frame, label.label) for label in attached] == [(line.locations[0], "dent")]
