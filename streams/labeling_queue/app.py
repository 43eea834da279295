"""The Faust app of labeling_queue: one table, one agent over inspections, labels, requests and ticks."""

import time
from dataclasses import dataclass
from typing import Any, Final

import faust
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry

from infra.blobs import BlobStore
from infra.kafka import ANSWER_TIMEOUT, make_admin
from infra.schema_topic import make_codec
from infra.settings import Settings
from streams.host import STALL_LIMIT, FaustHost, declare_agent, run_processor, watch_suspension
from streams.labeling_queue.events import Sources
from streams.labeling_queue.metrics import LabelingMetrics
from streams.labeling_queue.processor import Processor, TopicNames
from streams.outputs import OutputSender
from streams.policies import PolicyFollower
from streams.state_table import StateTable
from streams.worker import PARTITIONS, make_app, require_topics

APP_ID: Final = "linewatch.labeling-queue"
SOURCE: Final = "/streams/labeling_queue"


@dataclass(frozen=True, slots=True)
class LabelingApp:
    """The app with what it is made of."""

    app: faust.App
    table: StateTable
    policies: PolicyFollower
    metrics: LabelingMetrics


def build_app(
    settings: Settings,
    blobs: BlobStore,
    registry: CollectorRegistry,
    *,
    instance: str = "1",
    app_id: str = APP_ID,
    names: TopicNames = TopicNames(),  # noqa: B008 - an immutable value
    sources: Sources = Sources(),  # noqa: B008 - an immutable value
    **more: Any,
) -> LabelingApp:
    """Declare app, table and agent; nothing is started. `more` are Faust settings."""
    app = make_app(settings, app_id, instance, **more)
    table = StateTable(app, name="queues", key_type=bytes, value_type=bytes, partitions=PARTITIONS, help="one an edge")
    app.tables.add(table)
    codec = make_codec(settings)
    policies = PolicyFollower(settings, codec, names.policies)
    metrics = LabelingMetrics(registry)
    sender = OutputSender(settings, codec, SOURCE)
    host = FaustHost(app)
    processor = Processor(host, table, sender, policies, codec, blobs, metrics, names, sources)
    declare_agent(app, processor, "labeling_queue", names.read)
    watch_suspension(app, host.suspension)
    return LabelingApp(app, table, policies, metrics)


def topic_ids(admin: AdminClient, names: TopicNames) -> Sources:
    """Kafka's ids of the topics whose offsets the state holds; KafkaException when the broker does not say."""
    asked, patience = [names.labels, names.requests], time.monotonic() + ANSWER_TIMEOUT
    while True:
        found = admin.describe_topics(TopicCollection(asked), request_timeout=ANSWER_TIMEOUT)
        try:
            return Sources(*(str(found[name].result().topic_id) for name in asked))
        except KafkaException:
            # A topic that was made this moment is not known to every broker yet.
            if time.monotonic() > patience:
                raise
            time.sleep(0.2)


def run_labeling(
    settings: Settings, blobs: BlobStore, *, instance: str, metrics_port: int | None, stall_limit: float = STALL_LIMIT
) -> int:
    """Run one worker in this process until it is told to stop; returns its exit code."""
    names = TopicNames()
    require_topics(settings, names)
    registry = CollectorRegistry()
    sources = topic_ids(make_admin(settings), names)
    built = build_app(settings, blobs, registry, instance=instance, sources=sources)
    return run_processor(
        settings,
        built.app,
        built.policies,
        registry,
        job="labeling",
        instance=instance,
        topics=names.read,
        metrics_port=metrics_port,
        stall_limit=stall_limit,
        on_look=built.metrics.show_lag,
    )
