"""Labels from files into a real Kafka, once each."""

from pathlib import Path

import pytest

from consumers.datasets.label_cli import app as label_app
from consumers.datasets.label_history import current_labels
from consumers.datasets.publishing import publish
from infra.settings import Settings
from tests.consumers.datasets.commands import IMAGES, annotated_folder, labels_of, line_of_this_process, run
from tests.consumers.datasets.makers import CODEC, DAY_US, Line, corrected, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def line(broker_settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    return line_of_this_process(broker_settings, unique, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return annotated_folder(tmp_path)


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
