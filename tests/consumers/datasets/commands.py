"""The command line of datasets in this process: its settings, its words, what it prints, and a folder to import."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.datasets.topic_reading import TopicReading
from infra.blobs import open_blobs
from infra.settings import Settings
from infra.settings import load_settings as cached_settings
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, Line, picture

IMAGES = 12
RUNNER = CliRunner()


def line_of_this_process(settings: Settings, edge: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    """An edge whose settings are those of this process."""
    monkeypatch.setenv("LINEWATCH_BOOTSTRAP_SERVERS", settings.bootstrap_servers)
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(settings.data_dir))
    cached_settings.cache_clear()
    return Line(settings, open_blobs(settings), edge)


def annotated_folder(home: Path) -> Path:
    """Twelve images below `home` with labels in annotations.jsonl, four of them with boxes."""
    (home / "set" / "images").mkdir(parents=True)
    lines = []
    for number in range(IMAGES):
        (home / "set" / "images" / f"{number}.png").write_bytes(picture(number))
        boxes = [{"label": "dent", "x": number, "y": 3, "w": 20 + number, "h": 11}] if number % 3 == 0 else []
        label = "dent" if boxes else "good"
        lines.append(json.dumps({"file": f"images/{number}.png", "label": label, "boxes": boxes}))
    (home / "set" / "annotations.jsonl").write_text("\n".join(lines) + "\n")
    return home / "set"


def run(app: Any, *words: object, code: int = 0) -> Any:
    """Run a command with --json; what it printed."""
    done = RUNNER.invoke(app, [*map(str, words), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout.splitlines()[-1])


def labels_of(line: Line) -> list[Label]:
    """Every label of the edge in Kafka."""
    reading = TopicReading(line.settings, CODEC)
    try:
        return reading.labels([line.edge], 2**62, lambda _done, _total: None)[line.edge]
    finally:
        reading.close()
