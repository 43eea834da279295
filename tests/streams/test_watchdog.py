"""The watchdog ends a process whose offsets stand still, and no other."""

from collections.abc import Callable, Mapping

import pytest
from confluent_kafka import Producer, TopicPartition

from infra.kafka import make_admin, make_consumer
from infra.settings import Settings
from streams.watchdog import EXIT_STALLED, GroupView, Partition, Stall, Standing, Watchdog

A, B = ("inspections", 0), ("ticks", 1)


def test_waiting_records_and_no_progress_for_the_limit_is_a_stall() -> None:
    stall = Stall(60)
    standing = {A: Standing(5, 100)}
    assert stall.check(0, standing) is None
    assert stall.check(59, standing) is None
    reason = stall.check(60, standing)
    assert reason is not None
    assert "inspections[0]" in reason
    assert "95 records wait" in reason


def test_one_stuck_partition_is_a_stall_although_others_move() -> None:
    stall = Stall(60)
    assert stall.check(0, {A: Standing(5, 100), B: Standing(1, 10)}) is None
    assert stall.check(61, {A: Standing(5, 100), B: Standing(2, 10)}) is not None


def test_progress_or_nothing_to_do_is_no_stall() -> None:
    stall = Stall(60)
    assert stall.check(0, {A: Standing(5, 100)}) is None
    assert stall.check(50, {A: Standing(6, 100)}) is None
    assert stall.check(100, {A: Standing(6, 100)}) is None
    assert stall.check(200, {A: Standing(100, 100)}) is None
    assert stall.check(400, {A: Standing(100, 100)}) is None


def test_transaction_markers_at_the_end_are_no_lag() -> None:
    stall = Stall(60)
    for now in (0, 100, 200):
        assert stall.check(now, {A: Standing(98, 100)}) is None


def test_a_partition_that_comes_back_starts_anew() -> None:
    stall = Stall(60)
    assert stall.check(0, {A: Standing(5, 100)}) is None
    assert stall.check(30, {}) is None
    assert stall.check(70, {A: Standing(5, 100)}) is None


class View(GroupView):
    def __init__(self, standings: Mapping[Partition, Standing]) -> None:
        self._standings = dict(standings)

    def standings(self) -> dict[Partition, Standing]:
        return self._standings


@pytest.mark.parametrize(("assigned", "ends"), [({A}, True), ({B}, False), (set(), True)])
def test_only_partitions_of_its_own_count_unless_it_has_none(assigned: set[Partition], ends: bool) -> None:
    view = View({A: Standing(0, 50), B: Standing(9, 9)})
    codes: list[int] = []
    looks: list[int] = []
    watchdog = Watchdog(
        view, lambda: assigned, limit=0, on_look=lambda standings: looks.append(len(standings)), end=codes.append
    )
    watchdog.look()
    watchdog.look()
    assert bool(codes) is ends
    assert set(codes) <= {EXIT_STALLED}
    assert looks == [2, 2]


@pytest.mark.integration
def test_a_group_stands_where_kafka_says(
    broker_settings: Settings, make_topic: Callable[..., str], kafka_producer: Producer, unique: str
) -> None:
    topic = make_topic(f"{unique}-read", 2)
    for _ in range(5):
        kafka_producer.produce(topic, b"x", partition=1)
    assert kafka_producer.flush(30) == 0
    view = GroupView(make_consumer(broker_settings, unique), (topic, "no-such-topic"))
    assert view.standings() == {(topic, 0): Standing(0, 0), (topic, 1): Standing(0, 5)}
    consumer = make_consumer(broker_settings, unique)
    consumer.commit(offsets=[TopicPartition(topic, 1, 3)], asynchronous=False)
    consumer.close()
    assert view.standings()[topic, 1] == Standing(3, 5)
    admin = make_admin(broker_settings)
    admin.delete_records([TopicPartition(topic, 1, 5)])[TopicPartition(topic, 1, 5)].result(30)
    assert view.standings()[topic, 1].lag == 0
    view.close()
