"""Fifty people at a console, each with a browser's connections: who labels, and who watches.

`python -m benchmarks.console_people HOST PORT SECONDS` reads one line of JSON a person from standard input (name, role,
cookie, csrf, kinds) and prints one line: milliseconds of every request by what was asked, and what failed.
"""

import gzip
import http.client
import json
import random
import sys
import threading
import time
from collections import defaultdict
from typing import Any, Final

_AS_BROWSERS: Final = {"Accept-Encoding": "gzip, deflate, br"}
LABEL_EVERY_S: Final = 2.5  # from one image to the next: a quick inspector
QUEUES_EVERY_S: Final = 4.0  # how often a page asks which edges have tasks, while tasks come and go
LOOK_EVERY_S: Final = 3.0


class Browser:
    """One person's connection, kept open as a browser keeps it."""

    def __init__(self, host: str, port: int, person: dict[str, str], seed: int) -> None:
        self.host, self.port, self.person = host, port, person
        self.chance = random.Random(seed)
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.failures: list[str] = []
        self._connection = http.client.HTTPConnection(host, port, timeout=30)

    def ask(self, what: str, method: str, path: str, body: Any = None) -> Any:
        """One request, timed until its last byte; JSON where it is JSON."""
        headers = {**_AS_BROWSERS, "Cookie": self.person["cookie"], "X-CSRF-Token": self.person["csrf"]}
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        started = time.perf_counter()
        try:
            self._connection.request(method, path, data, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{what}: {type(error).__name__} {error}")
            self._connection.close()
            return None
        self.times[what].append((time.perf_counter() - started) * 1000)
        if answer.status not in {200, 201, 204, 304}:
            self.failures.append(f"{what}: {answer.status} {content[:200]!r}")
            return None
        if not (answer.getheader("content-type") or "").startswith("application/json"):
            return content
        return json.loads(gzip.decompress(content) if answer.getheader("content-encoding") == "gzip" else content)

    def work(self, until: float) -> None:
        """Do the day's work until then."""
        self._wait(self.chance.random() * LABEL_EVERY_S)
        self.ask("session", "GET", "/api/session")
        act = self._label if self.person["role"] == "inspector" else self._look
        while time.perf_counter() < until:
            act()

    def _label(self) -> None:
        """Claim, see the image, save a draft, submit, look at the progress and, now and then, at the queues."""
        claimed = self.ask("claim", "POST", "/api/label/claim", {"count": 3})
        if not claimed or not claimed["tasks"]:
            self._wait(LABEL_EVERY_S)
            return
        task = claimed["tasks"][0]
        lease = {"task_id": task["task_id"], "fencing_token": task["lease"]["fencing_token"]}
        self.ask("image", "GET", task["image_url"])
        self._wait(LABEL_EVERY_S * 0.4)
        box = {"label": "scratch", "x": 10, "y": 10, "w": 50, "h": 40}
        self.ask("draft", "PUT", "/api/label/draft", {**lease, "label": "scratch", "boxes": [box]})
        self._wait(LABEL_EVERY_S * 0.6)
        answer = {"outcome": "labeled", "label": "scratch", "boxes": [box], "seconds_taken": LABEL_EVERY_S}
        self.ask("submit", "POST", "/api/label/submit", {**lease, **answer, "image_width": 1280, "image_height": 960})
        self.ask("progress", "GET", "/api/label/progress")
        if self.chance.random() < LABEL_EVERY_S / QUEUES_EVERY_S:
            self.ask("queues", "GET", "/api/label/edges")

    def _look(self) -> None:
        """The plant, an edge's newest frames with their small images, its minutes."""
        edges = self.ask("edges", "GET", "/api/edges") or []
        self._wait(LOOK_EVERY_S * 0.5)
        if not edges:
            return
        edge_id = self.chance.choice(edges)["edge_id"]
        page = self.ask("inspections", "GET", f"/api/inspections?edge_id={edge_id}&limit=24") or {"items": []}
        for item in page["items"][:4]:
            self.ask("thumbnail", "GET", item["thumbnail_url"])
        now_us = time.time_ns() // 1000
        span = f"from_us={now_us - 3_600_000_000}&to_us={now_us}"
        self.ask("statistics", "GET", f"/api/statistics?edge_id={edge_id}&{span}")
        self._wait(LOOK_EVERY_S * 0.5)

    def _wait(self, seconds: float) -> None:
        time.sleep(seconds * (0.5 + self.chance.random()))


class Listener:
    """A page's stream of events, read and thrown away: what its page shows, as the console's pages ask for it."""

    def __init__(self, host: str, port: int, person: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._person = person
        self.received = 0

    def listen(self, until: float) -> None:
        """Read until then."""
        path = f"/api/events?kinds={self._person['kinds']}"
        self._connection.request("GET", path, headers={"Cookie": self._person["cookie"]})
        answer = self._connection.getresponse()
        while time.perf_counter() < until:
            self.received += len(answer.read1(65536))


def main() -> None:
    host, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    people = [json.loads(line) for line in sys.stdin]
    until = time.perf_counter() + seconds
    browsers = [Browser(host, port, person, number) for number, person in enumerate(people)]
    listeners = [Listener(host, port, person) for person in people]
    threads = [threading.Thread(target=browser.work, args=(until,)) for browser in browsers]
    streams = [threading.Thread(target=listener.listen, args=(until,), daemon=True) for listener in listeners]
    for thread in (*streams, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    times: defaultdict[str, list[float]] = defaultdict(list)
    for browser in browsers:
        for what, taken in browser.times.items():
            times[what] += taken
    failures = [failure for browser in browsers for failure in browser.failures]
    print(json.dumps({"times": times, "failures": failures, "streamed": sum(one.received for one in listeners)}))


if __name__ == "__main__":
    main()
