"""From a source into the spool."""

import logging
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from producers.captured import Captured, Facts, Notice
from producers.errors import SpoolClosedError
from producers.metrics import GatewayMetrics
from producers.resume import Resumption, path_of
from producers.sources.live import CameraState, log_drop
from producers.sources.pacing import paced
from producers.sources.source import BrokenImage, Capture, Clock, Source
from producers.sources.uri import open_source
from producers.spool import Spool

if TYPE_CHECKING:
    from producers.gateway import GatewayOptions

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counts:
    """What was captured so far."""

    frames: int = 0
    size: int = 0  # image bytes
    broken: int = 0  # items that are no images


class Capturing:
    """Captures one source into one spool. `run` is for a thread of its own."""

    def __init__(
        self,
        options: "GatewayOptions",
        spool: Spool,
        metrics: GatewayMetrics,
        clock: Clock,
        source: Source | None = None,
    ) -> None:
        """Open `options.source`, unless a `source` is given. Raises SourceError."""
        self._options, self._spool, self._metrics, self._clock = options, spool, metrics, clock
        self._alarm: str | None = None
        given = source is not None
        source = source or self._open(fps=None)
        self._resumption = Resumption(source, spool, options.source)
        if source.replayable:
            rest = self._resumption.source
            self._source = paced(rest, options.fps) if options.fps is not None else rest
        else:
            self._source = source if given or options.fps is None else self._open(options.fps)
        self.description = source.description
        self.counts = Counts()

    def _open(self, fps: float | None) -> Source:
        options = self._options
        return open_source(
            options.source,
            camera_id=options.camera_id,
            fps=fps,
            loop=options.loop,
            on_state=self._on_state,
            on_drop=self._on_drop,
            clock=self._clock,
        )

    @property
    def skipped(self) -> int:
        """Files left out because an earlier run had captured them."""
        return self._resumption.skipped

    def run(self) -> None:
        """Capture until the source ends, the limit is met or `stop`. Raises SourceError, SpoolError."""
        if self._options.limit == 0:
            return
        if self._source.replayable:
            self._metrics.camera_up.set(1)
        try:
            self._capture()
        except SpoolClosedError:
            _log.debug("capture of %s interrupted", self.description)
        finally:
            self._source.close()
            self._metrics.camera_up.set(0)

    def _capture(self) -> None:
        items = self._source.open(self._resumption.start)
        for item in items:
            if isinstance(item, BrokenImage):
                self._take_broken(item)
            else:
                self._take(item)
            if self.counts.frames == self._options.limit:
                break

    def stop(self) -> None:
        """End soon; callable from any thread."""
        self._source.close()
        self._spool.interrupt()

    def _take(self, capture: Capture) -> None:
        replayable = self._source.replayable
        self._spool.append(
            Captured(
                capture.image,
                sha256(capture.image).hexdigest(),
                self._facts(capture),
                path_of(capture.origin) if replayable and capture.whole_file else None,
                self._resumption.after(capture) if replayable else None,
            ),
            droppable=not replayable,
        )
        self.counts.frames += 1
        self.counts.size += len(capture.image)
        self._metrics.note_capture(len(capture.image))

    def _facts(self, capture: Capture) -> Facts:
        return Facts(
            content_type=capture.content_type,
            captured_at_us=capture.captured_at_us,
            monotonic_ns=capture.monotonic_ns,
            origin=capture.origin,
            width=capture.width,
            height=capture.height,
            part_id=capture.part_id,
            product=capture.product or self._options.product,
            exposure=capture.exposure,
            truth=capture.truth,
        )

    def _take_broken(self, broken: BrokenImage) -> None:
        _log.warning("%s is no image: %s", broken.origin, broken.reason)
        notice = Notice(
            at_us=self._clock.unix_us(),
            kind="BrokenImage",
            message=broken.reason,
            origin=broken.origin,
            raw=broken.raw,
        )
        self._spool.append_notice(notice, self._resumption.after_broken(broken))
        self.counts.broken += 1
        self._metrics.dead_letters.inc()

    def _on_drop(self, count: int) -> None:
        self._metrics.note_drops(count, "slow_reader")
        log_drop(count)

    def _on_state(self, state: CameraState, attempts: int) -> None:
        """The camera was lost or found; called by its own thread."""
        self._metrics.camera_up.set(1 if state == "connected" else 0)
        if state == "lost":
            self._metrics.reconnects.inc()
            if self._alarm is None:
                self._alarm = f"{self._options.camera_id}/camera_lost/{self._clock.unix_us()}"
                self._tell(self._alarm, attempts, raised=True)
        elif self._alarm is not None:
            self._tell(self._alarm, attempts, raised=False)
            self._alarm = None

    def _tell(self, alarm_id: str, attempts: int, *, raised: bool) -> None:
        what = f"is lost: {self._source.description}; look at its cable, power and address" if raised else "is back"
        self._spool.append_notice(
            Notice(
                at_us=self._clock.unix_us(),
                kind="camera_lost",
                message=f"camera {self._options.camera_id} {what}",
                alarm_id=alarm_id,
                raised=raised,
                value=float(attempts),
            )
        )
