"""Reading topics from where the database stands."""

import pytest

from consumers.console.projection.taking import TopicReader
from infra.kafka import BrokerAwayError, TopicMissingError
from infra.settings import Settings
from schemas.topics import ALARMS, AUDIT
from tests.consumers.console import records
from tests.consumers.console.projecting import ends, make_topics, send, wait_until

pytestmark = pytest.mark.integration


def test_it_goes_on_where_it_is_told_and_knows_how_far_it_is_behind(broker_settings: Settings, unique: str) -> None:
    make_topics(broker_settings)
    start = ends(broker_settings).get(("alarms", 0), 0)
    send(broker_settings, *(records.alarm(alarm_id=f"{unique}/{n}") for n in range(5)))
    reader = TopicReader(broker_settings, {("alarms", 0): start + 2}, [ALARMS])
    try:
        taken: list[int | None] = []

        def all_there() -> bool:
            taken.extend(message.offset() for message in reader.take(2))
            return len(taken) == 3

        wait_until(all_there, "three messages")
        assert taken == [start + 2, start + 3, start + 4]
        assert reader.lag() == {"alarms": 0}
        reader.check()
    finally:
        reader.close()


def test_topics_that_are_not_there_are_named(broker_settings: Settings, unique: str) -> None:
    missing = type(AUDIT)(**{**{name: getattr(AUDIT, name) for name in AUDIT.__slots__}, "name": unique})
    with pytest.raises(TopicMissingError, match=f"{unique}.*topics apply"):
        TopicReader(broker_settings, {}, [missing])


def test_without_a_broker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.console.projection.taking.ANSWER_TIMEOUT", 0.2)
    with pytest.raises(BrokerAwayError, match="broker status"):
        TopicReader(Settings(bootstrap_servers="127.0.0.1:1"), {})
