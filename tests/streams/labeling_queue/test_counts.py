"""Counts: escapes and overkill follow corrections exactly, and kappa raises its alarm."""

from schemas.records import Verdict
from streams.labeling_queue.counts import KAPPA_PAIRS
from streams.labeling_queue.state import MINUTES, REMEMBERED, Rule
from tests.streams.labeling_queue.made import CAMERA, MINUTE, START, Desk, corrected, inspected, labeled

FIRST = f"{CAMERA}/1/first"
TWICE = Rule(revision=1, sample_rate=0.0, near_threshold=0.05, second_label_rate=1.0)


def judged(verdict: Verdict, label: str | None) -> tuple[int, int, int]:
    return Desk().take(inspected(1, verdict, margin=0.0)).label(labeled(FIRST, label)).sums()


def test_an_escape_passed_and_overkill_failed() -> None:
    assert judged("pass", "dent") == (1, 1, 0)
    assert judged("pass", "good") == (1, 0, 0)
    assert judged("fail", "OK") == (1, 0, 1)
    assert judged("fail", None) == (1, 0, 1)
    assert judged("fail", "dent") == (1, 0, 0)
    assert judged("review", "dent") == (1, 0, 0)


def test_an_escape_raises_an_alarm_and_its_correction_clears_it() -> None:
    first = labeled(FIRST, "dent")
    desk = Desk().take(inspected(1, "pass", margin=0.0)).label(first).label(corrected(first, 2, "good"))
    assert [(alarm.alarm_id, alarm.raised) for alarm in desk.alarms] == [
        *((f"escape/{CAMERA}/1", True), (f"escape/{CAMERA}/1", False)),
    ]
    assert "dent" in desk.alarms[0].message
    assert desk.sums() == (2, 0, 0)


def test_the_adjudication_is_in_force() -> None:
    desk = Desk(TWICE).take(inspected(1, "pass", margin=0.0)).label(labeled(FIRST, "dent"))
    desk.label(labeled(f"{CAMERA}/1/second", "good", labeler="bob"))
    assert desk.sums() == (2, 1, 0)
    desk.label(labeled(f"{CAMERA}/1/adjudication", "good", labeler="eve"))
    assert desk.sums() == (3, 0, 0)


def test_a_minute_let_go_goes_on_under_another_writer_and_the_sum_is_exact() -> None:
    first = labeled(f"{CAMERA}/0/first", "dent")
    desk = Desk(Rule(revision=1, second_label_rate=0.0))
    numbers = range(MINUTES + 10)
    assert len(numbers) < REMEMBERED
    for number in numbers:
        desk.take(inspected(number, "pass", margin=0.0, at_us=START + number * MINUTE))
        desk.label(first if number == 0 else labeled(f"{CAMERA}/{number}/first", "dent"))
    desk.label(corrected(first, 2, "good"))
    writers = {minute.writer for minute in desk.minutes.values()}
    assert writers == {"labeling_queue", "labeling_queue+1"}
    assert min(minute.escapes for minute in desk.minutes.values()) == -1
    assert desk.sums() == (MINUTES + 11, MINUTES + 9, 0)
    assert len(desk.queue.minutes) <= MINUTES + 1


def test_every_change_of_a_minute_has_an_event_id_of_its_own() -> None:
    first = labeled(FIRST, "dent")
    desk = Desk().take(inspected(1, "pass", margin=0.0)).label(first)
    (before,) = desk.minutes.values()
    desk.label(corrected(first, 2, "good"))
    (after,) = desk.minutes.values()
    assert (before.key, before.camera_id) == (after.key, "*")
    assert before.event_id != after.event_id


def test_too_little_agreement_raises_one_alarm_and_clears_it() -> None:
    desk = Desk(TWICE)
    said = {number: ("dent", "good" if number < KAPPA_PAIRS else "dent") for number in range(200)}
    for number, (one, other) in said.items():
        frame = f"{CAMERA}/{number}"
        desk.take(inspected(number)).label(labeled(f"{frame}/first", "good" if number % 2 else one))
        desk.label(labeled(f"{frame}/second", "good" if number % 2 else other, labeler="bob"))
    raised = [(alarm.kind, alarm.raised) for alarm in desk.alarms]
    assert raised == [("kappa", True), ("kappa", False)]
    assert desk.alarms[0].bound == 0.6
    assert desk.alarms[0].value < 0.6 <= desk.alarms[1].value
    assert max((minute.minute_us, minute.kappa) for minute in desk.minutes.values())[1] is not None
