"""What a page must not do: log an error, break, or ask for anything off the machine."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request

# The browser itself logs every failed request as an error: tests that make requests fail name them.
_FAILED_REQUEST = "Failed to load resource"


@dataclass
class Watch:
    """Listens to every page of a context."""

    origin: str
    wrong: list[str] = field(default_factory=list)
    failures_expected: bool = False

    def over(self, context: BrowserContext) -> None:
        """Listen to what the context's pages do from now on."""
        context.on("page", self._page)
        context.on("request", self._request)

    def _page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def _console(self, message: ConsoleMessage) -> None:
        expected = self.failures_expected and _FAILED_REQUEST in message.text
        if message.type in ("error", "warning") and not expected:
            self.wrong.append(f"{message.type}: {message.text} ({message.location})")

    def _error(self, error: Error) -> None:
        self.wrong.append(f"uncaught: {error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(self.origin).netloc:
            self.wrong.append(f"request off the machine: {request.url}")


def serious(page: Page) -> list[str]:
    """What axe holds against the page that keeps somebody from using it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
