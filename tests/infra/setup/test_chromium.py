import os
import stat
from pathlib import Path

import pytest

from infra.setup.chromium import ChromiumMissingError, ensure_chromium, find_chromium


def program(folder: Path, name: str, script: str = "exit 0") -> Path:
    """A program of that name that runs a line of shell."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it, as root's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_on_the_path_is_taken(bare: Path, name: str) -> None:
    browser = program(bare, name)
    assert find_chromium() == browser
    assert ensure_chromium() == browser


def test_without_apt_people_are_told_what_to_install(bare: Path) -> None:
    with pytest.raises(ChromiumMissingError, match=r"no apt-get.*apt-get install chromium"):
        ensure_chromium()


def test_only_root_installs(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare, "apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ChromiumMissingError, match="only root may install"):
        ensure_chromium()


def test_the_package_is_installed_after_the_lists_came(bare: Path) -> None:
    # Like a fresh machine: install fails until update was called, then leaves a browser.
    script = (
        f'case "$*" in *update*) : > {bare}/lists ;; '
        f"*install*) [ -e {bare}/lists ] || {{ echo no lists >&2; exit 100; }}; "
        f'printf "#!/bin/sh\\n" > {bare}/chromium; /bin/chmod +x {bare}/chromium ;; esac'
    )
    program(bare, "apt-get", script)
    said: list[str] = []
    assert ensure_chromium(said.append) == bare / "chromium"
    assert said == ["installing Chromium from the Debian packages (once)"]


def test_a_failed_installation_says_what_apt_said(bare: Path) -> None:
    program(bare, "apt-get", "echo E: Unable to locate package chromium >&2; exit 100")
    with pytest.raises(ChromiumMissingError, match="Unable to locate package chromium"):
        ensure_chromium()
