"""What pages show and what the API allows is one table, written in two languages."""

import json
import re

from consumers.console.permissions import ADMIN, ALLOWED, Permission
from tests.paths import REPO

SOURCE = (REPO / "consumers/console/web/src/permissions.ts").read_text()
NOT_SHOWN = {Permission.PUBLIC, Permission.OWN_SESSION}  # nothing on a page depends on these


def words(text: str) -> list[str]:
    """The list of strings in a piece of TypeScript."""
    found: list[str] = json.loads(re.sub(r",\s*\]", "]", text))
    return found


def test_roles_are_the_same() -> None:
    table = dict(re.findall(r"^  (\w+): (\[[^\]]*\]),$", SOURCE, re.MULTILINE))
    ours = {name: set(words(roles)) for name, roles in table.items()}
    theirs = {str(one).replace(" ", "_"): set(roles) for one, roles in ALLOWED.items() if one not in NOT_SHOWN}
    assert ours == theirs


def test_administrators_are_the_same() -> None:
    (listed,) = re.findall(r"const ADMIN: readonly Permission\[\] = (\[[^\]]*\]);", SOURCE)
    assert set(words(listed)) == {str(one).replace(" ", "_") for one in ADMIN}
