import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.schemas_cli import app

RUNNER = CliRunner()


def test_check_reports_as_json_and_exits_clean() -> None:
    result = RUNNER.invoke(app, ["check", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"schemas": 20, "problems": []}


def test_check_fails_when_a_schema_breaks_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    from schemas import compatibility

    current = compatibility.current_schemas()
    broken = {**current, "tick": current["tick"].replace('"at_us"', '"when_us"')}
    monkeypatch.setattr(compatibility, "current_schemas", lambda: broken)
    result = RUNNER.invoke(app, ["check"])
    assert result.exit_code == 1
    assert "tick.avsc against history 0001" in result.stdout.replace("\n", " ")


def test_freeze_writes_only_new_compatible_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from schemas import compatibility

    assert RUNNER.invoke(app, ["freeze", "--folder", str(tmp_path)]).stdout == ""
    current = compatibility.current_schemas()
    schema = json.loads(current["tick"])
    schema["fields"].append({"name": "leap", "type": "boolean", "default": False})
    monkeypatch.setattr(compatibility, "current_schemas", lambda: {"tick": json.dumps(schema)})
    assert RUNNER.invoke(app, ["freeze", "--folder", str(tmp_path)]).exit_code == 0
    assert json.loads((tmp_path / "history/tick/0002.avsc").read_text()) == schema
