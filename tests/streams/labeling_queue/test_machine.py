"""The queue as a state machine: no task is lost, opened twice or half closed, whatever comes, crashes and returns."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from schemas.records import Label, LabelingTask, Verdict
from schemas.records.labeling import LabelOutcome
from streams.labeling_queue.announce import tasks_of
from streams.labeling_queue.events import Answered, Asking, Event
from streams.labeling_queue.state import SPANS, Rule, Task, decode_state, encode_state
from streams.labeling_queue.step import step
from tests.streams.labeling_queue.made import (
    CAMERA,
    EDGE,
    START,
    Desk,
    corrected,
    inspected,
    labeled,
    requested,
)
from tests.streams.labeling_queue.model import Model

PEOPLE = tuple(f"person-{number}" for number in range(12))
VERDICTS: tuple[Verdict, ...] = ("pass", "fail", "review", "review", "error")
OUTCOMES: tuple[LabelOutcome, ...] = ("labeled", "labeled", "labeled", "unsure", "skipped", "unusable")
CLASSES = ("good", "dent", "scratch")


class QueueMachine(RuleBasedStateMachine):
    """Plays inspections, requests, people and crashes against the queue and the model."""

    @initialize(cap=st.integers(1, 4), second=st.sampled_from([0.0, 0.5, 1.0]))
    def begin(self, cap: int, second: float) -> None:
        rule = Rule(revision=1, sample_rate=0.0, second_label_rate=second, queue_cap=cap)
        self.desk, self.model = Desk(rule), Model(rule)
        self.log: list[Event] = []
        self.sequence = 0
        self.number = 0
        self.passed: dict[str, Label] = {}  # label id: those that passed a question on
        self.answers: dict[str, Label] = {}  # label id: as it stands, of labels that were decided

    def play(self, event: Event, crashes: int) -> None:
        """Take one event; a worker may die before it stored the step, or after that and before it said so."""
        if crashes & 1:
            step(EDGE, self.desk.state, [event])  # died: nothing stored, nothing said
        self.log.append(event)
        if crashes & 2:
            self.desk.queue, _ = step(EDGE, self.desk.state, [event])
            self.desk.state = encode_state(self.desk.queue)  # stored and died; a successor finds it and says it
            self.desk.announce()
            self.desk.announce()
        else:
            self.desk.take(event)

    def ranked(self) -> dict[str, Task]:
        """Open tasks before the step and after it: what the model needs to know of ranks."""
        return {**decode_state(self.desk.state or b"").open, **self.desk.queue.open}

    @rule(
        verdict=st.sampled_from(VERDICTS),
        margin=st.sampled_from([None, 0.0, 0.02, 0.2]),
        content=st.one_of(st.none(), st.integers(0, 3)),
        crashes=st.integers(0, 3),
    )
    def inspect(self, verdict: Verdict, margin: float | None, content: int | None, crashes: int) -> None:
        self.sequence += 1
        seen = inspected(self.sequence, verdict, margin=margin, content=content)
        before = dict(decode_state(self.desk.state or b"").open)
        alone, _ = step(EDGE, None, [Rule(revision=9, sample_rate=0.0), seen])
        self.play(seen, crashes)
        self.model.inspect(seen, {**before, **alone.open})

    @rule(ahead=st.integers(0, 2), back=st.integers(0, 8), crashes=st.integers(0, 3))
    def ask_for_a_frame(self, ahead: int, back: int, crashes: int) -> None:
        sequence = max(self.sequence + 1_000 * ahead - back, 0)
        self.number += 1
        request = requested(f"r-{self.number}", [sequence])
        before = dict(decode_state(self.desk.state or b"").open)
        self.play(Asking(request, self.next_offset()), crashes)
        self.model.ask(request, before)

    @precondition(lambda self: len(self.desk.queue.spans) < SPANS)
    @rule(limit=st.integers(1, 2))
    def ask_for_what_comes(self, limit: int) -> None:
        self.number += 1
        request = requested(f"r-{self.number}", from_us=START, limit=limit)
        self.play(Asking(request, self.next_offset()), 0)
        self.model.ask(request, {})

    def next_offset(self) -> int:
        return self.desk._next()

    @precondition(lambda self: self.model.open())
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), said=st.sampled_from(CLASSES), crashes=st.integers(0, 3))
    def answer(self, data: st.DataObject, outcome: LabelOutcome, said: str, crashes: int) -> None:
        frame_id = data.draw(st.sampled_from(sorted(self.model.open())))
        card = self.model.cards[frame_id]
        labeler = data.draw(st.sampled_from([person for person in PEOPLE if person not in card.excluded]))
        self.number += 1
        label = labeled(f"{frame_id}/{card.round}", said, labeler=labeler, token=self.number, outcome=outcome)
        assert label.task_id in self.desk.open_ids(), "the model asks for what nobody was asked"
        self.play(Answered(label, self.next_offset()), crashes)
        self.model.label(label)
        self.model.trim({**self.desk.queue.open, **self.desk.queue.closed})
        if outcome == "labeled":
            self.answers[label.label_id] = label
        elif outcome in ("unsure", "skipped"):
            self.passed[label.label_id] = label

    @precondition(lambda self: self.answers)
    @rule(data=st.data(), said=st.sampled_from(CLASSES))
    def correct(self, data: st.DataObject, said: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.answers)))
        label = self.answers[key]
        later = corrected(label, label.version + 1, said)
        self.play(Answered(later, self.next_offset()), 0)
        self.model.correct(later, str(label.task_id).rpartition("/")[2])
        self.answers[key] = _as_original(later, label)

    @precondition(lambda self: self.open_passed())
    @rule(data=st.data(), said=st.sampled_from(CLASSES), crashes=st.integers(0, 3))
    def think_again(self, data: st.DataObject, said: str, crashes: int) -> None:
        """Who passed a question answers it by a correction, before anybody else does."""
        label = self.passed.pop(data.draw(st.sampled_from(self.open_passed())))
        later = corrected(label, label.version + 1, said)
        self.play(Answered(later, self.next_offset()), crashes)
        self.model.decide(later)
        self.model.trim({**self.desk.queue.open, **self.desk.queue.closed})
        self.answers[label.label_id] = _as_original(later, label)

    def open_passed(self) -> list[str]:
        """Ids of labels that passed a question on which is still open."""
        asked = {f"{frame}/{card.round}" for frame, card in self.model.open().items()}
        return sorted(key for key, label in self.passed.items() if label.task_id in asked)

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def a_label_is_sent_twice(self, data: st.DataObject) -> None:
        """A console that saw no acknowledgement sends a label again: same id, a later offset."""
        sent = [event.label for event in self.log if isinstance(event, Answered)]
        self.play(Answered(data.draw(st.sampled_from(sent)), self.next_offset()), 0)

    @rule(back=st.integers(1, 12), together=st.booleans())
    def read_again(self, back: int, together: bool) -> None:
        """The latest events come again, as after a crash before their offsets were committed."""
        before, records = self.told(), len(self.desk.records)
        if together:
            self.desk.take(*self.log[-back:])
        else:
            for event in self.log[-back:]:
                self.desk.take(event)
        assert self.told() == before
        assert len(self.desk.records) == records

    @rule(cap=st.integers(1, 4))
    def the_policy_changes(self, cap: int) -> None:
        new = Rule(
            revision=self.model.rule.revision + 1,
            sample_rate=0.0,
            second_label_rate=self.model.rule.second_label_rate,
            queue_cap=cap,
        )
        open_before = set(self.model.open())
        self.play(new, 0)
        self.log.pop()  # policies are no records of the log: they come with every step
        self.model.rule = new
        gone = open_before - set(self.desk.queue.open)
        for frame_id in gone:
            assert not (self.model.cards[frame_id].requested and self.model.cards[frame_id].round == "first")
            self.model.close(frame_id, "displaced")
        assert not gone or len(self.desk.queue.open) >= cap

    def told(self) -> dict[str, tuple[str, str, int, str]]:
        known = {**self.desk.queue.open, **self.desk.queue.closed}
        return {frame: (task.round, task.state, task.revision, task.finding) for frame, task in known.items()}

    @invariant()
    def a_reader_knows_the_pile(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.desk.open_ids() == {f"{frame}/{card.round}" for frame, card in self.model.open().items()}
        assert self.desk.refused == []

    @invariant()
    def nothing_is_half_closed(self) -> None:
        if not hasattr(self, "model"):
            return
        queue = self.desk.queue
        assert not queue.open.keys() & queue.closed.keys()
        for frame_id, task in self.desk.tasks.items():
            card = self.model.cards[frame_id]
            assert (task.state == "closed") == (task.close_reason is not None) == (not card.open), frame_id
            assert card.open or (task.close_reason or "").startswith(card.why)
            assert set(task.excluded_labelers) == set(card.excluded), frame_id

    @invariant()
    def revisions_rise_and_rounds_close_before_the_next_opens(self) -> None:
        if not hasattr(self, "model"):
            return
        told: dict[str, tuple[int, str, bool]] = {}
        firsts: dict[str, LabelingTask] = {}
        for record in self.desk.records:  # a reader drops what it has seen
            firsts.setdefault(record.event_id, record)
        for record in firsts.values():
            revision, asked, closed = told.get(record.frame_id, (0, record.round, True))
            assert record.revision >= revision, record
            if record.revision > revision and record.round != asked:
                assert closed, f"{record.task_id} opened while {asked} was open"
            told[record.frame_id] = (record.revision, record.round, record.state == "closed")

    @invariant()
    def the_cap_holds(self) -> None:
        if not hasattr(self, "model"):
            return
        pile = self.desk.queue.open.values()
        assert len(pile) <= self.model.rule.cap or all(task.requested for task in pile)

    @invariant()
    def counts_are_those_of_the_cards(self) -> None:
        if not hasattr(self, "model"):
            return
        model = self.model
        assert self.desk.sums() == (model.labels, model.findings("escape"), model.findings("overkill"))
        assert self.desk.queue.pairs == model.pairs
        assert {frame: task.finding for frame, task in self.desk.queue.closed.items() if task.finding} == {
            frame: card.finding for frame, card in model.cards.items() if card.finding and not card.open
        }


def _as_original(later: Label, original: Label) -> Label:
    return replace(later, label_id=original.label_id, round=original.round)


QueueMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestQueue = QueueMachine.TestCase


def test_a_state_says_the_same_each_time_it_is_asked() -> None:
    desk = Desk().take(inspected(1), inspected(2))
    assert [task.frame_id for task in tasks_of(desk.queue)] == [f"{CAMERA}/1", f"{CAMERA}/2"]
    assert list(tasks_of(desk.queue)) == list(tasks_of(desk.queue))
