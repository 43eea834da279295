"""Finding and fetching Prometheus."""

import os
import subprocess
from pathlib import Path

import pytest

from infra.prometheus.distribution import Programs, ensure_programs, find_programs
from infra.prometheus.errors import PrometheusMissingError


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_dir, cache = tmp_path / "bin", tmp_path / "cache"
    on_path = Programs(prometheus=program(bin_dir / "prometheus"), promtool=program(bin_dir / "promtool"))
    unpacked = Programs(
        prometheus=program(cache / "prometheus/usr/bin/prometheus"),
        promtool=program(cache / "prometheus/usr/bin/promtool"),
    )
    monkeypatch.setenv("PATH", str(bin_dir))
    assert find_programs(cache) == on_path
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_programs(cache) == unpacked
    assert find_programs(tmp_path / "empty") is None


def test_without_apt_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrometheusMissingError, match="install the package `prometheus`"):
        ensure_programs(tmp_path / "cache")


def test_a_failing_apt_is_quoted_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin/apt-get", "#!/bin/sh\necho 'E: no way to the archive' >&2\nexit 100\n")
    program(tmp_path / "bin/dpkg")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(PrometheusMissingError, match=r"no way to the archive.*install the package"):
        ensure_programs(tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_the_package_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for apt that needs `update` first, as a fresh container does; and the report is for people."""
    program(
        tmp_path / "bin/apt-get",
        "#!/bin/sh\n"
        f'echo "$@" >> {tmp_path}/calls\n'
        f'case "$*" in *update*) touch {tmp_path}/lists; exit 0;; esac\n'
        f"[ -e {tmp_path}/lists ] || {{ echo 'E: no candidate' >&2; exit 100; }}\n"
        "touch prometheus_2_amd64.deb\n",
    )
    program(
        tmp_path / "bin/dpkg",
        '#!/bin/sh\nmkdir -p "$3/usr/bin"\ncp /bin/true "$3/usr/bin/prometheus"\ncp /bin/true "$3/usr/bin/promtool"\n',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr("infra.debian.is_root", lambda: True)
    reports: list[str] = []
    first = ensure_programs(tmp_path / "cache", reports.append)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert first == ensure_programs(tmp_path / "cache", reports.append)
    assert [call.split()[-1] for call in calls] == ["prometheus", "update", "prometheus"]
    assert (tmp_path / "calls").read_text().splitlines() == calls
    assert len(reports) == 1


@pytest.mark.integration
def test_the_real_programs_run(programs: Programs) -> None:
    for path in (programs.prometheus, programs.promtool):
        run = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert "version 2." in run.stdout + run.stderr or "version 3." in run.stdout + run.stderr
