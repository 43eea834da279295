"""`linewatch topics`, against a real broker."""

import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from infra import settings as settings_module
from infra.broker import Cluster, ClusterOptions
from infra.topics_cli import app
from schemas.topics import CATALOGUE
from tests.conftest import FAST_START

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker whose edges are these tests' alone: the commands look at all edges there are."""
    with Cluster(tmp_path_factory.mktemp("topics"), ClusterOptions(**FAST_START)) as cluster:
        yield cluster


@pytest.fixture
def run(own_broker: Cluster, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command against that broker."""
    monkeypatch.setenv("LINEWATCH_BOOTSTRAP_SERVERS", own_broker.bootstrap_servers)
    settings_module.load_settings.cache_clear()
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


@pytest.fixture(autouse=True)
def forget_settings() -> Iterator[None]:
    """Leave no settings of this test behind."""
    yield
    settings_module.load_settings.cache_clear()


def test_the_list_is_the_catalogue_and_needs_no_broker() -> None:
    shown = CliRunner().invoke(app, ["list"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for topic in CATALOGUE:
        assert topic.name in shown.stdout
    listed = json.loads(CliRunner().invoke(app, ["list", "--edge", "line-1", "--json"]).stdout)
    assert len(listed) == len(CATALOGUE)
    assert {"frames.line-1", "desired.line-1", "labels"} <= {topic["name"] for topic in listed}


@pytest.mark.integration
def test_diff_then_apply_then_no_diff(run: Run, unique: str) -> None:
    before = run("diff", "--edge", unique)
    assert before.exit_code == 1
    assert f"frames.{unique} is missing" in before.stdout
    applied = run("apply", "--edge", unique)
    assert applied.exit_code == 0, applied.exception
    assert f"created frames.{unique}" in applied.stdout
    after = run("diff", "--edge", unique, "--json")
    assert json.loads(after.stdout)["differences"] == []
    assert after.exit_code == 0


@pytest.mark.integration
def test_an_edge_known_to_kafka_counts_without_being_named_and_schemas_are_published_once(
    run: Run, unique: str
) -> None:
    assert run("apply", "--edge", unique).exit_code == 0
    again = json.loads(run("apply", "--json").stdout)
    assert again == {"created": [], "altered": [], "left": [], "schemas_published": 0}
    named = json.loads(run("diff", "--json").stdout)["topics"]
    assert json.loads(run("diff", "--edge", unique, "--json").stdout)["topics"] == named
