"""Two people take turns at one browser: what the first one left unsent never becomes the second one's."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from infra.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.label_page import LabelPage
from tests.browser.plant import plant_settings, running_plant
from tests.browser.test_accounts import sign_in
from tests.browser.watching import Watch
from tests.conftest import Broker
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.timeout(400)
HELD = 10  # frames that one page holds
KEPT = 2  # answers that do not reach the server
AWAY = json.dumps({"title": "Not available now", "status": 503, "code": "broker_away", "detail": "Kafka is away"})


@pytest.fixture
def own_settings(broker: Broker, tmp_path: Path) -> Settings:
    """Settings of a console of the test's own."""
    return plant_settings(broker, tmp_path / "own")


def sign_out(page: Page) -> None:
    """Choose it in the menu."""
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("menuitem", name="Sign out").click()


def away(route: Route) -> None:
    """Answer as a console without Kafka does."""
    route.fulfill(status=503, content_type="application/problem+json", body=AWAY)


def test_unsent_answers_wait_for_the_person_who_gave_them(
    open_page: OpenPage, own_settings: Settings, unique: str, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(own_settings) as plant:
        # More than one person holds: those in the first one's hand stay leased to them.
        edge = plant.edge(unique, frames=HELD + KEPT)
        edge.ask_all()
        plant.person("ann")
        plant.person("bo")
        label = LabelPage(open_page("ann", plant=plant), plant.url, edge).open()
        page = label.page
        page.route("**/api/label/submit", away)
        label.shows(0)
        label.press("2")
        label.shows(1)
        label.press("3")
        label.shows(2)
        sign_out(page)
        expect(page.get_by_role("dialog", name="2 labels are not sent yet")).to_be_visible()
        page.get_by_role("button", name="Sign out anyway").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.unroute("**/api/label/submit")

        sign_in(page, "bo")
        shown = page.get_by_role("group", name=re.compile("^Image of frame")).first
        expect(shown).to_have_attribute("data-ready", "true")
        label.press("1")
        label.sent()
        wait_until(lambda: [one.labeler for one in edge.labels()] == ["bo"], "the second one's label alone")
        expect(page.get_by_role("alert")).to_have_count(0)  # nothing of the first one's was refused
        sign_out(page)

        sign_in(page, "ann")
        wait_until(lambda: len(edge.labels()) == 1 + KEPT, "what was kept")
        found = {one.frame_id: (one.labeler, one.label) for one in edge.labels()}
        assert found[edge.frame(0)] == ("ann", "scratch")
        assert found[edge.frame(1)] == ("ann", "dent")
        page.context.close()
