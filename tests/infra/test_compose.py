"""infra/compose.yaml and the Dockerfile: valid, pinned, healthy, without secrets, with commands that exist."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from infra.broker.distribution import KAFKA_VERSION
from infra.cli import app
from infra.prometheus.targets import JOBS
from infra.settings import load_settings
from tests.paths import REPO

COMPOSE = REPO / "infra/compose.yaml"
COMPOSE_GO = "v2.16.2"
"""The reader that `docker compose` itself uses, https://github.com/compose-spec/compose-go."""


@pytest.fixture(scope="module")
def reader() -> list[str]:
    """A command that reads a compose file from infra/ and prints what it means as JSON: docker's, else compose-go."""
    if _has_docker_compose():
        return ["docker", "compose", "-f", "compose.yaml", "config", "--format", "json"]
    program = load_settings().cache_dir / f"compose-go-{COMPOSE_GO}" / "cmd"
    if not program.exists():
        if not shutil.which("go"):
            pytest.skip("neither `docker compose` nor Go is here to read infra/compose.yaml with")
        environment = {**os.environ, "GOBIN": str(program.parent), "GOFLAGS": ""}
        module = f"github.com/compose-spec/compose-go/v2/cmd@{COMPOSE_GO}"
        subprocess.run(["go", "install", module], env=environment, capture_output=True, check=True)
    return [str(program), "-format", "json", "compose.yaml"]


def services() -> dict[str, dict[str, Any]]:
    """The services, with anchors resolved."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    return found


def _has_docker_compose() -> bool:
    asked = ["docker", "compose", "version"]
    return bool(shutil.which("docker")) and subprocess.run(asked, capture_output=True, check=False).returncode == 0


OURS = [name for name, service in services().items() if "build" in service]


@pytest.mark.integration
def test_docker_compose_understands_it(reader: list[str]) -> None:
    environment = {**os.environ, "GRAFANA_ADMIN_PASSWORD": "x"}
    run = subprocess.run(reader, cwd=REPO / "infra", env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    meant = json.loads(run.stdout)
    assert set(meant["services"]) == set(services())
    assert meant["services"]["gateway"]["depends_on"]["topics"]["condition"] == "service_completed_successfully"
    assert meant["services"]["grafana"]["ports"][0]["host_ip"] == "127.0.0.1"


@pytest.mark.integration
def test_a_mistake_would_be_seen(reader: list[str], tmp_path: Path) -> None:
    """The judge above is worth something only if it refuses."""
    text = COMPOSE.read_text(encoding="utf-8").replace("stop_grace_period", "stop_grace")
    (tmp_path / "compose.yaml").write_text(text)
    environment = {**os.environ, "GRAFANA_ADMIN_PASSWORD": "x"}
    run = subprocess.run(reader, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "stop_grace" in run.stderr


def test_images_are_pinned() -> None:
    for name, service in services().items():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), f"{name}: {service['image']}"
    assert services()["kafka"]["image"].endswith(f":{KAFKA_VERSION}"), "the Kafka that everything is tested with"
    dockerfile = (REPO / "infra/docker/Dockerfile").read_text(encoding="utf-8")
    for image in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-", image) or f" AS {image}\n" in dockerfile, image


def test_every_service_tells_how_it_is() -> None:
    unasked = {name for name, service in services().items() if "test" not in service.get("healthcheck", {})}
    assert unasked == {"topics", "ticks"}, "one ends, the other serves nothing; an alert watches over it"


def test_there_is_no_secret_inside_and_no_port_for_everyone() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    for name, value in re.findall(r"(\w*(?:PASSWORD|TOKEN|SECRET)\w*): (\S+)", text):
        assert name.endswith("__FILE"), f"{name}: {value}"
    for service in services().values():
        for port in service.get("ports", []):
            assert port.startswith("${LINEWATCH_BIND:-127.0.0.1}:"), port


def test_what_is_mounted_is_there_and_every_volume_is_declared() -> None:
    document = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    for service in services().values():
        for source in (volume.split(":")[0] for volume in service.get("volumes", [])):
            if source.startswith("./"):
                assert (COMPOSE.parent / source).exists(), source
            elif not source.startswith("$"):
                assert source in document["volumes"], source


@pytest.mark.parametrize("name", OURS)
def test_the_commands_exist(name: str) -> None:
    """`--help` at the end still has Typer refuse an unknown command or option."""
    command = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in services()[name]["command"]]
    run = CliRunner().invoke(app, [*command, "--help"])
    assert run.exit_code == 0, f"{name}: {run.output}"


def test_settings_named_in_it_are_settings() -> None:
    known = {f"LINEWATCH_{name}".upper() for name in type(load_settings()).model_fields}
    dockerfile = (REPO / "infra/docker/Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"LINEWATCH_\w+(?==)", dockerfile))
    for name in OURS:
        named |= set(services()[name]["environment"])
    assert {"LINEWATCH_BOOTSTRAP_SERVERS", "LINEWATCH_METRICS_ADDRESS", "LINEWATCH_TRUST_FILE"} <= named
    assert named <= known


def test_prometheus_finds_the_processes() -> None:
    for job in JOBS:
        targets = json.loads((REPO / f"infra/prometheus/compose-targets/{job}-compose.json").read_text())
        assert targets[0]["targets"] == [f"{job}:9100"]
        assert services()[job]["command"][-2:] == ["--metrics-port", "9100"]


def test_the_image_holds_what_the_wheel_is_made_of() -> None:
    ignored = (REPO / "infra/docker/Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    dockerfile = (REPO / "infra/docker/Dockerfile").read_text(encoding="utf-8")
    for package in ("schemas", "infra", "producers", "streams", "consumers"):
        assert f"!{package}" in ignored
        assert f"COPY {package} {package}\n" in dockerfile


def test_the_console_image_holds_the_pages_that_were_built() -> None:
    """They are not in git: the image takes those of this checkout, or says what to run."""
    dockerfile = (REPO / "infra/docker/Dockerfile").read_text(encoding="utf-8")
    ignored = (REPO / "infra/docker/Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert "test -f consumers/console/static/index.html" in dockerfile
    assert "consumers/console/static" not in ignored
    assert "consumers/console/web" in ignored, "its sources and node_modules are not needed to run"
    for name in ("console", "archive", "blobs"):
        assert services()[name]["build"]["target"] == "console"
