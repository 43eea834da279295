"""Label by keyboard alone: every key, and what it puts into the topic `labels`."""

import pytest
from playwright.sync_api import expect

from schemas.records import Box, Label
from schemas.records.labeling import Prediction
from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.label_page import LabelPage, is_draft_with
from tests.browser.plant import Edge, Plant
from tests.integration.edge_line import wait_until

SCRATCH = Prediction(label="scratch", score=0.8, boxes=[Box(label="scratch", x=40, y=30, w=80, h=60, score=0.8)])


@pytest.fixture
def edge(plant: Plant, unique: str) -> Edge:
    """Twelve frames with a prediction, all asked about."""
    made = plant.edge(unique, frames=12)
    made.ask_all(prediction=SCRATCH, verdict="review")
    return made


def labels(page: LabelPage, count: int) -> list[Label]:
    """The labels in the topic, once there are so many."""
    wait_until(lambda: len(page.edge.labels()) >= count, f"{count} labels")
    found = page.edge.labels()
    assert len(found) == count
    return found


def test_a_number_labels_submits_and_shows_the_next(label: LabelPage) -> None:
    for number, key in enumerate(["1", "2", "3", "1"]):
        label.shows(number)
        label.press(key)
    label.shows(4)
    found = labels(label, 4)
    assert [one.label for one in found] == ["good", "scratch", "dent", "good"]
    assert [one.frame_id for one in found] == [label.edge.frame(number) for number in range(4)]
    assert all(one.prediction_shown == SCRATCH for one in found)
    assert {(one.image_width, one.image_height) for one in found} == {(400, 300)}
    assert all(0 < one.seconds_taken < 300 for one in found)
    expect(label.page.get_by_text("Mine today")).to_be_visible()


def test_a_number_without_a_class_does_nothing_but_say_so(label: LabelPage) -> None:
    label.press("7")
    label.says("There is no class on key 7.")
    label.shows(0)
    assert label.edge.labels() == []


def test_space_accepts_the_prediction_but_never_an_unseen_one(label: LabelPage) -> None:
    label.press(" ")
    label.shows(1)
    label.press("p", " ")
    label.says("Here is the prediction.")
    label.shows(1)
    label.press(" ")
    label.shows(2)
    assert [one.label for one in labels(label, 2)] == ["scratch", "scratch"]


def test_a_hidden_prediction_is_not_recorded_as_shown(label: LabelPage) -> None:
    label.press("p", "1")
    label.shows(1)
    label.press("1")
    label.shows(2)
    first, second = labels(label, 2)
    assert first.prediction_shown == SCRATCH  # it was on the screen before it was hidden
    assert (second.prediction_shown, second.verdict_shown) == (None, None)


def test_unsure_skip_and_unusable_go_without_a_class(label: LabelPage) -> None:
    for number, key in enumerate("usx"):
        label.shows(number)
        label.press(key)
    label.shows(3)
    found = labels(label, 3)
    assert [(one.outcome, one.label) for one in found] == [("unsure", None), ("skipped", None), ("unusable", None)]


def test_back_through_the_last_labels_corrects_them(label: LabelPage) -> None:
    label.press("1")
    label.shows(1)
    label.press("1")
    label.shows(2)
    label.press("z")
    label.shows(1)
    label.press("Backspace")
    label.shows(0)
    label.press("Backspace")
    label.says("That was the last of your ten.")
    label.press("3")
    label.says("Corrected: dent")
    label.shows(2)
    label.press("z", "Escape")
    label.shows(2)
    found = labels(label, 3)
    correction = found[-1]
    assert (correction.frame_id, correction.label, correction.round) == (label.edge.frame(0), "dent", "correction")
    assert (correction.label_id, correction.version) == (f"{found[0].label_id}/v2", 2)


def test_what_was_said_before_a_reload_can_still_be_corrected(label: LabelPage) -> None:
    label.press("1")
    label.shows(1)
    label.sent()
    label.open()
    label.shows(1)
    label.press("z")
    label.shows(0)
    label.press("2")
    label.shows(1)
    assert labels(label, 2)[-1].label == "scratch"


def test_a_note_goes_along_and_its_letters_are_no_keys(label: LabelPage) -> None:
    label.press("m")
    label.page.keyboard.type("dust? 1 2 3")
    label.press("Escape")
    label.shows(0)
    label.press("1")
    label.shows(1)
    expect(label.page.get_by_role("textbox", name="Note")).to_have_value("")
    (found,) = labels(label, 1)
    assert (found.label, found.note) == ("good", "dust? 1 2 3")


