from pathlib import Path

import pytest

from infra.settings import load_settings
from infra.setup.moto_server import LOCK, MotoMissingError, ensure_moto
from tests.paths import REPO


@pytest.mark.integration
def test_the_server_is_installed_once() -> None:
    said: list[str] = []
    program = ensure_moto(load_settings().cache_dir, said.append, REPO / LOCK)
    assert program.is_file()
    said.clear()
    assert ensure_moto(load_settings().cache_dir, said.append, REPO / LOCK) == program
    assert said == []


def test_a_lock_file_that_can_not_be_had_is_named_plainly(tmp_path: Path) -> None:
    with pytest.raises(MotoMissingError, match="is not here"):
        ensure_moto(tmp_path, lock=tmp_path / "nothing.lock")
    (tmp_path / "wrong.lock").write_text("no-such-package==99 --hash=sha256:0\n")
    with pytest.raises(MotoMissingError, match=r"can't be installed \(uv pip\)"):
        ensure_moto(tmp_path, lock=tmp_path / "wrong.lock")
