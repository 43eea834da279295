"""The inspections of one partition that are not archived yet, each once."""

from dataclasses import dataclass, field

from schemas.records import Inspection


@dataclass(slots=True)
class PartitionBuffer:
    """Rows from offset `first` up to, not including, `next`, and each camera's last frame before `next`.

    A camera's inspections come in order (DESIGN 3), so one number tells a repeat.
    """

    first: int  # committed position: everything before it is archived
    marks: dict[str, int]  # camera: sequence of its last archived or buffered frame
    next: int = -1  # the offset after the last one taken
    redo: int | None = None  # end of a range that was planned and perhaps written
    run: str = ""  # name of that range
    marked: bool = False  # the marks at `first` are in the store
    since: float | None = None  # monotonic seconds of the first record taken
    rows: list[Inspection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.next = max(self.next, self.first)

    @property
    def pending(self) -> bool:
        """Whether anything was read that no commit tells of."""
        return self.next > self.first

    def add(self, offset: int, inspection: Inspection, now: float) -> bool:
        """Take a record; False when it is a repeat."""
        self.skip(offset, now)
        if inspection.sequence <= self.marks.get(inspection.camera_id, -1):
            return False
        self.marks[inspection.camera_id] = inspection.sequence
        self.rows.append(inspection)
        return True

    def skip(self, offset: int, now: float) -> None:
        """Move on past a record that is no row."""
        self.next = offset + 1
        self.since = now if self.since is None else self.since

    def emptied(self) -> "PartitionBuffer":
        """What follows once everything in it is archived."""
        return PartitionBuffer(first=self.next, marks=self.marks, marked=True)
