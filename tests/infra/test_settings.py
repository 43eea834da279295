import re
from pathlib import Path

import pytest

from infra.settings import Settings, SettingsError, load_settings
from tests.paths import REPO


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()


def test_environment_beats_file_beats_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "linewatch.toml").write_text('bootstrap_servers = "file:1"\nreplication_factor = 3\n')
    monkeypatch.setenv("LINEWATCH_BOOTSTRAP_SERVERS", "env:1")
    settings = load_settings()
    assert (settings.bootstrap_servers, settings.replication_factor, settings.spool_drop) == ("env:1", 3, "newest")


def test_an_unknown_key_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "linewatch.toml").write_text('bootstrap_server = "typing-mistake:1"\n')
    with pytest.raises(SettingsError, match="bootstrap_server: Extra inputs"):
        load_settings()


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWATCH_BOOTSTRAP", "x")
    with pytest.raises(SettingsError, match="LINEWATCH_BOOTSTRAP; known are"):
        load_settings()


def test_what_compose_takes_from_the_environment_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    named = set(re.findall(r"\$\{(LINEWATCH_\w+)", (REPO / "infra" / "compose.yaml").read_text(encoding="utf-8")))
    assert named
    for name in named:
        monkeypatch.setenv(name, "x")
    load_settings()


def test_a_value_out_of_range_and_a_broken_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEWATCH_REPLICATION_FACTOR", "0")
    with pytest.raises(SettingsError, match="replication_factor: Input should be greater"):
        load_settings()
    (tmp_path / "linewatch.toml").write_text("= nonsense")
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings()


def test_secrets_are_masked_when_printed_but_reach_kafka() -> None:
    settings = Settings(kafka_password="hunter2", grafana_token="glsa_x")
    assert "hunter2" not in repr(settings)
    assert "glsa_x" not in str(settings)
    assert settings.kafka_settings(linger_ms=5) == {
        "bootstrap.servers": "127.0.0.1:19092",
        "sasl.password": "hunter2",
        "linger.ms": 5,
    }


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().replication_factor = 2  # type: ignore[misc]
