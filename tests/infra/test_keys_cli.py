"""`linewatch keys`, as a person or a script uses it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from infra.keys_cli import app
from infra.security import SecurityError, load_key, private_files
from infra.settings import load_settings


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path / "var"))
    load_settings.cache_clear()
    yield tmp_path / "var"
    load_settings.cache_clear()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def created(*more: str) -> str:
    result = run("create", "--json", *more)
    assert result.exit_code == 0, result.output
    return str(json.loads(result.output)["key_id"])


def listed() -> dict[str, dict[str, object]]:
    return {row["key_id"]: row for row in json.loads(run("list", "--json").output)["keys"]}


def test_create_makes_and_trusts_a_key(data_dir: Path) -> None:
    key_id = created("--note", "line 3")
    row = listed()[key_id]
    assert (row["signs"], row["private"], row["note"], row["revoked_at_us"]) == (True, True, "line 3", None)
    assert (data_dir / "keys" / "trusted.json").is_file()


def test_rotate_moves_signing_and_revoke_ends_trust() -> None:
    old = created()
    new = str(json.loads(run("rotate", "--json").output)["key_id"])
    assert [listed()[key]["signs"] for key in (old, new)] == [False, True]
    assert run("revoke", old, "--note", "rotated out").exit_code == 0
    row = listed()[old]
    assert row["revoked_at_us"] is not None
    assert row["note"] == "rotated out"


def test_trust_takes_a_file_or_hex(data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key_id = created()
    public = data_dir / "keys" / f"{key_id}.public.pem"
    raw = str(listed()[key_id]["public_key"])
    for number, given in enumerate((str(public), raw)):
        monkeypatch.setenv("LINEWATCH_DATA_DIR", str(tmp_path / f"edge-{number}"))
        load_settings.cache_clear()
        assert run("trust", given, "--note", "from the office").exit_code == 0
        row = listed()[key_id]
        assert (row["private"], row["signs"], row["note"]) == (False, False, "from the office")


def test_a_passphrase_file_encrypts(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("open sesame\nsecond line\n")
    key_id = created("--passphrase-file", str(tmp_path / "pass"))
    path = private_files(data_dir / "keys")[key_id]
    assert load_key(path, b"open sesame").key_id == key_id
    (tmp_path / "empty").write_text("")
    assert isinstance(run("create", "--passphrase-file", str(tmp_path / "empty")).exception, SecurityError)


def test_the_table_shows_every_key_and_nothing_private(data_dir: Path) -> None:
    key_id = created()
    output = run("list").output + run("rotate").output
    assert key_id in output
    secret = private_files(data_dir / "keys")[key_id].read_text().splitlines()[1]
    assert secret not in output


def test_a_note_may_hold_brackets() -> None:
    created("--note", "press [a] [/x]")
    result = run("list")
    assert result.exit_code == 0
    assert "[/x]" in result.output


def test_a_passphrase_file_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    assert run("create", "--passphrase-file", str(tmp_path / "nowhere")).exit_code == 2


def test_wrong_use_is_one_clear_error() -> None:
    for arguments in (("trust", "nonsense"), ("revoke", "0" * 16)):
        result = run(*arguments)
        assert isinstance(result.exception, SecurityError)
    assert run("revoke").exit_code == 2


def test_a_broken_trust_store_stops_create_before_a_key_is_made(data_dir: Path) -> None:
    (data_dir / "keys").mkdir(parents=True)
    (data_dir / "keys" / "trusted.json").write_text("broken")
    assert isinstance(run("create").exception, SecurityError)
    assert private_files(data_dir / "keys") == {}
