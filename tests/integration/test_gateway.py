"""The gateway against a real Kafka: fencing, lost spools, large images, broken files, outages."""

import random
import shutil
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from confluent_kafka import Message

from infra.blobs import open_blobs
from infra.kafka import read_to_end
from infra.settings import Settings
from producers.gateway import Gateway, GatewayOptions, GatewayReport
from producers.sources.source import Clock
from schemas.headers import read_headers
from schemas.records import Alarm, CameraClaim, DeadLetter
from schemas.topics import ALARMS, CAMERAS, DEAD_LETTERS, INLINE_LIMIT
from tests.conftest import Broker, StartCluster
from tests.integration.gateway_line import (
    CODEC,
    draw_files,
    end_of_frames,
    gateway_process,
    prepare,
    read_frames,
    wait_until,
)
from tests.integration.live_gateway import FakeCamera

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(broker: Broker, tmp_path: Path, unique: str) -> Settings:
    """Settings of a gateway of edge and camera `unique`."""
    return prepare(broker.bootstrap_servers, tmp_path / "var", unique)


def options(unique: str, source: Path | str, limit: int | None = None) -> GatewayOptions:
    return GatewayOptions(edge_id=unique, camera_id=unique, source=str(source), limit=limit)


def run(settings: Settings, asked: GatewayOptions) -> GatewayReport:
    return Gateway(settings, asked).run(threading.Event())


def of_camera(settings: Settings, topic: str, camera: str) -> list[Message]:
    """Every message of a topic that one camera's gateway wrote."""
    source = f"/cameras/{camera}".encode()
    return [m for m in read_to_end(settings, topic) if read_headers(m.headers()).get("ce_source") == source]


