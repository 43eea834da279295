"""The recording and alert rules, by Prometheus' own judge of them."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.prometheus.distribution import Programs
from tests.paths import REPO

pytestmark = pytest.mark.integration

RULES = REPO / "infra/prometheus/rules"
UNIT_TESTS = Path(__file__).parent / "rules"


def promtool(programs: Programs, *arguments: str | Path) -> str:
    """Run promtool; its output, after it said that all is well."""
    run = subprocess.run(
        [programs.promtool, *map(str, arguments)], cwd=UNIT_TESTS, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


def test_the_scrape_configuration_is_valid(programs: Programs) -> None:
    said = promtool(programs, "check", "config", REPO / "infra/prometheus/prometheus.yml")
    assert "2 rule files found" in said


@pytest.mark.parametrize("name", ["recording", "alerts"])
def test_the_rules_do_what_their_unit_tests_say(programs: Programs, name: str) -> None:
    promtool(programs, "check", "rules", RULES / f"{name}.yml")
    assert "SUCCESS" in promtool(programs, "test", "rules", f"{name}.test.yml")


def test_every_rule_has_a_unit_test() -> None:
    """A rule that nobody saw firing is a rule that never fires."""
    for name in ("recording", "alerts"):
        tested = (UNIT_TESTS / f"{name}.test.yml").read_text(encoding="utf-8")
        groups = yaml.safe_load((RULES / f"{name}.yml").read_text(encoding="utf-8"))["groups"]
        for rule in (rule for group in groups for rule in group["rules"]):
            wanted = f"alertname: {rule['alert']}" if "alert" in rule else f"expr: {rule['record']}"
            assert wanted in tested, f"no unit test for {wanted}"


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    groups = yaml.safe_load((RULES / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        assert rule["labels"]["severity"] in ("warning", "critical"), rule["alert"]
        assert set(rule["annotations"]) == {"summary", "action"}, rule["alert"]
        assert re.fullmatch(r"Linewatch[A-Za-z]+", rule["alert"])


def test_the_monitoring_page_lists_every_alert_with_its_severity() -> None:
    page = (REPO / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `Linewatch")]
    told = {
        name: "critical" if "(critical)" in row else "warning" for row in rows for name in re.findall(r"`(\w+)`", row)
    }
    groups = yaml.safe_load((RULES / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    assert told == {rule["alert"]: rule["labels"]["severity"] for group in groups for rule in group["rules"]}
