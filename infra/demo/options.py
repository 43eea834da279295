"""What a demo shall do, and the names of what it runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES_EDGE: Final = "rules-edge"
NETWORK_EDGE: Final = "network-edge"
EDGES: Final = (RULES_EDGE, NETWORK_EDGE)
PART: Final = "synthetic:panel"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the demo shall do. `source` None means the synthetic camera; otherwise a folder of images."""

    source: Path | None
    frames: int
    fps: float
    out: Path
    stay: bool = False

    @property
    def annotated(self) -> bool:
        return self.source is not None and (self.source / "annotations.jsonl").is_file()

    @property
    def expected(self) -> int:
        """About how many frames each edge will see."""
        return self.frames if self.source is None else sum(path.is_file() for path in self.source.rglob("*"))
