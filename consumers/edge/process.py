"""One process of an edge, put together: sessions on Kafka, the installer, the reports, the metrics."""

import dataclasses
import logging
import re
import socket
import threading
import time
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException, Message
from prometheus_client import CollectorRegistry

from consumers.edge.cache import ModelCache
from consumers.edge.desired import DesiredReader
from consumers.edge.errors import ModelUnusableError, SessionFailedError
from consumers.edge.installer import Installer, Machine, Progress
from consumers.edge.loading import load_standing
from consumers.edge.memory import MemoryFile
from consumers.edge.metrics import EdgeMetrics
from consumers.edge.reporter import NO_MODEL, Health, Reporter
from consumers.edge.session import Session
from consumers.edge.slot import Slots
from consumers.edge.stages import Identity
from consumers.edge.tally import Count, Tally
from consumers.edge.trimming import spare_lasting_objects
from consumers.inference.artifact import load_artifact, read_signatures, signing_bytes
from consumers.inference.errors import InferenceError
from consumers.inference.runtimes.opening import usable_cores
from infra.blobs import open_blobs
from infra.dead_letters import dead_message
from infra.errors import InfraError
from infra.kafka import make_admin, make_producer
from infra.schema_topic import make_codec
from infra.security import SignatureError, load_trust, verify
from infra.settings import Settings
from infra.topics import ensure_edge_topics
from schemas.errors import DecodeError
from schemas.identifiers import checked_identifier
from schemas.records import EdgeConfig
from schemas.topics import DEAD_LETTERS

logger = logging.getLogger(__name__)

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 15.0
_LASTED: Final = 60.0  # a session of so many seconds was a good one: the next failure is waited out from the start
_LOOK_AGAIN: Final = 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class EdgeOptions:
    """How one process of an edge is started."""

    edge_id: str
    instance: str
    model: Path | None = None  # judges until a statement is followed
    threads: int | None = None  # of the runtime
    decoders: int | None = None  # threads that decode ahead


