"""When two people say the same, what `good` means, and Cohen's kappa."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from schemas.records import Label
from streams.labeling_queue.state import Answer, Drawn

GOOD: Final = "good"
# The class names that say a part is good, in lower case. A label with neither a class nor boxes says so, too.
GOOD_NAMES: Final = frozenset({GOOD, "ok"})
IOU: Final = 0.5


def category_of(label: Label) -> str:
    """The class of the image: the one that was named, else those of the boxes, else `good`."""
    if label.label is not None:
        return label.label
    return "+".join(sorted({box.label for box in label.boxes})) or GOOD


def is_good(category: str) -> bool:
    """Whether a class says that nothing is wrong.

    >>> is_good("OK"), is_good("good"), is_good("scratch")
    (True, True, False)
    """
    return category.strip().lower() in GOOD_NAMES


def agree(first: Answer, second: Answer) -> bool:
    """Whether two answers say the same: outcome, class, and each box has a counterpart of its class with IoU >= 0.5."""
    same = first.outcome == second.outcome and first.category == second.category
    return same and matching(first.boxes, second.boxes)


def matching(first: Sequence[Drawn], second: Sequence[Drawn]) -> bool:
    """Whether boxes pair off completely: a maximum bipartite matching by augmenting paths."""
    if len(first) != len(second):
        return False
    partners = [[j for j, other in enumerate(second) if _alike(box, other)] for box in first]
    taken: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        for candidate in partners[index]:
            if candidate not in tried:
                tried.add(candidate)
                if candidate not in taken or place(taken[candidate], tried):
                    taken[candidate] = index
                    return True
        return False

    return all(place(index, set()) for index in range(len(first)))


def _alike(one: Drawn, other: Drawn) -> bool:
    return one[0] == other[0] and iou(one, other) >= IOU


def iou(one: Drawn, other: Drawn) -> float:
    """Intersection over union of two boxes, 0..1."""
    _, x, y, w, h, _ = one
    _, u, v, a, b, _ = other
    across, down = min(x + w, u + a) - max(x, u), min(y + h, v + b) - max(y, v)
    shared = max(across, 0) * max(down, 0)
    union = w * h + a * b - shared
    return shared / union if union > 0 else 0.0


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa, -1..1; None without pairs. Where chance alone explains all (one class only), 1.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.

    >>> kappa([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")])
    0.5
    """
    if not pairs:
        return None
    count = len(pairs)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    observed = sum(one == other for one, other in pairs) / count
    expected = sum(firsts[name] * seconds[name] for name in firsts) / count**2
    return 1.0 if expected == 1 else round((observed - expected) / (1 - expected), 6)