def test_a_folder_is_published_once_and_new_files_later(settings: Settings, unique: str, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    files = draw_files(folder, 20)
    first = run(settings, options(unique, folder))
    assert (first.captured, first.delivered, first.first_sequence, first.last_sequence) == (20, 20, 0, 19)

    again = run(settings, options(unique, folder))
    assert (again.captured, again.delivered, again.skipped, again.epoch) == (0, 0, 20, 2)

    shutil.copy(files[0], folder / "000003-a.jpg")
    files[5].write_bytes(files[5].read_bytes() + b"\0")
    more = run(settings, options(unique, folder))
    assert (more.captured, more.skipped, more.first_sequence, more.last_sequence) == (2, 19, 20, 21)
    frames = read_frames(settings, unique, unique)
    assert [frame.sequence for frame in frames] == list(range(22))
    assert [Path(frame.origin or "").name for frame in frames[20:]] == ["000003-a.jpg", "000005.jpg"]


def test_a_frame_says_what_it_is(settings: Settings, unique: str, tmp_path: Path) -> None:
    path = draw_files(tmp_path / "images", 1)[0]
    asked = GatewayOptions(edge_id=unique, camera_id=unique, source=str(tmp_path / "images"), product="door")
    run(settings, asked)
    frame = read_frames(settings, unique, unique)[0]
    assert frame.image == path.read_bytes()
    assert (frame.width, frame.height, frame.content_type) == (64, 64, "image/jpeg")
    assert (frame.product, frame.epoch, frame.origin) == ("door", 1, str(path))


def test_the_limit_counts_and_the_rest_comes_later(settings: Settings, unique: str, tmp_path: Path) -> None:
    draw_files(tmp_path / "images", 9)
    assert run(settings, options(unique, tmp_path / "images", limit=4)).delivered == 4
    assert run(settings, options(unique, tmp_path / "images")).delivered == 5
    assert [frame.sequence for frame in read_frames(settings, unique, unique)] == list(range(9))


def test_a_deleted_spool_goes_on_above_kafka(settings: Settings, unique: str, tmp_path: Path) -> None:
    draw_files(tmp_path / "images", 7)
    run(settings, options(unique, tmp_path / "images"))
    shutil.rmtree(settings.data_dir / "spool")
    report = run(settings, options(unique, tmp_path / "images"))
    assert (report.first_sequence, report.last_sequence, report.epoch) == (7, 13, 2)


def test_a_spool_deleted_in_mid_flight_goes_on_above_kafka(settings: Settings, unique: str, tmp_path: Path) -> None:
    # A kill leaves no last claim, so the frames behind the first one have to be found in the topic itself.
    draw_files(tmp_path / "images", 400)
    arguments = ("--edge", unique, "--camera", unique, "--source", str(tmp_path / "images"), "--fps", "200")
    with gateway_process(settings, *arguments) as process:
        wait_until(lambda: end_of_frames(settings, unique, unique) > 150, "frames in Kafka")
        process.kill()
    seen = max(frame.sequence for frame in read_frames(settings, unique, unique, committed=False))
    shutil.rmtree(settings.data_dir / "spool")
    report = run(settings, options(unique, tmp_path / "images", limit=10))
    assert report.first_sequence is not None
    assert report.first_sequence > seen


def test_broken_files_become_dead_letters_and_take_no_number(settings: Settings, unique: str, tmp_path: Path) -> None:
    files = draw_files(tmp_path / "images", 5)
    files[1].write_bytes(b"no image at all")
    files[3].write_bytes(b"")
    report = run(settings, options(unique, tmp_path / "images"))
    assert (report.delivered, report.dead_letters) == (3, 2)
    assert [frame.sequence for frame in read_frames(settings, unique, unique)] == [0, 1, 2]
    messages = of_camera(settings, DEAD_LETTERS.name, unique)
    letters = [CODEC.decode(message.value(), DeadLetter) for message in messages]
    assert [letter.origin for letter in letters] == [str(files[1]), str(files[3])]
    assert [letter.raw for letter in letters] == [b"no image at all", b""]
    assert run(settings, options(unique, tmp_path / "images")).dead_letters == 0


def test_an_image_of_20_megabytes_passes_a_stock_broker(settings: Settings, unique: str, tmp_path: Path) -> None:
    small = draw_files(tmp_path / "images", 1)[0].read_bytes()
    # Behind the end marker of a JPEG, anything may follow.
    large = small + random.Random(1).randbytes(20_000_000 - len(small))
    just_inline = small + b"\0" * (INLINE_LIMIT - len(small))
    (tmp_path / "images" / "1.jpg").write_bytes(large)
    (tmp_path / "images" / "2.jpg").write_bytes(just_inline)
    assert run(settings, options(unique, tmp_path / "images")).delivered == 3

    by_size = {frame.size: frame for frame in read_frames(settings, unique, unique)}
    check = by_size[20_000_000].claim_check
    assert by_size[20_000_000].image is None
    assert check is not None
    fetched = open_blobs(settings).get(check)
    assert sha256(fetched).hexdigest() == by_size[20_000_000].sha256 == sha256(large).hexdigest()
    assert by_size[INLINE_LIMIT].image == just_inline


def test_a_second_gateway_fences_the_first(settings: Settings, unique: str, tmp_path: Path) -> None:
    arguments = ("--edge", unique, "--camera", unique, "--fps", "50")
    other = settings.model_copy(update={"data_dir": tmp_path / "elsewhere" / "var"})
    other.data_dir.mkdir(parents=True)
    module = "tests.integration.live_gateway"
    with gateway_process(settings, *arguments, module=module) as first:
        wait_until(lambda: end_of_frames(settings, unique, unique) > 20, "frames of the first")
        with gateway_process(other, *arguments, "--limit", "60", module=module) as second:
            code, report, said = second.end()
            assert code == 0, said
            first_code, _, first_said = first.end()
    assert first_code == 1
    assert f"camera {unique} was taken over by gateway" in first_said
    assert f":{second.pid}" in first_said
    assert report["epoch"] == 2
    frames = read_frames(settings, unique, unique)
    numbers = [frame.sequence for frame in frames]
    assert len(numbers) == len(set(numbers))
    assert [frame.epoch for frame in frames] == sorted(frame.epoch for frame in frames)

    # What the first had captured and not delivered follows, above the second's numbers.
    with gateway_process(settings, *arguments, "--limit", "1", module=module) as first:
        code, report, said = first.end()
    assert code == 0, said
    assert report["waiting"] == 0
    numbers = [frame.sequence for frame in read_frames(settings, unique, unique)]
    assert len(numbers) == len(set(numbers))


def test_a_second_gateway_on_the_same_spool_is_refused(settings: Settings, unique: str, tmp_path: Path) -> None:
    arguments = ("--edge", unique, "--camera", unique, "--source", str(tmp_path / "images"))
    draw_files(tmp_path / "images", 50)
    with gateway_process(settings, *arguments, "--fps", "5") as first:
        wait_until(lambda: end_of_frames(settings, unique, unique) > 2, "frames of the first")
        with gateway_process(settings, *arguments) as second:
            code, _, said = second.end()
        assert code == 1
        assert "in use by gateway" in said
        assert f":{first.pid}" in said
        first.terminate()
        code, report, said = first.end()
        assert code == 0, said
        assert report["waiting"] == 0


def test_an_outage_is_ridden_out_and_the_cap_told(start_cluster: StartCluster, unique: str, tmp_path: Path) -> None:
    cluster = start_cluster()
    settings = prepare(
        cluster.bootstrap_servers, tmp_path / "var", unique, spool_cap_bytes=12_000_000, spool_drop="newest"
    )
    gateway = Gateway(settings, options(unique, "fake"), source=FakeCamera(100, 100_000))
    reports: list[GatewayReport] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: reports.append(gateway.run(stop)))
    thread.start()
    try:
        wait_until(lambda: gateway.report().delivered > 10, "the first frames")
        cluster.kill_node(1)
        wait_until(lambda: gateway.report().dropped > 20, "a full spool")
        used = sum(path.stat().st_size for path in (settings.data_dir / "spool").rglob("*") if path.is_file())
        cluster.restart_node(1)
        caught_up = gateway.report().captured
        wait_until(lambda: gateway.report().delivered > caught_up - gateway.report().dropped, "the backlog")
    finally:
        stop.set()
        thread.join(60)
    assert used <= settings.spool_cap_bytes
    report = reports[0]
    assert report.waiting == 0
    assert report.captured == report.delivered + report.dropped
    frames = read_frames(settings, unique, unique)
    assert len(frames) == report.delivered
    numbers = [frame.sequence for frame in frames]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] + 1 - len(numbers) <= report.dropped
    # A frame's image says its place among all captured ones: dropped ones keep their numbers.
    assert all(int((frame.image or b"").split()[1]) == frame.sequence for frame in frames)
    alarms = [CODEC.decode(message.value(), Alarm) for message in of_camera(settings, ALARMS.name, unique)]
    assert [alarm.kind for alarm in alarms] == ["spool_full"] * len(alarms)
    assert [alarm.raised for alarm in alarms][:2] == [True, False]


