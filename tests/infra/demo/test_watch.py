import pytest

from infra.demo.watch import Watch
from infra.kafka import make_admin, make_producer
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import EdgeReported, EdgeStatistics, Frame, LabelingTask, Record
from schemas.topics import EDGE_REPORTED, EDGE_STATISTICS, FRAMES, INSPECTIONS, LABELING_TASKS
from tests.conftest import StartCluster
from tests.infra.demo.examples import inspection, picture, truth

pytestmark = pytest.mark.integration
CODEC = Codec()


def _frame(sequence: int) -> Frame:
    image = picture()
    return Frame(
        edge_id="press-1",
        camera_id="cam-1",
        sequence=sequence,
        epoch=1,
        captured_at_us=1,
        monotonic_ns=1,
        sha256="0" * 64,
        size=len(image),
        content_type="image/png",
        image=image,
        truth=truth("good"),
    )


def _report(state: str, healthy: bool) -> EdgeReported:
    return EdgeReported(
        edge_id="press-1",
        instance="a",
        reported_at_us=1,
        started_at_us=1,
        state=state,  # type: ignore[arg-type]
        healthy=healthy,
        software="0",
    )


def _minute(inspections: int) -> EdgeStatistics:
    return EdgeStatistics(
        edge_id="press-1",
        camera_id="cam-1",
        minute_us=0,
        writer="line_statistics",
        closed=False,
        inspections=inspections,
    )


def _task(sequence: int, state: str, revision: int) -> LabelingTask:
    return LabelingTask(
        task_id=f"cam-1/{sequence}/first",
        edge_id="press-1",
        camera_id="cam-1",
        sequence=sequence,
        captured_at_us=1,
        frame=inspection(sequence).frame,
        state=state,  # type: ignore[arg-type]
        revision=revision,
        changed_at_us=1,
        reason="review",
        round="first",
        priority=1.0,
    )


def test_the_watch_sees_frames_inspections_readiness_and_statistics(start_cluster: StartCluster) -> None:
    settings = Settings(bootstrap_servers=start_cluster().bootstrap_servers)
    apply_topics(make_admin(settings), settings, ["press-1"])
    producer = make_producer(settings)

    def send(topic: str, key: str, record: Record) -> None:
        producer.produce(topic, key=key, value=CODEC.encode(record))
        assert producer.flush(30) == 0

    watch = Watch(settings, CODEC, ["press-1"])
    send(EDGE_REPORTED.name, "press-1/a", _report("starting", healthy=False))
    assert watch.ready_edges() == set()
    send(EDGE_REPORTED.name, "press-1/a", _report("running", healthy=True))
    assert watch.ready_edges() == {"press-1"}

    send(FRAMES.of("press-1"), "cam-1", _frame(0))
    send(INSPECTIONS.name, "press-1", inspection(0))
    send(INSPECTIONS.name, "press-1", inspection(0))
    while len(watch.inspections["press-1"]) < 2 or not watch.frames["press-1"]:
        watch.poll(1.0)
    assert watch.inspected("press-1") == 1
    assert watch.frames["press-1"] == {"cam-1/0": truth("good")}

    for task in (_task(0, "opened", 1), _task(1, "opened", 1), _task(0, "closed", 2)):
        send(LABELING_TASKS.name, task.frame_id, task)
    while [task.sequence for task in watch.open_tasks("press-1")] != [1]:
        watch.poll(1.0)
    assert watch.open_tasks("press-2") == []

    for total in (3, 5):
        send(EDGE_STATISTICS.name, _minute(total).key, _minute(total))
    assert [record.inspections for record in watch.statistics()] == [5]
    watch.close()
