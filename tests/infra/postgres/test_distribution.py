"""Finding and fetching PostgreSQL."""

import os
from pathlib import Path

import pytest

from infra.postgres import distribution
from infra.postgres.distribution import Postgres, ensure_postgres, find_postgres
from infra.postgres.errors import PostgresMissingError


def programs(folder: Path) -> Path:
    """Write stand-ins of initdb and postgres."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("initdb", "postgres"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL, whose root has no other folder than the cache."""
    monkeypatch.setattr(distribution, "_INSTALLED", tmp_path / "installed")
    monkeypatch.setattr(distribution, "_FOR_ROOT", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_the_newest_installed_comes_first_then_the_path_then_what_was_unpacked(tmp_path: Path) -> None:
    assert find_postgres(tmp_path / "cache") is None
    unpacked = programs(tmp_path / "cache/postgres/usr/lib/postgresql/15/bin")
    libraries = tmp_path / "cache/postgres/usr/lib/x86_64-linux-gnu"
    libraries.mkdir()
    assert find_postgres(tmp_path / "cache") == Postgres(programs=unpacked, libraries=libraries)
    on_path = programs(tmp_path / "bin")
    assert find_postgres(tmp_path / "cache") == Postgres(programs=on_path)
    programs(tmp_path / "installed/9/bin")
    newest = programs(tmp_path / "installed/16/bin")
    assert find_postgres(tmp_path / "cache") == Postgres(programs=newest)


def test_without_apt_the_message_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(PostgresMissingError, match="apt-get install postgresql"):
        ensure_postgres(tmp_path / "cache")


def test_programs_that_lack_a_library_are_no_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir = programs(tmp_path / "bin")
    (bin_dir / "initdb").unlink()
    broken = "echo 'libxml2.so.2: cannot open shared object file' >&2; exit 127"
    scripts = {
        "apt-cache": "echo '  Depends: postgresql-15'",
        "apt-get": "touch postgresql-15_1.deb libpq5_1.deb",
        "dpkg": f'd="$3/usr/lib/postgresql/15/bin"; mkdir -p $d; for p in initdb postgres; do '
        f'printf "%s\\n" "#!/bin/sh" "{broken}" > $d/$p; chmod +x $d/$p; done',
    }
    for name, text in scripts.items():
        (bin_dir / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin_dir / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_dir}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(PostgresMissingError, match=r"libxml2.so.2.*install PostgreSQL"):
        ensure_postgres(tmp_path / "cache")


def test_root_unpacks_where_others_may_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "_FOR_ROOT", tmp_path / "open")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(distribution, "is_root", lambda: True)
    assert distribution._unpacked(closed) == tmp_path / "open/postgres"
    monkeypatch.setattr(distribution, "is_root", lambda: False)
    assert distribution._unpacked(closed) == closed / "postgres"


def test_it_runs_without_the_settings_of_another_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    environment = Postgres(programs=tmp_path, libraries=tmp_path / "lib").environment
    assert "PGPORT" not in environment
    assert environment["LD_LIBRARY_PATH"] == str(tmp_path / "lib")
