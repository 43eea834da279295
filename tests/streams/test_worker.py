"""Apps are built from the settings, and refuse what they can't do."""

from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from infra.settings import Settings
from streams.bundles import BundleTransport
from streams.errors import TopicsMissingError
from streams.worker import UnsupportedSecurityError, credentials, data_dir, make_app, require_topics


def test_an_app_has_every_broker_and_the_settings_that_faust_needs() -> None:
    app = make_app(Settings(bootstrap_servers="one:1, two:2", replication_factor=3), "linewatch.test", "a")
    assert [str(url) for url in app.conf.broker] == ["kafka://one:1", "kafka://two:2"]
    assert (app.conf.topic_replication_factor, app.conf.topic_partitions) == (3, 12)
    assert str(app.conf.store).startswith("rocksdb:")
    assert app.conf.web_enabled is False
    assert app.conf.stream_wait_empty is True
    assert isinstance(app.transport, BundleTransport)


def test_workers_of_one_machine_keep_their_tables_apart() -> None:
    settings = Settings()
    assert data_dir(settings, "app", "one") != data_dir(settings, "app", "two")


def test_credentials_follow_librdkafka_settings() -> None:
    assert credentials(Settings()) is None
    sasl = credentials(
        Settings(
            kafka={"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "u"},
            kafka_password=SecretStr("secret"),
        )
    )
    assert isinstance(sasl, faust.SASLCredentials)
    assert (sasl.username, sasl.password) == ("u", "secret")
    assert isinstance(credentials(Settings(kafka={"security.protocol": "ssl"})), faust.SSLCredentials)


@pytest.mark.parametrize(
    "kafka", [{"security.protocol": "sasl_ssl", "sasl.mechanism": "GSSAPI"}, {"security.protocol": "x"}]
)
def test_security_that_faust_lacks_is_refused(kafka: dict[str, str]) -> None:
    with pytest.raises(UnsupportedSecurityError):
        credentials(Settings(kafka=kafka))


def test_missing_topics_are_named() -> None:
    admin: Any = SimpleNamespace(list_topics=lambda timeout: SimpleNamespace(topics={"here": None}))
    require_topics(Settings(), ["here"], cast("AdminClient", admin))
    with pytest.raises(TopicsMissingError, match="absent"):
        require_topics(Settings(), ["here", "absent"], cast("AdminClient", admin))
