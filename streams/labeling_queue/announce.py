"""What a stored state has to say: tasks, minutes and alarms that changed in its last step.

Several topics meet in this processor, and how their records interleave may differ when they are read again. Were
outputs sent before the state is stored, a step that crashed in between could leave behind an open task that its
repetition never opens. So the state is stored first, marked with what it has yet to say, and only what a stored state
says is sent: a pure function of it. The marks go with the next state, which is written after these outputs were
acknowledged; a worker that takes over says them once more.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from schemas.identifiers import parse_frame_id
from schemas.records import Alarm, Box, EdgeStatistics, LabelingTask, Prediction
from streams.labeling_queue.answers import excluded
from streams.labeling_queue.counts import KAPPA_BOUND
from streams.labeling_queue.state import Ending, Minute, Notice, Queue, Seen, Task, location_of

# The camera_id of what belongs to an edge as a whole.
WHOLE_EDGE = "*"


def tasks_of(queue: Queue) -> Iterator[LabelingTask]:
    """Every change of a task, of one frame in order."""
    for frame_id, task in (*queue.open.items(), *queue.closed.items()):
        for ending in task.endings:
            yield _ended(queue.edge_id, frame_id, task, ending)
        if task.published < task.revision:
            yield task_record(queue.edge_id, frame_id, task)


def minutes_of(queue: Queue) -> Iterator[EdgeStatistics]:
    """Every minute whose numbers changed."""
    for minute in queue.minutes:
        if minute.published < minute.labels:
            yield _statistics(queue.edge_id, minute)


def alarms_of(queue: Queue) -> Iterator[Alarm]:
    """Alarms raised and cleared."""
    for notice in queue.notices:
        yield _escape(queue.edge_id, notice) if notice.kind == "escape" else _kappa(queue.edge_id, notice)


def has_news(queue: Queue) -> bool:
    """Whether a state has anything to say."""
    return any(True for said in (tasks_of, minutes_of, alarms_of) for _ in said(queue))


def task_record(edge_id: str, frame_id: str, task: Task) -> LabelingTask:
    """A task as it stands."""
    camera_id, sequence = parse_frame_id(frame_id)
    return LabelingTask(
        task_id=f"{frame_id}/{task.round}",
        edge_id=edge_id,
        camera_id=camera_id,
        sequence=sequence,
        captured_at_us=task.captured_at_us,
        frame=location_of(edge_id, task),
        state=task.state,
        revision=task.revision,
        changed_at_us=task.changed_at_us,
        reason=task.reason,
        round=task.round,
        priority=task.priority,
        skill=task.skill,
        part_id=task.part_id,
        product=task.product,
        request_id=task.request_id,
        prediction=_prediction(task.prediction),
        verdict=task.verdict,
        excluded_labelers=excluded(task),
        close_reason=task.close_reason,
    )


def _ended(edge_id: str, frame_id: str, task: Task, ending: Ending) -> LabelingTask:
    return replace(
        task_record(edge_id, frame_id, task),
        task_id=f"{frame_id}/{ending.round}",
        state="closed",
        revision=ending.revision,
        changed_at_us=ending.changed_at_us,
        reason=ending.reason,
        round=ending.round,
        priority=ending.priority,
        excluded_labelers=[],
        close_reason=ending.close_reason,
    )


def _prediction(seen: Seen | None) -> Prediction | None:
    if seen is None:
        return None
    boxes = [Box(label=label, x=x, y=y, w=w, h=h, score=score) for label, x, y, w, h, score in seen.boxes]
    return Prediction(label=seen.label, score=seen.score, boxes=boxes)


def _statistics(edge_id: str, minute: Minute) -> EdgeStatistics:
    return EdgeStatistics(
        edge_id=edge_id,
        camera_id=WHOLE_EDGE,
        minute_us=minute.minute_us,
        writer=minute.writer,
        closed=False,
        labels=minute.labels,
        escapes=minute.escapes,
        overkill=minute.overkill,
        kappa=minute.kappa,
    )


def _escape(edge_id: str, notice: Notice) -> Alarm:
    found = f"frame {notice.subject} passed, and a person says {notice.detail}: look at the parts made around it"
    gone = f"frame {notice.subject} is no escape any more: its label was corrected"
    return Alarm(
        alarm_id=f"escape/{notice.subject}",
        kind="escape",
        severity="critical",
        raised=notice.raised,
        at_us=notice.at_us,
        edge_id=edge_id,
        camera_id=parse_frame_id(notice.subject)[0],
        message=found if notice.raised else gone,
        value=notice.value,
        bound=0.0,
    )


def _kappa(edge_id: str, notice: Notice) -> Alarm:
    low = f"people agree too little over the last {notice.detail} second labels: look at the guide and at disagreements"
    return Alarm(
        alarm_id=f"kappa/{edge_id}",
        kind="kappa",
        severity="warning",
        raised=notice.raised,
        at_us=notice.at_us,
        edge_id=edge_id,
        message=low if notice.raised else f"people agree again over the last {notice.detail} second labels",
        value=notice.value,
        bound=KAPPA_BOUND,
    )
