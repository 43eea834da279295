"""Real Chromium on a real console over a real broker. Each person has a context of their own, as at another machine."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from consumers.console.pages import FOLDER
from consumers.console.permissions import Role
from infra.setup.chromium import CHROMIUM_FLAGS, ensure_chromium
from tests.browser.label_page import LabelPage
from tests.browser.plant import Edge, Plant, plant_settings, running_plant
from tests.browser.watching import Watch
from tests.conftest import Broker

LOOKS = [("dark", 1440), ("light", 1440), ("dark", 1024), ("light", 1024)]
Show = Callable[[Page, str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs real components."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. Gone before other packages' tests: Playwright holds an event loop while it runs."""
    expect.set_options(timeout=30_000)  # a busy machine is no fault of the page
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(ensure_chromium()), args=list(CHROMIUM_FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def plant(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """The console that most tests share."""
    assert (FOLDER / "index.html").is_file(), "the pages are not built: run make web"
    with running_plant(plant_settings(broker, tmp_path_factory.mktemp("console"))) as running:
        running.person("somebody")  # without anybody, every page is the first run's
        yield running


class OpenPage(Protocol):
    """Open a browser: `open_page()` nobody's, `open_page("kim")` signed in; keywords are the context's options."""

    def __call__(self, name: str | None = None, *, plant: Plant | None = None, **options: Any) -> Page:
        """Give a page at 1440 x 900 in English."""


@pytest.fixture
def watch(plant: Plant) -> Watch:
    """What the test's pages did wrong; at the test's end there must be nothing."""
    return Watch(plant.url)


@pytest.fixture
def open_page(browser: Browser, plant: Plant, watch: Watch) -> Iterator[OpenPage]:
    """Browsers of the test's own, each with its own storage."""
    shared = plant
    with ExitStack() as contexts:

        def open_one(name: str | None = None, *, plant: Plant | None = None, **options: Any) -> Page:
            at = plant or shared
            watch.origin = at.url
            context: BrowserContext = browser.new_context(
                **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "base_url": at.url, **options}
            )
            contexts.callback(context.close)
            context.set_default_timeout(30_000)
            watch.over(context)
            if name is not None:
                context.add_cookies([at.session_of(name)])  # type: ignore[list-item]
            return context.new_page()

        yield open_one
    assert watch.wrong == []


class MakePerson(Protocol):
    """Add a person of the shared console: `make_person()`, `make_person("product_manager", admin=True)`."""

    def __call__(self, role: Role = "inspector", **more: Any) -> str:
        """Give the name."""


@pytest.fixture
def make_person(plant: Plant, unique: str) -> MakePerson:
    """People of the test's own."""
    made: list[str] = []

    def make(role: Role = "inspector", **more: Any) -> str:
        name = f"{unique}-{len(made)}"
        made.append(name)
        plant.person(name, role, **more)
        return name

    return make


@pytest.fixture
def label(open_page: OpenPage, make_person: MakePerson, plant: Plant, edge: Edge) -> LabelPage:
    """The Label page of an inspector, with the first frame of the module's `edge` on it."""
    page = LabelPage(open_page(make_person()), plant.url, edge).open()
    page.shows(0)
    return page


@pytest.fixture
def screenshots() -> Path | None:
    """Where tests leave pictures of what they saw: the folder named by SCREENSHOTS, else nowhere."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) if folder else None


@pytest.fixture(params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A theme and a width."""
    theme, width = request.param
    size = {"width": width, "height": 900 if width == 1440 else 768}
    return {"color_scheme": theme, "viewport": size, "reduced_motion": "reduce"}


@pytest.fixture
def show(request: pytest.FixtureRequest, screenshots: Path | None) -> Show:
    """Look at a page: nothing runs off its side; a picture is kept where one is wanted."""
    look = request.node.callspec.id

    def shown(page: Page, name: str) -> None:
        sideways = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert sideways <= 0, f"{name} runs {sideways} pixels off the side"
        if screenshots is not None:
            screenshots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=screenshots / f"{name}-{look}.png", animations="disabled")

    return shown
