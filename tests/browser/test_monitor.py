"""Monitor: verdicts as they come, one of them from all sides, and from a doubt to a question for the inspectors."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.inspected import inspect, report
from tests.browser.label_page import LabelPage
from tests.browser.plant import Edge, Plant, plant_settings, running_plant
from tests.browser.watching import serious
from tests.conftest import StartCluster
from tests.integration.edge_line import wait_until
from tests.integration.factory import running_factory

pytestmark = pytest.mark.timeout(400)


def tile(page: Page, frame: str) -> Locator:
    """A verdict on the wall."""
    return page.get_by_role("region", name="Verdicts as they come").get_by_role("button").filter(has_text=frame)


def boxes(of: Locator) -> Locator:
    """The boxes drawn on an image."""
    return of.locator("span[class*='_box_']")


@pytest.fixture
def queued(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Plant]:
    """A console of the test's own beside a real labeling queue."""
    cluster = start_cluster()
    settings = plant_settings(cluster, tmp_path / "console")
    with running_factory(cluster, tmp_path) as factory, running_plant(settings) as plant:
        factory.start("ticks", "streams", "ticks")
        factory.start("labeling", "streams", "labeling")
        yield plant


def test_a_verdict_appears_with_its_boxes_is_opened_and_becomes_a_question(
    open_page: OpenPage, queued: Plant, unique: str
) -> None:
    edge = queued.edge(unique, frames=2, sample_rate=0.0, near_threshold=0.0, second_label_rate=0.0)
    queued.person("dev", "model_developer")
    page = open_page("dev", plant=queued)
    page.goto(f"/monitor?edge={edge.name}")
    expect(page.get_by_role("heading", name="No verdicts yet")).to_be_visible()
    expect(page.get_by_test_id("line-state")).to_have_text("Live")
    inspect(edge, 0)
    shown = tile(page, edge.frame(0))
    expect(shown).to_contain_text("Fail")
    expect(shown).to_contain_text("scratch")
    expect(shown).to_contain_text("0.8")
    expect(boxes(shown)).to_have_count(1)
    # 40, 30, 80 x 60 of 400 x 300 pixels.
    expect(boxes(shown)).to_have_attribute("style", re.compile("left: 10%; top: 10%; width: 20%; height: 20%"))
    expect(boxes(shown)).to_have_css("border-top", "2px solid rgb(255, 255, 255)")

    shown.click()
    expect(page).to_have_url(re.compile(rf"/monitor/frames/{edge.name}/0\?"))
    panel = page.get_by_role("complementary", name="Inspection")
    expect(panel.get_by_text("none yet")).to_be_visible()
    expect(boxes(panel)).to_contain_text("scratch")
    panel.get_by_role("button", name="Ask for labels").click()
    expect(page.get_by_text("1 frame goes to the inspectors")).to_be_visible()
    expect(panel.get_by_role("button", name="Asked")).to_be_disabled()

    label = LabelPage(page, queued.url, edge).open()
    label.shows(0)
    label.press("2")
    expect(page.get_by_role("heading", name="Nothing to label")).to_be_visible()
    wait_until(lambda: [one.label for one in edge.labels()] == ["scratch"], "the label")
    page.goto(f"/monitor/frames/{edge.name}/0")
    expect(panel.get_by_text("scratch (dev)")).to_be_visible()
    page.context.close()


def test_the_wall_by_keys_and_filters(open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str) -> None:
    edge = plant.edge(unique, frames=4)
    inspect(edge, 0, verdict="pass", boxes=[], defect_class=None)
    for number in (1, 2):
        inspect(edge, number)
    page = open_page(make_person("product_manager"))
    page.goto(f"/monitor?edge={edge.name}")
    for number in range(3):
        expect(tile(page, edge.frame(number))).to_be_visible()
    page.keyboard.press("ArrowRight")
    panel = page.get_by_role("complementary", name="Inspection")
    expect(panel).to_contain_text(edge.frame(2))  # the newest stands first
    expect(panel.get_by_role("button", name="Ask for labels")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text(edge.frame(1))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.get_by_role("radiogroup", name="Verdicts shown").get_by_text("Pass").click()
    expect(tile(page, edge.frame(1))).to_have_count(0)
    expect(tile(page, edge.frame(0))).to_be_visible()
    page.get_by_role("radiogroup", name="Verdicts shown").get_by_text("All").click()
    page.keyboard.press("p")
    inspect(edge, 3)
    expect(page.get_by_text("Paused; 1 new verdict waits")).to_be_visible()
    expect(tile(page, edge.frame(3))).to_have_count(0)
    page.keyboard.press("p")
    expect(tile(page, edge.frame(3))).to_be_visible()


def test_an_edge_is_a_tile_that_chooses_it(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    one, other = plant.edge(f"{unique}-a", frames=1), plant.edge(f"{unique}-b", frames=1)
    for edge in (one, other):
        report(edge)
        inspect(edge, 0)
    page = open_page(make_person("operations_manager"))
    page.goto("/monitor")
    expect(tile(page, one.frame(0))).to_be_visible()
    chosen = page.get_by_role("navigation", name="Edges").get_by_role("button").filter(has_text=other.name)
    expect(chosen).to_contain_text("running")
    chosen.click()
    expect(tile(page, one.frame(0))).to_have_count(0)
    expect(tile(page, other.frame(0))).to_be_visible()
    expect(page).to_have_url(re.compile(rf"edge={other.name}"))


def test_nothing_serious_in_any_look(
    options: dict[str, Any], open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = looked_at(plant, unique)
    page = open_page(make_person("model_developer"), **options)
    page.goto(f"/monitor?edge={edge.name}")
    expect(tile(page, edge.frame(3))).to_be_visible()
    assert serious(page) == []
    tile(page, edge.frame(1)).click()
    expect(page.get_by_role("complementary", name="Inspection").get_by_text("Latency")).to_be_visible()
    assert serious(page) == []


def looked_at(plant: Plant, name: str) -> Edge:
    """An edge with one frame of each verdict."""
    edge = plant.edge(name, frames=4)
    report(edge)
    inspect(edge, 0, verdict="pass", boxes=[], defect_class=None)
    inspect(edge, 1)
    inspect(edge, 2, verdict="review", reason="the score lies near its threshold")
    inspect(edge, 3, verdict="error", boxes=[], score=0.0, scores={}, defect_class=None, reason="the image is cut off")
    return edge
