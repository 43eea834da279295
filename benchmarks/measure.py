"""How every benchmark measures and reports: contestants interleaved in one run, median and range, one RESULT line.

The machines are small and noisy, so a figure is a ratio of two things measured side by side, round by round.
A benchmark reads its options with `options`, measures with `interleave`, and ends with `report`.
"""

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

ROUNDS: Final = 5  # fewer say nothing about the noise
RESULTS: Final = Path(__file__).parent / "results"
_CONSOLE: Final = Console(width=None if Console().is_terminal else 120)

Measurement = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Options:
    """What a benchmark was asked for."""

    quick: bool  # the form that ends within 40 s
    rounds: int  # interleaved rounds, at least 1


@dataclass(frozen=True, slots=True)
class Series:
    """One row of the table: what a contestant did in each round."""

    name: str
    unit: str
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.name} was never measured")

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure must reach."""

    sense: Literal[">=", "<="]
    bound: float
    unit: str = "x"

    def holds(self, figure: float) -> bool:
        """Whether `figure` reaches the target; not-a-number never does."""
        return figure >= self.bound if self.sense == ">=" else figure <= self.bound

    def __str__(self) -> str:
        return f"{self.sense}{self.bound:g}{self.unit}"


def options(description: str, arguments: Sequence[str] | None = None) -> Options:
    """Read `--quick` and `--rounds N` from the command line; `QUICK=1` in the environment means `--quick` too."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK", "") not in {"", "0"})
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"interleaved rounds, {ROUNDS} by default")
    read = parser.parse_args(arguments)
    if read.rounds < 1:
        parser.error(f"--rounds {read.rounds}: at least one round is needed")
    return Options(quick=read.quick, rounds=read.rounds)


def interleave(contestants: Mapping[str, Measurement], rounds: int, unit: str) -> dict[str, Series]:
    """Run every contestant once per round, each round starting with another one, and return their series.

    A slow minute of the machine then hits all of them, and none always runs first.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number, order in enumerate(_rotations(list(contestants), rounds), start=1):
        for name in order:
            taken[name].append(contestants[name]())
        figures = ", ".join(f"{name} {taken[name][-1]:.4g}" for name in contestants)
        _CONSOLE.print(f"round {number}/{rounds}: {figures} {unit}", highlight=False)
    return {name: Series(name, unit, tuple(values)) for name, values in taken.items()}


def _rotations(names: list[str], rounds: int) -> Iterator[list[str]]:
    for number in range(rounds):
        first = number % len(names)
        yield names[first:] + names[:first]


def ratio(ours: Series, peer: Series, name: str | None = None) -> Series:
    """Return ours / peer, round by round: each pair shared the machine's mood."""
    quotients = tuple(mine / theirs for mine, theirs in zip(ours.values, peer.values, strict=True))
    return Series(name or f"{ours.name} / {peer.name}", "x", quotients)


def report(
    name: str,
    figure: Series,
    target: Target,
    *,
    rows: Sequence[Series],
    peer: Series,
    packages: Sequence[str] = (),
    notes: Mapping[str, object] | None = None,
    quick: bool = False,
    results: Path = RESULTS,
) -> bool:
    """Print the table of `rows` and `figure`, write `results/<name>.json`, print the RESULT line last.

    `packages` are distributions whose versions matter; `notes` (JSON values) say what was run. Returns whether the
    figure's median reaches the target.
    """
    _CONSOLE.print(_table(name, [*rows, figure]))
    holds = target.holds(figure.median)
    document = {
        "name": name,
        "figure": figure.median,
        "range": [figure.low, figure.high],
        "unit": figure.unit,
        "target": str(target),
        "ok": holds,
        "quick": quick,
        "peer": {"name": peer.name, "figure": peer.median, "range": [peer.low, peer.high], "unit": peer.unit},
        "rows": [{"name": row.name, "unit": row.unit, "median": row.median, "values": row.values} for row in rows],
        "notes": dict(notes or {}),
        "versions": {"python": platform.python_version(), **{package: _version(package) for package in packages}},
        "machine": machine(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    results.mkdir(parents=True, exist_ok=True)
    (results / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    # Plain, whatever the terminal: programs read this line.
    print(f"RESULT {name} {figure.median:.4g}{figure.unit} target {target} {'ok' if holds else 'short'}", flush=True)
    return holds


def machine() -> dict[str, object]:
    """What it ran on: processor, processors, system, and how busy it was (load over one minute, None unknown)."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"processor": _processor(), "processors": os.cpu_count(), "system": platform.platform(), "load": load}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _table(name: str, rows: Sequence[Series]) -> Table:
    table = Table(title=f"benchmark {name}")
    table.add_column("what")
    for column in ("median", "lowest", "highest"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    for row in rows:
        table.add_row(row.name, f"{row.median:.4g}", f"{row.low:.4g}", f"{row.high:.4g}", row.unit)
    return table
