"""What a training run came to, as data: printed as a table, written as JSON, later sent over a topic."""

import msgspec

from consumers.trainer.evaluate import Evaluation
from consumers.trainer.finetune import EpochResult
from consumers.trainer.int8_gate import GateResult


class TrainingReport(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of `linewatch train`.

    `images` counts by split and label; `validation` and `test` are measured on the edge's runtime with the artifact
    that was written (None when the split is empty); `golden_difference` is the largest difference of any score
    between trainer and runtime; `warnings` are sentences for a person.
    """

    kind: str
    name: str
    version: str
    directory: str
    digest: str
    precision: str
    seed: int
    images: dict[str, dict[str, int]]
    threshold: float
    review_band: float
    golden_images: int
    golden_difference: float
    seconds: float
    validation: Evaluation | None = None
    test: Evaluation | None = None
    gate: GateResult | None = None
    history: tuple[EpochResult, ...] = ()
    warnings: tuple[str, ...] = ()