def test_a_note_survives_a_reload_at_once_and_on_another_machine(
    label: LabelPage, open_page: OpenPage, plant: Plant
) -> None:
    label.press("m")
    label.page.keyboard.type("edge of the light")
    label.open()  # at once: the server may not have it yet
    label.shows(0)
    note = label.page.get_by_role("textbox", name="Note")
    expect(note).to_have_value("edge of the light")
    with label.page.expect_response(lambda answer: is_draft_with(answer, "light!")) as answered:
        note.press("End")
        label.page.keyboard.type("!")
    assert answered.value.status == 204
    name = label.page.request.get(f"{plant.url}/api/session").json()["person"]["name"]
    other = LabelPage(open_page(name), plant.url, label.edge).open()
    other.shows(0)
    expect(other.page.get_by_role("textbox", name="Note")).to_have_value("edge of the light!")


def test_zoom_hide_help_and_search_keys(label: LabelPage) -> None:
    page = label.page
    label.press("+", "+")
    expect(page.get_by_text("196%")).to_be_visible()
    label.press("-")
    expect(page.get_by_text("140%")).to_be_visible()
    label.press("1")
    label.shows(1)
    expect(page.get_by_text("140%")).to_be_visible()  # sticky from frame to frame
    label.press("0")
    expect(page.get_by_text("100%")).to_be_visible()
    label.press("h")
    expect(page.get_by_role("button", name="Hide boxes")).to_have_attribute("aria-pressed", "true")
    label.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_text("Label, submit, next")).to_be_visible()
    label.press("2")  # the keys of the page behind are not pressed
    label.press("Escape")
    expect(keys).to_be_hidden()
    label.press("/")
    page.keyboard.type(label.edge.name)
    expect(page.get_by_role("option").first).to_be_visible()
    label.press("Escape")
    label.shows(1)


def test_brightness_is_kept_for_the_edge(label: LabelPage) -> None:
    label.page.get_by_role("slider", name="Brightness").focus()
    label.press("ArrowRight", "ArrowRight")
    stage = label.stage(0).locator("canvas").first
    expect(stage).to_have_css("filter", "brightness(1.1) contrast(1)")
    kept = f"localStorage.getItem('linewatch.view.{label.edge.name}')"
    wait_until(lambda: "1.1" in (label.page.evaluate(kept) or ""), "the setting kept")
    label.open()
    label.shows(0)
    expect(label.stage(0).locator("canvas").first).to_have_css("filter", "brightness(1.1) contrast(1)")


def test_the_whole_queue_by_keyboard_alone_and_then_nothing_is_left(label: LabelPage) -> None:
    for number in range(12):
        label.shows(number)
        label.press("1")
    expect(label.page.get_by_role("heading", name=f"Nothing to label at {label.edge.name}")).to_be_visible()
    found = labels(label, 12)
    assert len({one.label_id for one in found}) == 12
    label.edge.ask(label.edge.task(3, round="second", task_id=f"{label.edge.frame(3)}/second", reason="second_label"))
    label.shows(3)  # new ones come by themselves


def test_a_blind_second_label_shows_nothing_of_the_model(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique, frames=1)
    edge.ask_all(round="second", reason="second_label", prediction=SCRATCH, verdict="fail")
    label = LabelPage(open_page(make_person()), plant.url, edge).open()
    label.shows(0)
    page = label.page
    expect(page.get_by_text("Blind second label")).to_be_visible()
    expect(page.get_by_text("scratch 0.8")).to_have_count(0)
    expect(page.get_by_text("Fail")).to_have_count(0)
    label.press(" ")
    label.says("The prediction is hidden in a blind second label")
    label.shows(0)


def test_a_skill_one_lacks_is_not_offered(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique, frames=2)
    edge.ask(edge.task(0, skill="expert"), edge.task(1))
    label = LabelPage(open_page(make_person()), plant.url, edge).open()
    label.shows(1)
    expert = LabelPage(open_page(make_person(skills=("expert",))), plant.url, edge).open()
    expert.shows(0)


def test_an_edge_without_classes_takes_any_word(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique, frames=2, classes=[])
    edge.ask_all()
    label = LabelPage(open_page(make_person()), plant.url, edge).open()
    label.shows(0)
    label.page.get_by_role("textbox", name="No classes yet: type one").fill("burr")
    label.press("Enter")
    label.shows(1)
    assert [one.label for one in labels(label, 1)] == ["burr"]
