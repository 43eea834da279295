"""What a label does to the question it answers.

first -> closed, or for a share of the labeled ones a second, blind round; when the two disagree, an adjudication.
Unsure and skipped pass the question on to somebody else, with a lower priority, up to PASSES times; then it is closed
as unusable. Who answered or passed is never asked about that frame again.

A label that nobody asked for any more (the question was displaced, another answer came first) is counted and changes
nothing, but for a first label of a displaced frame: that one says as much as any. A correction replaces what it
corrects; findings are counted again as long as the frame is remembered. Who passed a question that is still open and
then answers it by a correction has answered it.
"""

from typing import Final

from schemas.records import Label
from streams.labeling_queue.admission import ImpossibleEventError, drawn, short
from streams.labeling_queue.agreement import agree, category_of, kappa
from streams.labeling_queue.counts import answer_in, count_label, count_pair, ignore, recount
from streams.labeling_queue.events import Answered, chosen
from streams.labeling_queue.rank import passed_on, priority_of
from streams.labeling_queue.room import change, close, next_round
from streams.labeling_queue.state import Answer, Asked, Queue, Task, add

PASSES: Final = 3
EXPERT: Final = "expert"
_LATE: Final = 8  # late answers remembered of one frame; beyond they are strays
_BOXES: Final = 32  # of an answer, kept until they were compared
_EXCLUDED: Final = 16

LABELED: Final = "labeled"
AGREED: Final = "agreed: two people said the same"
DISAGREED: Final = "disagreed: two people said different things"
ADJUDICATED: Final = "adjudicated"
SETTLED: Final = "settled: a correction made both labels agree"
UNUSABLE: Final = "unusable: the labeler says that the image can't be judged"
GAVE_UP: Final = f"gave_up: unusable, {PASSES} people were unsure or skipped it"


def take_label(queue: Queue, answered: Answered) -> None:
    """Take one label; ImpossibleEventError for one that must not be."""
    label = answered.label
    if answered.offset <= queue.labels.offset:
        ignore(queue, "seen_before")
        return
    queue.labels.offset = answered.offset
    frame_id = label.frame_id
    task = None if frame_id is None else queue.find(frame_id)
    if frame_id is None or label.round == "imported":
        ignore(queue, "imported")
    elif task is None:
        ignore(queue, "not_remembered")
    elif label.round == "correction":
        _correct(queue, frame_id, task, label)
    else:
        _answer(queue, frame_id, task, label)


def _answer(queue: Queue, frame_id: str, task: Task, label: Label) -> None:
    label_id = _own_part(label.label_id, frame_id)
    if any(known.label_id == label_id for known in task.answers):
        ignore(queue, "seen_before")
        return
    asked: Asked = "first" if label.round == "first" else "second" if label.round == "second" else "adjudication"
    if asked != task.round or answer_in(task, asked) is not None or (task.state == "closed" and asked != "first"):
        _late(queue, task, label, label_id, asked)
        return
    if short(label.labeler) in excluded(task):
        raise ImpossibleEventError(f"{label.labeler} answered {label.task_id} again: that opinion is already known")
    add(queue.totals.labels, label.outcome)
    answer = _as_answer(label, label_id, asked)
    task.answers.append(answer)
    if label.outcome in ("unsure", "skipped"):
        _pass_on(queue, frame_id, task, label)
        return
    _decided(queue, frame_id, task, answer, label.labeled_at_us)
    _forget_boxes(queue, frame_id, task)


def _decided(queue: Queue, frame_id: str, task: Task, answer: Answer, at_us: int) -> None:
    """Count an answer that says what the image shows, and go on with the question it answers while that is open."""
    minute = count_label(queue, task)
    recount(queue, frame_id, task, minute, at_us)
    if frame_id in queue.open and task.round == answer.round and not answer.late:
        _go_on(queue, frame_id, task, answer, at_us)
        minute.kappa = kappa(queue.pairs)


def _late(queue: Queue, task: Task, label: Label, label_id: str, asked: Asked) -> None:
    if sum(answer.late for answer in task.answers) >= _LATE:
        ignore(queue, "not_remembered")
        return
    answer = _as_answer(label, label_id, asked)
    answer.late, answer.boxes = True, []
    task.answers.append(answer)
    add(queue.totals.labels, label.outcome)
    ignore(queue, "late")
    if label.outcome in ("labeled", "unusable"):
        count_label(queue, task)


