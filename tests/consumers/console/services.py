"""A console's services for tests, with a publisher that keeps what it is given instead of sending it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from consumers.console.auth.passwords import Passwords
from consumers.console.auth.rate_limit import SignInLimits
from consumers.console.database import Database
from consumers.console.errors import NotPublishedError
from consumers.console.events import Hub
from consumers.console.metrics import ConsoleMetrics
from consumers.console.publishing import Outgoing, Publisher
from consumers.console.services import Services, now_us
from infra.blobs import open_blobs
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import Record

FAST_PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Real argon2id with parameters that cost nothing: tests hash a lot."""


class KeepingPublisher(Publisher):
    """Keeps what it is asked to send. `away` makes it fail as a broker does that is not there."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.away = False
        self._codec = Codec()

    def send_all(self, outgoing: Iterable[Outgoing]) -> None:
        records = list(outgoing)
        if self.away:
            raise NotPublishedError("Kafka did not acknowledge it (away): nothing was changed, try again")
        for one in records:
            self._codec.encode(one.record)  # what does not fit its schema fails here as it would for real
        self.sent += records

    def records(self, topic: str) -> list[Record]:
        return [one.record for one in self.sent if one.topic.name == topic]

    def close(self) -> None:
        return None


@dataclass
class FakeClock:
    """A clock that a test sets, Unix microseconds."""

    at_us: int = field(default_factory=now_us)

    def __call__(self) -> int:
        return self.at_us

    def pass_s(self, seconds: float) -> None:
        self.at_us += round(seconds * 1e6)


def make_services(
    database: Database,
    data_dir: Path,
    *,
    publisher: Publisher | None = None,
    clock: Callable[[], int] = now_us,
    **settings: Any,
) -> Services:
    """Services on a migrated database; `settings` are infra.settings.Settings' fields."""
    chosen = Settings(data_dir=data_dir, **settings)
    metrics = ConsoleMetrics.build()
    return Services(
        settings=chosen,
        database=database,
        publisher=publisher or KeepingPublisher(),
        codec=Codec(),
        blobs=open_blobs(chosen),
        hub=Hub(database, metrics),
        metrics=metrics,
        passwords=FAST_PASSWORDS,
        limits=SignInLimits(),
        clock=clock,
    )
