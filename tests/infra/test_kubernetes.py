"""infra/kubernetes: what a cluster would refuse or a pod would stumble over, as far as files can show it.

By hand on 2026-11-23: `kustomize build infra` (5.8.1), and every object but Strimzi's valid by the JSON schemas of
Kubernetes 1.33 (kubernetes-validate 1.37.0). No cluster has run it.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from infra.cli import app
from infra.prometheus.distribution import Programs, ensure_programs
from infra.prometheus.targets import JOBS
from infra.settings import Settings, load_settings
from tests.paths import REPO

INFRA = REPO / "infra"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((INFRA / "kustomization.yaml").read_text(encoding="utf-8"))
BY_OTHERS = {"ConfigMap": {"trust"}, "Secret": {"grafana", "linewatch", "kafka-cluster-ca-cert"}}
"""Made by people, as the files' heads say, and by Strimzi."""


def objects() -> list[dict[str, Any]]:
    """Every object of every file named in the kustomization."""
    texts = [(INFRA / name).read_text(encoding="utf-8") for name in KUSTOMIZATION["resources"]]
    return [found for text in texts for found in yaml.safe_load_all(text)]


def workloads() -> dict[str, dict[str, Any]]:
    """Pod templates by the name of their owner."""
    kinds = ("Deployment", "StatefulSet", "Job")
    return {one["metadata"]["name"]: one["spec"]["template"] for one in objects() if one["kind"] in kinds}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container with its owner's name."""
    for name, template in workloads().items():
        for container in template["spec"]["containers"]:
            yield name, container


OURS = [(name, container) for name, container in containers() if container["image"].startswith("linewatch-")]


def configuration() -> dict[str, str]:
    """The environment that all our containers get."""
    maps = {one["name"]: one for one in KUSTOMIZATION["configMapGenerator"]}
    return dict(literal.split("=", 1) for literal in maps["linewatch"]["literals"])


def test_every_file_is_part_of_it() -> None:
    named = set(KUSTOMIZATION["resources"])
    generated = {file.split("=")[-1] for one in KUSTOMIZATION["configMapGenerator"] for file in one.get("files", [])}
    assert all((INFRA / file).is_file() for file in named | generated)
    there = {f"kubernetes/{path.name}" for path in (INFRA / "kubernetes").iterdir()}
    assert there == {file for file in named | generated if file.startswith("kubernetes/")}


def test_pods_are_what_a_restricted_namespace_takes() -> None:
    for name, template in workloads().items():
        security = template["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        # LINEWATCH_..._SERVICE_HOST would be an unknown setting, and stop the process.
        assert template["spec"]["enableServiceLinks"] is False, name
    for name, container in containers():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["limits"]["memory"], name


def test_images_are_those_of_compose() -> None:
    compose = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))["services"]
    known = {service["image"] for service in compose.values()}
    assert {container["image"] for _, container in containers()} <= known


def test_selectors_find_their_pods() -> None:
    labels = {name: template["metadata"]["labels"] for name, template in workloads().items()}
    for one in objects():
        if one["kind"] in ("Deployment", "StatefulSet"):
            assert one["spec"]["selector"]["matchLabels"].items() <= labels[one["metadata"]["name"]].items()
        if one["kind"] == "Service":
            assert any(one["spec"]["selector"].items() <= found.items() for found in labels.values())
    services = {one["metadata"]["name"] for one in objects() if one["kind"] == "Service"}
    assert {one["spec"]["serviceName"] for one in objects() if one["kind"] == "StatefulSet"} <= services


def test_whatever_is_mounted_or_read_exists() -> None:
    config_maps = {one["name"] for one in KUSTOMIZATION["configMapGenerator"]} | BY_OTHERS["ConfigMap"]
    claims = {one["metadata"]["name"] for one in objects() if one["kind"] == "PersistentVolumeClaim"}
    text = "\n---\n".join(yaml.safe_dump(one, width=10_000) for one in objects())
    assert set(re.findall(r"configMap(?:Ref)?:\s+name: (\S+)", text)) <= config_maps
    assert set(re.findall(r"claimName: (\S+)", text)) <= claims
    assert set(re.findall(r"secretName: (\S+)", text)) <= BY_OTHERS["Secret"]
    for one in objects():
        if one["kind"] in ("Deployment", "StatefulSet", "Job"):
            pod = one["spec"]["template"]["spec"]
            there = {volume["name"] for volume in pod.get("volumes", [])}
            there |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"]:
                mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
                assert mounted == there, one["metadata"]["name"]
                paths = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
                inside = [one for one in paths for other in paths if one.startswith(f"{other}/")]
                assert not inside, "a place inside a read-only volume can't be made to mount another one on"


def test_the_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in configuration().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LINEWATCH_KAFKA_PASSWORD", "secret")
    settings = Settings()
    assert settings.kafka_settings()["security.protocol"] == "sasl_ssl"
    assert settings.kafka_settings()["sasl.password"] == "secret"
    assert settings.replication_factor == 3
    known = {f"LINEWATCH_{name}".upper() for name in Settings.model_fields}
    assert {one["name"] for _, container in OURS for one in container["env"]} <= known


@pytest.mark.parametrize(("name", "container"), OURS, ids=[name for name, _ in OURS])
def test_the_commands_exist(name: str, container: dict[str, Any]) -> None:
    """`--help` at the end still has Typer refuse an unknown command or option."""
    run = CliRunner().invoke(app, [*container["args"], "--help"])
    assert run.exit_code == 0, f"{name}: {run.output}"


@pytest.fixture(scope="module")
def programs() -> Programs:
    """Prometheus and promtool of this machine."""
    return ensure_programs(load_settings().cache_dir)


@pytest.mark.integration
def test_prometheus_takes_its_configuration_and_finds_every_job(programs: Programs, tmp_path: Path) -> None:
    path = INFRA / "kubernetes/prometheus-kubernetes.yml"
    cluster = yaml.safe_load(path.read_text(encoding="utf-8"))
    # Debian builds its Prometheus without Kubernetes' discovery: the rest can be checked with another one.
    scrape = {**cluster["scrape_configs"][0], "static_configs": [{"targets": ["127.0.0.1:1"]}]}
    assert scrape.pop("kubernetes_sd_configs") == [{"role": "pod", "namespaces": {"own_namespace": True}}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({**cluster, "scrape_configs": [scrape]}))
    command = [str(programs.promtool), "check", "config", "--syntax-only", str(tmp_path / "prometheus.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    one_machine = yaml.safe_load((INFRA / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert cluster["global"] == one_machine["global"]
    jobs = {template["metadata"]["labels"].get("linewatch/job") for template in workloads().values()} - {None}
    assert jobs == set(JOBS)
    assert cluster["scrape_configs"][0]["relabel_configs"][0]["regex"] == f"({'|'.join(JOBS)})"
