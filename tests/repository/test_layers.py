"""Who may import whom: DESIGN section 2, held."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import REPO

PACKAGES = ("schemas", "infra", "producers", "streams", "consumers")
PARTS_OF_CONSUMERS = ("inference", "datasets", "edge", "trainer", "archive", "console")
SHARED_BY_CONSUMERS = ("inference", "datasets")
COMPOSITION_ROOT = "infra/cli.py"

ALLOWED = {
    "schemas": {"schemas"},
    "infra": {"infra", "schemas"},
    "producers": {"producers", "infra", "schemas"},
    "streams": {"streams", "infra", "schemas"},
    "consumers": {"consumers", "producers", "infra", "schemas"},
}


def modules(package: str) -> list[Path]:
    return sorted((REPO / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Full names of everything a module imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(path: Path) -> list[str]:
    """Imports of one module that the rule forbids."""
    name = path.relative_to(REPO).as_posix()
    if name == COMPOSITION_ROOT:
        return []
    package, part = name.split("/")[0], name.split("/")[1]
    found = []
    for target in imported(path):
        top, _, rest = target.partition(".")
        other = rest.partition(".")[0]
        if top in PACKAGES and top not in ALLOWED[package]:
            found.append(f"{name} imports {target}")
        siblings = package == top == "consumers" and part in PARTS_OF_CONSUMERS and other in PARTS_OF_CONSUMERS
        if siblings and other not in (part, *SHARED_BY_CONSUMERS):
            found.append(f"{name} imports {target}: the parts of consumers meet only over topics")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_follow_the_layers(package: str) -> None:
    assert [offence for path in modules(package) for offence in offences(path)] == []


@pytest.mark.parametrize(
    ("library", "home"), [("tensorflow", "consumers/trainer/"), ("keras", "consumers/trainer/"), ("faust", "streams/")]
)
def test_heavy_libraries_stay_at_home(library: str, home: str) -> None:
    users = {
        path.relative_to(REPO).as_posix()
        for package in PACKAGES
        for path in modules(package)
        if library in {target.partition(".")[0] for target in imported(path)}
    }
    assert {user for user in users if not user.startswith(home)} == set()


def test_the_rule_sees_an_offence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.REPO", tmp_path)
    folder = tmp_path / "consumers" / "edge"
    folder.mkdir(parents=True)
    module = folder / "bad.py"
    module.write_text("def f():\n    from streams import topology\n    import consumers.trainer.export\n")
    assert [offence.split(" ")[2].rstrip(":") for offence in offences(module)] == [
        "streams.topology",
        "consumers.trainer.export",
    ]
