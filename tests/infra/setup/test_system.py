import os
import subprocess
from pathlib import Path

import pytest

from infra.prometheus.errors import PrometheusMissingError
from infra.setup import system
from tests.paths import REPO

CHECK = REPO / "infra/setup/check"


def test_every_missing_thing_is_named_and_none_hides_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object) -> None:
        raise PrometheusMissingError("install the package prometheus")

    monkeypatch.setattr(system, "ensure_jars", missing)
    monkeypatch.setattr(system, "ensure_programs", missing)
    monkeypatch.setattr(system, "ensure_postgres", missing)
    monkeypatch.setattr(system, "ensure_moto", missing)
    monkeypatch.setattr(system, "ensure_chromium", missing)
    assert system.main() == 1
    assert capsys.readouterr().err.count("missing: install the package prometheus") == 5


def test_all_there_is_silence_and_success(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(system, "ensure_jars", lambda *_: None)
    monkeypatch.setattr(system, "ensure_programs", lambda *_: None)
    monkeypatch.setattr(system, "ensure_postgres", lambda *_: None)
    monkeypatch.setattr(system, "ensure_moto", lambda *_: None)
    monkeypatch.setattr(system, "ensure_chromium", lambda *_: None)
    assert system.main() == 0
    assert capsys.readouterr().err == ""


def test_a_bare_machine_is_told_what_debian_calls_the_missing_things(tmp_path: Path) -> None:
    (tmp_path / "bash").symlink_to("/bin/bash")
    environment = {"PATH": str(tmp_path)}
    done = subprocess.run([CHECK], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for word in ("Python 3.11", "openjdk-17", "maven", "Node.js 20.19", "npm", "apt-get install"):
        assert word in done.stderr


def test_a_machine_with_everything_is_told_nothing() -> None:
    done = subprocess.run([CHECK], env=dict(os.environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
