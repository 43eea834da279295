"""Putting the parts of a console together, and taking them apart."""

from consumers.console.auth.passwords import Passwords
from consumers.console.auth.rate_limit import SignInLimits
from consumers.console.database import Database, open_database
from consumers.console.events import Hub
from consumers.console.metrics import ConsoleMetrics
from consumers.console.migrating import migrate
from consumers.console.publishing import Publisher
from consumers.console.services import Services
from infra.blobs import open_blobs
from infra.schema_topic import make_codec
from infra.settings import Settings


def open_services(settings: Settings, *, database: Database | None = None) -> Services:
    """Everything a console needs, its database migrated; DatabaseUnusableError when there is none to be had."""
    database = database or open_database(settings)
    migrate(database)
    codec, metrics = make_codec(settings), ConsoleMetrics.build()
    return Services(
        settings=settings,
        database=database,
        publisher=Publisher(settings, codec),
        codec=codec,
        blobs=open_blobs(settings),
        hub=Hub(database, metrics),
        metrics=metrics,
        passwords=Passwords(),
        limits=SignInLimits(),
    )


def close_services(services: Services) -> None:
    """Close what `open_services` opened."""
    services.publisher.close()
    services.database.close()
