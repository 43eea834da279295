"""An edge as files, going on where it stopped."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.datasets.publishing import publish
from consumers.datasets.replay_cli import replay as replay_app
from consumers.datasets.topic_reading import TopicReading
from infra.blobs import open_blobs
from infra.settings import Settings
from infra.settings import load_settings as cached_settings
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, START_US, Line, picture

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


def test_an_edge_is_replayed_by_time_and_goes_on_where_it_stopped(line: Line, tmp_path: Path) -> None:
    line.capture([picture(number) for number in range(IMAGES)])
    publish(line.settings, CODEC, [line.label_of(2, "dent")], "/test")
    span = ("--from", "2026-09-21T14:13:20", "--to", "2026-09-21T14:13:30")
    assert START_US == 1_790_000_000_000_000  # 2026-09-21T14:13:20Z
    words = ("--edge", line.edge, *span, "--out", tmp_path / "out")

    first = run(replay_app, *words)
    (tmp_path / "out" / "images" / "cam-1-000000004.png").write_bytes(b"cut off")
    second = run(replay_app, *words)

    assert (first["written"], first["kept"], first["labeled"]) == (10, 0, 1)
    assert (second["written"], second["kept"]) == (1, 9)
    files = sorted((tmp_path / "out" / "images").iterdir())
    assert [file.read_bytes() for file in files] == line.images[:10]
    assert len((tmp_path / "out" / "unlabeled.jsonl").read_text().splitlines()) == 9
    taken = RUNNER.invoke(replay_app, ["--edge", line.edge, "--from", "1d", "--out", str(tmp_path / "out")])
    assert taken.exit_code == 1
