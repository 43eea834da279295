"""Data set folders: whole, in the form of the shared ones, the same for a seed."""

import hashlib
import json
from pathlib import Path

import pytest

from producers.errors import SourceError
from producers.sources import open_source
from producers.sources.synthetic import SyntheticSettings, write_dataset, write_samples
from producers.sources.synthetic.source import Shot
from tests.producers.sources.pictures import captures

SMALL = SyntheticSettings(part="panel", seed=4, width=96, height=72, defect_rate=0.5, count=8)


def lines_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_line_an_image_with_what_the_shared_sets_say(tmp_path: Path) -> None:
    heard: list[Shot] = []
    write_samples(SMALL, tmp_path / "out", on_image=heard.append)
    lines = lines_of(tmp_path / "out")
    assert len(lines) == len(heard) == 8
    for line in lines:
        assert {"file", "label", "boxes", "width", "height", "sha256", "part_id"} <= set(line)
        image = (tmp_path / "out" / str(line["file"])).read_bytes()
        assert hashlib.sha256(image).hexdigest() == line["sha256"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"images", "annotations.jsonl"}


def test_a_folder_can_be_published_with_its_truth(tmp_path: Path) -> None:
    write_samples(SMALL, tmp_path / "out")
    from_folder = captures(open_source(str(tmp_path / "out")))
    drawn = captures(open_source(SMALL.uri))
    assert [c.image for c in from_folder] == [c.image for c in drawn]
    assert [c.truth for c in from_folder] == [c.truth for c in drawn]
    assert [(c.part_id, c.product) for c in from_folder] == [(c.part_id, c.product) for c in drawn]


def test_one_seed_gives_one_folder(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dataset("gasket", 3, tmp_path / name, seed=2)
    assert lines_of(tmp_path / "a") == lines_of(tmp_path / "b")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SourceError, match="not empty"):
        write_dataset("panel", 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match="can't be written"):
        write_dataset("panel", 1, tmp_path / "file" / "out")


def test_an_unfinished_folder_has_no_annotations(tmp_path: Path) -> None:
    def stop(_: Shot) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_samples(SMALL, tmp_path / "out", on_image=stop)
    assert not (tmp_path / "out" / "annotations.jsonl").exists()


def test_an_unknown_part_and_no_count_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="screws, panel, gasket"):
        write_dataset("toaster", 1, tmp_path / "out")
    with pytest.raises(SourceError, match="never ends"):
        write_samples(SyntheticSettings(part="panel"), tmp_path / "out")
