"""The gateway: one camera's images into Kafka, numbered, in order, none lost.

Two threads: one captures into the spool, one drains the spool into Kafka.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from infra.blobs import open_blobs
from infra.schema_topic import make_codec
from infra.settings import Settings
from producers.capturing import Capturing
from producers.claiming import Claimant
from producers.drain import Drain
from producers.envelope import Envelopes
from producers.errors import ProducersError
from producers.kafka_link import KafkaLink, read_newest_claim
from producers.link import Link
from producers.metrics import GatewayMetrics, make_metrics
from producers.sources.source import SYSTEM_CLOCK, Clock, Source
from producers.spool import Spool, SpoolLimits
from schemas.identifiers import checked_identifier
from schemas.records import CameraClaim

_log = logging.getLogger(__name__)

_GRACE_S: Final = 10.0  # for delivering what is captured, once told to stop
_END_S: Final = 5.0  # for a thread to notice that it is over
_LOOK_S: Final = 0.1  # between two looks whether to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """What one gateway is to do."""

    edge_id: str
    camera_id: str
    source: str  # URI as `open_source` takes it
    fps: float | None = None  # frames a second; None: as fast as the source gives them
    limit: int | None = None  # frames captured at most by this run
    product: str | None = None  # product being made, where the source does not say
    loop: bool = False  # begin again at the end of a source that has one

    def __post_init__(self) -> None:
        checked_identifier(self.edge_id, "edge")
        checked_identifier(self.camera_id, "camera")


class GatewayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of a gateway did."""

    edge_id: str
    camera_id: str
    source: str
    epoch: int  # of its claim on the camera, 0 when Kafka was never met
    captured: int  # frames numbered
    captured_bytes: int  # of their images
    skipped: int  # files left out because an earlier run had captured them
    delivered: int  # frames acknowledged, those of earlier runs included
    first_sequence: int | None  # of these
    last_sequence: int | None
    dropped: int  # frames dropped because the spool was full
    dead_letters: int  # files that are no images, or were no longer there
    gaps: int  # numbers left unused by files that were no longer there
    waiting: int  # frames left in the spool for the next run
    seconds: float  # from start to end


class Gateway:
    """One run of a gateway."""

    def __init__(
        self,
        settings: Settings,
        options: GatewayOptions,
        *,
        source: Source | None = None,
        registry: CollectorRegistry | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Open the spool, and `options.source` unless another `source` is given; that name tells where it goes on.

        Raises SpoolError, SourceError, BlobError.
        """
        self._settings, self._options = settings, options
        self._started = time.monotonic()
        self._codec, self._blobs = make_codec(settings), open_blobs(settings)
        limits = SpoolLimits(cap_bytes=settings.spool_cap_bytes, drop=settings.spool_drop)
        folder = settings.data_dir / "spool" / options.camera_id
        self.metrics = self._make_metrics(registry or CollectorRegistry())
        self._spool = Spool(
            folder, limits, camera_id=options.camera_id, unix_us=clock.unix_us, on_drop=self._note_drops
        )
        try:
            self._capturing = Capturing(options, self._spool, self.metrics, clock, source)
        except BaseException:
            self._spool.close()
            raise
        self._drain = self._make_drain(clock)
        self._done = threading.Event()
        self._errors: list[BaseException] = []

    def _make_metrics(self, registry: CollectorRegistry) -> GatewayMetrics:
        return make_metrics(
            registry,
            edge_id=self._options.edge_id,
            camera_id=self._options.camera_id,
            limit_bytes=self._settings.spool_cap_bytes,
            spool_frames=lambda: self._spool.state().frames,
            spool_bytes=lambda: self._spool.state().used_bytes,
        )

    def _note_drops(self, count: int) -> None:
        self.metrics.note_drops(count, "spool_full")

    def _make_drain(self, clock: Clock) -> Drain:
        edge_id, camera_id = self._options.edge_id, self._options.camera_id
        return Drain(
            self._spool,
            self._open_link,
            self._make_envelopes,
            Claimant(self._spool, self._newest_claim, edge_id=edge_id, camera_id=camera_id, unix_us=clock.unix_us),
            self.metrics,
            camera_id=camera_id,
            unix_us=clock.unix_us,
        )

    def _newest_claim(self) -> CameraClaim | None:
        return read_newest_claim(self._settings, self._codec, self._options.camera_id)

    def _open_link(self) -> Link:
        return KafkaLink(
            self._settings,
            self._codec,
            edge_id=self._options.edge_id,
            camera_id=self._options.camera_id,
            ended=self._drain.abandoned.is_set,
        )

    def _make_envelopes(self, partition: int) -> Envelopes:
        edge_id, camera_id = self._options.edge_id, self._options.camera_id
        return Envelopes(self._codec, self._blobs, edge_id=edge_id, camera_id=camera_id, partition=partition)

    def run(self, stop: threading.Event) -> GatewayReport:
        """Capture and deliver until the source ends, the limit is met or `stop` is set.

        Raises FencedError, SourceError, SpoolError: what was captured and not delivered stays in the spool.
        """
        threads = [self._thread("capture", self._capture), self._thread("drain", self._deliver)]
        try:
            while not self._done.wait(_LOOK_S) and not stop.is_set():
                pass
            self._end(threads)
        finally:
            self._spool.close()
        if self._errors:
            raise self._errors[0]
        return self.report()

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        # Daemons: a camera that hangs in its driver must not keep the process alive.
        thread = threading.Thread(target=work, name=f"{name}-{self._options.camera_id}", daemon=True)
        thread.start()
        return thread

    def _capture(self) -> None:
        try:
            self._capturing.run()
        except ProducersError as error:
            self._errors.append(error)
        except BaseException as error:  # noqa: BLE001 - handed to the caller of run
            self._errors.append(error)
            self._done.set()
        finally:
            self._drain.finish()

    def _deliver(self) -> None:
        try:
            self._drain.run()
        except BaseException as error:  # noqa: BLE001 - handed to the caller of run
            self._errors.insert(0, error)
        finally:
            self._done.set()

    def _end(self, threads: list[threading.Thread]) -> None:
        """Stop capturing, give the drain its grace, then stop it too."""
        capture, drain = threads
        self._capturing.stop()
        capture.join(_END_S)
        self._drain.finish()
        drain.join(0 if self._errors else _GRACE_S)
        self._drain.abandon()
        drain.join(_END_S)
        state = self._spool.state()
        if state.frames:
            _log.warning("%d frames wait in the spool for the next start", state.frames)

    def report(self) -> GatewayReport:
        """What was done so far."""
        state, delivered, captured = self._spool.state(), self._drain.delivered, self._capturing.counts
        return GatewayReport(
            edge_id=self._options.edge_id,
            camera_id=self._options.camera_id,
            source=self._capturing.description,
            epoch=delivered.epoch,
            captured=captured.frames,
            captured_bytes=captured.size,
            skipped=self._capturing.skipped,
            delivered=delivered.frames,
            first_sequence=delivered.first_sequence,
            last_sequence=delivered.last_sequence,
            dropped=state.dropped,
            dead_letters=captured.broken + delivered.gaps,
            gaps=delivered.gaps,
            waiting=state.frames,
            seconds=time.monotonic() - self._started,
        )
