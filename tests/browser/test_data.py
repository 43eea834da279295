"""Data: frames to ask about, datasets built by clicks, looked through, taken away, and told apart."""

import json
import re
from collections import Counter
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.inspected import inspect, label_all
from tests.browser.plant import HEIGHT, WIDTH, Edge, Plant
from tests.browser.watching import serious
from tests.integration.console_line import Person
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.timeout(400)
LABELS = ["good", "scratch", "dent", "good", "scratch", "good", "good", "scratch"]


@pytest.fixture
def edge(plant: Plant, unique: str, ann: Person) -> Edge:
    """Eight frames, inspected and labeled."""
    made = plant.edge(unique, frames=len(LABELS))
    for number in range(len(LABELS)):
        inspect(made, number)
    label_all(made, ann, LABELS)
    return made


@pytest.fixture
def ann(plant: Plant, unique: str) -> Person:
    """Who labels."""
    return plant.console.person(f"{unique}-ann")


def build(page: Page, edge: Edge, name: str) -> None:
    """Fill the form, build, and wait for the dataset in the list."""
    page.goto(f"/data/datasets?edge={edge.name}")
    page.get_by_role("button", name="Build a dataset").first.click()
    form = page.get_by_role("dialog", name="Build a dataset")
    form.get_by_role("textbox", name="Name").fill(name)
    form.get_by_label("Captured from").fill("2025-10-01T00:00")
    form.get_by_role("button", name="Build", exact=True).click()
    expect(form).to_be_hidden()
    expect(line_of(page, name)).to_be_visible(timeout=60_000)


def line_of(page: Page, name: str) -> Locator:
    """A dataset in the list."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name))


def open_dataset(page: Page, name: str) -> None:
    """Follow its link."""
    line_of(page, name).get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def images(page: Page) -> Locator:
    """The images of the dataset's page."""
    return page.get_by_role("region", name="Images").get_by_role("listitem")


def test_a_dataset_is_built_browsed_taken_away_and_told_from_the_next(
    open_page: OpenPage, make_person: MakePerson, edge: Edge, ann: Person
) -> None:
    page = open_page(make_person("model_developer"))
    first, second = f"{edge.name}-one", f"{edge.name}-two"
    build(page, edge, first)
    expect(line_of(page, first)).to_contain_text("8")
    open_dataset(page, first)
    for name, count in Counter(LABELS).items():
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=name, exact=True))
        cells = [int(text) for text in row.get_by_role("cell").all_inner_texts()[1:]]
        assert (sum(cells[:-1]), cells[-1]) == (count, count)
    expect(images(page)).to_have_count(len(LABELS))
    page.get_by_role("combobox", name="Class shown").click()
    page.get_by_role("option", name="dent").click()
    expect(images(page)).to_have_count(1)
    expect(images(page)).to_contain_text(edge.frame(2))
    expect(images(page)).to_contain_text(f"{edge.name}-ann")

    page.get_by_role("button", name="Download").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Images and annotations.jsonl").click()
    holds_everything(downloading.value.path().read_bytes())

    correct(edge, ann)
    build(page, edge, second)
    open_dataset(page, second)
    page.get_by_role("combobox", name="What changed against another dataset").click()
    page.get_by_role("option", name=re.compile(first)).click()
    expect(page.get_by_text("7 the same, 0 added, 0 removed, 1 changed")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=edge.frame(2))).to_contain_text("dent → good")


def holds_everything(content: bytes) -> None:
    """The archive has each image and what was said of it."""
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        (notes,) = [name for name in archive.namelist() if name.endswith("annotations.jsonl")]
        lines = [json.loads(line) for line in archive.read(notes).splitlines()]
        assert Counter(line["label"] for line in lines) == Counter(LABELS)
        folder = notes.removesuffix("annotations.jsonl")
        assert {folder + line["file"] for line in lines} <= set(archive.namelist())
        assert len({line["file"] for line in lines}) == len(LABELS)


def correct(edge: Edge, ann: Person) -> None:
    """Ann corrects the dent of frame 2: it is good."""
    (dent,) = [one for one in edge.labels() if one.label == "dent"]
    assert dent.frame_id == edge.frame(2)
    said = {"label_id": dent.label_id, "outcome": "labeled", "label": "good", "boxes": [], "seconds_taken": 1.0}
    ann.post("/api/label/correct", {**said, "image_width": WIDTH, "image_height": HEIGHT}).raise_for_status()
    wait_until(lambda: len(edge.labels()) == len(LABELS) + 1, "the correction")


def test_frames_are_chosen_and_asked_about(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique, frames=6)
    for number in range(6):
        inspect(edge, number, verdict="pass" if number < 2 else "fail")
    page = open_page(make_person("operations_manager"))
    page.goto(f"/data/frames?edge={edge.name}")
    cells = page.locator("button[aria-pressed]").filter(has_text=edge.name)
    expect(cells).to_have_count(6)
    page.get_by_role("radiogroup", name="Verdicts shown").get_by_text("Fail").click()
    expect(cells).to_have_count(4)
    cells.nth(0).click()
    cells.nth(2).click(modifiers=["Shift"])
    expect(page.get_by_role("button", name="Ask for 3 labels")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask for labels")).to_be_disabled()
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Ask for 4 labels").click()
    expect(page.get_by_text("4 frames go to the inspectors")).to_be_visible()


def test_who_may_not_build_sees_no_way_to(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page(make_person("product_manager"))
    page.goto("/data/datasets")
    expect(page.get_by_role("tab", name="Frames")).to_be_visible()
    expect(page.get_by_role("button", name="Build a dataset")).to_have_count(0)


def test_nothing_serious_in_any_look(
    options: dict[str, Any], open_page: OpenPage, make_person: MakePerson, edge: Edge
) -> None:
    page = open_page(make_person("model_developer"), **options)
    page.goto(f"/data/frames?edge={edge.name}")
    page.locator("button[aria-pressed]").filter(has_text=edge.name).first.click()
    assert serious(page) == []
    build(page, edge, edge.name)
    assert serious(page) == []
    page.get_by_role("button", name="Build a dataset").click()
    expect(page.get_by_role("dialog", name="Build a dataset")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    open_dataset(page, edge.name)
    expect(images(page)).to_have_count(len(LABELS))
    assert serious(page) == []
