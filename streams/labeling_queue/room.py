"""Places in the queue: opening, displacing, closing, and changing questions."""

from typing import Final

from schemas.records.labeling import TaskReason
from streams.labeling_queue.rank import rank
from streams.labeling_queue.state import MINUTES, REMEMBERED, Asked, Ending, Queue, Task, add

DISPLACED: Final = "displaced: the queue was full and this question ranked lowest"
NO_PLACE: Final = "no_place: every open task of this edge is requested; ask again when some are answered"
NEVER_KEPT: Final = "crowded_out"


def put(queue: Queue, frame_id: str, task: Task, at_us: int) -> None:
    """Give a frame a place, or tell why it has none.

    A full queue closes its lowest-ranked unrequested task for a newcomer that ranks higher, or that was requested.
    """
    if len(queue.open) >= queue.rule.cap:
        victim = _lowest(queue)
        lower = victim is None or rank(frame_id, task) <= rank(victim, queue.open[victim])
        if not task.requested and lower:
            add(queue.totals.dropped, NEVER_KEPT)
            return
        if victim is None:
            _refuse(queue, frame_id, task, at_us)
            return
        _displace(queue, victim, at_us)
    queue.closed.pop(frame_id, None)
    queue.open[frame_id] = task
    add(queue.totals.opened, task.reason)


def trim(queue: Queue) -> None:
    """When the cap fell: close the lowest-ranked until it holds, or only requested ones are left."""
    while len(queue.open) > queue.rule.cap and (victim := _lowest(queue)) is not None:
        # No event says this: its time is that of the latest change before.
        _displace(queue, victim, max(task.changed_at_us for task in queue.open.values()))


def close(queue: Queue, frame_id: str, why: str, at_us: int) -> None:
    """Close a frame's question for good."""
    _end(queue, frame_id, queue.open.pop(frame_id), why, at_us)


def _displace(queue: Queue, frame_id: str, at_us: int) -> None:
    if queue.open[frame_id].published:
        close(queue, frame_id, DISPLACED, at_us)
        return
    # Opened in this very step: nobody was ever asked, so there is nothing to close.
    task = queue.open.pop(frame_id)
    add(queue.totals.opened, task.reason, -1)
    add(queue.totals.dropped, NEVER_KEPT)


def _refuse(queue: Queue, frame_id: str, task: Task, at_us: int) -> None:
    add(queue.totals.dropped, "no_place")
    queue.closed.pop(frame_id, None)
    _end(queue, frame_id, task, NO_PLACE, at_us)


def _end(queue: Queue, frame_id: str, task: Task, why: str, at_us: int) -> None:
    task.state, task.close_reason, task.embedding = "closed", why, b""
    for answer in task.answers:
        answer.boxes = []
    change(task, at_us)
    add(queue.totals.closed, code_of(why))
    queue.closed[frame_id] = task


def next_round(queue: Queue, task: Task, asked: Asked, reason: TaskReason, why: str, at_us: int) -> None:
    """Close the current round and open another about the same frame; `priority` is the caller's to set."""
    change(task, at_us)
    task.endings.append(Ending(task.round, task.reason, task.revision, at_us, task.priority, why))
    add(queue.totals.closed, code_of(why))
    task.round, task.reason, task.state, task.passes = asked, reason, "opened", 0
    change(task, at_us)
    add(queue.totals.opened, reason)


def change(task: Task, at_us: int) -> None:
    """Note that a task changed."""
    task.revision += 1
    task.changed_at_us = at_us


def code_of(why: str) -> str:
    """The first word of a close reason, by which it is counted."""
    return why.partition(":")[0]


def announced(queue: Queue) -> None:
    """Take note that everything this state has to say was said; forget what nobody needs any more."""
    for task in (*queue.open.values(), *queue.closed.values()):
        task.published = task.revision
        task.endings.clear()
    for minute in queue.minutes:
        minute.published = minute.labels
    del queue.minutes[:-MINUTES]
    queue.notices.clear()
    for frame_id in list(queue.closed)[: max(len(queue.closed) - REMEMBERED, 0)]:
        queue.forgotten = max(queue.forgotten, queue.closed.pop(frame_id).revision)


def _lowest(queue: Queue) -> str | None:
    ranked = ((rank(frame_id, task), frame_id) for frame_id, task in queue.open.items() if not task.requested)
    return min(ranked, default=(None, None))[1]
