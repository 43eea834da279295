"""What judges: the models standing in an edge's slots, swapped between two frames, the one before kept at hand."""

import threading
from dataclasses import dataclass, field

from consumers.inference.golden import GoldenReport
from consumers.inference.judge import Criteria, criteria_for
from consumers.inference.picture import PixelRegion
from consumers.inference.predictor import Predictor
from schemas.records import EdgeConfig, ModelRef


@dataclass(frozen=True, slots=True)
class Standing:
    """A model and the configuration it judges with; immutable, so a frame is judged by one whole or another."""

    predictor: Predictor
    config: EdgeConfig
    revision: int  # of the statement it came by; 0 when a person started it by hand
    rollout_id: str | None = None
    golden: GoldenReport | None = None
    reference: ModelRef = field(init=False)
    criteria: Criteria = field(init=False)
    region: PixelRegion | None = field(init=False)

    def __post_init__(self) -> None:
        artifact, region = self.predictor.artifact, self.config.region
        object.__setattr__(self, "reference", artifact.reference)
        object.__setattr__(self, "criteria", criteria_for(artifact.document, self.config))
        placed = None if region is None else PixelRegion(region.x, region.y, region.w, region.h)
        object.__setattr__(self, "region", placed)


@dataclass(frozen=True, slots=True)
class LineUp:
    """Who judges one frame: the active model, and a candidate that looks on."""

    active: Standing
    shadow: Standing | None = None


class ModelSlot:
    """One slot: the standing model and the one before it. Reads never wait; safe across threads.

    A model that falls out is freed when the last frame that was handed to it is done.
    """

    def __init__(self) -> None:
        self._current: Standing | None = None
        self._previous: Standing | None = None
        self._lock = threading.Lock()

    @property
    def current(self) -> Standing | None:
        """What judges from the next frame on."""
        return self._current

    @property
    def previous(self) -> Standing | None:
        """The last model that was not the current one, ready to judge at once."""
        return self._previous

    def find(self, digest: str) -> Standing | None:
        """The current or previous standing of a model, by digest: it needs no download and no proof again."""
        with self._lock:
            held = (self._current, self._previous)
        return next((one for one in held if one is not None and one.reference.digest == digest), None)

    def swap(self, standing: Standing | None) -> None:
        """Let another model judge from the next frame on; None empties the slot."""
        with self._lock:
            current = self._current
            new_model = current is not None and (
                standing is None or standing.reference.digest != current.reference.digest
            )
            if new_model:
                self._previous = current
            self._current = standing


class Slots:
    """The two slots of an edge."""

    def __init__(self) -> None:
        self.active = ModelSlot()
        self.shadow = ModelSlot()

    def line_up(self) -> LineUp | None:
        """Who judges the next frame; None when there is no active model."""
        active = self.active.current
        return None if active is None else LineUp(active, self.shadow.current)
