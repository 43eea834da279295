"""The projection on a real broker: exact through everything that may happen to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from consumers.console.database import Database
from consumers.console.projection import process
from consumers.console.projection.catching_up import is_catching_up
from consumers.console.projection.process import Projection
from consumers.console.projection.rebuilding import forget_projection
from consumers.console.projection.writing import write_changes
from consumers.console.publishing import Publisher
from consumers.console.services import Services
from consumers.console.tables.inspections import InspectionRow
from consumers.console.tables.labels import TaskRow
from consumers.console.tables.ledger import DeadLetterRow
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import Record
from schemas.topics import AUDIT
from tests.conftest import StartCluster
from tests.consumers.console import records
from tests.consumers.console.contents import contents
from tests.consumers.console.projecting import make_topics, send, wait_until, wait_until_caught_up
from tests.consumers.console.services import make_services

pytestmark = pytest.mark.integration
FOR_EVER = 36_500.0


@pytest.fixture
def on_broker(database: Database, broker_settings: Settings, tmp_path: Path) -> Iterator[Services]:
    """Services of a console on the session's broker."""
    make_topics(broker_settings)
    publisher = Publisher(broker_settings, Codec())
    yield make_services(
        database, tmp_path / "console", publisher=publisher, bootstrap_servers=broker_settings.bootstrap_servers
    )
    publisher.close()


@contextmanager
def projecting(services: Services) -> Iterator[Projection]:
    projection = Projection(services, keep_days=FOR_EVER)
    projection.start()
    try:
        yield projection
    finally:
        projection.stop()


def catching_up(database: Database) -> bool:
    with database.read() as session:
        return is_catching_up(session)


