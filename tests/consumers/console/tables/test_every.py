"""Every table is known, and it is clear which are projected."""

import pkgutil

from consumers.console import tables
from consumers.console.tables import every
from consumers.console.tables.every import METADATA, projected_tables


def test_every_module_of_tables_is_imported() -> None:
    modules = {module.name for module in pkgutil.iter_modules(tables.__path__)} - {"base", "every"}
    assert modules <= set(every.__all__)


def test_only_these_are_the_consoles_own() -> None:
    own = set(METADATA.tables) - {table.name for table in projected_tables()}
    assert own == {
        "people",
        "sessions",
        "service_tokens",
        "first_run_tokens",
        "audit_outbox",
        "projector",
        "catching_up",
        "changes",
        "leases",
        "drafts",
        "submissions",
        "dataset_builds",
    }
