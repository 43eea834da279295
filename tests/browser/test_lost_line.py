"""The server goes away while somebody labels, and comes back: nothing is lost, nothing counts twice."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from infra.settings import Settings
from tests.browser.conftest import OpenPage
from tests.browser.label_page import LabelPage
from tests.browser.plant import Plant, plant_settings, running_plant
from tests.browser.watching import Watch
from tests.conftest import Broker
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def own_settings(broker: Broker, tmp_path: Path) -> Settings:
    """Settings of a console that the test may kill."""
    return plant_settings(broker, tmp_path / "own")


def labeling(plant: Plant, open_page: OpenPage, unique: str, frames: int) -> LabelPage:
    """An inspector at the first of some frames."""
    edge = plant.edge(unique, frames=frames)
    edge.ask_all()
    plant.person("kim")
    page = LabelPage(open_page("kim", plant=plant), plant.url, edge).open()
    page.shows(0)
    return page


def test_labels_given_while_the_server_is_killed_all_arrive_once(
    open_page: OpenPage, own_settings: Settings, unique: str, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(own_settings) as plant:
        frames = 16
        label = labeling(plant, open_page, unique, frames)
        label.press("1")
        label.shows(1)
        label.sent()
        label.has_ahead(7)
        plant.console.kill()
        # Frames that are in hand go on being labeled; how many there are hangs on when the tasks came.
        kept = label.page.get_by_text(re.compile(r"\d+ labels are kept here"))
        words, following = ["good"], 1
        while True:
            expect(label.stage(following).or_(kept).first).to_be_visible(timeout=30_000)
            if kept.is_visible():
                break
            label.press("123"[following % 3])
            words.append(["good", "scratch", "dent"][following % 3])
            following += 1
        assert following >= 7
        expect(kept).to_contain_text(f"{following - 1} labels")
        expect(label.page.get_by_test_id("line-state")).to_have_text("No connection")
        expect(label.page.get_by_text("No connection since")).to_be_visible()
        plant.console.start()
        label.shows(following)
        label.sent()
        for number in range(following, frames):
            label.shows(number)
            label.press("1")
            words.append("good")
        expect(label.page.get_by_role("heading", name="Nothing to label at")).to_be_visible()
        expect(label.page.get_by_test_id("line-state")).to_have_text("Live")
        wait_until(lambda: len(label.edge.labels()) >= frames, "every label")
        found = label.edge.labels()
        assert len({one.label_id for one in found}) == frames
        said = {one.frame_id: one.label for one in found}
        assert said == {label.edge.frame(number): word for number, word in enumerate(words)}
        label.page.context.close()


def test_a_window_closed_while_the_server_is_away_sends_what_it_kept_when_it_opens_again(
    open_page: OpenPage, own_settings: Settings, unique: str, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(own_settings) as plant:
        label = labeling(plant, open_page, unique, 6)
        label.has_ahead(2)
        plant.console.kill()
        label.press("3")
        label.shows(1)
        label.page.close()
        plant.console.start()
        assert label.edge.labels() == []
        label.page = label.page.context.new_page()
        label.open()
        label.shows(1)
        wait_until(lambda: [one.label for one in label.edge.labels()] == ["dent"], "the kept label")
        label.page.context.close()


def test_a_refused_label_says_why_and_is_offered_again(
    open_page: OpenPage, own_settings: Settings, unique: str, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(own_settings) as plant:
        label = labeling(plant, open_page, unique, 4)
        closed = label.edge.task(0, state="closed", revision=2, close_reason="asked no more")
        label.edge.ask(closed)
        expect(label.page.get_by_text("This question was closed meanwhile")).to_be_visible()
        label.press("2")
        label.shows(1)
        refusal = label.page.get_by_role("alert").filter(has_text="was not taken")
        expect(refusal).to_contain_text(f"“scratch” for {label.edge.frame(0)} was not taken: the task was closed")
        expect(refusal.get_by_role("button", name="Say it again")).to_be_visible()
        refusal.get_by_role("button", name="Dismiss").click()
        expect(refusal).to_be_hidden()
        label.shows(1)
        label.page.context.close()


def test_the_session_ends_and_nothing_is_lost(
    open_page: OpenPage, own_settings: Settings, unique: str, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(own_settings) as plant:
        label = labeling(plant, open_page, unique, 4)
        label.page.context.clear_cookies()
        label.press("3")
        expect(label.page.get_by_role("heading", name="Sign in")).to_be_visible()
        label.page.context.add_cookies([plant.session_of("kim")])  # type: ignore[list-item]
        label.open()
        label.shows(1)
        wait_until(lambda: [one.label for one in label.edge.labels()] == ["dent"], "the kept label")
        label.page.context.close()