class Edge:
    """One process of an edge. `run` it once, from the main thread."""

    def __init__(self, settings: Settings, options: EdgeOptions, registry: CollectorRegistry) -> None:
        checked_identifier(options.edge_id, "edge")
        checked_identifier(options.instance, "instance")
        self._settings, self._options = settings, options
        self._who = Identity(options.edge_id, options.instance)
        self._slots, self._tally = Slots(), Tally()
        self._codec, self._blobs = make_codec(settings), open_blobs(settings)
        self.metrics = EdgeMetrics.build(registry, options.edge_id)
        self._session: Session | None = None
        self._failure: str | None = None
        self._producer = make_producer(settings)
        directory = settings.data_dir / "edge" / options.edge_id
        directory.mkdir(parents=True, exist_ok=True)
        self._reporter = Reporter(
            self._producer, self._codec, self._who, self._slots, self._tally, str(directory), self._health
        )
        self._machine = Machine(options.threads, settings.image_cap_pixels)
        self._memory = MemoryFile(directory / "state.json")
        self._installer = Installer(
            options.edge_id,
            self._slots,
            self._memory,
            ModelCache(directory / "models", self._blobs),
            settings.trusted_keys,
            self._machine,
            self._on_progress,
        )
        self._desired = DesiredReader(
            settings, self._codec, options.edge_id, self._installer.offer, self._on_unreadable
        )

    def run(self, stop: threading.Event) -> None:
        """Inspect until `stop` is set; ModelUnusableError when the model it shall start with can't be used."""
        self._start_model()
        topics = threading.Thread(target=self._make_topics, args=(stop,), name="edge-topics", daemon=True)
        for part in (topics, self._installer, self._reporter):
            part.start()
        self._desired.start()
        self._reporter.note(Progress("starting"))
        spare_lasting_objects()
        try:
            self._inspect(stop)
        finally:
            self._desired.stop()
            self._installer.stop()
            self._reporter.stop()

    def count(self) -> Count:
        """What was inspected so far."""
        return self._tally.count(time.monotonic_ns())

    def _start_model(self) -> None:
        """Stand the model of --model, unless a statement is in force."""
        if self._options.model is not None and self._memory.read().of("active").followed is None:
            self._stand(self._options.model)

    def _stand(self, directory: Path) -> None:
        try:
            artifact = load_artifact(directory)
            signatures, trust = read_signatures(artifact), load_trust(self._settings.trusted_keys)
            if signatures and trust.keys:
                verify(signing_bytes(artifact.digest), signatures, trust)
        except (InferenceError, SignatureError) as error:
            raise ModelUnusableError(f"{directory}: {error}") from error
        config = EdgeConfig(deadline_us=round(self._settings.deadline_seconds * 1e6))
        standing = load_standing(
            artifact, config, threads=self._machine.threads, maximum_pixels=self._machine.maximum_pixels
        )
        self._slots.active.swap(standing)
        self._show_model()

    def _inspect(self, stop: threading.Event) -> None:
        wait, waiting_said = _FIRST_WAIT, False
        while not stop.is_set():
            if self._slots.active.current is None:
                if not waiting_said:
                    logger.warning("%s; frames wait in Kafka", NO_MODEL)
                waiting_said = True
                stop.wait(_LOOK_AGAIN)
                continue
            waiting_said, started = False, time.monotonic()
            if self._run_session(stop):
                wait = _FIRST_WAIT
                continue
            stop.wait(wait)
            wait = _FIRST_WAIT if time.monotonic() - started > _LASTED else min(wait * 2, _LONGEST_WAIT)

    def _run_session(self, stop: threading.Event) -> bool:
        """Run one session to its end; False when it failed."""
        self._session = Session(
            self._settings,
            self._who,
            self._slots,
            self._codec,
            self._blobs,
            self.metrics,
            self._tally,
            decoders=self._options.decoders or max(1, usable_cores() // 2),
        )
        self._failure = None
        try:
            self._session.run(stop)
        except (SessionFailedError, InfraError) as error:
            self._failure = str(error)
            self.metrics.session_failures.labels(self._who.edge_id).inc()
            logger.warning("the pipeline starts again: %s", error)
            return False
        finally:
            self._session = None
        return True

    def _health(self) -> Health:
        session = self._session
        if session is None:
            return Health([], self._failure or "not inspecting")
        return Health(session.cameras, session.trouble)

    def _on_progress(self, progress: Progress) -> None:
        if progress.state == "refused" and self._slots.active.current is None and self._options.model is not None:
            # What was in force before the last stop is so no more, as after a key was revoked.
            self._stand(self._options.model)
        if progress.state in {"swapped", "refused"}:
            self.metrics.swaps.labels(self._who.edge_id, progress.state).inc()
            self._show_model()
        self._reporter.note(progress)

    def _show_model(self) -> None:
        active = self._slots.active.current
        self.metrics.show_model(active.reference if active else None)
        if active is not None:
            self.metrics.deadline.labels(self._who.edge_id).set(active.config.deadline_us / 1e6)

    def _on_unreadable(self, message: Message, error: DecodeError) -> None:
        """Set an unreadable desired state aside and say so in the reports."""
        logger.warning("dead letter: %s[%d]@%d: %s", message.topic(), message.partition(), message.offset(), error)
        self.metrics.dead_letters.labels(self._who.edge_id).inc()
        letter = dead_message(
            f"edge {self._who.edge_id}", error, message, at_us=time.time_ns() // 1000, blobs=self._blobs
        )
        self._producer.produce(DEAD_LETTERS.name, value=self._codec.encode(letter))
        self._reporter.note(Progress("refused", f"a record of {message.topic()} is unreadable: {error}"))

    def _make_topics(self, stop: threading.Event) -> None:
        """Make this edge's topics if they are not there; without the right to, somebody else has to."""
        while not stop.is_set():
            try:
                ensure_edge_topics(make_admin(self._settings), self._who.edge_id, self._settings)
            except (InfraError, KafkaException) as error:
                logger.warning("the edge's topics can't be looked after: %s", error)
                stop.wait(_LONGEST_WAIT)
            else:
                return


def default_instance() -> str:
    """The machine's name as an id: the same at each start, so that a download goes on."""
    name = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")[:63].strip("-")
    return name or "edge"
