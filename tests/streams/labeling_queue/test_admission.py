"""Admission: for which reasons, and which duplicates do not count."""

import pytest

from schemas.records import Box, FrameLocation, Inspection, Verdict
from streams.labeling_queue.admission import BOXES, near, packed, short
from streams.labeling_queue.events import Passed, chosen
from streams.labeling_queue.state import Rule
from tests.streams.labeling_queue.made import CAMERA, EDGE, Desk, inspected

SAMPLE_ALL = Rule(revision=1, sample_rate=1.0)
FLAT = [0.25] * 16


@pytest.mark.parametrize(
    ("verdict", "margin", "shadow", "reason"),
    [
        ("review", None, None, "review"),
        ("review", 0.3, "pass", "review"),
        ("pass", 0.3, "fail", "shadow_disagreement"),
        ("pass", 0.3, "pass", None),
        ("pass", -0.05, None, "near_threshold"),
        ("fail", 0.051, None, None),
        ("pass", None, None, None),
        ("error", 0.0, "fail", None),
    ],
)
def test_reasons(verdict: Verdict, margin: float | None, shadow: Verdict | None, reason: str | None) -> None:
    desk = Desk().take(inspected(1, verdict, margin=margin, shadow=shadow))
    assert [task.reason for task in desk.tasks.values()] == ([] if reason is None else [reason])


def test_the_random_sample_is_a_hash_of_the_frame() -> None:
    desk = Desk(Rule(revision=1, sample_rate=0.3))
    desk.take(*(inspected(n, "pass") for n in range(200)))
    assert desk.queue.open.keys() == {f"{CAMERA}/{n}" for n in range(200) if chosen("sample", f"{CAMERA}/{n}", 0.3)}
    assert 30 < len(desk.queue.open) < 90
    assert {task.reason for task in desk.tasks.values()} == {"random_sample"}


def test_a_task_says_all_that_a_labeler_needs() -> None:
    boxes = [Box(label="dent", x=n, y=2, w=3, h=4, score=n / 100) for n in range(20)]
    seen = inspected(1, defect_class="dent", score=0.7, boxes=boxes, part_id="p-1", product="x", embedding=FLAT)
    desk = Desk(Rule(revision=1, skill="scratches", draw_boxes=True)).take(seen)
    (task,) = desk.tasks.values()
    assert task.prediction is not None
    assert (task.prediction.label, task.prediction.score, len(task.prediction.boxes)) == ("dent", 0.7, BOXES)
    assert task.prediction.boxes[0].x == 19, "the surest first"
    assert (task.part_id, task.product, task.skill, task.frame) == ("p-1", "x", "scratches", seen.frame)
    assert task.changed_at_us == seen.inspected_at_us


def test_the_same_frame_and_the_same_image_are_asked_about_once() -> None:
    desk = Desk().take(inspected(1), inspected(1), inspected(2, content=f"{CAMERA}/1"), inspected(3))
    assert desk.queue.open.keys() == {f"{CAMERA}/1", f"{CAMERA}/3"}
    assert desk.queue.totals.dropped == {"seen_before": 1, "same_image": 1}


def look_alikes(*frames: Inspection) -> set[str]:
    return set(Desk(SAMPLE_ALL).take(*frames).queue.open)


def test_a_look_alike_of_an_open_task_is_dropped() -> None:
    other = [*FLAT[:-1], 0.2501]
    assert len(look_alikes(inspected(1, "pass", embedding=FLAT), inspected(2, "pass", embedding=other))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"embedding": [0.3] * 16},
        {"embedding": FLAT[:8]},
        {"embedding": []},
        {"score": 0.6},
        {"defect_class": "dent"},
        {"verdict": "fail"},
        {"camera": "cam-2"},
    ],
)
def test_what_differs_in_anything_the_model_sees_is_no_look_alike(change: dict[str, object]) -> None:
    values = {"verdict": "pass", "embedding": FLAT, **change}
    assert len(look_alikes(inspected(1, "pass", embedding=FLAT), inspected(2, **values))) == 2  # type: ignore[arg-type]


def test_reviews_of_distinct_parts_never_vanish() -> None:
    alike = [inspected(n, embedding=FLAT, part_id=f"p-{n}") for n in range(3)]
    assert len(look_alikes(*alike, inspected(4, embedding=FLAT), inspected(5, embedding=FLAT))) == 5
    again = [inspected(n, embedding=FLAT, part_id="p") for n in range(3)]
    assert len(look_alikes(*again)) == 1


def test_a_frame_that_is_nothing_to_ask_about_leaves_only_a_mark() -> None:
    desk = Desk().take(inspected(1, "pass"))
    assert desk.queue.cameras[CAMERA].sequence == 1
    desk.take(Passed({CAMERA: (1, 9), "cam-2": (1, 4)}), inspected(9), inspected(10))
    assert desk.queue.open.keys() == {f"{CAMERA}/10"}
    assert desk.queue.cameras["cam-2"].sequence == 4


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (inspected(1, camera="A b"), "camera id"),
        (inspected(-1), "below 0"),
        (inspected(1, frame=FrameLocation(topic="t", partition=0, offset=0, sha256="xyz")), "64 hex"),
        (inspected(1, part_id="p", defect_class="c", frame=FrameLocation(
            topic="t" * 2000, partition=0, offset=0, sha256="0" * 64)), "says"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(seen: Inspection, why: str) -> None:
    desk = Desk().take(seen)
    assert desk.queue.open == {}
    assert len(desk.refused) == 1
    assert why in desk.refused[0]


def test_numbers_that_go_back_under_a_later_epoch_are_refused() -> None:
    desk = Desk().take(inspected(5), inspected(3, epoch=2))
    assert "goes back" in desk.refused[0]


def test_long_names_stay_apart_and_bounded() -> None:
    assert short("a" * 500) != short("b" * 500)
    assert len(short("a" * 500) or "") == 64
    assert short(None) is None


def test_embeddings_that_can_not_be_compared_are_left_out() -> None:
    assert packed([float("nan"), 1.0]) == b""
    assert packed([1e9, -1e9]) == bytes.fromhex("ff7f0080")
    assert near((0, 0), (0, 0))


def test_another_edges_topic_is_kept() -> None:
    where = FrameLocation(topic="elsewhere", partition=1, offset=2, sha256="0" * 64)
    desk = Desk().take(inspected(1, frame=where))
    assert desk.tasks[f"{CAMERA}/1"].frame == where
    assert desk.queue.edge_id == EDGE
