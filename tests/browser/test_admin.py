"""Admin: people, policies, tokens, what was done, what nobody could read; to each role its part."""

import re
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from consumers.console.permissions import Role
from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.inspected import bury
from tests.browser.label_page import LabelPage
from tests.browser.plant import Plant
from tests.browser.test_accounts import sign_in
from tests.browser.watching import Watch, serious
from tests.integration.edge_line import wait_until

pytestmark = pytest.mark.timeout(400)
FIRST, OWN = "first words of mine", "words that only I know"
PARTS: list[tuple[Role, bool, list[str]]] = [
    ("inspector", True, ["People", "Tokens", "Audit", "Dead letters"]),
    ("operations_manager", False, ["Policies", "Audit", "Dead letters"]),
    ("model_developer", False, ["Policies", "Dead letters"]),
]


def row(page: Page, words: str) -> Locator:
    """The line of a table that holds these words."""
    return page.get_by_role("row").filter(has_text=words)


@pytest.mark.parametrize(("role", "admin", "parts"), PARTS)
def test_each_role_sees_its_parts(
    open_page: OpenPage, make_person: MakePerson, role: Role, admin: bool, parts: list[str]
) -> None:
    page = open_page(make_person(role, admin=admin))
    page.goto("/admin")
    expect(page.get_by_role("tab")).to_have_text(parts)
    page.goto("/admin/people")
    expect(page.get_by_role("tab", selected=True)).to_have_text(parts[0])


def test_a_person_is_added_signs_in_and_may_no_more(
    open_page: OpenPage, make_person: MakePerson, unique: str, watch: Watch
) -> None:
    admin, name = open_page(make_person("operations_manager", admin=True)), f"new-{unique}"
    admin.goto("/admin/people")
    admin.get_by_role("button", name="Add a person").click()
    form = admin.get_by_role("dialog", name="Add a person")
    form.get_by_role("textbox", name="Sign-in name").fill(name)
    form.get_by_role("textbox", name="Full name").fill("Minji Kim")
    form.get_by_label("First password").fill(FIRST)
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(row(admin, name)).to_contain_text("must change the password")

    theirs = open_page()
    theirs.goto("/")
    sign_in(theirs, name, FIRST)
    theirs.get_by_label("Current password").fill(FIRST)
    theirs.get_by_label("New password").fill(OWN)
    theirs.get_by_label("Password again").fill(OWN)
    theirs.get_by_role("button", name="Change password").click()
    expect(theirs).to_have_url(re.compile("/label$"))

    admin.reload()
    expect(row(admin, name)).to_contain_text("active")
    admin.get_by_role("button", name=f"Edit {name}").click()
    admin.get_by_role("switch", name="May sign in").click()
    admin.get_by_role("dialog", name="Edit").get_by_role("button", name="Save").click()
    expect(row(admin, name)).to_contain_text("may not sign in")
    watch.failures_expected = True  # the answer to whom may no more
    theirs.goto("/label")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()

    admin.get_by_role("tab", name="Audit").click()
    admin.get_by_role("textbox", name="To what").fill(name)
    expect(row(admin, name)).not_to_have_count(0)
    said = " ".join(admin.get_by_role("row").all_inner_texts())
    assert {"person.add", "person.change", "person.password"} <= set(re.findall(r"[a-z_]+\.[a-z_]+", said))


def test_a_policy_gives_the_label_page_its_classes(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique, frames=2, classes=["good"], guide={})
    edge.ask_all()
    page = open_page(make_person("operations_manager"))
    page.goto("/admin/policies")
    page.get_by_role("button", name=f"Edit the policy of {edge.name}").click()
    form = page.get_by_role("dialog", name=edge.name)
    form.get_by_label("Classes").fill("burr")
    form.get_by_label("Classes").press("Enter")
    form.get_by_role("textbox", name="how to know “burr”").fill("A raised lip along the cut.")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(row(page, edge.name)).to_contain_text("good, burr")

    label = LabelPage(open_page(make_person()), plant.url, edge).open()
    label.shows(0)
    expect(label.page.get_by_text("A raised lip along the cut.")).to_be_visible()
    label.press("2")
    label.shows(1)
    wait_until(lambda: [one.label for one in edge.labels()] == ["burr"], "the label")

    page.get_by_role("tab", name="Audit").click()
    page.get_by_role("textbox", name="To what").fill(edge.name)
    change = page.get_by_role("row").filter(has_text="policy.set")
    change.get_by_text("What changed").click()
    expect(change).to_contain_text("burr")


def test_a_token_is_shown_once_works_and_is_revoked(
    open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    page = open_page(make_person(admin=True))
    page.goto("/admin/tokens")
    page.get_by_role("textbox", name="Program").fill(unique)
    page.get_by_role("button", name="Issue a token").click()
    shown = page.get_by_role("alert").filter(has_text="Copy the token now")
    secret = shown.locator("code").inner_text()
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx2.get(f"{plant.url}/api/edges", headers=headers).status_code == 200
    row(page, unique).get_by_role("button", name="Revoke").click()
    row(page, unique).get_by_role("button", name=f"Revoke {unique} for good").click()
    expect(row(page, unique)).to_have_count(0)
    assert httpx2.get(f"{plant.url}/api/edges", headers=headers).status_code == 401


def test_dead_letters_say_why(open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str) -> None:
    bury(plant, unique)
    page = open_page(make_person("model_developer"))
    page.goto("/admin/dead-letters")
    expect(row(page, unique)).to_contain_text("the schema id 99 is not known")


def test_nothing_serious_in_any_look(
    options: dict[str, Any], open_page: OpenPage, make_person: MakePerson, plant: Plant, unique: str
) -> None:
    edge = plant.edge(unique)
    bury(plant, unique)
    page = open_page(make_person("operations_manager", admin=True), **options)
    page.goto("/admin")
    for tab in ("People", "Policies", "Tokens", "Audit", "Dead letters"):
        page.get_by_role("tab", name=tab).click()
        empty = page.locator("main").get_by_role("heading", level=2)  # tests share the console; it may have no tokens
        expect(page.get_by_role("table").or_(empty).first).to_be_visible()
        assert serious(page) == [], tab
    page.get_by_role("tab", name="Policies").click()
    page.get_by_role("button", name=f"Edit the policy of {edge.name}").click()
    expect(page.get_by_role("dialog", name=edge.name)).to_be_visible()
    assert serious(page) == []
