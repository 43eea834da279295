"""Models swap whole; the one before is kept at hand. A state machine against a plain model of it."""

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import sampled_from

from consumers.edge.slot import ModelSlot, Slots, Standing
from consumers.inference.artifact import Artifact
from consumers.inference.picture import PixelRegion
from consumers.inference.predictor import Predictor
from schemas.records import EdgeConfig, Region
from tests.consumers.edge.brightness import brightness_artifact


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return brightness_artifact(tmp_path_factory.mktemp("slot") / "model")


def standing(artifact: Artifact, revision: int = 1, **config: object) -> Standing:
    return Standing(predictor=Predictor(artifact), config=EdgeConfig(**config), revision=revision)  # type: ignore[arg-type]


def test_a_standing_joins_the_models_thresholds_with_the_edges(artifact: Artifact) -> None:
    own = standing(artifact)
    stricter = standing(artifact, thresholds={"dark": 0.2, "unknown": 0.1}, review_band=0.05)

    assert own.criteria.thresholds == {"dark": 0.5}
    assert stricter.criteria.thresholds == {"dark": 0.2}
    assert stricter.criteria.review_band == 0.05
    assert own.reference == artifact.reference


def test_a_region_reaches_the_preprocessing_in_pixels(artifact: Artifact) -> None:
    assert standing(artifact, region=Region(x=1, y=2, w=3, h=4)).region == PixelRegion(1, 2, 3, 4)
    assert standing(artifact).region is None


def test_without_an_active_model_nobody_judges(artifact: Artifact) -> None:
    slots = Slots()
    slots.shadow.swap(standing(artifact))
    assert slots.line_up() is None

    slots.active.swap(standing(artifact))

    line_up = slots.line_up()
    assert line_up is not None
    assert (line_up.active, line_up.shadow) == (slots.active.current, slots.shadow.current)


def test_a_new_configuration_of_the_same_model_leaves_the_previous_one_in_place(
    artifact: Artifact, tmp_path: Path
) -> None:
    other, slot = brightness_artifact(tmp_path / "other", version="2"), ModelSlot()
    slot.swap(standing(other))
    slot.swap(standing(artifact, 2))
    slot.swap(standing(artifact, 3))

    assert slot.current is not None
    assert slot.previous is not None
    assert (slot.current.revision, slot.previous.reference) == (3, other.reference)


class SlotMachine(RuleBasedStateMachine):
    """Swaps, clearances and look-ups in any order."""

    known: dict[str, Standing]

    def __init__(self) -> None:
        super().__init__()
        self.slot = ModelSlot()
        self.current: Standing | None = None
        self.previous: Standing | None = None

    @rule(name=sampled_from("abc"))
    def swap(self, name: str) -> None:
        new = self.known[name]
        if self.current is not None and self.current.reference.digest != new.reference.digest:
            self.previous = self.current
        self.current = new
        self.slot.swap(new)

    @rule()
    def clear(self) -> None:
        self.previous = self.current or self.previous
        self.current = None
        self.slot.swap(None)

    @invariant()
    def agrees(self) -> None:
        assert self.slot.current is self.current
        assert self.slot.previous is self.previous

    @invariant()
    def finds_what_it_holds_and_nothing_else(self) -> None:
        held = {one.reference.digest for one in (self.current, self.previous) if one is not None}
        for one in self.known.values():
            found = self.slot.find(one.reference.digest)
            assert (found is not None) == (one.reference.digest in held)


def test_a_slot_behaves_as_its_plain_model(tmp_path: Path) -> None:
    SlotMachine.known = {
        name: standing(brightness_artifact(tmp_path / name, version=name), number)
        for number, name in enumerate("abc", start=1)
    }
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(SlotMachine, settings=settings(max_examples=50, deadline=None))