def test_kafka_may_be_away_when_a_new_gateway_starts(start_cluster: StartCluster, unique: str, tmp_path: Path) -> None:
    cluster = start_cluster()
    settings = prepare(cluster.bootstrap_servers, tmp_path / "var", unique)
    draw_files(tmp_path / "images", 30)
    cluster.kill_node(1)
    gateway = Gateway(settings, options(unique, tmp_path / "images"))
    reports: list[GatewayReport] = []
    thread = threading.Thread(target=lambda: reports.append(gateway.run(threading.Event())))
    thread.start()
    wait_until(lambda: gateway.report().captured == 30, "everything captured")
    cluster.restart_node(1)
    thread.join(120)
    assert reports[0].delivered == 30
    assert [frame.sequence for frame in read_frames(settings, unique, unique)] == list(range(30))


def test_claims_rise_and_the_last_one_says_where_to_go_on(settings: Settings, unique: str, tmp_path: Path) -> None:
    draw_files(tmp_path / "images", 3)
    run(settings, options(unique, tmp_path / "images"))
    claims = [CODEC.decode(m.value(), CameraClaim) for m in of_camera(settings, CAMERAS.name, unique)]
    assert [(claim.epoch, claim.last_sequence) for claim in claims] == [(1, -1), (1, 2)]
    assert claims[-1].offset <= end_of_frames(settings, unique, unique)


def test_a_clock_in_the_future_stops_nothing(settings: Settings, unique: str, tmp_path: Path) -> None:
    draw_files(tmp_path / "images", 2)
    clock = Clock(unix_us=lambda: 4_000_000_000_000_000)  # the year 2096
    gateway = Gateway(settings, options(unique, tmp_path / "images"), clock=clock)
    assert gateway.run(threading.Event()).delivered == 2
