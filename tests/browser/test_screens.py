"""How the pages look, in both themes and widths: nothing runs off the side, and pictures for people to look at.

`make screens` keeps the pictures in docs/screens.
"""

import re
from typing import Any

from playwright.sync_api import expect

from schemas.records import Box
from schemas.records.labeling import Prediction
from tests.browser.conftest import MakePerson, OpenPage, Show
from tests.browser.label_page import LabelPage
from tests.browser.plant import Edge, Plant
from tests.browser.watching import Watch

SCRATCH = Prediction(label="scratch", score=0.8, boxes=[Box(label="scratch", x=70, y=50, w=60, h=60, score=0.8)])
GUIDE = {
    "good": "No mark longer than 2 mm; dust does not count.",
    "scratch": "A thin bright line, in any direction, that stays when the light turns.",
    "dent": "A round shadow with a bright rim.",
}
LONG = "press-hall-2-north-welding-cell-17-upper-left-camera"
MISSING = {
    "type": "/problems/image_missing",
    "title": "Not found",
    "status": 404,
    "code": "image_missing",
    "detail": "the image lies neither in the blob store nor in Kafka: its retention has passed",
}


def asked(plant: Plant, name: str, frames: int = 5, **policy: object) -> Edge:
    """An edge with questions about its frames."""
    edge = plant.edge(name, frames=frames, guide=GUIDE, **policy)
    edge.ask_all(prediction=SCRATCH, verdict="review", part_id="P-20261125-0001")
    return edge


def at(open_page: OpenPage, options: dict[str, Any], name: str, plant: Plant, edge: Edge) -> LabelPage:
    """Somebody's page with the first frame on it."""
    label = LabelPage(open_page(name, **options), plant.url, edge).open()
    label.shows(0)
    return label


def test_label_by_class(
    open_page: OpenPage, options: dict[str, Any], make_person: MakePerson, plant: Plant, unique: str, show: Show
) -> None:
    label = at(open_page, options, make_person(), plant, asked(plant, unique))
    show(label.page, "label-class")
    label.press("2")
    label.shows(1)
    show(label.page, "label-said")
    label.press("z")
    label.shows(0)
    show(label.page, "label-correcting")
    label.press("?")
    expect(label.page.get_by_role("dialog", name="Keys")).to_be_visible()
    show(label.page, "label-keys")


def test_label_by_boxes_with_long_names(
    open_page: OpenPage, options: dict[str, Any], make_person: MakePerson, plant: Plant, unique: str, show: Show
) -> None:
    edge = asked(plant, f"{LONG[:49]}{unique}", draw_boxes=True)
    label = at(open_page, options, make_person(full_name="Maximiliane-Alexandra von Hohenzollern"), plant, edge)
    label.press(" ", "Tab")
    show(label.page, "label-boxes")
    label.press("Escape", "e")
    label.page.mouse.click(*label.at(0, 220, 150))
    show(label.page, "label-extremes")


def test_label_in_korean(
    open_page: OpenPage, options: dict[str, Any], make_person: MakePerson, plant: Plant, unique: str, show: Show
) -> None:
    edge = asked(plant, unique, draw_boxes=True)
    name = make_person(language="ko", full_name="김민지")
    page = open_page(name, **options)
    page.goto(f"/label?edge={edge.name}")
    expect(page.get_by_role("button", name="제출")).to_be_visible()
    show(page, "label-korean")


def test_label_without_its_image_and_without_a_server(
    open_page: OpenPage,
    options: dict[str, Any],
    make_person: MakePerson,
    plant: Plant,
    unique: str,
    show: Show,
    watch: Watch,
) -> None:
    watch.failures_expected = True
    edge = asked(plant, unique)
    page = open_page(make_person(), **options)
    page.route(re.compile("/api/(frames|images)/"), lambda route: route.fulfill(status=404, json=MISSING))
    page.goto(f"/label?edge={edge.name}")
    expect(page.get_by_text("neither in the blob store nor in Kafka")).to_be_visible()
    show(page, "label-image-missing")
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("u")
    expect(page.get_by_text("No connection since")).to_be_visible()
    show(page, "label-offline")


def test_nothing_to_label(
    open_page: OpenPage, options: dict[str, Any], make_person: MakePerson, plant: Plant, unique: str, show: Show
) -> None:
    page = open_page(make_person(), **options)
    page.goto(f"/label?edge={plant.edge(unique).name}")
    expect(page.get_by_role("heading", name="Nothing to label")).to_be_visible()
    show(page, "label-empty")


def test_sign_in(open_page: OpenPage, options: dict[str, Any], show: Show) -> None:
    page = open_page(**options)
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    show(page, "sign-in")
