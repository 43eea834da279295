"""The Label page as a person sees it."""

import re
from typing import Self

from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.plant import HEIGHT, WIDTH, Edge
from tests.integration.edge_line import wait_until

TIMES = "\N{MULTIPLICATION SIGN}"


def is_draft_with(answer: Response, words: str) -> bool:
    """Whether this answers a draft that holds these words."""
    return answer.url.endswith("/api/label/draft") and words in (answer.request.post_data or "")


class LabelPage:
    """Hands and eyes on the Label page of one edge."""

    def __init__(self, page: Page, url: str, edge: Edge) -> None:
        self.page, self.edge = page, edge
        self._url = f"{url}/label?edge={edge.name}"

    def open(self) -> Self:
        """Go there."""
        self.page.goto(self._url)
        return self

    def stage(self, number: int) -> Locator:
        """The image of a frame, once it can be seen."""
        # Playwright writes the pattern between slashes and does not escape those inside.
        frame = re.escape(self.edge.frame(number)).replace("/", r"\/")
        name = re.compile(rf"^Image of frame {frame}( [AB])?(,|$)")
        return self.page.get_by_role("group", name=name).and_(self.page.locator("[data-ready=true]"))

    def shows(self, number: int) -> None:
        """Wait until the frame is on the screen."""
        expect(self.stage(number).first).to_be_visible(timeout=60_000)

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def says(self, words: str) -> None:
        """Wait until the page has told a screen reader so."""
        expect(self.page.get_by_test_id("announcer")).to_contain_text(words)

    def boxes(self) -> Locator:
        """The boxes in the list beside the image."""
        return self.page.get_by_role("button", name=re.compile(rf"\d+ {TIMES} \d+ pixels at"))

    def has_boxes(self, *lines: str) -> None:
        """Wait until exactly these boxes are listed, such as `dent, 80 x 60 pixels at 40, 30`."""
        expect(self.boxes()).to_have_count(len(lines))
        for box, line in zip(self.boxes().all(), lines, strict=True):
            expect(box).to_have_accessible_name(line.replace(" x ", f" {TIMES} "))

    def at(self, number: int, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the whole image lies on the screen."""
        box = self.stage(number).locator("canvas").first.bounding_box()
        assert box is not None
        scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
        left = box["x"] + (box["width"] - WIDTH * scale) / 2
        top = box["y"] + (box["height"] - HEIGHT * scale) / 2
        return left + x * scale, top + y * scale

    def drag(self, number: int, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag from one pixel of the image to another."""
        mouse = self.page.mouse
        mouse.move(*self.at(number, *start))
        mouse.down()
        mouse.move(*self.at(number, *end), steps=5)
        mouse.up()

    def has_ahead(self, count: int) -> None:
        """Wait until so many images have been fetched since the page was opened."""
        images = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/image')).length"
        # Not wait_for_function: that evaluates words in the page, which its policy forbids.
        wait_until(lambda: int(self.page.evaluate(images)) >= count, f"{count} images")

    def sent(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.get_by_test_id("outbox")).to_have_text("All sent", timeout=30_000)
