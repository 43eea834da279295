"""The monitor over HTTP."""

from collections.abc import Callable

import pytest

from consumers.console.services import Services
from tests.consumers.console.browsers import Browser
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row, policy_row
from tests.consumers.console.monitoring.test_alarms import alarm
from tests.consumers.console.monitoring.test_edges import minute, report

Browse = Callable[..., Browser]


def test_every_view_is_there_for_every_role(services: Services, browse: Browse) -> None:
    fill(services.database, policy_row(), report("press-1"), minute(1, "cam-1", 5), alarm(1))
    fill(services.database, *(inspection_row(number) for number in range(1, 4)))
    viewer = browse("product_manager")
    (edge,) = viewer.get("/api/edges").json()
    assert (edge["edge_id"], edge["state"]) == ("press-1", "silent")
    page = viewer.get("/api/inspections?edge_id=press-1&limit=2").json()
    assert [item["frame_id"] for item in page["items"]] == ["cam-1/3", "cam-1/2"]
    rest = viewer.get("/api/inspections", params={"edge_id": "press-1", "cursor": page["next_cursor"]}).json()
    assert ([item["frame_id"] for item in rest["items"]], rest["next_cursor"]) == (["cam-1/1"], None)
    detail = viewer.get("/api/inspections/cam-1/2").json()
    assert (detail["frame"]["offset"], detail["labels"], detail["task"]) == (2, [], None)
    span = {"edge_id": "press-1", "from_us": NOW - 10**9, "to_us": NOW}
    assert [one["inspections"] for one in viewer.get("/api/statistics", params=span).json()["minutes"]] == [5]
    assert [one["alarm_id"] for one in viewer.get("/api/alarms?raised=true").json()] == ["a0001"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/inspections?cursor=nonsense", 422, "cursor_invalid"),
        ("/api/inspections?limit=501", 422, "wrong_input"),
        ("/api/inspections?min_score=nan", 422, "wrong_input"),
        ("/api/inspections?edge_id=%00", 422, "wrong_input"),
        ("/api/inspections/cam-1/9", 404, "inspection_unknown"),
        ("/api/inspections/cam-1/99999999999999999999", 422, "wrong_input"),
        ("/api/statistics?edge_id=press-1&from_us=2&to_us=1", 422, "span_invalid"),
    ],
)
def test_wrong_questions_are_answered_with_problems(browse: Browse, path: str, status: int, code: str) -> None:
    answer = browse("inspector").get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_nobody_sees_nothing(browse: Browse) -> None:
    assert browse().get("/api/edges").status_code == 401
