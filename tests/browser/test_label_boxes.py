"""Boxes: by drag, by four extreme points, by keys alone; edited, undone, kept."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schemas.records import Box
from schemas.records.labeling import Prediction
from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.label_page import LabelPage, is_draft_with
from tests.browser.plant import Edge, Plant
from tests.integration.edge_line import wait_until

DENT = Prediction(label="dent", score=0.9, boxes=[Box(label="dent", x=70, y=50, w=60, h=60, score=0.9)])


@pytest.fixture
def edge(plant: Plant, unique: str) -> Edge:
    """Four frames whose labels need boxes."""
    made = plant.edge(unique, frames=4, draw_boxes=True)
    made.ask_all(prediction=DENT, verdict="fail")
    return made


def drawn(page: LabelPage) -> list[tuple[str | None, list[Box]]]:
    """Class and boxes of each label in the topic."""
    page.sent()
    return [(one.label, one.boxes) for one in page.edge.labels()]


def near(box: Box, label: str, x: int, y: int, w: int, h: int) -> bool:
    """Whether a box lies there, give or take the two pixels of a hand on a screen."""
    pairs = zip((box.x, box.y, box.w, box.h), (x, y, w, h), strict=True)
    return box.label == label and box.score is None and all(abs(one - other) <= 2 for one, other in pairs)


def test_a_box_by_drag_and_enter(label: LabelPage) -> None:
    label.press("b")
    label.drag(0, (220, 150), (340, 240))
    label.press("2", "Enter")
    label.shows(1)
    ((word, (box,)),) = drawn(label)
    assert word == "scratch"
    assert near(box, "scratch", 220, 150, 120, 90)


def test_a_box_by_four_extreme_points(label: LabelPage) -> None:
    label.press("e")
    for point in [(100, 50), (70, 80), (100, 110), (130, 80)]:
        label.page.mouse.click(*label.at(0, *point))
    label.press("3", "Enter")
    label.shows(1)
    ((word, (box,)),) = drawn(label)
    assert word == "dent"
    assert near(box, "dent", 70, 50, 60, 60)


def test_boxes_by_keyboard_alone(label: LabelPage) -> None:
    label.press("n")
    label.has_boxes("scratch, 80 x 60 pixels at 160, 120")
    label.press("ArrowRight", "Shift+ArrowRight", "ArrowUp", "Shift+ArrowDown")
    label.has_boxes("scratch, 80 x 60 pixels at 171, 129")
    label.press("Control+ArrowRight", "Control+Shift+ArrowUp")
    label.has_boxes("scratch, 81 x 50 pixels at 171, 129")
    label.press("n", "3")
    label.has_boxes("scratch, 81 x 50 pixels at 171, 129", "dent, 80 x 60 pixels at 160, 120")
    label.press("Escape", "Tab", "Tab", "Delete")
    label.has_boxes("scratch, 81 x 50 pixels at 171, 129")
    label.press("Control+z")
    expect(label.boxes()).to_have_count(2)
    label.press("Enter")
    label.shows(1)
    ((_, boxes),) = drawn(label)
    assert boxes == [Box(label="scratch", x=171, y=129, w=81, h=50), Box(label="dent", x=160, y=120, w=80, h=60)]


def test_boxes_that_the_server_has_are_still_there_after_a_look_at_the_last_label(label: LabelPage) -> None:
    label.press("n", "Enter")
    label.shows(1)
    with label.page.expect_response(lambda answer: is_draft_with(answer, '"boxes":[{')) as saved:
        label.press("n")
    assert saved.value.status == 204
    label.has_boxes("scratch, 80 x 60 pixels at 160, 120")
    label.press("Escape", "Escape", "z")
    label.shows(0)
    label.press("Escape")
    label.shows(1)
    label.has_boxes("scratch, 80 x 60 pixels at 160, 120")


def test_tab_leaves_the_image_after_the_last_box(label: LabelPage) -> None:
    label.press("n", "Escape", "Tab")
    expect(label.boxes().first).to_have_attribute("aria-pressed", "true")
    label.press("Tab")
    assert label.page.evaluate("document.activeElement.getAttribute('data-tool')") is None


def test_a_frame_without_boxes_needs_its_class(label: LabelPage) -> None:
    label.press("Enter")
    label.says("Choose the image's class with a key, or draw a box.")
    label.press("1", "Enter")
    label.shows(1)
    assert drawn(label) == [("good", [])]


def test_the_prediction_is_taken_over_moved_and_submitted(label: LabelPage) -> None:
    label.press(" ")
    label.has_boxes("dent, 60 x 60 pixels at 70, 50")
    label.press("Tab", "ArrowLeft", "Enter")
    label.shows(1)
    assert drawn(label) == [("dent", [Box(label="dent", x=69, y=50, w=60, h=60)])]


def test_a_chosen_box_is_moved_and_resized_by_hand(label: LabelPage) -> None:
    label.press(" ", "Tab")
    label.drag(0, (100, 80), (150, 100))
    label.has_boxes("dent, 60 x 60 pixels at 120, 70")
    label.drag(0, (180, 130), (200, 160))
    label.press("Enter")
    label.shows(1)
    ((_, (box,)),) = drawn(label)
    assert near(box, "dent", 120, 70, 80, 90)


def test_boxes_drawn_zoomed_in_are_the_images_pixels(label: LabelPage) -> None:
    label.press("b", "+", "+", "+", "+")
    middle = label.at(0, 200, 150)
    label.page.mouse.move(*middle)
    label.page.mouse.down()
    label.page.mouse.move(middle[0] + 200, middle[1] + 100, steps=4)
    label.page.mouse.up()
    label.press("0", "Enter")
    label.shows(1)
    box_on_screen = label.stage(1).locator("canvas").first.bounding_box()
    assert box_on_screen is not None
    scale = min(box_on_screen["width"] / 400, box_on_screen["height"] / 300) * 1.4**4
    ((_, (box,)),) = drawn(label)
    assert near(box, "scratch", 200, 150, round(200 / scale), round(100 / scale))


def test_boxes_survive_a_reload_and_a_closed_window(
    label: LabelPage, open_page: OpenPage, plant: Plant, edge: Edge
) -> None:
    label.press("n", "3", "ArrowRight")
    label.open()
    label.shows(0)
    label.has_boxes("dent, 80 x 60 pixels at 161, 120")
    with label.page.expect_response(lambda answer: is_draft_with(answer, '"x":162')):
        label.press("Tab", "ArrowRight")
    name = label.page.request.get(f"{plant.url}/api/session").json()["person"]["name"]
    label.page.context.close()
    other = LabelPage(open_page(name), plant.url, edge).open()
    other.shows(0)
    other.has_boxes("dent, 80 x 60 pixels at 162, 120")


def finger_drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger that comes to rest before it lifts: one that does not is a fling, which swallows the next tap."""
    touch = page.context.new_cdp_session(page)
    began = time.time() - 2.0
    steps = [
        ("touchStart", [start]),
        ("touchMove", [end]),
        ("touchMove", [end]),
        ("touchMove", [end]),
        ("touchEnd", []),
    ]
    for number, (kind, points) in enumerate(steps):
        places = [{"x": x, "y": y} for x, y in points]
        at = {"type": kind, "touchPoints": places, "timestamp": began + number * 0.3}
        touch.send("Input.dispatchTouchEvent", at)


def test_fingers_draw_boxes_and_press_large_targets(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, edge: Edge
) -> None:
    tablet: dict[str, Any] = {"viewport": {"width": 1024, "height": 768}, "has_touch": True, "is_mobile": True}
    label = LabelPage(open_page(make_person(), **tablet), plant.url, edge).open()
    label.shows(0)
    page = label.page
    page.get_by_role("button", name="Box by drag").tap()
    finger_drag(page, label.at(0, 60, 60), label.at(0, 160, 140))
    expect(label.boxes()).to_have_count(1)
    submit = page.get_by_role("button", name="Submit")
    for target in (submit, page.get_by_role("button", name="Unsure"), label.boxes().first):
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    submit.tap()
    label.shows(1)
    wait_until(lambda: len(edge.labels()) == 1, "the label")
    ((_, (box_drawn,)),) = drawn(label)
    assert near(box_drawn, "scratch", 60, 60, 100, 80)
