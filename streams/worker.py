"""How every Faust app of linewatch is built and run; why each setting is so stands beside it."""

import logging
import ssl
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import faust
from aiokafka.helpers import create_ssl_context
from confluent_kafka.admin import AdminClient

from infra.kafka import make_admin
from infra.settings import Settings
from streams.bundles import BundleTransport
from streams.errors import StreamsError, TopicsMissingError

_LOG: Final = logging.getLogger(__name__)
PARTITIONS: Final = 12
# Of one partition at a time: some 2,000 inspections, enough for reading them column by column to pay.
_FETCH_SIZE: Final = 1024 * 1024


class UnsupportedSecurityError(StreamsError):
    """Faust's client knows PLAINTEXT, SSL and SASL with PLAIN or SCRAM; set `kafka` to one of these."""


def make_app(settings: Settings, app_id: str, instance: str, *, partitions: int = PARTITIONS, **more: Any) -> faust.App:
    """A Faust app whose id is also its consumer group; `instance` keeps workers of one machine apart on disk."""
    chosen: dict[str, Any] = {
        "broker": [f"kafka://{address.strip()}" for address in settings.bootstrap_servers.split(",")],
        "broker_credentials": credentials(settings),
        "autodiscover": False,
        "datadir": data_dir(settings, app_id, instance),
        "store": "rocksdb://",
        "topic_partitions": partitions,
        "topic_replication_factor": settings.replication_factor,
        "topic_disable_leader": True,
        "reply_create_topic": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": _FETCH_SIZE,
        "broker_commit_interval": 1.0,
        "broker_session_timeout": 6.0,
        "broker_heartbeat_interval": 2.0,
        "broker_rebalance_timeout": 30.0,
        "producer_acks": -1,
        "producer_linger": 0.005,
        # A state must fit: 256 cameras of three minutes each.
        "producer_max_request_size": 1_000_000,
        # A rebalance waits for the step in flight: its outputs, its changelog, its commit.
        "stream_wait_empty": True,
        "stream_recovery_delay": 0.0,
        # States are small: a successor has read a partition's changelog in a moment; a standby could only fail, too.
        "table_standby_replicas": 0,
        "web_enabled": False,
        "web_tables_enabled": False,
        "worker_redirect_stdouts": False,
    }
    app = faust.App(app_id, **{**chosen, **more})
    app.transport = BundleTransport(app.conf.broker_consumer, app)
    return app


def data_dir(settings: Settings, app_id: str, instance: str) -> Path:
    """Where a worker keeps its tables."""
    return settings.data_dir / "faust" / app_id / instance


def credentials(settings: Settings) -> Any:
    """Faust's credentials from librdkafka's settings; None for plain text. UnsupportedSecurityError for others."""
    kafka = settings.kafka
    protocol = kafka.get("security.protocol", "plaintext").lower()
    if protocol == "plaintext":
        return None
    context = _ssl_context(kafka) if protocol.endswith("ssl") else None
    if protocol == "ssl":
        return faust.SSLCredentials(context)
    mechanism = kafka.get("sasl.mechanism", kafka.get("sasl.mechanisms", "PLAIN"))
    if protocol not in {"sasl_plaintext", "sasl_ssl"} or not mechanism.startswith(("PLAIN", "SCRAM")):
        raise UnsupportedSecurityError(f"security.protocol {protocol} with {mechanism} is not supported here")
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else kafka.get("sasl.password", "")
    return faust.SASLCredentials(
        username=kafka.get("sasl.username", ""), password=password, ssl_context=context, mechanism=mechanism
    )


def _ssl_context(kafka: dict[str, str]) -> ssl.SSLContext:
    context: ssl.SSLContext = create_ssl_context(
        cafile=kafka.get("ssl.ca.location"),
        certfile=kafka.get("ssl.certificate.location"),
        keyfile=kafka.get("ssl.key.location"),
        password=kafka.get("ssl.key.password"),
    )
    return context


def require_topics(settings: Settings, topics: Collection[str], admin: AdminClient | None = None) -> None:
    """TopicsMissingError when one of them does not exist: Faust would wait for it for ever without a word."""
    present = (admin or make_admin(settings)).list_topics(timeout=10).topics
    missing = sorted(set(topics) - set(present))
    if missing:
        raise TopicsMissingError(f"topics {', '.join(missing)} do not exist; run `linewatch topics apply`")


def run_worker(app: faust.App, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code, 1 when the app crashed."""
    Path(app.conf.datadir).mkdir(parents=True, exist_ok=True)
    worker = faust.Worker(
        app, loglevel=settings.log_level, override_logging=False, redirect_stdouts=False, daemon=True, quiet=True
    )
    worker.spinner = None  # it would write terminal codes into the log
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        return 1 if app._crash_reason is not None else code
