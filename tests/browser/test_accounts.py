"""Signing in, the first run, landing pages, passwords, languages."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from consumers.console.permissions import Role
from tests.browser.conftest import MakePerson, OpenPage
from tests.browser.plant import Plant, plant_settings, running_plant
from tests.browser.watching import Watch
from tests.conftest import Broker
from tests.integration.console_line import PASSWORD

RAILS: list[tuple[Role, bool, str, list[str]]] = [
    ("inspector", False, "/label", ["Monitor", "Label"]),
    ("model_developer", False, "/data", ["Monitor", "Label", "Data", "Admin"]),
    ("operations_manager", False, "/monitor", ["Monitor", "Data", "Admin"]),
    ("product_manager", False, "/monitor", ["Monitor", "Data"]),
    ("inspector", True, "/label", ["Monitor", "Label", "Admin"]),
]


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill the form and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("role", "admin", "landing", "rail"), RAILS)
def test_each_role_lands_where_its_day_is_and_sees_only_its_pages(
    open_page: OpenPage, make_person: MakePerson, role: Role, admin: bool, landing: str, rail: list[str]
) -> None:
    page = open_page()
    page.goto("/")
    sign_in(page, make_person(role, admin=admin))
    expect(page).to_have_url(re.compile(f"{landing}(/|$)"))
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(links).to_have_count(len(rail) + 1)  # and home
    assert links.all_inner_texts()[1:] == rail


def test_a_wrong_password_says_so_and_too_many_have_to_wait(
    open_page: OpenPage, broker: Broker, tmp_path: Path, watch: Watch
) -> None:
    watch.failures_expected = True
    with running_plant(plant_settings(broker, tmp_path / "own")) as own:  # others sign in from this address too
        own.person("kim")
        page = open_page(plant=own)
        page.goto("/")
        sign_in(page, "kim", "not this one")
        expect(page.get_by_role("alert")).to_contain_text("name or password is wrong")
        button = page.get_by_role("button", name=re.compile("^(Sign in|Wait)"))
        for _ in range(20):
            expect(button).not_to_have_attribute("data-loading", "true")
            if not button.is_enabled():
                break
            with page.expect_response("**/api/sign-in"):
                button.click()
        expect(button).to_be_disabled()
        expect(button).to_contain_text(re.compile(r"Wait \d+ s"))
        page.context.close()


def test_signing_out_ends_it_and_a_deep_link_waits_for_the_sign_in(
    open_page: OpenPage, make_person: MakePerson
) -> None:
    name = make_person("product_manager")
    page = open_page(name)
    page.goto("/monitor?line=Line%20A")
    page.get_by_role("button", name=re.compile("^Account of")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, name)
    expect(page).to_have_url(re.compile(r"/monitor\?line=Line%20A$"))


def test_a_page_that_is_not_for_the_role_says_so(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page(make_person())
    page.goto("/data")
    expect(page.get_by_role("heading", name="This page is not for your role")).to_be_visible()
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_the_language_is_kept_with_the_person(open_page: OpenPage, make_person: MakePerson) -> None:
    name = make_person()
    page = open_page(name)
    page.goto("/label")
    page.get_by_role("button", name=re.compile("^Account of")).click()
    with page.expect_response("**/api/session") as changed:
        page.get_by_role("menuitem", name="한국어").click()
    assert changed.value.status == 200
    expect(page.get_by_role("link", name="라벨링")).to_be_visible()
    elsewhere = open_page(name)
    elsewhere.goto("/label")
    expect(elsewhere.get_by_role("link", name="라벨링")).to_be_visible()
    expect(elsewhere.locator("html")).to_have_attribute("lang", "ko")


def test_the_theme_is_kept_on_the_machine(open_page: OpenPage, make_person: MakePerson) -> None:
    page = open_page(make_person(), color_scheme="light")
    page.goto("/monitor")
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


def test_a_first_password_must_be_changed(open_page: OpenPage, plant: Plant, unique: str) -> None:
    environment = {"LINEWATCH_DATA_DIR": str(plant.settings.data_dir), "PATH": "/usr/bin:/bin"}
    environment["LINEWATCH_BOOTSTRAP_SERVERS"] = plant.settings.bootstrap_servers
    command = [sys.executable, "-m", "infra.cli", "users", "add", unique, "--password-stdin"]
    subprocess.run(command, env=environment, input="first words of mine\n", text=True, check=True)
    page = open_page()
    page.goto("/")
    sign_in(page, unique, "first words of mine")
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    page.get_by_label("Current password").fill("first words of mine")
    page.get_by_label("New password").fill("short")
    expect(page.get_by_text("7 more characters are needed.")).to_be_visible()
    page.get_by_label("New password").fill("words that only I know")
    page.get_by_label("Password again").fill("words that only I know")
    page.get_by_role("button", name="Change password").click()
    expect(page).to_have_url(re.compile("/label$"))
    expect(page.get_by_text("Password changed.")).to_be_visible()


def test_the_first_run_makes_an_administrator_once(
    open_page: OpenPage, broker: Broker, tmp_path: Path, watch: Watch
) -> None:
    with running_plant(plant_settings(broker, tmp_path / "fresh")) as fresh:
        token = re.findall(r"with the token (\S+)", fresh.console.log.read_text())[0]
        watch.failures_expected = True  # the wrong token's answer
        page = open_page(plant=fresh)
        page.goto("/")
        expect(page.get_by_role("heading", name="Set up linewatch")).to_be_visible()
        page.get_by_label("First-run token").fill("not the token")
        page.get_by_label("Name", exact=True).fill("olga")
        page.get_by_label("Full name").fill("Olga Berg")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password again").fill(PASSWORD)
        page.get_by_role("button", name="Create administrator").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("First-run token").fill(token)
        page.get_by_role("button", name="Create administrator").click()
        expect(page.get_by_role("link", name="Admin")).to_be_visible()
        other = open_page(plant=fresh)
        other.goto("/")
        expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        page.context.close()
        other.context.close()
