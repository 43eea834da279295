"""Unpacking Debian packages; a stand-in for apt, as tests fetch nothing twice."""

import os
from pathlib import Path

import pytest

from infra.debian import PackagesMissingError, unpack_packages


def program(path: Path, text: str) -> None:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    program(tmp_path / "bin/dpkg", 'mkdir -p "$3" && touch "$3/$(basename $2)"\n')
    return tmp_path / "bin"


def test_every_package_is_unpacked_into_one_folder_once(bin_dir: Path, tmp_path: Path) -> None:
    program(bin_dir / "apt-get", f"echo call >> {tmp_path}/calls; touch a_1.deb b_2.deb\n")
    said: list[str] = []
    for _ in range(2):
        unpack_packages(["a", "b"], tmp_path / "there", said.append, "the thing")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["a_1.deb", "b_2.deb"]
    assert (tmp_path / "calls").read_text().count("call") == len(said) == 1


def test_one_that_is_not_to_be_had_leaves_nothing_behind(bin_dir: Path, tmp_path: Path) -> None:
    program(bin_dir / "apt-get", "echo 'E: no way to the archive' >&2; exit 100\n")
    with pytest.raises(PackagesMissingError, match="no way to the archive"):
        unpack_packages(["a"], tmp_path / "there", lambda _: None, "the thing")
    program(bin_dir / "apt-get", "touch a_1.deb\n")
    with pytest.raises(PackagesMissingError, match="could not fetch the thing"):
        unpack_packages(["a", "b"], tmp_path / "there", lambda _: None, "the thing")
    assert not (tmp_path / "there").exists()


def test_without_apt_the_message_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PackagesMissingError, match="no apt-get"):
        unpack_packages(["a"], tmp_path / "there", lambda _: None, "the thing")
