"""Where to put the threshold of the defect score, and how wide the band around it that a person looks at."""

from typing import Final

import numpy as np

from consumers.trainer.metrics import OperatingPoint, Scores, Truth, operate

# BENCHMARKS.md: defect detection accuracy is read where at most 2 % of the good parts are rejected.
MAXIMUM_OVERKILL: Final = 0.02
# A person looks at no more than this share of the images, and a score is never trusted nearer than the minimum.
MAXIMUM_REVIEW: Final = 0.10
MINIMUM_BAND: Final = 0.02
MAXIMUM_BAND: Final = 0.25


def choose_cut(values: Scores, defective: Truth, maximum_overkill: float = MAXIMUM_OVERKILL) -> OperatingPoint:
    """The cut through any numbers (higher is worse) that catches the most defective parts within the overkill.

    It is put in the middle of the empty stretch between the highest good value it lets pass and the next value above,
    not on either, so that a new image a hair beyond the seen ones is judged like them. Needs one good image at least.
    """
    good = np.sort(values[~defective])
    allowed = int(maximum_overkill * good.size)
    passing = float(good[good.size - 1 - allowed])
    above = values[values > passing]
    cut = (passing + float(above.min())) / 2 if above.size else np.nextafter(passing, np.inf)
    return operate(values, defective, max(float(cut), float(np.nextafter(passing, np.inf))))


def choose_threshold(scores: Scores, defective: Truth, maximum_overkill: float = MAXIMUM_OVERKILL) -> OperatingPoint:
    """The threshold (0..1) of a defect score by `choose_cut`; 0.5 when there are no good or no defective images."""
    if defective.all() or not defective.any():
        return operate(scores, defective, 0.5)
    return operate(scores, defective, min(choose_cut(scores, defective, maximum_overkill).threshold, 1.0))


def choose_review_band(scores: Scores, defective: Truth, threshold: float) -> float:
    """The half-width of the band around the threshold that is sent to review.

    Wide enough for the nearest wrong verdicts, and no wider than sends a tenth of the images to a person (0.02..0.25).
    """
    distance = np.abs(scores - threshold)
    wrong = distance[(scores >= threshold) != defective]
    wanted = float(wrong.max()) if wrong.size else MINIMUM_BAND
    affordable = float(np.quantile(distance, MAXIMUM_REVIEW)) if distance.size else MINIMUM_BAND
    return float(np.clip(min(wanted, affordable), MINIMUM_BAND, MAXIMUM_BAND))
