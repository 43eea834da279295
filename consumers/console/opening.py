"""Putting the parts of a console together, starting them, and taking them apart."""

from dataclasses import dataclass
from typing import Self

from consumers.console.auditing import AuditSender
from consumers.console.auth import first_run
from consumers.console.auth.passwords import Passwords
from consumers.console.auth.rate_limit import SignInLimits
from consumers.console.database import open_database
from consumers.console.events import Hub
from consumers.console.metrics import ConsoleMetrics
from consumers.console.migrating import migrate
from consumers.console.projection.housekeeping import KEEP_DAYS
from consumers.console.projection.process import Projection
from consumers.console.publishing import Publisher
from consumers.console.services import Services
from infra.blobs import open_blobs
from infra.schema_topic import make_codec
from infra.settings import Settings


def open_services(settings: Settings) -> Services:
    """Everything a console needs, its database migrated; DatabaseUnusableError when there is none to be had."""
    database = open_database(settings)
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


@dataclass(frozen=True, slots=True)
class Console:
    """A console's services and the threads that work for them; a context manager that starts and stops these."""

    services: Services
    projection: Projection
    sender: AuditSender

    @classmethod
    def open(cls, settings: Settings, *, keep_days: float = KEEP_DAYS) -> Self:
        """Open one; errors as `open_services`."""
        services = open_services(settings)
        sender = AuditSender(services.database, services.publisher, services.metrics)
        return cls(services, Projection(services, keep_days=keep_days), sender)

    def first_run_token(self) -> str | None:
        """A token for the first administrator; None when there are people already."""
        with self.services.database.write() as session:
            return first_run.issue(session, self.services.clock())

    def __enter__(self) -> Self:
        self.projection.start()
        self.sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.projection.stop()
        self.sender.stop()
        close_services(self.services)
