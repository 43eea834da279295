"""The web pages' files."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from consumers.console.app import create_app
from consumers.console.services import Services


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>pages</title>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / ".secret").write_text("secret")
    (folder / "assets/app-1a2b.js").write_text("let a = 1;" * 300)
    (folder / "assets/app-1a2b.js.br").write_bytes(b"packed")
    (tmp_path / "outside.txt").write_text("outside")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return folder


@pytest.fixture
def client(services: Services, built: Path) -> TestClient:
    return TestClient(create_app(services.settings, services, pages=built))


@pytest.mark.parametrize("path", ["/", "/label", "/monitor/press-1", "/problems/csrf"])
def test_every_page_is_the_application(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "pages" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_files_named_by_their_hash_are_kept_for_ever_and_packed(client: TestClient) -> None:
    answer = client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    with client.stream("GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": "br"}) as packed:
        assert packed.headers["content-encoding"] == "br"
        assert b"".join(packed.iter_raw()) == b"packed"
    assert client.get("/favicon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/nothing.js", "/assets/old-hash.js", "/.secret", "/..%2foutside.txt", "/link.txt", "/api", "/api/none"]
)
def test_what_is_not_there_or_not_ours_is_not_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 or "pages" in answer.text
    assert "secret" not in answer.text
    assert "outside" not in answer.text.replace("/..%2foutside.txt", "").replace("/../outside.txt", "")


def test_without_a_build_it_says_what_to_do(services: Services, tmp_path: Path) -> None:
    answer = TestClient(create_app(services.settings, services, pages=tmp_path / "none")).get("/")
    assert answer.status_code == 503
    assert "make web" in answer.text