def much(name: str) -> list[Record]:
    """Records of every topic, with repetitions and older revisions in between, all of edge `name`."""
    sent: list[Record] = []
    for number in range(60):
        one = {"edge_id": name, "camera_id": name}
        first = f"{name}/{number}/first"
        sent += [
            records.inspection(number, **one),
            records.inspection(number, **one, verdict="fail"),
            records.task(number, **one, task_id=first),
            records.label(number, **one, label_id=f"{first}/1", task_id=first, label="dent" if number % 2 else "good"),
            records.task(number, **one, task_id=first, revision=2, state="closed"),
            records.task(number, **one, task_id=first),
            records.label(number, **one, label_id=f"{first}/1", task_id=first),
            records.minute(**one, inspections=number, minute_us=records.AT_US + number // 7),
            records.alarm(alarm_id=f"{name}/{number % 5}", edge_id=name, at_us=records.AT_US + number * 7 % 11),
            records.report(edge_id=name, instance=str(number % 3), frames=number),
            records.policy(number // 2 + 1, edge_id=name, queue_cap=number + 1),
            records.audit_event(audit_id=f"{name}-{number // 2}"),
            records.dead_letter(number // 2, reader=name),
            records.dataset(name=name, frames=number),
            records.claim(camera_id=name, edge_id=name, epoch=number),
        ]
    return sent


def test_topics_become_rows_and_a_rebuild_makes_the_same(on_broker: Services, unique: str) -> None:
    send(on_broker.settings, *much(unique))
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
        first = contents(on_broker.database)
        assert len([row for row in first["inspections"] if row["edge_id"] == unique]) == 60
        assert {row["verdict"] for row in first["inspections"] if row["edge_id"] == unique} == {"pass"}
        assert {row["state"] for row in first["tasks"] if row["edge_id"] == unique} == {"closed"}
        wait_until(lambda: not catching_up(on_broker.database), "it says so")
        forget_projection(on_broker.database)  # while it runs: it begins again from nothing
        assert catching_up(on_broker.database)
        wait_until(lambda: not catching_up(on_broker.database), "it caught up")
        assert contents(on_broker.database)["tasks"] == first["tasks"]
        wait_until_caught_up(on_broker.settings, on_broker.database)
    assert contents(on_broker.database) == first
    send(on_broker.settings, *much(unique))
    forget_projection(on_broker.database)
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
    again = contents(on_broker.database, without=("positions",))
    del first["positions"]
    assert again == first, "everything sent once more changes nothing"


def test_what_happened_while_it_was_away_is_caught_up_before_tasks_are_given(
    on_broker: Services, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
    send(on_broker.settings, *(records.task(n, camera_id=unique, task_id=f"{unique}/{n}") for n in range(3)))
    seen: list[bool] = []

    def watched(session: Session, *more: object) -> None:
        seen.append(is_catching_up(session))
        write_changes(session, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "write_changes", watched)
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
        wait_until(lambda: not catching_up(on_broker.database), "it caught up")
    assert seen[0]


def test_two_consoles_one_projects_and_the_other_goes_on_when_it_stops(on_broker: Services, unique: str) -> None:
    other = make_services(on_broker.database, Path(on_broker.settings.data_dir), publisher=on_broker.publisher)
    other = Services(**{**vars(other), "settings": on_broker.settings})
    first, second = Projection(on_broker, keep_days=FOR_EVER), Projection(other, keep_days=FOR_EVER)
    first.start()
    wait_until(lambda: on_broker.projection.get().standing == "running", "the first projects")
    second.start()
    wait_until(lambda: other.projection.get().standing == "standby", "the second waits")
    send(on_broker.settings, records.inspection(1, camera_id=unique))
    wait_until_caught_up(on_broker.settings, on_broker.database)
    assert other.projection.get().standing == "standby"
    first.stop()
    wait_until(lambda: other.projection.get().standing == "running", "the second goes on")
    send(on_broker.settings, records.inspection(2, camera_id=unique))
    wait_until_caught_up(on_broker.settings, on_broker.database)
    second.stop()
    with on_broker.database.read() as session:
        mine = InspectionRow.camera_id == unique
        assert session.scalars(select(InspectionRow.sequence).where(mine).order_by(InspectionRow.sequence)).all() == [
            1,
            2,
        ]


def test_what_nobody_can_read_is_set_aside_once_and_the_rest_goes_on(
    on_broker: Services, kafka_producer: Producer, unique: str
) -> None:
    kafka_producer.produce("inspections", partition=3, key=unique, value=b"garbage")
    kafka_producer.produce(AUDIT.name, key=unique, value=None)
    kafka_producer.flush(30)
    send(on_broker.settings, records.inspection(1, camera_id=unique))
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)

        def letters() -> list[DeadLetterRow]:
            with on_broker.database.read() as session:
                return list(session.scalars(select(DeadLetterRow).where(DeadLetterRow.reader == process.READER)))

        wait_until(lambda: bool(letters()), "the dead letter went round through its topic")
    assert any(row.topic == "inspections" and row.kind == "DecodeError" and row.partition == 3 for row in letters())
    with on_broker.database.read() as session:
        assert session.scalars(select(InspectionRow.sequence).where(InspectionRow.camera_id == unique)).all() == [1]


def test_a_record_that_the_database_refuses_stops_nothing_either(on_broker: Services, unique: str) -> None:
    poison = records.task(2, camera_id=unique, task_id=f"{unique}/2", priority=float("nan"))
    around = [records.task(n, camera_id=unique, task_id=f"{unique}/{n}") for n in (1, 3)]
    send(on_broker.settings, around[0], poison, around[1])
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
    with on_broker.database.read() as session:
        mine = TaskRow.camera_id == unique
        assert session.scalars(select(TaskRow.sequence).where(mine).order_by(TaskRow.sequence)).all() == [1, 3]
        kinds = session.scalars(select(DeadLetterRow.topic).where(DeadLetterRow.reader == process.READER)).all()
    assert "labeling-tasks" in kinds


def test_a_broker_that_is_away_is_said_and_waited_for(database: Database, tmp_path: Path) -> None:
    services = make_services(database, tmp_path / "var", bootstrap_servers="127.0.0.1:1")
    with projecting(services):
        wait_until(lambda: services.projection.get().standing == "waiting", "it says that it waits")
        assert "linewatch broker status" in services.projection.get().detail
    assert services.projection.get().standing == "stopped"


def test_missing_topics_are_named_and_waited_for(
    database: Database, start_cluster: StartCluster, tmp_path: Path
) -> None:
    cluster = start_cluster()
    services = make_services(database, tmp_path / "var", bootstrap_servers=cluster.bootstrap_servers)
    with projecting(services):
        wait_until(lambda: "linewatch topics apply" in services.projection.get().detail, "it names the topics")
        make_topics(services.settings)
        wait_until(lambda: services.projection.get().standing == "running", "it goes on")
        send(services.settings, records.inspection(1))
        wait_until_caught_up(services.settings, database)
        cluster.stop()
        wait_until(lambda: services.projection.get().standing == "waiting", "it says that the broker is away")
        cluster.start()
        wait_until(lambda: services.projection.get().standing == "running", "it goes on again")
        send(services.settings, records.inspection(2))
        wait_until_caught_up(services.settings, database)


def test_a_failing_database_loses_nothing(on_broker: Services, unique: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([True, False, True, True])
    write = write_changes

    def sometimes(session: object, *more: object) -> None:
        write(session, *more)  # type: ignore[arg-type]
        if next(failures, False):
            session.execute(text("SELECT * FROM no_such_table"))  # type: ignore[attr-defined]  # after the rows, before the commit

    monkeypatch.setattr(process, "write_changes", sometimes)
    monkeypatch.setattr(process, "_FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(process, "_MOST", 20)
    send(on_broker.settings, *(records.inspection(n, camera_id=unique) for n in range(100)))
    with projecting(on_broker):
        wait_until_caught_up(on_broker.settings, on_broker.database)
    with on_broker.database.read() as session:
        mine = InspectionRow.camera_id == unique
        found = session.scalars(select(InspectionRow.sequence).where(mine).order_by(InspectionRow.sequence)).all()
    assert found == list(range(100))
