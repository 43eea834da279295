"""One archive process: its parts side by side, each starting again by itself after a failure."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from confluent_kafka import KafkaException
from prometheus_client import CollectorRegistry

from consumers.archive.archiver import Limits
from consumers.archive.errors import ArchiveError
from consumers.archive.images import ImagesPart
from consumers.archive.inspections import InspectionsPart
from consumers.archive.merging import Merger
from consumers.archive.metrics import ArchiveMetrics
from consumers.errors import ConsumersError
from infra.blobs import BlobStore, open_blobs
from infra.errors import InfraError
from infra.schema_topic import make_codec
from infra.settings import Settings
from schemas.errors import SchemasError

logger = logging.getLogger(__name__)

PARTS: Final = ("images", "inspections")
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 15.0
_LASTED: Final = 60.0  # seconds after which a run was a good one: the next failure is waited out from the start


@dataclass(frozen=True, slots=True)
class ArchiveOptions:
    """How one process of the archive is started."""

    parts: tuple[str, ...] = PARTS
    limits: Limits = field(default_factory=Limits)
    settle: timedelta = timedelta(hours=48)  # after a day's end, before its small files are merged


class Part(Protocol):
    """One run of a part."""

    def run(self, stop: threading.Event) -> None: ...


class Archive:
    """One process of the archive. `run` it once."""

    def __init__(self, settings: Settings, options: ArchiveOptions, registry: CollectorRegistry) -> None:
        self._settings, self._options = settings, options
        self._blobs, self._codec = open_blobs(settings), make_codec(settings)
        check_store(self._blobs, options.parts)
        self.metrics = ArchiveMetrics.build(registry)
        self._fatal: BaseException | None = None
        self._makers: dict[str, Callable[[], Part]] = {"images": self._images, "inspections": self._inspections}

    @property
    def url(self) -> str:
        """Where it archives to."""
        return self._blobs.url

    def run(self, stop: threading.Event) -> None:
        """Archive until `stop` is set; raises what a part could not go on after."""
        threads = [
            threading.Thread(target=self._keep_running, args=(name, stop), name=f"archive-{name}")
            for name in self._options.parts
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._fatal is not None:
            raise self._fatal

    def _keep_running(self, name: str, stop: threading.Event) -> None:
        wait = _FIRST_WAIT
        while not stop.is_set():
            started = time.monotonic()
            try:
                self._makers[name]().run(stop)
            except (InfraError, ConsumersError, SchemasError, KafkaException) as error:
                logger.warning("archiving %s starts again: %s", name, error)
                self.metrics.failures.labels(name).inc()
                wait = _FIRST_WAIT if time.monotonic() - started > _LASTED else wait
                stop.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            except BaseException as error:  # noqa: BLE001 - raised by `run`
                # Nothing known: the process shall not look alive with a part missing.
                self._fatal = error
                stop.set()

    def _images(self) -> Part:
        return ImagesPart(self._settings, self._codec, self._blobs, self.metrics)

    def _inspections(self) -> Part:
        merger = Merger(self._blobs, self.metrics, self._options.settle)
        return InspectionsPart(self._settings, self._codec, self._blobs, self.metrics, self._options.limits, merger)


def check_store(blobs: BlobStore, parts: Collection[str]) -> None:
    """ArchiveError when this store can't hold what the parts write."""
    if "inspections" in parts and not blobs.holds_files:
        raise ArchiveError(
            f"blob_url {blobs.url} is a blob server and holds blobs only: for inspections set it to the store itself "
            "(the folder or s3:// URL that the server serves), or run `linewatch archive run --only images`"
        )
