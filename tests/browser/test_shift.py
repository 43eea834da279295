"""The shift: real images through the whole line, two inspectors by keyboard alone, a browser and the server killed."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from consumers.inference.rules.defaults import default_recipe
from producers.sources.synthetic import write_dataset
from schemas.records import LabelingTask
from schemas.topics import LABELING_TASKS
from tests.browser.label_page import is_draft_with
from tests.browser.own_browser import OwnBrowser, own_browser
from tests.browser.plant import Edge, Plant, plant_settings, running_plant
from tests.browser.watching import Watch
from tests.conftest import StartCluster
from tests.consumers.inference.artifacts import rules_artifact
from tests.integration.edge_line import wait_until
from tests.integration.factory import Factory, running_factory
from tests.paths import SHARED_DATA

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]
EDGE, CAMERA = "press-1", "cam-1"
LEAST = 100  # images
NOTE = "is there a screw behind the glare?"
# What the page shows: the frame on the screen once its image is drawn, else nothing.
SHOWN = "document.querySelector('[role=group][data-ready=true]')?.getAttribute('aria-label') ?? ''"


@dataclass
class Imported:
    """A data set that came through the gateway and was inspected."""

    factory: Factory
    plant: Plant
    edge: Edge
    truth: dict[str, str]  # frame id: label
    classes: list[str]

    def closed(self) -> list[str]:
        """The frames whose question is closed."""
        records = self.factory._records(LABELING_TASKS.name, LABELING_TASKS.partitions, LabelingTask)
        latest = {task.frame_id: task for task in records}
        return [frame for frame, task in latest.items() if task.state == "closed"]


@pytest.fixture
def imported(start_cluster: StartCluster, tmp_path: Path, watch: Watch) -> Iterator[Imported]:
    """screws_missing, or drawn screws, in Kafka, inspected by an edge, known to a console beside a labeling queue."""
    with running_factory(start_cluster(), tmp_path) as factory:
        settings = plant_settings(factory.cluster, tmp_path / "console")
        with running_plant(settings) as plant:
            watch.origin = plant.url
            yield whole_line(factory, plant, folder_of_screws(tmp_path))


def folder_of_screws(tmp_path: Path) -> Path:
    """The shared images, or a hundred drawn ones where there are none."""
    shared = SHARED_DATA / "screws_missing"
    if not shared.is_dir():
        shared = tmp_path / "screws"
        write_dataset("screws", LEAST, shared, seed=1)
    return shared


def whole_line(factory: Factory, plant: Plant, images: Path) -> Imported:
    """Run every image of the folder through gateway and edge, and wait until the console knows them all."""
    lines = [json.loads(line) for line in (images / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]
    labels = {Path(line["file"]).name: line["label"] for line in lines}
    classes = ["good", *sorted(set(labels.values()) - {"good"})]
    chance: dict[str, Any] = {"sample_rate": 0.0, "near_threshold": 0.0, "second_label_rate": 0.0}
    edge = plant.edge(EDGE, classes=classes, guide={}, **chance)
    model = rules_artifact(factory.folder / "model", default_recipe("surface"), 224, 224)
    factory.start("ticks", "streams", "ticks")
    factory.start("labeling", "streams", "labeling")
    factory.start("edge", "edge", "--edge", EDGE, "--model", str(model.directory))
    factory.start("gateway", "gateway", "--edge", EDGE, "--camera", CAMERA, "--source", str(images))
    wait_until(lambda: factory.ended("gateway") is not None, "the gateway is done", 180)
    assert factory.ended("gateway") == 0, factory.log("gateway")
    frames = factory.frames(EDGE)[CAMERA]
    truth = {frame.frame_id: labels[Path(frame.origin or "").name] for frame in frames}
    assert len(truth) == len(labels) >= LEAST
    developer = plant.console.person("dev", "model_developer")
    search = f"/api/inspections?edge_id={EDGE}&limit=500"
    wait_until(lambda: len(developer.get(search)["items"]) == len(truth), "every image inspected", 180)
    factory.terminate("edge")
    wish = {"edge_id": EDGE, "frame_ids": list(truth), "limit": len(truth), "note": "the whole import"}
    assert developer.post("/api/labeling-requests", wish).raise_for_status().json()["frames"] == len(truth)
    left = f"/api/label/progress?edge_id={EDGE}"
    wait_until(lambda: developer.get(left)["queue_left"] == len(truth), "a task for every image", 180)
    return Imported(factory, plant, edge, truth, classes)


@dataclass
class Inspector:
    """Somebody who looks, and presses one key; never touches the mouse."""

    name: str
    imported: Imported
    page: Page
    last: str | None = None
    said: dict[str, str] = field(default_factory=dict)

    def sit_down(self, context: BrowserContext) -> None:
        """Sign in at a browser and open the Label page."""
        context.set_default_timeout(60_000)
        context.add_cookies([self.imported.plant.session_of(self.name)])  # type: ignore[list-item]
        self.page, self.last = context.new_page(), None
        self.page.goto(f"{self.imported.plant.url}/label?edge={EDGE}")

    def frame(self) -> str | None:
        """The frame on the screen, if another than the one just answered."""
        words = str(self.page.evaluate(SHOWN)).removeprefix("Image of frame ")
        found = words.split(",")[0]
        return found if found and found != self.last else None

    def idle(self) -> bool:
        """Whether nothing is left for this person."""
        return self.page.get_by_role("heading", name="Nothing to label").count() > 0

    def look(self) -> str | None:
        """Wait for the next frame; None when nothing is left."""
        try:
            wait_until(lambda: self.frame() is not None or self.idle(), f"the next frame of {self.name}")
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.name} sees: {self.page.locator('main').inner_text()}") from error
        return self.frame()

    def label(self) -> bool:
        """Say what is on the screen, by its key; False when there is nothing."""
        frame = self.look()
        if frame is None:
            return False
        label = self.imported.truth[frame]
        self.page.keyboard.press(str(self.imported.classes.index(label) + 1))
        self.last, self.said[frame] = frame, label
        return True

    def label_in_hand(self, most: int) -> None:
        """Go on with what was fetched ahead, without a server."""
        for _ in range(most):
            if self.frame() is not None:
                self.label()


@pytest.fixture
def power_cut(browser: Browser, tmp_path: Path) -> Iterator[OwnBrowser]:
    """The browser that will be killed."""
    with own_browser(tmp_path / "profile", browser) as own:
        yield own


class Receipts:
    """The label ids for which the server said yes."""

    def __init__(self) -> None:
        self.label_ids: set[str] = set()

    def over(self, context: BrowserContext) -> None:
        """Listen to a context."""
        context.on("response", self._response)

    def _response(self, answer: Response) -> None:
        if answer.url.endswith("/api/label/submit") and answer.ok:
            body: Any = answer.request.post_data_json
            self.label_ids.add(f"{body['task_id']}/{body['fencing_token']}")


def test_two_inspectors_a_killed_browser_and_a_killed_server_lose_and_double_nothing(
    imported: Imported, browser: Browser, power_cut: OwnBrowser, watch: Watch
) -> None:
    watch.failures_expected = True
    receipts = Receipts()
    imported.plant.person("ann")
    imported.plant.person("bo")
    anns, bos = browser.new_context(locale="en-GB"), power_cut.open()
    for context in (anns, bos):
        watch.over(context)
        receipts.over(context)
    ann, bo = Inspector("ann", imported, anns.new_page()), Inspector("bo", imported, bos.pages[0])
    ann.sit_down(anns)
    bo.sit_down(bos)

    def together(until: int) -> None:
        while len({**ann.said, **bo.said}) < until and any([ann.label(), bo.label()]):
            pass

    together(30)
    # In the middle of a task: words are typed, and the label before is perhaps still on its way.
    bo.label()
    interrupted = bo.look()
    assert interrupted is not None
    with bo.page.expect_response(lambda answer: is_draft_with(answer, "glare?")) as kept:
        bo.page.keyboard.press("m")
        bo.page.keyboard.type(NOTE)
    assert kept.value.status == 204
    power_cut.kill()
    for _ in range(10):
        assert ann.label()
    again = power_cut.open()
    watch.over(again)
    receipts.over(again)
    bo.sit_down(again)
    back_at(bo, interrupted)
    together(70)

    # Both have just pressed a key when the server is killed, and go on with what they hold.
    assert ann.label()
    assert bo.label()
    imported.plant.console.kill()
    ann.label_in_hand(2)
    bo.label_in_hand(2)
    expect(ann.page.get_by_test_id("line-state")).to_have_text("No connection", timeout=60_000)
    imported.plant.console.start()
    together(len(imported.truth))
    for inspector in (ann, bo):
        nothing = inspector.page.get_by_role("heading", name="Nothing to label")
        expect(nothing).to_be_visible(timeout=60_000)
    everything_came_once(imported, receipts)
    anns.close()
    assert min(len(ann.said), len(bo.said)) >= LEAST // 4


def back_at(inspector: Inspector, interrupted: str) -> None:
    """The note is there again at the frame that was in hand; labels of the last second may be asked once more."""
    note = inspector.page.get_by_role("textbox", name="Note")
    while inspector.look() != interrupted:
        assert inspector.label()
    expect(note).to_have_value(NOTE)


def everything_came_once(imported: Imported, receipts: Receipts) -> None:
    """Each frame has one label, the right one, in the topic; each task is closed."""
    wait_until(lambda: set(imported.closed()) == set(imported.truth), "every task closed", 120)
    labels = imported.edge.labels()
    distinct = {label.label_id: label for label in labels}
    assert Counter(label.frame_id for label in distinct.values()) == dict.fromkeys(imported.truth, 1)
    assert {label.frame_id: label.label for label in distinct.values()} == imported.truth
    assert receipts.label_ids <= set(distinct)
    assert {label.labeler for label in labels} == {"ann", "bo"}
    assert [label.note for label in distinct.values() if label.note] == [NOTE]
    assert imported.factory.dead_letters() == []
