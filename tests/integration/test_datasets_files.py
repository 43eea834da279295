"""Labels from files into a real Kafka and back into files of every format, by the command line."""

import json
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from consumers.datasets.cli import app as dataset_app
from consumers.datasets.formats import LABEL_FORMATS, LabelFormat
from consumers.datasets.label_cli import app as label_app
from consumers.datasets.label_history import current_labels
from consumers.datasets.publishing import publish
from consumers.datasets.replay_cli import replay as replay_app
from consumers.datasets.topic_reading import TopicReading
from consumers.trainer.labelled_images import read_labelled_images
from infra.blobs import open_blobs
from infra.settings import Settings
from infra.settings import load_settings as cached_settings
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, DAY_US, START_US, Line, corrected, picture
from tests.consumers.datasets.test_formats import contents, got

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


@pytest.mark.parametrize("form", LABEL_FORMATS)
def test_what_was_imported_is_exported_and_imported_elsewhere(
    form: LabelFormat, line: Line, folder: Path, tmp_path: Path
) -> None:
    run(label_app, "import", folder, "--edge", line.edge)
    out = tmp_path / form
    done = run(label_app, "export", out, "--edge", line.edge, "--format", form)
    assert (done["written"], done["labeled"], done["missing_images"]) == (IMAGES, IMAGES, [])

    back = run(label_app, "import", out, "--edge", f"{line.edge}-b", "--format", form)
    assert (back["added"], back["bad"]) == (IMAGES, [])
    again = run(label_app, "export", out, "--edge", line.edge, "--format", form)
    assert (again["written"], again["kept"]) == (0, IMAGES)

    exported = contents(got(out, form))
    assert sorted(str(row[1:]) for row in exported) == sorted(
        str((label.label, 96, 64, tuple(label.boxes))) for label in labels_of(line)
    )


def test_a_dataset_is_replayed_to_the_trainer_and_to_shards(line: Line, folder: Path, tmp_path: Path) -> None:
    run(label_app, "import", folder, "--edge", line.edge)
    name = f"set-{line.edge}"
    refused = RUNNER.invoke(dataset_app, ["build", name, "--edge", line.edge, "--from", "1h"])
    assert "--include-imported" in str(refused.exception)
    built = run(dataset_app, "build", name, "--edge", line.edge, "--from", "1h", "--include-imported")
    assert (built["frames"], built["classes"]) == (IMAGES, {"dent": 4, "good": 8})
    assert run(dataset_app, "verify", name, "--from-topics")["holds"]
    assert run(dataset_app, "show", built["digest"])["dataset"]["name"] == name
    assert run(dataset_app, "diff", name, built["digest"])["changed"] == []
    assert name in [one["name"] for one in run(dataset_app, "list")]

    run(replay_app, "--dataset", name, "--out", tmp_path / "folder")
    images = read_labelled_images(tmp_path / "folder")
    assert {image.sha256 for image in images.images} == {sha256(picture(n)).hexdigest() for n in range(IMAGES)}
    assert {image.split for image in images.images} == set(built["splits"])
    run(replay_app, "--dataset", name, "--out", tmp_path / "web", "--format", "webdataset")
    members = []
    for path in (tmp_path / "web").glob("*.tar"):
        with tarfile.open(path) as tar:
            members += tar.getnames()
    assert len(members) == 3 * IMAGES
    once = run(replay_app, "--dataset", name, "--out", tmp_path / "records", "--format", "tfrecord")
    twice = run(replay_app, "--dataset", name, "--out", tmp_path / "records", "--format", "tfrecord")
    assert ((once["written"], once["kept"]), (twice["written"], twice["kept"])) == ((IMAGES, 0), (0, IMAGES))


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
