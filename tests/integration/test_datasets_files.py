"""Labels from files into a real Kafka and back into files of every format, by the command line."""

import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from consumers.datasets.cli import app as dataset_app
from consumers.datasets.formats import LABEL_FORMATS, LabelFormat
from consumers.datasets.label_cli import app as label_app
from consumers.datasets.replay_cli import replay as replay_app
from consumers.trainer.labelled_images import read_labelled_images
from infra.settings import Settings
from tests.consumers.datasets.commands import IMAGES, RUNNER, annotated_folder, labels_of, line_of_this_process, run
from tests.consumers.datasets.makers import Line, picture
from tests.consumers.datasets.test_formats import contents, got

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def line(broker_settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    return line_of_this_process(broker_settings, unique, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return annotated_folder(tmp_path)


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
