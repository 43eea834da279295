"""How Monitor, Data and Admin look, in both themes, widths and languages: nothing runs off the side, and pictures.

`make screens` keeps the pictures in docs/screens.
"""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from schemas.records import Box
from tests.browser.conftest import MakePerson, OpenPage, Show
from tests.browser.inspected import bury, inspect, label_all, report
from tests.browser.plant import Edge, Plant
from tests.browser.watching import Watch
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.timeout(400)
LONG_CLASS = "scratch-longer-than-two-millimetres-that-stays-when-turned-x"
LONG = "press-hall-2-north-welding-cell-17-upper-left-cam"
PLACES = {
    "monitor-wall": "/monitor?edge={edge}",
    "monitor-inspection": "/monitor/frames/{edge}/1?edge={edge}",
    "data-frames": "/data/frames?edge={edge}",
    "data-datasets": "/data/datasets",
    "data-dataset": "/data/datasets/{digest}",
    "admin-people": "/admin/people",
    "admin-policies": "/admin/policies",
    "admin-tokens": "/admin/tokens",
    "admin-audit": "/admin/audit",
    "admin-letters": "/admin/dead-letters",
}
AWAY = {
    "type": "/problems/broker_away",
    "title": "Service unavailable",
    "status": 503,
    "code": "broker_away",
    "detail": "Kafka at 127.0.0.1:9092 does not answer: start it, then try again",
}
# Whether every image that can be seen is there.
PICTURES = """[...document.images].every((one) =>
  one.complete || one.getBoundingClientRect().top > innerHeight || one.getBoundingClientRect().width === 0)"""


@pytest.fixture(scope="module")
def long_named(plant: Plant) -> Edge:
    """An edge with a name of 60 characters and frames of each verdict, labeled; a dataset of them; a dead letter."""
    unique = uuid.uuid4().hex[:10]
    edge = plant.edge(f"{LONG}-{unique}", frames=12, classes=["good", LONG_CLASS], guide={})
    report(edge)
    wide = Box(label=LONG_CLASS, x=220, y=150, w=120, h=90, score=0.91)
    passed: dict[str, Any] = {"verdict": "pass", "boxes": [], "defect_class": None, "score": 0.04}
    failed: dict[str, Any] = {"defect_class": LONG_CLASS, "boxes": [wide], "scores": {LONG_CLASS: 0.91, "dent": 0.2}}
    review: dict[str, Any] = {"verdict": "review", "reason": "the score lies near its threshold"}
    cut: dict[str, Any] = {
        **passed,
        "verdict": "error",
        "score": 0.0,
        "reason": "the image is cut off after 1,204 bytes",
    }
    for number in range(12):
        inspect(edge, number, **(passed, failed, review, cut)[number % 4])
    label_all(edge, plant.console.person(f"{unique}-ann"), ["good", LONG_CLASS] * 6)
    bury(plant, f"{LONG}-{unique}")
    return edge


@pytest.fixture(scope="module")
def digest(plant: Plant, long_named: Edge) -> str:
    """A dataset of the edge."""
    name = f"panels-{long_named.name[-10:]}"
    developer = plant.console.person(name, "model_developer")
    span = {"from_us": 1_759_000_000_000_000, "to_us": 1_900_000_000_000_000}
    developer.post("/api/dataset-builds", {"name": name, "edge_ids": [long_named.name], **span}).raise_for_status()

    def build() -> dict[str, Any]:
        return next(one for one in developer.get("/api/dataset-builds") if one["name"] == name)

    wait_until(lambda: build()["state"] in ("done", "failed"), "the dataset")
    assert build()["state"] == "done", build()
    wait_until(lambda: name in [one["name"] for one in developer.get("/api/datasets")], "the dataset in the list")
    digest: str = build()["digest"]
    return digest


@pytest.fixture(params=["en", "ko"])
def person(request: pytest.FixtureRequest, make_person: MakePerson) -> str:
    """Somebody who sees everything, in English or Korean."""
    full = {"en": "Maximiliane-Alexandra von Hohenzollern", "ko": "김민지"}[request.param]
    return make_person("model_developer", admin=True, language=request.param, full_name=full)


def settle(page: Page) -> None:
    """Wait until nothing is waited for: no skeletons, every picture there."""
    expect(page.locator("main")).to_be_visible()
    expect(page.locator("main [class*='Skeleton']")).to_have_count(0)
    wait_until(lambda: bool(page.evaluate(PICTURES)), "the pictures")


def test_with_long_names(
    open_page: OpenPage, options: dict[str, Any], person: str, long_named: Edge, digest: str, show: Show
) -> None:
    page = open_page(person, **options)
    for name, place in PLACES.items():
        page.goto(place.format(edge=long_named.name, digest=digest))
        settle(page)
        show(page, name)


def test_the_forms(
    open_page: OpenPage, options: dict[str, Any], person: str, long_named: Edge, digest: str, show: Show
) -> None:
    page = open_page(person, **options)
    forms = {
        "data-build": (f"/data/datasets?edge={long_named.name}", re.compile("^(Build a dataset|데이터셋 만들기)$")),
        "admin-person": ("/admin/people", re.compile("^(Add a person|사용자 추가)$")),
        "admin-policy": ("/admin/policies", re.compile(f"policy of {long_named.name}|{long_named.name} 정책")),
    }
    for name, (place, button) in forms.items():
        page.goto(place)
        page.get_by_role("button", name=button).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        show(page, name)


def test_when_something_is_wrong_or_slow(
    open_page: OpenPage, options: dict[str, Any], person: str, show: Show, watch: Watch
) -> None:
    watch.failures_expected = True
    page = open_page(person, **options)
    lists = re.compile("/api/(inspections|datasets|dataset-builds|people|policies|tokens|audit|dead-letters)")
    page.route(lists, lambda route: route.fulfill(status=503, json=AWAY))
    for name in ("monitor-wall", "data-frames", "data-datasets", "admin-people", "admin-audit"):
        page.goto(PLACES[name].partition("?")[0])
        expect(page.get_by_text("does not answer: start it").first).to_be_visible(timeout=60_000)
        show(page, f"{name}-error")
    page.unroute(lists)
    page.route(lists, lambda _: None)  # no answer comes
    for name in ("monitor-wall", "data-frames", "data-datasets", "admin-people"):
        page.goto(PLACES[name].partition("?")[0])
        expect(page.locator("main [class*='Skeleton']").first).to_be_visible()
        show(page, f"{name}-loading")


def test_with_nothing_there(open_page: OpenPage, options: dict[str, Any], person: str, show: Show) -> None:
    page = open_page(person, **options)
    nothing: dict[str, Any] = {"items": [], "next_cursor": None}
    page.route(re.compile("/api/(inspections|audit|dead-letters)"), lambda route: route.fulfill(json=nothing))
    page.route(re.compile("/api/(datasets|dataset-builds|policies|tokens|edges)"), lambda route: route.fulfill(json=[]))
    for name, place in PLACES.items():
        if "digest" in place or name in ("monitor-inspection", "admin-people"):
            continue
        page.goto(place.partition("?")[0])
        settle(page)
        show(page, f"{name}-empty")
