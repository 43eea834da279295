"""axe finds nothing serious, in both themes and at both widths."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schemas.records import Box
from schemas.records.labeling import Prediction
from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.label_page import LabelPage
from tests.browser.plant import Edge, Plant
from tests.browser.watching import serious

DENT = Prediction(label="dent", score=0.9, boxes=[Box(label="dent", x=70, y=50, w=60, h=60, score=0.9)])
Look = Callable[..., Page]


@pytest.fixture
def look(options: dict[str, Any], open_page: OpenPage) -> Look:
    """A page in one theme and width."""
    return lambda name=None: open_page(name, **options)


@pytest.fixture
def edge(plant: Plant, unique: str) -> Edge:
    """Frames of every kind of question: with boxes, and a long name."""
    made = plant.edge(f"{unique}-press-hall-2-north-cell-17-upper-left", frames=3, draw_boxes=True)
    made.ask_all(prediction=DENT, verdict="fail", part_id="part-20261125-0001")
    return made


def test_sign_in(look: Look) -> None:
    page = look()
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert serious(page) == []


def test_label(look: Look, make_person: MakePerson, plant: Plant, edge: Edge) -> None:
    label = LabelPage(look(make_person()), plant.url, edge).open()
    label.shows(0)
    label.press(" ", "Tab")
    assert serious(label.page) == []
    label.press("Escape", "Enter")
    label.shows(1)
    label.press("z")
    label.shows(0)
    assert serious(label.page) == []


def test_nothing_to_label_and_the_menus(look: Look, make_person: MakePerson, plant: Plant, unique: str) -> None:
    empty = plant.edge(unique)
    page = look(make_person("model_developer", admin=True))
    page.goto(f"/label?edge={empty.name}")
    expect(page.get_by_role("heading", name="Nothing to label")).to_be_visible()
    assert serious(page) == []
    for opener, closed in (("^Account of", "menu"), ("^(Alarms|\\d+ alarms?)$", "dialog")):
        page.get_by_role("button", name=re.compile(opener)).click()
        expect(page.get_by_role(closed)).to_be_visible()  # type: ignore[arg-type]
        assert serious(page) == []
        page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert serious(page) == []
