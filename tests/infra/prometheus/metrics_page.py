"""docs/metrics.md as data."""

import re
from dataclasses import dataclass

from tests.paths import REPO

_ROW = re.compile(r"\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One row of the page; `name` is as Prometheus shows it."""

    process: str
    name: str
    kind: str
    labels: tuple[str, ...]

    @property
    def series(self) -> set[str]:
        """The names of its series."""
        suffixes = ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)
        return {self.name + suffix for suffix in suffixes}


def documented() -> list[Documented]:
    """Every row of the page."""
    rows: list[Documented] = []
    process = ""
    for line in (REPO / "docs/metrics.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            process = line.split()[1].lower()
        elif row := _ROW.fullmatch(line):
            labels = () if row[4].strip() == "-" else tuple(row[4].strip().split(", "))
            rows.append(Documented(process=process, name=row[1], kind=row[2], labels=labels))
        else:
            assert "`linewatch_" not in line or line.startswith("`"), f"not a row of the form above: {line}"
    return rows
