"""From a prediction to a verdict, by the thresholds of this edge. Pure, so a what-if recomputes past verdicts alike.

Each defect class has a score: the defect score for the likeliest defect class, its own score for the others. So with
equal thresholds the verdict depends on the defect score alone, and a class may still be tolerated by raising its
threshold. A class fails a part at `threshold + band` (at most 1) and above, sends it to review from
`threshold - band` on, and passes it below; the worst class decides.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from consumers.inference.document import ModelDocument
from consumers.inference.predictor import Prediction
from schemas.records.inspection import Verdict
from schemas.records.rollout import EdgeConfig


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a verdict is made with: a threshold (0..1) for each defect class, and the review band's half-width."""

    thresholds: Mapping[str, float]
    review_band: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the defect class behind `fail` or `review` (else None) and, for `review` and `error`, why."""

    verdict: Verdict
    defect_class: str | None
    reason: str | None


PASSED = Judgement(verdict="pass", defect_class=None, reason=None)


def criteria_for(document: ModelDocument, config: EdgeConfig | None = None) -> Criteria:
    """Combine an edge's configuration with the model's own thresholds, which stand where the edge gives none.

    Thresholds for classes the model does not know are left aside: they belong to another model of that edge.
    """
    own = document.thresholds
    given = {} if config is None else config.thresholds
    band = own.review_band if config is None or config.review_band is None else config.review_band
    return Criteria(
        thresholds={name: given.get(name, own.classes[name]) for name in document.defect_classes}, review_band=band
    )


def judge(prediction: Prediction, criteria: Criteria) -> Judgement:
    """Judge a prediction; see `judge_scores`."""
    return judge_scores(prediction.score, prediction.scores, criteria)


def judge_scores(score: float, scores: Mapping[str, float], criteria: Criteria) -> Judgement:
    """Judge a defect score and the scores per class (all 0..1), as an Inspection holds them.

    Classes without a score count as 0. The verdict is `error` when a score is not a number.
    """
    own = _scores_of_classes(score, scores, criteria)
    if not own or math.isnan(score) or any(math.isnan(value) for value in own.values()):
        return error("no usable scores: the model or its input is broken")
    ranked = sorted(own, key=lambda name: (_severity(own[name], name, criteria), own[name] - criteria.thresholds[name]))
    worst = ranked[-1]
    severity = _severity(own[worst], worst, criteria)
    if severity == 2:
        return Judgement(verdict="fail", defect_class=worst, reason=None)
    if severity == 1:
        threshold, band = criteria.thresholds[worst], criteria.review_band
        reason = f"{worst} {own[worst]:.3f} lies within {band:g} of its threshold {threshold:g}"
        return Judgement(verdict="review", defect_class=worst, reason=reason)
    return PASSED


def error(reason: str) -> Judgement:
    """Return the verdict on a frame that could not be judged."""
    return Judgement(verdict="error", defect_class=None, reason=reason)


def _severity(value: float, name: str, criteria: Criteria) -> int:
    """Return 2 for fail, 1 for review, 0 for pass."""
    threshold, band = criteria.thresholds[name], criteria.review_band
    if value >= min(threshold + band, 1.0):
        return 2
    return 1 if value >= threshold - band else 0


def margin(score: float, scores: Mapping[str, float], criteria: Criteria) -> float | None:
    """How far the nearest class is from failing: its score minus its threshold, negative below it; None without scores.

    The scores are those of `judge_scores`, so the sign agrees with its verdict where the review band is 0.
    """
    own = _scores_of_classes(score, scores, criteria)
    if not own or math.isnan(score) or any(math.isnan(value) for value in own.values()):
        return None
    return max(value - criteria.thresholds[name] for name, value in own.items())


def _scores_of_classes(score: float, scores: Mapping[str, float], criteria: Criteria) -> dict[str, float]:
    """The score that counts for each defect class: the defect score for the likeliest, the others' own."""
    own = {name: scores.get(name, 0.0) for name in criteria.thresholds}
    if own and not any(math.isnan(value) for value in (score, *own.values())):
        likeliest = max(own, key=lambda name: own[name])
        own[likeliest] = max(own[likeliest], score)
    return own
