"""An edge comes to run what it is told, aside of the line: a slot state machine without Kafka."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consumers.edge import installer as module
from consumers.edge.cache import ModelCache
from consumers.edge.installer import Installer, Machine, Progress
from consumers.edge.memory import MemoryFile
from consumers.edge.slot import Slots
from consumers.inference.bundle import pack
from infra.blobs import BlobError, BlobStore
from infra.security import SigningKey, TrustStore, create_key, save_trust
from producers.commands import sign_statement
from schemas.records import Approval, ClaimCheck, DesiredState, DesiredStatement, EdgeConfig, ModelRef, Slot
from tests.consumers.edge.brightness import brightness_artifact


class Store(BlobStore):
    """A blob store that can be away, and that a test can hold up."""

    failures = 0
    reads = 0

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.open = threading.Event()
        self.open.set()

    def open_range(self, check: ClaimCheck, start: int) -> Iterator[bytes]:
        self.reads += 1
        assert self.open.wait(30)
        if self.failures:
            self.failures -= 1
            raise BlobError("no answer")
        yield from super().open_range(check, start)


@dataclass
class Site:
    """An edge's installer with everything it needs."""

    directory: Path
    store: Store
    key: SigningKey
    slots: Slots = field(default_factory=Slots)
    steps: list[Progress] = field(default_factory=list)
    installers: list[Installer] = field(default_factory=list)

    def model(self, version: str, golden_score: float = 1.0) -> tuple[ModelRef, ClaimCheck]:
        artifact = brightness_artifact(self.directory / f"m{version}", version=version, golden_score=golden_score)
        pack(artifact, self.directory / f"bundle{version}")
        return artifact.reference, self.store.put_file(self.directory / f"bundle{version}")

    def state(
        self, revision: int, model: tuple[ModelRef, ClaimCheck] | None, slot: Slot = "active", **config: object
    ) -> DesiredState:
        statement = DesiredStatement(
            revision=revision,
            slot=slot,
            edges=["edge-1"],
            model=model[0] if model else None,
            blob=model[1] if model else None,
            config=EdgeConfig(revision=revision, **config),  # type: ignore[arg-type]
            approval=Approval(approved_by="ana", approved_at_us=1, reason="better"),
        )
        return sign_statement(statement, self.key, 1)[0]

    def start(self) -> Installer:
        """Start the installer, as the edge's process does after a (re)start."""
        self.slots = Slots()
        memory = MemoryFile(self.directory / "state.json")
        cache = ModelCache(self.directory / "cache", self.store)
        installer = Installer(
            "edge-1", self.slots, memory, cache, self.directory / "trust.json", Machine(1, 10**8), self.steps.append
        )
        self.installers.append(installer)
        installer.start()
        return installer

    def offer(self, installer: Installer, *states: DesiredState) -> None:
        for state in states:
            installer.offer(state)
        assert installer.settle(30)

    def refusals(self) -> list[str]:
        return [step.message or "" for step in self.steps if step.state == "refused"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(module, "_FIRST_WAIT", 0.0)
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.0)
    key = create_key(tmp_path / "keys")
    save_trust(tmp_path / "trust.json", TrustStore().with_key(key.public_key, 1))
    made = Site(tmp_path, Store(str(tmp_path / "blobs")), key)
    yield made
    for installer in made.installers:
        installer.stop()


def version_of(slots: Slots) -> str | None:
    current = slots.active.current
    return None if current is None else current.reference.version


def test_a_model_is_brought_proven_and_swapped_in_step_by_step(site: Site) -> None:
    site.offer(site.start(), site.state(1, site.model("1")))

    assert version_of(site.slots) == "1"
    assert [step.state for step in site.steps] == ["verifying", "downloading", "warming", "swapped"]
    assert site.slots.active.current is not None
    assert site.slots.active.current.golden is not None
    assert site.slots.active.current.golden.images == 1


def test_rollback_and_new_configuration_need_no_download(site: Site) -> None:
    one, two = site.model("1"), site.model("2")
    installer = site.start()
    site.offer(installer, site.state(1, one))
    site.offer(installer, site.state(2, two))
    before = site.slots.active.previous
    reads = site.store.reads

    site.offer(installer, site.state(3, one, thresholds={"dark": 0.9}))

    assert site.store.reads == reads
    current = site.slots.active.current
    assert current is not None
    assert before is not None
    assert current.predictor is before.predictor
    assert (current.revision, current.criteria.thresholds) == (3, {"dark": 0.9})


