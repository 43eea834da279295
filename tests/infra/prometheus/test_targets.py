"""Scrape targets on one machine."""

import json
from pathlib import Path

import pytest
import yaml

from infra.prometheus.errors import TargetError
from infra.prometheus.targets import JOBS, register_target, registered_target, targets_dir, unregister_target
from tests.paths import REPO


def test_a_target_is_a_file_that_prometheus_reads(tmp_path: Path) -> None:
    path = register_target(tmp_path, "edge", "line-1.a", "127.0.0.1:9101", {"line": "north"})
    assert path == targets_dir(tmp_path) / "edge-line-1.a.json"
    assert json.loads(path.read_text()) == [{"targets": ["127.0.0.1:9101"], "labels": {"line": "north"}}]
    assert path.stat().st_mode & 0o044 == 0o044, "Prometheus may run as another user"


def test_a_process_that_starts_again_on_another_port_replaces_its_target(tmp_path: Path) -> None:
    register_target(tmp_path, "gateway", "camera-1", "127.0.0.1:9101")
    path = register_target(tmp_path, "gateway", "camera-1", "127.0.0.1:9102")
    assert [file.name for file in targets_dir(tmp_path).iterdir()] == [path.name]
    assert json.loads(path.read_text())[0]["targets"] == ["127.0.0.1:9102"]


def test_unregistering_tells_whether_it_was_known(tmp_path: Path) -> None:
    register_target(tmp_path, "statistics", "worker", "[::1]:9103")
    assert unregister_target(tmp_path, "statistics", "worker")
    assert not unregister_target(tmp_path, "statistics", "worker")
    assert list(targets_dir(tmp_path).iterdir()) == []


def test_an_orderly_end_unregisters_and_a_crash_does_not(tmp_path: Path) -> None:
    with registered_target(tmp_path, "edge", "a", "127.0.0.1:1"):
        assert len(list(targets_dir(tmp_path).iterdir())) == 1
    assert list(targets_dir(tmp_path).iterdir()) == []
    with pytest.raises(RuntimeError), registered_target(tmp_path, "edge", "a", "127.0.0.1:1"):
        raise RuntimeError
    assert len(list(targets_dir(tmp_path).iterdir())) == 1, "the alert on a process that is down needs its target"


@pytest.mark.parametrize(
    ("job", "name", "address", "labels"),
    [
        ("camera", "a", "127.0.0.1:1", {}),
        ("edge", "../a", "127.0.0.1:1", {}),
        ("edge", "", "127.0.0.1:1", {}),
        ("edge", "a", "127.0.0.1", {}),
        ("edge", "a", "http://127.0.0.1:1", {}),
        ("edge", "a", "127.0.0.1:0", {}),
        ("edge", "a", "127.0.0.1:65536", {}),
        ("edge", "a", "127.0.0.1:1", {"my-line": "1"}),
        ("edge", "a", "127.0.0.1:1", {"__address__": "1"}),
    ],
)
def test_what_prometheus_could_not_use_is_refused(
    tmp_path: Path, job: str, name: str, address: str, labels: dict[str, str]
) -> None:
    with pytest.raises(TargetError):
        register_target(tmp_path, job, name, address, labels)
    assert not targets_dir(tmp_path).exists()


def test_each_job_is_scraped_by_the_configuration() -> None:
    configuration = yaml.safe_load((REPO / "infra/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    read = {job["job_name"]: job["file_sd_configs"][0]["files"] for job in configuration["scrape_configs"]}
    assert read == {job: [f"targets/{job}-*.json"] for job in JOBS}
