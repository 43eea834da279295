"""An edge as files, going on where it stopped."""

from pathlib import Path

import pytest

from consumers.datasets.publishing import publish
from consumers.datasets.replay_cli import replay as replay_app
from infra.settings import Settings
from tests.consumers.datasets.commands import IMAGES, RUNNER, line_of_this_process, run
from tests.consumers.datasets.makers import CODEC, START_US, Line, picture

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.fixture
def line(broker_settings: Settings, unique: str, monkeypatch: pytest.MonkeyPatch) -> Line:
    return line_of_this_process(broker_settings, unique, monkeypatch)


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
