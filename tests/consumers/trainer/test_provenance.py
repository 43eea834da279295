"""A model says what it was made from and with."""

import re
import subprocess

import pytest

from consumers.trainer.provenance import UNKNOWN_COMMIT, code_commit, lineage_of, package_versions


def test_the_lineage_holds_data_code_seed_and_versions() -> None:
    lineage = lineage_of("sha256:abc", 7, {"macro_f1": 0.123456789})
    assert (lineage.manifest, lineage.seed) == ("sha256:abc", 7)
    assert lineage.metrics == {"macro_f1": 0.123457}
    assert lineage.versions == package_versions()
    assert "numpy" in lineage.versions
    assert lineage.created_at_us > 1_700_000_000_000_000


def test_the_commit_is_one_or_unknown() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", code_commit())


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise subprocess.CalledProcessError(128, "git")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert code_commit() == UNKNOWN_COMMIT
