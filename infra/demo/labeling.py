"""Whether frames wait for people: what the queue opened, what the console shows of it, what the archive keeps."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.blobs import BlobStore
from infra.demo.door import Door
from infra.demo.tally import Tally
from infra.demo.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Labeling:
    """Of each edge: tasks that are open, those that the console offers, images kept of them, inspections counted."""

    opened: Mapping[str, int]
    offered: Mapping[str, int]
    kept: Mapping[str, int]
    counted: Mapping[str, int]

    @property
    def waiting(self) -> int:
        """Tasks that the console offers, of all edges."""
        return sum(self.offered.values())


def look(watch: Watch, door: Door, blobs: BlobStore, edges: Sequence[str]) -> Labeling:
    """How labeling stands now; DemoError when the console does not answer."""
    watch.poll(0.1)
    now_us = time.time_ns() // 1000
    offered = door.waiting()
    tasks = {edge: watch.open_tasks(edge) for edge in edges}
    return Labeling(
        opened={edge: len(tasks[edge]) for edge in edges},
        offered={edge: offered.get(edge, 0) for edge in edges},
        kept={edge: sum(blobs.has(task.frame.sha256) for task in tasks[edge]) for edge in edges},
        counted={edge: door.inspected(edge, now_us) for edge in edges},
    )


def labeling_failures(labeling: Labeling, tallies: Sequence[Tally]) -> list[str]:
    """Every promise that is not kept (yet), in words."""
    found = []
    for tally in tallies:
        edge = tally.edge_id
        opened, offered, kept = labeling.opened[edge], labeling.offered[edge], labeling.kept[edge]
        if offered == 0:
            found.append(f"{edge}: no task waits for a label")
        if offered != opened:
            found.append(f"{edge}: {opened} tasks are open, the console offers {offered}")
        if kept != opened:
            found.append(f"{edge}: {opened} tasks are open, the archive keeps the images of {kept}")
        if labeling.counted[edge] != tally.inspected:
            found.append(f"{edge}: the console counts {labeling.counted[edge]} of {tally.inspected} inspections")
    return found
