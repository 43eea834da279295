"""What an edge runs is what a trusted key signed for it; models change between two frames and nothing is lost."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from consumers.inference.artifact import Artifact
from consumers.inference.bundle import pack
from infra.blobs import open_blobs
from infra.security import SigningKey, create_key, load_trust, now_us, save_trust
from infra.settings import Settings
from producers.commands import ConfigChange, next_revision, read_desired, send_desired, sign_statement
from producers.telling import Order, Packed, next_statement
from schemas.records import DesiredState, EdgeReported, Slot
from schemas.topics import DESIRED
from tests.consumers.edge.brightness import brightness_artifact, image_of
from tests.integration.edge_line import (
    CODEC,
    EdgeProcess,
    Line,
    Traffic,
    edge_process,
    first_of_each,
    open_line,
    wait_until,
)

pytestmark = pytest.mark.integration

SWAPS = 20


@dataclass
class Manager:
    """The operations manager: signs and sends statements for one edge."""

    line: Line
    key: SigningKey
    directory: Path
    revision: int = 0

    def pack(self, artifact: Artifact) -> Packed:
        """Put a model into the blob store."""
        bundle = self.directory / "bundle"
        pack(artifact, bundle)
        return Packed(artifact.reference, open_blobs(self.line.settings).put_file(bundle))

    def statement(self, model: Packed | None, *, slot: Slot = "active", **change: object) -> DesiredState:
        """The next statement, signed."""
        self.revision += 1
        order = Order(slot=slot, model=model, change=ConfigChange(**change), reason="test", by="manager")  # type: ignore[arg-type]
        made = next_statement(self.line.edge_id, [], [], order, now_us())
        config = msgspec.structs.replace(made.config, revision=self.revision)
        made = msgspec.structs.replace(made, revision=self.revision, config=config)
        return sign_statement(made, self.key, now_us())[0]

    def send(self, state: DesiredState) -> DesiredState:
        """Write a desired state to the edge's topic."""
        send_desired(self.line.settings, CODEC, [state])
        return state


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Iterator[Line]:
    with open_line(broker_settings, unique) as opened:
        yield opened


@pytest.fixture
def manager(line: Line, tmp_path: Path) -> Manager:
    key = create_key(tmp_path / "keys")
    trusted = load_trust(line.settings.trusted_keys).with_key(key.public_key, now_us())
    save_trust(line.settings.trusted_keys, trusted)
    return Manager(line, key, tmp_path)


@pytest.fixture
def edge(line: Line, tmp_path: Path) -> Iterator[EdgeProcess]:
    with edge_process(line, "one", tmp_path / "edge.log") as process:
        yield process


def last_report(line: Line) -> EdgeReported | None:
    """The newest report of the edge."""
    return max(line.reports, key=lambda report: report.reported_at_us, default=None)


def wait_for_revision(line: Line, revision: int) -> EdgeReported:
    """Wait until the edge reports that it runs a revision."""
    wait_until(lambda: any(report.active_revision == revision for report in line.reports), f"revision {revision}")
    return next(report for report in line.reports if report.active_revision == revision)


def wait_for_refusal(line: Line, revision: int) -> EdgeReported:
    """Wait until the edge reports that it refused a revision."""

    def found() -> EdgeReported | None:
        return next((x for x in line.reports if x.state == "refused" and x.refused_revision == revision), None)

    wait_until(lambda: found() is not None, f"the refusal of revision {revision}")
    report = found()
    assert report is not None
    return report


def test_without_a_model_an_edge_waits_and_says_so_then_judges_what_waited(
    line: Line, edge: EdgeProcess, manager: Manager, tmp_path: Path
) -> None:
    camera = line.camera("cam-1")
    camera.publish(image_of(20))
    wait_until(lambda: (last_report(line) or edge) is not edge, "a report")
    first = last_report(line)
    assert first is not None
    assert (first.state, first.healthy, first.active) == ("starting", False, None)
    assert "set-desired" in (first.message or "")

    packed = manager.pack(brightness_artifact(tmp_path / "model"))
    manager.send(manager.statement(packed))

    (inspection,) = line.wait_for([camera])
    assert inspection.model == packed.reference
    wait_for_revision(line, 1)
    steps = [report.state for report in line.reports]
    assert [step for step in ("verifying", "downloading", "warming", "swapped") if step in steps] == [
        "verifying",
        "downloading",
        "warming",
        "swapped",
    ]


def test_models_swap_under_load_without_losing_a_frame(line: Line, manager: Manager, tmp_path: Path) -> None:
    models = [manager.pack(brightness_artifact(tmp_path / f"m{n}", version=str(n))) for n in range(4)]
    first = manager.send(manager.statement(models[0]))
    cameras = line.cameras_apart(2)
    with edge_process(line, "one", tmp_path / "edge.log"):
        wait_for_revision(line, first.revision)
        with Traffic(cameras, 0.01):
            for number in range(SWAPS):
                sent = manager.send(manager.statement(models[(number + 1) % len(models)]))
                wait_for_revision(line, sent.revision)
        inspections = line.wait_for(cameras)

    counted = first_of_each(inspections)
    assert counted == inspections
    known = [model.reference for model in models]
    assert all(inspection.model in known for inspection in inspections)
    assert {x.model.version for x in inspections if x.model} == {"0", "1", "2", "3"}
    for camera in cameras:
        revisions = [x.config_revision for x in inspections if x.camera_id == camera.camera_id]
        assert revisions == sorted(revisions), "a frame after the swap was judged by the model before it"


