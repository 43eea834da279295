"""Reports what really runs here to `edge-reported`, at each change and every few seconds."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import psutil
from confluent_kafka import KafkaException, Producer

from consumers.edge.installer import Progress
from consumers.edge.slot import Slots, Standing
from consumers.edge.stages import Identity
from consumers.edge.tally import Tally
from schemas.codec import Codec
from schemas.headers import event_headers
from schemas.records import Alarm, EdgeReported, EdgeState, ModelRef, Slot
from schemas.topics import ALARMS, EDGE_REPORTED

logger = logging.getLogger(__name__)

_EVERY: Final = 5.0  # seconds
_RUNTIMES: Final = {"litert": "ai-edge-litert", "onnx": "onnxruntime", "opencv": "opencv-python-headless"}
NO_MODEL: Final = "no model to judge with: `linewatch edges set-desired`, or start with --model DIR"


@dataclass(frozen=True, slots=True)
class Health:
    """How the pipeline is: the cameras it has, and why it does not judge (None when it does)."""

    cameras: list[str]
    trouble: str | None


class Reporter:
    """The reporting thread. `note` steps to it; each is published at once."""

    def __init__(
        self,
        producer: Producer,
        codec: Codec,
        who: Identity,
        slots: Slots,
        tally: Tally,
        data_dir: str,
        health: Callable[[], Health],
    ) -> None:
        self._producer, self._codec, self._who = producer, codec, who
        self._slots, self._tally, self._data_dir, self._health = slots, tally, data_dir, health
        self._started_at_us = time.time_ns() // 1000
        self._messages: dict[Slot, str] = {}
        self._refused_revision = 0
        self._alarmed = False
        self._software, self._runtimes = _version("linewatch") or "unknown", _runtimes()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="edge-report", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def note(self, progress: Progress) -> None:
        """Report a step at once; the reason of a refusal stays in the reports until its slot gets another model."""
        if progress.refused_revision is not None:
            self._refused_revision = progress.refused_revision
        if progress.message is not None:
            self._messages[progress.slot] = progress.message
        elif progress.state == "swapped":
            self._messages.pop(progress.slot, None)
        self._publish(self._report(progress.state))

    def stop(self) -> None:
        """Report the end, and no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._publish(self._report("stopping"))
        self._producer.flush(2.0)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY):
            self._publish(self._report("running" if self._slots.active.current else "starting"))
            self._alarm(self._health().trouble if self._slots.active.current else None)

    def _alarm(self, trouble: str | None) -> None:
        """Raise an alarm when frames wait, clear it when they do no more."""
        if (trouble is not None) == self._alarmed:
            return
        self._alarmed = trouble is not None
        who = f"edge {self._who.edge_id}, process {self._who.instance}"
        alarm = Alarm(
            alarm_id=f"{self._who.edge_id}/{self._who.instance}/frames-wait",
            kind="verdict_late",
            severity="critical",
            raised=self._alarmed,
            at_us=time.time_ns() // 1000,
            edge_id=self._who.edge_id,
            message=f"{who} inspects again" if trouble is None else f"{who} gives no verdicts: {trouble}",
        )
        self._send(ALARMS.name, alarm.alarm_id, alarm, alarm.event_id)

    def _publish(self, report: EdgeReported) -> None:
        self._send(EDGE_REPORTED.name, f"{report.edge_id}/{report.instance}", report, report.event_id)

    def _send(self, topic: str, key: str, record: EdgeReported | Alarm, event_id: str) -> None:
        source = f"/edges/{self._who.edge_id}/{self._who.instance}"
        try:
            self._producer.produce(
                topic,
                key=key,
                value=self._codec.encode(record),
                headers=event_headers(record, event_id=event_id, source=source),
            )
            self._producer.poll(0)
        except (KafkaException, BufferError) as error:
            # The next report says all of it again.
            logger.warning("a %s could not be published: %s", type(record).__name__, error)

    def _report(self, state: EdgeState) -> EdgeReported:
        now_us, count = time.time_ns() // 1000, self._tally.count(time.monotonic_ns())
        active, shadow = self._slots.active.current, self._slots.shadow.current
        health = self._health()
        reasons = [*self._messages.values(), health.trouble, NO_MODEL if active is None else None]
        message = "; ".join(reason for reason in reasons if reason) or None
        return EdgeReported(
            edge_id=self._who.edge_id,
            instance=self._who.instance,
            reported_at_us=now_us,
            started_at_us=self._started_at_us,
            state=state,
            healthy=active is not None and health.trouble is None and state != "stopping",
            message=None if state == "stopping" else message,
            software=self._software,
            runtimes=self._runtimes,
            active=_reference(active),
            active_revision=active.revision if active else 0,
            config_revision=active.config.revision if active else 0,
            previous=_reference(self._slots.active.previous),
            shadow=_reference(shadow),
            shadow_revision=shadow.revision if shadow else 0,
            refused_revision=self._refused_revision,
            frames=count.frames,
            errors=count.errors,
            latency_p50_us=count.p50_us,
            latency_p99_us=count.p99_us,
            cameras=health.cameras,
            golden_passed=active.golden.passed if active and active.golden and active.golden.images else None,
            disk_free=psutil.disk_usage(self._data_dir).free,
            memory=psutil.Process().memory_info().rss,
        )


def _reference(standing: Standing | None) -> ModelRef | None:
    return None if standing is None else standing.reference


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _runtimes() -> dict[str, str]:
    found = {name: _version(package) for name, package in _RUNTIMES.items()}
    return {name: known for name, known in found.items() if known is not None}
