"""Records are there when `publish` returns, or it says that they are not."""

import pytest

from consumers.datasets import publishing
from consumers.datasets.errors import PublishError
from consumers.datasets.publishing import publish
from infra.kafka import make_admin, read_to_end
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.headers import read_headers
from schemas.records import Label
from schemas.topics import LABELS
from tests.consumers.datasets.makers import CODEC, label


@pytest.mark.integration
def test_what_was_published_is_there_under_its_edge(broker_settings: Settings, unique: str) -> None:
    apply_topics(make_admin(broker_settings), broker_settings, [unique])
    labels = [label(edge_id=unique, label_id=f"{unique}/{number}") for number in range(20)]
    assert publish(broker_settings, CODEC, labels, "/test") == 20

    found = [
        message
        for partition in range(LABELS.partitions)
        for message in read_to_end(broker_settings, LABELS.name, partition)
        if message.key() == unique.encode()
    ]
    assert [CODEC.decode(message.value(), Label) for message in found] == labels
    assert {message.partition() for message in found} == {found[0].partition()}
    assert read_headers(found[0].headers())["ce_id"] == f"{unique}/0".encode()


def test_what_nobody_acknowledged_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_ACKNOWLEDGED_WITHIN", 0.2)
    away = Settings(bootstrap_servers="127.0.0.1:1", kafka={"log_level": "0"})
    with pytest.raises(PublishError, match="did not take 1 of 1 records"):
        publish(away, CODEC, [label()], "/test")
