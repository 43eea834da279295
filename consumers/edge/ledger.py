"""What this process holds of its edge's partitions, and what is in flight in each; shared by the edge's threads."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from consumers.edge.marks import CameraMarks, Mark
from consumers.edge.progress import PartitionProgress, Position


@dataclass(eq=False, slots=True)
class Assignment:
    """One partition, from the moment the group gives it until the group takes it. Compared by identity."""

    partition: int
    marks: CameraMarks  # as frames arrive; touched by the consuming thread alone
    progress: PartitionProgress  # as results are acknowledged; touched under the ledger's lock
    revoked: bool = False
    committed: int | None = field(default=None)  # next offset as last committed

    @property
    def held(self) -> bool:
        """Whether results for it may still be published."""
        return not self.revoked


class Ledger:
    """The assignments of this process."""

    def __init__(self) -> None:
        self._held: dict[int, Assignment] = {}
        self._changed = threading.Condition()

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """What is held now, by partition."""
        with self._changed:
            return tuple(self._held[partition] for partition in sorted(self._held))

    def assign(self, partition: int, marks: Mapping[str, Mark], committed: int | None = None) -> Assignment:
        """A partition was given to this process; `marks` are those of its last commit."""
        assignment = Assignment(partition, CameraMarks(marks), PartitionProgress(marks), committed=committed)
        with self._changed:
            self._held[partition] = assignment
        return assignment

    def find(self, partition: int) -> Assignment | None:
        """The assignment of a partition, if held."""
        with self._changed:
            return self._held.get(partition)

    def start(
        self, assignment: Assignment, offset: int, camera_id: str | None = None, mark: Mark | None = None
    ) -> None:
        """A record arrived."""
        with self._changed:
            assignment.progress.start(offset, camera_id, mark)

    def finish(self, assignment: Assignment, offset: int) -> None:
        """A record's result is acknowledged, or it needs none. Nothing happens once the partition is taken away."""
        with self._changed:
            if assignment.held:
                assignment.progress.finish(offset)
                self._changed.notify_all()

    def uncommitted(self, partitions: Iterable[int] | None = None) -> dict[int, Position]:
        """Positions that are ahead of the last commit, of some partitions or of all held."""
        wanted = None if partitions is None else set(partitions)
        with self._changed:
            found = {
                partition: held.progress.position
                for partition, held in self._held.items()
                if wanted is None or partition in wanted
            }
            return {
                partition: position
                for partition, position in found.items()
                if position is not None and position.offset != self._held[partition].committed
            }

    def note_commit(self, partition: int, offset: int | None) -> None:
        """A commit was sent (its next offset), or failed (None: it will be sent again)."""
        with self._changed:
            if (assignment := self._held.get(partition)) is not None:
                assignment.committed = offset

    def drain(self, partitions: Iterable[int], timeout: float) -> bool:
        """Wait until nothing of these partitions is in flight, at most `timeout` seconds; whether that is so."""
        wanted = [held for partition in partitions if (held := self.find(partition)) is not None]
        with self._changed:
            return self._changed.wait_for(lambda: not any(one.progress.in_flight for one in wanted), timeout)

    def revoke(self, partitions: Iterable[int]) -> list[Assignment]:
        """Partitions are taken away: results for them are not published from now on."""
        with self._changed:
            taken = [held for partition in partitions if (held := self._held.pop(partition, None)) is not None]
            for assignment in taken:
                assignment.revoked = True
            self._changed.notify_all()
        return taken
