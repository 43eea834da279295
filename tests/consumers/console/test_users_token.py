"""`linewatch users token`: a key for a program, made at the machine's shell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.console.auth.secret_tokens import secret_hash
from consumers.console.database import open_database
from consumers.console.tables.outbox import OutboxRow
from consumers.console.tables.people import TokenRow
from infra.settings import Settings

pytestmark = pytest.mark.integration


def _token(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command while Kafka is away."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINEWATCH_")}
    environment = {**kept, "LINEWATCH_DATA_DIR": str(data_dir), "LINEWATCH_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    command = [sys.executable, "-m", "infra.cli", "users", "token", *arguments]
    return subprocess.run(command, env=environment, cwd=data_dir, capture_output=True, text=True, check=False)


def test_a_token_is_printed_once_kept_as_a_hash_and_told_to_the_audit(tmp_path: Path) -> None:
    plain = _token(tmp_path, "nightly", "--role", "model_developer")
    assert plain.returncode == 0, plain.stderr
    told = json.loads(_token(tmp_path, "demo", "--days", "1", "--json").stdout)
    database = open_database(Settings(data_dir=tmp_path))
    with database.read() as session:
        rows = session.scalars(select(TokenRow).order_by(TokenRow.token_id)).all()
        actions = [row.event["action"] for row in session.scalars(select(OutboxRow))]
    database.close()
    assert [row.token_hash for row in rows] == [secret_hash(plain.stdout.strip()), secret_hash(told["secret"])]
    assert [(row.name, row.role) for row in rows] == [("nightly", "model_developer"), ("demo", "inspector")]
    assert (rows[0].expires_at_us, rows[1].expires_at_us) == (None, told["expires_at_us"])
    assert actions == ["token.issue", "token.issue"]


def test_an_unknown_role_makes_no_token(tmp_path: Path) -> None:
    refused = _token(tmp_path, "nightly", "--role", "king")
    assert refused.returncode == 1
    assert "none of inspector" in refused.stderr
