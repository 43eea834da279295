"""Two people disagree, by the real queue; a third one decides, and sees neither name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from infra.kafka import make_producer
from schemas.codec import Codec
from schemas.topics import INSPECTIONS
from tests.browser.conftest import OpenPage
from tests.browser.label_page import LabelPage
from tests.browser.plant import Edge, Plant, running_plant
from tests.conftest import StartCluster
from tests.integration.edge_line import wait_until
from tests.integration.factory import Factory, running_factory
from tests.streams.labeling_queue.made import inspected

pytestmark = pytest.mark.timeout(600)
CODEC = Codec()


@pytest.fixture
def factory(start_cluster: StartCluster, tmp_path: Path) -> Iterator[Factory]:
    """A broker of the test's own with a ticking clock and the labeling queue."""
    with running_factory(start_cluster(), tmp_path) as made:
        made.prepare()
        made.start("ticks", "streams", "ticks")
        made.start("labeling", "streams", "labeling")
        yield made


@pytest.fixture
def own_plant(factory: Factory) -> Iterator[Plant]:
    """A console over that broker, with three inspectors."""
    with running_plant(factory.settings) as running:
        for name in ("ann", "bo", "chi"):
            running.person(name)
        yield running


def inspect(edge: Edge, number: int) -> None:
    """The edge is unsure about a frame."""
    inspection = replace(inspected(number, camera=edge.name, edge=edge.name), frame=edge.locations[number])
    producer = make_producer(edge.settings)
    producer.produce(INSPECTIONS.name, key=edge.name, value=CODEC.encode(inspection))
    assert producer.flush(30) == 0


def at(open_page: OpenPage, plant: Plant, edge: Edge, name: str) -> LabelPage:
    """Somebody's page with the frame on it."""
    page = LabelPage(open_page(name, plant=plant), plant.url, edge).open()
    page.shows(0)
    return page


def test_two_disagree_and_a_third_one_takes_one_of_them(own_plant: Plant, open_page: OpenPage) -> None:
    edge = own_plant.edge("press-7", frames=1, sample_rate=0.0, second_label_rate=1.0)
    inspect(edge, 0)
    at(open_page, own_plant, edge, "ann").press("2")
    second = at(open_page, own_plant, edge, "bo")
    expect(second.page.get_by_text("Blind second label")).to_be_visible()
    second.press("1")
    decides = at(open_page, own_plant, edge, "chi")
    page = decides.page
    expect(page.get_by_text("Adjudication", exact=True)).to_be_visible()
    sides = {side: page.get_by_role("region", name=side, exact=True) for side in "AB"}
    words = {side: "scratch" if "scratch" in sides[side].inner_text() else "good" for side in "AB"}
    assert sorted(words.values()) == ["good", "scratch"]
    assert all(name not in page.inner_text("body") for name in ("Ann", "Bo "))
    decides.press("w")
    expect(page.get_by_role("heading", name="Nothing to label at press-7")).to_be_visible()
    wait_until(lambda: len(edge.labels()) == 3, "three labels")
    first, blind, decided = edge.labels()
    assert [first.round, blind.round, decided.round] == ["first", "second", "adjudication"]
    assert (decided.labeler, decided.label) == ("chi", words["B"])


def test_boxes_of_one_side_are_taken_over_and_changed(own_plant: Plant, open_page: OpenPage) -> None:
    edge = own_plant.edge("press-8", frames=1, sample_rate=0.0, second_label_rate=1.0, draw_boxes=True)
    inspect(edge, 0)
    first = at(open_page, own_plant, edge, "ann")
    first.press("n", "Enter")
    second = at(open_page, own_plant, edge, "bo")
    expect(second.page.get_by_text("Blind second label")).to_be_visible()
    second.press("1", "Enter")
    decides = LabelPage(open_page("chi", plant=own_plant), own_plant.url, edge).open()
    page = decides.page
    with_box = page.get_by_role("region").filter(has_text="scratch")
    with_box.get_by_role("button", name="Take").click()
    decides.shows(0)
    decides.has_boxes("scratch, 80 x 60 pixels at 160, 120")
    decides.press("c")
    expect(page.get_by_role("region", name="A", exact=True)).to_be_visible()
    decides.press("c")
    decides.shows(0)
    decides.press("Tab", "ArrowRight", "Enter")
    wait_until(lambda: len(edge.labels()) == 3, "three labels")
    decided = edge.labels()[-1]
    assert (decided.round, decided.label, decided.boxes[0].x) == ("adjudication", "scratch", 161)
