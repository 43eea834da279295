"""What labels say about the line: labels, escapes and overkill by minute of capture, and agreement between people.

A frame has one finding: an escape (a defect class labeled though the verdict was pass), overkill (good labeled though
the verdict was fail), or none. It follows the label in force, the adjudication's or else the first one's, and its
corrections. Counts of a minute are absolute; a minute that was let go and comes back is begun anew under a writer of
its own (`labeling_queue+<n>`), which may then hold negative numbers: *the sum over all writers* of a minute is exact.
"""

from typing import Final

from streams.labeling_queue.agreement import is_good, kappa
from streams.labeling_queue.state import (
    PAIRS,
    WRITER,
    Answer,
    Finding,
    Minute,
    Notice,
    Queue,
    Task,
    add,
)
from streams.minute import minute_of

KAPPA_BOUND: Final = 0.6
KAPPA_PAIRS: Final = 30  # fewer say nothing


def count_label(queue: Queue, task: Task) -> Minute:
    """Count one label, or one correction, into its frame's minute."""
    minute = _minute(queue, minute_of(task.captured_at_us))
    minute.labels += 1
    minute.kappa = kappa(queue.pairs)
    return minute


def recount(queue: Queue, frame_id: str, task: Task, minute: Minute, at_us: int) -> None:
    """Bring a frame's finding in line with its label in force."""
    found = finding_of(task)
    if found == task.finding:
        return
    for finding, change in ((task.finding, -1), (found, 1)):
        if finding == "escape":
            minute.escapes += change
            queue.totals.escapes += change
            _notify_escape(queue, frame_id, task, change > 0, at_us)
        elif finding == "overkill":
            minute.overkill += change
            queue.totals.overkill += change
    task.finding = found


def finding_of(task: Task) -> Finding:
    """What the label in force says against the verdict."""
    answer = in_force(task)
    if answer is None or answer.category is None:
        return ""
    if task.verdict == "pass" and not is_good(answer.category):
        return "escape"
    return "overkill" if task.verdict == "fail" and is_good(answer.category) else ""


def in_force(task: Task) -> Answer | None:
    """The adjudication's answer, else the first one's; None while there is none."""
    return answer_in(task, "adjudication") or answer_in(task, "first")


def answer_in(task: Task, asked: str) -> Answer | None:
    """The decided answer of a round: labeled or unusable."""
    for answer in task.answers:
        if answer.round == asked and not answer.late and answer.outcome in ("labeled", "unusable"):
            return answer
    return None


def count_pair(queue: Queue, first: Answer, second: Answer, at_us: int) -> None:
    """Note what two people said of one frame, and whether agreement fell below the bound or rose above it."""
    if first.category is None or second.category is None:
        return
    queue.totals.second_labels += 1
    queue.pairs.append((first.category, second.category))
    del queue.pairs[:-PAIRS]
    value = kappa(queue.pairs)
    low = value is not None and value < KAPPA_BOUND and len(queue.pairs) >= KAPPA_PAIRS
    if low != queue.kappa_raised:
        queue.kappa_raised = low
        queue.notices.append(Notice("kappa", queue.edge_id, low, at_us, value, str(len(queue.pairs))))


def _notify_escape(queue: Queue, frame_id: str, task: Task, raised: bool, at_us: int) -> None:
    answer = in_force(task)
    label = answer.category if answer is not None else None
    queue.notices.append(Notice("escape", frame_id, raised, at_us, 1.0 if raised else 0.0, label or "no class"))


def _minute(queue: Queue, start: int) -> Minute:
    minutes = queue.minutes
    for index, minute in enumerate(minutes):
        if minute.minute_us == start:
            minutes.append(minutes.pop(index))
            return minutes[-1]
    minutes.append(_begun(queue, start))
    return minutes[-1]


def _begun(queue: Queue, start: int) -> Minute:
    if start > queue.latest_minute_us:
        queue.latest_minute_us = start
        return Minute(start, WRITER)
    queue.reopened += 1
    return Minute(start, f"{WRITER}+{queue.reopened}")


def ignore(queue: Queue, cause: str) -> None:
    """Count a label that changes nothing."""
    add(queue.totals.ignored, cause)
