"""A Chromium process of a test's own that it may kill as a power cut would; its profile outlives it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from infra.setup.chromium import CHROMIUM_FLAGS, ensure_chromium
from tests.integration.edge_line import wait_until

_PORT_FILE = "DevToolsActivePort"


class OwnBrowser:
    """Chromium over a profile folder."""

    def __init__(self, profile: Path, playwrights: Browser) -> None:
        self._profile, self._playwrights = profile, playwrights
        self._process: subprocess.Popen[bytes] | None = None
        self._connected: Browser | None = None

    def open(self) -> BrowserContext:
        """Start it; gives its one context, whose storage lies in the profile."""
        said = self._profile / _PORT_FILE
        said.unlink(missing_ok=True)
        (self._profile / "SingletonLock").unlink(missing_ok=True)  # left behind by the one that was killed
        own = (
            f"--user-data-dir={self._profile}",
            "--remote-debugging-port=0",
            "--window-size=1440,900",
            "--lang=en-GB",
        )
        command = [str(ensure_chromium()), *CHROMIUM_FLAGS, "--headless=new", *own, "about:blank"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(lambda: said.is_file() and said.read_text().count("\n") >= 1, "Chromium listens")
        port = said.read_text().splitlines()[0]
        self._connected = self._playwrights.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}")
        return self._connected.contexts[0]

    def kill(self) -> None:
        """kill -9 of all its processes at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """Leave nothing running."""
        if self._connected is not None:
            self._connected.close()
        if self._process is not None:
            self.kill()


@contextmanager
def own_browser(profile: Path, playwrights: Browser) -> Iterator[OwnBrowser]:
    """A browser that is not left running; `playwrights` is any browser of the playwright in use."""
    profile.mkdir(parents=True, exist_ok=True)
    browser = OwnBrowser(profile, playwrights)
    try:
        yield browser
    finally:
        browser.stop()
