"""The main job, whole: real images through real Kafka, every one inspected once, counted exactly."""

from collections import Counter
from pathlib import Path

import pytest

from consumers.inference.rules.defaults import default_recipe
from producers.sources.synthetic import write_dataset
from tests.conftest import StartCluster
from tests.consumers.inference.artifacts import rules_artifact
from tests.integration.factory import eventually, first_inspections, running_factory
from tests.paths import SHARED_DATA

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]


def _images(name: str, drawn: str, tmp_path: Path) -> Path:
    """A shared data set, or a drawn one where there is none."""
    shared = SHARED_DATA / name
    if shared.is_dir():
        return shared
    write_dataset(drawn, 60, tmp_path / name, seed=1)
    return tmp_path / name


@pytest.mark.parametrize(("name", "drawn"), [("lgp_surface", "panel"), ("screws_missing", "screws")])
def test_every_image_of_a_folder_is_inspected_once(
    name: str, drawn: str, start_cluster: StartCluster, tmp_path: Path
) -> None:
    images = _images(name, drawn, tmp_path)
    files = sorted(path.name for path in (images / "images").iterdir())
    model = rules_artifact(tmp_path / "model", default_recipe("surface"), 224, 224)
    with running_factory(start_cluster(), tmp_path) as line:
        line.prepare("press-1")
        line.start("ticks", "streams", "ticks")
        line.start("statistics", "streams", "statistics")
        line.start("edge", "edge", "--edge", "press-1", "--model", str(model.directory))
        line.start("gateway", "gateway", "--edge", "press-1", "--camera", "cam-1", "--source", str(images))
        eventually(lambda: line.ended("gateway") is not None, lambda: line.log("gateway"))
        assert line.ended("gateway") == 0, line.log("gateway")
        eventually(lambda: len(line.inspections()) >= len(files), lambda: (len(line.inspections()), line.log("edge")))
        eventually(
            lambda: line.verdicts_counted("press-1").total() >= len(files), lambda: line.verdicts_counted("press-1")
        )

        frames = line.frames("press-1")["cam-1"]
        inspections = line.inspections()
        assert [frame.sequence for frame in frames] == list(range(len(files)))
        assert sorted(Path(frame.origin or "").name for frame in frames) == files
        assert Counter(inspection.frame_id for inspection in inspections) == {frame.frame_id: 1 for frame in frames}
        assert line.verdicts_counted("press-1") == Counter(inspection.verdict for inspection in inspections)
        assert {i.frame_id: i.frame.sha256 for i in inspections} == {f.frame_id: f.sha256 for f in frames}
        assert all(first.model for first in first_inspections(inspections).values())
        assert line.dead_letters() == []