def test_a_candidate_becomes_active_as_it_is_and_its_slot_is_emptied(site: Site) -> None:
    candidate = site.model("2")
    installer = site.start()
    site.offer(installer, site.state(1, site.model("1")))
    site.offer(installer, site.state(2, candidate, "shadow"))
    standing = site.slots.shadow.current
    site.offer(installer, site.state(3, candidate), site.state(4, None, "shadow"))

    assert standing is not None
    assert site.slots.active.current is not None
    assert site.slots.active.current.predictor is standing.predictor
    assert site.slots.shadow.current is None


def test_an_outage_of_the_blob_store_is_waited_out(site: Site) -> None:
    model = site.model("1")
    site.store.failures = 5

    site.offer(site.start(), site.state(1, model))

    assert version_of(site.slots) == "1"
    assert site.refusals() == []
    assert sum((step.message or "").startswith("waiting: no answer") for step in site.steps) == 5


def test_a_newer_statement_takes_the_place_of_one_under_way(site: Site) -> None:
    one, two = site.model("1"), site.model("2")
    installer = site.start()
    site.store.open.clear()
    installer.offer(site.state(1, one))
    installer.offer(site.state(2, two))
    site.store.open.set()

    assert installer.settle(30)
    assert version_of(site.slots) == "2"


def test_a_model_that_fails_its_golden_set_here_is_refused_and_the_standing_one_goes_on(site: Site) -> None:
    installer = site.start()
    site.offer(installer, site.state(1, site.model("1")))
    site.offer(installer, site.state(2, site.model("2", 0.2)))

    assert version_of(site.slots) == "1"
    assert len(site.refusals()) == 1
    assert "golden set" in site.refusals()[0]
    assert site.steps[-1].refused_revision == 2


def test_nothing_older_than_what_was_seen_comes_back_even_after_a_restart(site: Site) -> None:
    one, two = site.model("1"), site.model("2")
    site.offer(site.start(), site.state(5, one))
    again = site.start()
    site.offer(again, site.state(4, two))

    assert version_of(site.slots) == "1"
    assert "lower than 5" in site.refusals()[-1]


def test_a_refused_statement_raises_the_floor_but_the_one_in_force_comes_back_at_a_restart(site: Site) -> None:
    one = site.model("1")
    site.offer(site.start(), site.state(1, one))
    site.offer(site.installers[-1], site.state(2, site.model("2", 0.2)))
    memory = MemoryFile(site.directory / "state.json").read().of("active")
    assert memory.floor == 2

    restarted = site.start()
    assert restarted.settle(30)

    assert version_of(site.slots) == "1"


def test_a_restart_takes_up_both_slots_from_the_cache_alone(site: Site) -> None:
    site.offer(site.start(), site.state(1, site.model("1"), thresholds={"dark": 0.7}))
    site.offer(site.installers[-1], site.state(2, site.model("2"), "shadow"))
    reads = site.store.reads

    restarted = site.start()

    assert restarted.settle(30)
    assert site.store.reads == reads
    current, shadow = site.slots.active.current, site.slots.shadow.current
    assert current is not None
    assert shadow is not None
    assert (current.revision, current.criteria.thresholds) == (1, {"dark": 0.7})
    assert (shadow.revision, shadow.reference.version) == (2, "2")


def test_reading_the_topic_again_changes_nothing(site: Site) -> None:
    installer, state = site.start(), site.state(1, site.model("1"))
    site.offer(installer, state)
    before, steps = site.slots.active.current, len(site.steps)

    site.offer(installer, state)

    assert site.slots.active.current is before
    assert len(site.steps) == steps


def test_after_its_key_was_revoked_a_remembered_model_stays_out(site: Site) -> None:
    site.offer(site.start(), site.state(1, site.model("1")))
    revoked = TrustStore().with_key(site.key.public_key, 1).with_revoked(site.key.key_id, 2)
    save_trust(site.directory / "trust.json", revoked)

    assert site.start().settle(30)

    assert version_of(site.slots) is None
    assert "was revoked" in site.refusals()[-1]
