"""People and tokens over HTTP."""

from collections.abc import Callable

from consumers.console.services import Services
from tests.consumers.console.auth.test_people import events
from tests.consumers.console.browsers import Browser

Browse = Callable[..., Browser]
BEA = {"name": "bea", "full_name": "Bea", "role": "inspector", "skills": ["dent"], "password": "four unrelated words"}


def test_adding_changing_listing(browse: Browse, services: Services) -> None:
    admin = browse("operations_manager", name="ada", admin=True)
    added = admin.post("/api/people", BEA)
    assert (added.status_code, added.json()["must_change_password"]) == (201, True)
    assert admin.post("/api/people", BEA).json()["code"] == "name_taken"
    assert admin.post("/api/people", {**BEA, "name": "X"}).json()["code"] == "not_usable"
    changed = admin.send("PATCH", "/api/people/bea", {"role": "product_manager", "skills": []}).json()
    assert (changed["role"], changed["skills"], changed["full_name"]) == ("product_manager", [], "Bea")
    assert [person["name"] for person in admin.get("/api/people").json()] == ["ada", "bea"]
    assert admin.send("PATCH", "/api/people/none", {"active": False}).status_code == 404
    assert admin.send("PATCH", "/api/people/ada", {"admin": False}).json()["code"] == "last_admin"
    assert {event.actor for event in events(services)[1:]} == {"ada"}


def test_a_password_set_by_an_administrator_ends_sessions(browse: Browse) -> None:
    admin, bea = browse("operations_manager", name="ada", admin=True), browse("inspector", name="bea")
    assert bea.get("/api/policies").status_code == 200
    assert admin.post("/api/people/bea/password", {"password": "some other words"}).status_code == 204
    assert bea.get("/api/policies").status_code == 401
    bea.sign_in("bea")
    assert bea.get("/api/policies").json()["code"] == "password_change_required"


def test_deactivating_ends_sessions_at_once(browse: Browse) -> None:
    admin, bea = browse("operations_manager", name="ada", admin=True), browse("inspector", name="bea")
    admin.send("PATCH", "/api/people/bea", {"active": False})
    assert bea.get("/api/policies").status_code == 401


def test_a_token_from_its_making_to_its_end(browse: Browse, services: Services) -> None:
    admin = browse("operations_manager", name="ada", admin=True)
    made = admin.post("/api/tokens", {"name": "robot", "role": "inspector", "days": 2}).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    robot = browse()
    assert robot.get("/api/policies", headers=headers).status_code == 200
    assert "secret" not in admin.get("/api/tokens").text
    token_id = made["token"]["token_id"]
    assert admin.send("DELETE", f"/api/tokens/{token_id}").status_code == 204
    assert robot.get("/api/policies", headers=headers).status_code == 401
    assert admin.get("/api/tokens").json() == []
    assert admin.send("DELETE", f"/api/tokens/{token_id}").status_code == 404
    assert [event.action for event in events(services)][-2:] == ["token.issue", "token.revoke"]
    assert not any(made["secret"] in str(event) for event in events(services))