def _go_on(queue: Queue, frame_id: str, task: Task, answer: Answer, at_us: int) -> None:
    if answer.round == "adjudication":
        close(queue, frame_id, ADJUDICATED, at_us)
    elif answer.round == "second":
        _compare(queue, frame_id, task, answer, at_us)
    elif answer.outcome == "unusable":
        close(queue, frame_id, UNUSABLE, at_us)
    elif chosen("second", frame_id, queue.rule.second_label_rate):
        next_round(queue, task, "second", "second_label", LABELED, at_us)
        _rate(queue, task)
    else:
        close(queue, frame_id, LABELED, at_us)


def _compare(queue: Queue, frame_id: str, task: Task, second: Answer, at_us: int) -> None:
    first = answer_in(task, "first")
    if first is None:  # whoever answered first has taken it back: this is the only opinion there is
        close(queue, frame_id, LABELED if second.outcome == "labeled" else UNUSABLE, at_us)
        return
    count_pair(queue, first, second, at_us)
    if agree(first, second):
        close(queue, frame_id, AGREED, at_us)
        return
    queue.totals.disagreements += 1
    next_round(queue, task, "adjudication", "adjudication", DISAGREED, at_us)
    _rate(queue, task)
    task.skill = None if task.skill is None else EXPERT


def _pass_on(queue: Queue, frame_id: str, task: Task, label: Label) -> None:
    if frame_id not in queue.open:
        return
    task.passed.append(short(label.labeler) or "")
    task.passes += 1
    if task.passes >= PASSES:
        close(queue, frame_id, GAVE_UP, label.labeled_at_us)
        return
    task.state, task.priority = "reopened", passed_on(task.priority)
    if label.outcome == "unsure" and task.skill is not None:
        task.skill = EXPERT
    change(task, label.labeled_at_us)


def _correct(queue: Queue, frame_id: str, task: Task, label: Label) -> None:
    label_id = _own_part(label.label_id.rpartition("/v")[0], frame_id)
    answer = next((known for known in task.answers if known.label_id == label_id), None)
    if answer is None:
        ignore(queue, "not_remembered")
    elif label.version <= answer.version:
        ignore(queue, "seen_before")
    else:
        corrected = _as_answer(label, label_id, answer.round)
        passed = answer.outcome in ("unsure", "skipped")
        answer.version, answer.outcome = corrected.version, corrected.outcome
        answer.category, answer.boxes = corrected.category, corrected.boxes
        add(queue.totals.labels, "corrected")
        if passed and answer.outcome in ("labeled", "unusable"):
            _decided(queue, frame_id, task, answer, label.labeled_at_us)
        else:
            recount(queue, frame_id, task, count_label(queue, task), label.labeled_at_us)
        _settle(queue, frame_id, task, label.labeled_at_us)
        _forget_boxes(queue, frame_id, task)


def _settle(queue: Queue, frame_id: str, task: Task, at_us: int) -> None:
    first, second = answer_in(task, "first"), answer_in(task, "second")
    open_adjudication = frame_id in queue.open and task.round == "adjudication"
    if open_adjudication and first is not None and second is not None and agree(first, second):
        close(queue, frame_id, SETTLED, at_us)


def _as_answer(label: Label, label_id: str, asked: Asked) -> Answer:
    category = short(category_of(label)) if label.outcome == "labeled" else None
    boxes = drawn(label.boxes)[:_BOXES]
    return Answer(label_id, asked, short(label.labeler) or "", label.version, label.outcome, category, boxes)


def _rate(queue: Queue, task: Task) -> None:
    boxes = 0 if task.prediction is None else len(task.prediction.boxes)
    task.priority = priority_of(task.reason, None, draw_boxes=queue.rule.draw_boxes, boxes=boxes)


def _forget_boxes(queue: Queue, frame_id: str, task: Task) -> None:
    if frame_id not in queue.open:
        for answer in task.answers:
            answer.boxes = []


def _own_part(label_id: str, frame_id: str) -> str:
    return short(label_id.removeprefix(f"{frame_id}/")) or ""


def excluded(task: Task) -> list[str]:
    """Who must not be asked about this frame any more, in order."""
    people = [*(answer.labeler for answer in task.answers if not answer.late), *task.passed]
    return list(dict.fromkeys(people))[:_EXCLUDED]
