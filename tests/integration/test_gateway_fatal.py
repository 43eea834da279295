"""A producer that fails for good, as after INVALID_TXN_STATE, is replaced: nothing is lost, nothing counts twice."""

import threading
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from infra.settings import Settings
from producers import kafka_link
from producers.gateway import Gateway, GatewayOptions
from producers.kafka_link import gateway_producer
from tests.conftest import Broker
from tests.integration.gateway_line import draw_files, prepare, read_frames

pytestmark = pytest.mark.integration

FILES = 40


class FailsForGood:
    """A real producer whose commit number `at` fails for good, before Kafka has it or after; from then on, all does."""

    def __init__(self, producer: Producer, at: int, *, committed: bool) -> None:
        self._producer, self._left, self._committed = producer, at, committed

    def __getattr__(self, name: str) -> Any:
        if self._left == 0 and name in {"begin_transaction", "produce", "abort_transaction", "init_transactions"}:
            raise _fatal()
        return getattr(self._producer, name)

    def commit_transaction(self, timeout: float) -> None:
        self._left = max(self._left - 1, 0)
        if self._left == 0:
            if self._committed:
                self._producer.commit_transaction(timeout)
            raise _fatal()
        self._producer.commit_transaction(timeout)


def _fatal() -> KafkaException:
    return KafkaException(KafkaError(KafkaError.INVALID_TXN_STATE, "injected", True))


@pytest.mark.parametrize("committed", [False, True])
def test_a_producer_that_failed_for_good_is_replaced(
    broker: Broker, tmp_path: Path, unique: str, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    settings = prepare(broker.bootstrap_servers, tmp_path / "var", unique)
    files = draw_files(tmp_path / "images", FILES, edge=8)
    made: list[object] = []

    def make(given: Settings, **overrides: Any) -> object:
        real = gateway_producer(given, **overrides)
        # The first commit is the claim's, the second one brings frames.
        made.append(real if made else FailsForGood(real, 2, committed=committed))
        return made[-1]

    monkeypatch.setattr(kafka_link, "gateway_producer", make)
    # About three transactions of half a second.
    asked = GatewayOptions(edge_id=unique, camera_id=unique, source=str(tmp_path / "images"), fps=30)
    running = Gateway(settings, asked)
    report = running.run(threading.Event())

    assert len(made) == 2
    assert (report.delivered, report.waiting, report.gaps, report.epoch) == (FILES, 0, 0, 2)
    assert (report.first_sequence, report.last_sequence) == (0, FILES - 1)
    frames = read_frames(settings, unique, unique)
    assert [(frame.sequence, frame.origin) for frame in frames] == [(n, str(path)) for n, path in enumerate(files)]
    again = {frame.sequence: frame.sha256 for frame in frames}
    # Aborted ones are sent again under their own numbers, which is how readers know them.
    seen = read_frames(settings, unique, unique, committed=False)
    assert all(again[frame.sequence] == frame.sha256 for frame in seen)
    assert (len(seen) > FILES) is not committed
