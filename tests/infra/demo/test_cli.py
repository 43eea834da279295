from pathlib import Path

from typer.testing import CliRunner

from infra.demo.cli import app


def test_a_source_that_is_no_folder_is_bad_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["--source", str(tmp_path / "missing")], env={"COLUMNS": "300"})
    assert result.exit_code == 2
    assert "is not a folder" in result.output