def test_a_new_configuration_changes_verdicts_and_keeps_the_model(
    line: Line, edge: EdgeProcess, manager: Manager, tmp_path: Path
) -> None:
    packed = manager.pack(brightness_artifact(tmp_path / "model"))
    camera = line.camera("cam-1")
    manager.send(manager.statement(packed))
    wait_for_revision(line, 1)
    camera.publish(image_of(100))
    assert line.wait_for([camera])[-1].verdict == "fail"

    manager.send(manager.statement(packed, thresholds={"dark": 0.9}))
    wait_for_revision(line, 2)
    camera.publish(image_of(100))

    judged = line.wait_for([camera])[-1]
    assert (judged.verdict, judged.config_revision, judged.model) == ("pass", 2, packed.reference)


def test_a_candidate_in_the_shadow_slot_is_recorded_and_never_acted_on(
    line: Line, edge: EdgeProcess, manager: Manager, tmp_path: Path
) -> None:
    active = manager.pack(brightness_artifact(tmp_path / "active"))
    candidate = manager.pack(brightness_artifact(tmp_path / "candidate", version="2"))
    manager.send(manager.statement(active))
    shadow = manager.send(manager.statement(candidate, slot="shadow", thresholds={"dark": 0.99}))
    wait_until(lambda: any(x.shadow_revision == shadow.revision for x in line.reports), "the shadow")
    camera = line.camera("cam-1")
    camera.publish(image_of(20))

    (inspection,) = line.wait_for([camera])

    assert (inspection.verdict, inspection.model) == ("fail", active.reference)
    assert inspection.shadow is not None
    assert (inspection.shadow.verdict, inspection.shadow.model) == ("pass", candidate.reference)


def test_what_no_trusted_key_signed_for_this_edge_is_refused_and_the_model_goes_on(
    line: Line, edge: EdgeProcess, manager: Manager, tmp_path: Path
) -> None:
    good = manager.pack(brightness_artifact(tmp_path / "model"))
    manager.revision = 10
    manager.send(manager.statement(good))
    wait_for_revision(line, 11)
    stranger = create_key(tmp_path / "stranger")
    replace = msgspec.structs.replace
    signed = manager.statement(good)
    unsigned = replace(signed, signatures=[])
    foreign = replace(manager.statement(good), signatures=[stranger.sign(b"anything")])
    fresh = manager.statement(good)
    tampered = replace(fresh, statement=fresh.statement.replace(b'"deadline_us":3000000', b'"deadline_us":9000000'))
    manager.revision = 2
    lower = manager.statement(good)
    manager.revision = 30
    failing = manager.statement(manager.pack(brightness_artifact(tmp_path / "bad", version="3", golden_score=0.2)))
    wrong = manager.statement(
        Packed(good.reference, open_blobs(line.settings).put(b"these bytes are no model artifact"))
    )
    wrong_digest = msgspec.json.decode(wrong.statement)
    wrong_digest["model"]["digest"] = "sha256:" + "0" * 64
    content = msgspec.json.encode(wrong_digest)
    wrong = replace(wrong, statement=content, signatures=[manager.key.sign(content)])

    for state, reason in (
        (unsigned, "not signed"),
        (foreign, "unknown here"),
        (tampered, "is not for these contents"),
        (lower, "is lower than 11"),
        (failing, "golden set"),
        (wrong, "cannot be unpacked"),
    ):
        manager.send(state)
        assert reason in (wait_for_refusal(line, state.revision).message or "")

    camera = line.camera("cam-1")
    camera.publish(image_of(20))
    assert line.wait_for([camera])[-1].model == good.reference
    report = last_report(line)
    assert report is not None
    assert (report.active, report.active_revision) == (good.reference, 11)


def test_an_unreadable_record_in_its_topic_does_not_stop_an_edge_from_hearing_the_next(
    line: Line, edge: EdgeProcess, manager: Manager, kafka_producer: Producer, tmp_path: Path
) -> None:
    kafka_producer.produce(DESIRED.of(line.edge_id), key="active", value=b"garbage")
    kafka_producer.flush(10)
    wait_until(lambda: any(x.state == "refused" for x in line.reports), "the refusal")

    manager.send(manager.statement(manager.pack(brightness_artifact(tmp_path / "model"))))

    wait_for_revision(line, 1)
    wait_until(lambda: [letter.raw for letter in line.letters] == [b"garbage"], "the dead letter")


def test_after_a_restart_an_edge_runs_its_last_model_without_blob_store_or_old_model(
    line: Line, manager: Manager, tmp_path: Path
) -> None:
    packed = manager.pack(brightness_artifact(tmp_path / "model"))
    sent = manager.send(manager.statement(packed, thresholds={"dark": 0.99}))
    with edge_process(line, "one", tmp_path / "one.log") as one:
        wait_for_revision(line, sent.revision)
        one.kill()
    blob = packed.blob.sha256
    os.remove(line.settings.data_dir / "blobs" / blob[:2] / blob[2:4] / blob)
    brightness_artifact(tmp_path / "other", version="9")
    camera = line.camera("cam-1")
    camera.publish(image_of(20))

    with edge_process(line, "one", tmp_path / "two.log", "--model", str(tmp_path / "other")):
        (inspection,) = line.wait_for([camera])

    assert (inspection.model, inspection.config_revision) == (packed.reference, sent.revision)
    assert inspection.verdict == "pass"


def test_the_next_revision_is_above_what_the_topic_holds(line: Line, manager: Manager, tmp_path: Path) -> None:
    packed = manager.pack(brightness_artifact(tmp_path / "model"))
    manager.send(manager.statement(packed))
    manager.send(manager.statement(packed, slot="shadow"))

    assert next_revision(read_desired(line.settings, CODEC, line.edge_id).values(), []) == 3
