"""Kafka's jars: resolved once by Maven into a cache folder, used from there ever after."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from infra.broker.errors import DiskFullError, MavenFailedError, MavenMissingError
from infra.broker.java import Java
from infra.broker.lock import exclusive

__all__ = ["KAFKA_VERSION", "Report", "default_cache_dir", "ensure_jars", "jars_dir"]

KAFKA_VERSION = "4.3.0"

Report = Callable[[str], None]
"""Called with a line about what goes on, for people to see."""

_DOWNLOAD_S = 900
_JARS_BYTES = 200_000_000
"""The jars are 55 MB; Maven keeps a second copy in its own repository, and some room must stay."""


def default_cache_dir() -> Path:
    """Give LINEWATCH_CACHE_DIR, else the user's cache folder for linewatch."""
    if chosen := os.environ.get("LINEWATCH_CACHE_DIR"):
        return Path(chosen)
    import platformdirs

    return platformdirs.user_cache_path("linewatch", appauthor=False)


def jars_dir(cache_dir: Path) -> Path:
    """Name the folder of this pom's jars: another pom gets another folder, so an upgrade never mixes two."""
    return cache_dir / f"kafka-{KAFKA_VERSION}-{hashlib.sha256(_pom()).hexdigest()[:8]}"


def ensure_jars(cache_dir: Path, java: Java, report: Report) -> Path:
    """Give the folder of Kafka's jars; the first time ever, have Maven fill it (about 55 MB).

    Several processes may ask at once: one fetches, the others wait. The folder appears whole or not at all.

    Raises:
        MavenMissingError: the jars are not cached and there is no `mvn` on the PATH.
        MavenFailedError: Maven could not fetch them.
        DiskFullError: there is no room for them.
        DirectoryBusyError: another process fetched for longer than 15 minutes.
    """
    jars = jars_dir(cache_dir)
    if jars.is_dir():
        return jars
    with exclusive(cache_dir / "kafka.lock", timeout_s=_DOWNLOAD_S, doing="fetching Kafka's jars"):
        if not jars.is_dir():
            _fetch(jars, java, report)
    return jars


def _pom() -> bytes:
    return files("infra.broker").joinpath("pom.xml").read_bytes()


def _fetch(jars: Path, java: Java, report: Report) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MavenMissingError(
            f"Kafka {KAFKA_VERSION} is not in {jars.parent} yet and Maven (mvn) is not on the PATH: install it "
            f"(Debian: apt-get install maven), or copy the folder {jars.name} there from a machine that has it, "
            "or set LINEWATCH_BOOTSTRAP_SERVERS to a Kafka that runs already"
        )
    _check_room(jars.parent)
    report(f"fetching Kafka {KAFKA_VERSION} with Maven into {jars} (once, about 55 MB)")
    with tempfile.TemporaryDirectory(prefix="kafka-", dir=jars.parent) as work:
        filled = Path(work) / "jars"
        log = jars.parent / "maven.log"
        with as_file(files("infra.broker").joinpath("pom.xml")) as pom:
            exit_code = _run_maven([maven, *_arguments(pom, filled)], java, log, report)
        if exit_code != 0 or not any(filled.glob("kafka_*.jar")):
            raise MavenFailedError(_failure(exit_code, log))
        filled.rename(jars)


def _arguments(pom: Path, target: Path) -> list[str]:
    return [
        "--batch-mode",
        "--strict-checksums",
        f"--file={pom}",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={target}",
    ]


def _run_maven(command: list[str], java: Java, log: Path, report: Report) -> int:
    """Run Maven, its output kept in `log`, one short line to `report` for every ten jars."""
    environment = dict(os.environ)
    if java.source not in ("JAVA_HOME", "PATH"):
        # Maven finds those two by itself, but knows nothing of the wheel's Java.
        environment["JAVA_HOME"] = str(java.executable.parent.parent)
    copied = 0
    with (
        log.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as maven,
    ):
        for line in maven.stdout or ():
            kept.write(line)
            if "Downloaded from" in line and line.rstrip().split(" (")[0].endswith(".jar"):
                copied += 1
                if copied % 10 == 0:
                    report(f"fetched {copied} jars")
    return maven.returncode


def _failure(exit_code: int, log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    reasons = [line.strip() for line in lines if line.startswith("[ERROR]") and len(line) > len("[ERROR] ")]
    shown = "\n  ".join((reasons or lines)[:4])
    return (
        f"Maven could not fetch Kafka {KAFKA_VERSION} (exit code {exit_code}); the whole log is {log}:\n  {shown}\n"
        "check that this machine reaches its Maven repository (a mirror or proxy goes into Maven's settings.xml), "
        f"or copy the folder {jars_dir(log.parent).name} into {log.parent} from a machine that has it"
    )


def _check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _JARS_BYTES:
        raise DiskFullError(
            f"{folder} has {free / 1e6:.0f} MB free and Kafka's jars need {_JARS_BYTES / 1e6:.0f} MB: "
            "free some space, or set LINEWATCH_CACHE_DIR to a folder with more"
        )
