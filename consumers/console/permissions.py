"""Who may do what: the one table that the API, its tests and the documentation read."""

from enum import StrEnum
from typing import Final, Literal, get_args

Role = Literal["inspector", "model_developer", "operations_manager", "product_manager"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
_EVERYBODY: Final = frozenset(ROLES)


class Permission(StrEnum):
    """What a route asks of its caller. Every route declares exactly one: `Depends(requires(Permission.X))`."""

    PUBLIC = "public"
    """Nobody in particular: sign-in, first run, health."""
    OWN_SESSION = "own session"
    """A person's own session: password, language, sign-out. Service tokens have none."""
    MONITOR = "monitor"
    LABEL = "label"
    REQUEST_LABELS = "ask for labels"
    READ_DATASETS = "read datasets"
    BUILD_DATASETS = "build datasets"
    WRITE_POLICIES = "write policies"
    READ_AUDIT = "read audit"
    READ_LETTERS = "read dead letters"
    MANAGE_PEOPLE = "manage people"


ALLOWED: Final[dict[Permission, frozenset[Role]]] = {
    Permission.OWN_SESSION: _EVERYBODY,
    Permission.MONITOR: _EVERYBODY,
    Permission.LABEL: frozenset({"inspector", "model_developer"}),
    Permission.REQUEST_LABELS: frozenset({"inspector", "model_developer", "operations_manager"}),
    Permission.READ_DATASETS: _EVERYBODY - {"inspector"},
    Permission.BUILD_DATASETS: frozenset({"model_developer"}),
    Permission.WRITE_POLICIES: frozenset({"model_developer", "operations_manager"}),
    Permission.READ_AUDIT: frozenset({"operations_manager"}),
    Permission.READ_LETTERS: frozenset({"operations_manager", "model_developer"}),
    Permission.MANAGE_PEOPLE: frozenset(),
}
"""The roles that have a permission. PUBLIC is not here: it asks for nobody."""

ADMIN: Final = frozenset({Permission.READ_AUDIT, Permission.READ_LETTERS, Permission.MANAGE_PEOPLE})
"""What the flag `admin` adds to any role."""


def allowed(permission: Permission, role: Role, *, admin: bool) -> bool:
    """Whether somebody in this role may do what `permission` guards."""
    if permission is Permission.PUBLIC:
        return True
    return role in ALLOWED[permission] or (admin and permission in ADMIN)


def permissions_of(role: Role, *, admin: bool) -> list[Permission]:
    """Everything somebody in this role may do, in the table's order."""
    return [permission for permission in ALLOWED if allowed(permission, role, admin=admin)]
