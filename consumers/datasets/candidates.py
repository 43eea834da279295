"""From labels and frames to the images a dataset is made of, before any image is read. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consumers.datasets.label_history import CurrentLabel, current_labels
from consumers.datasets.manifest import Agreement, DatasetLabel, canonical_boxes
from consumers.datasets.selection import Selection
from consumers.datasets.topic_reading import ListedFrame
from schemas.records import FrameLocation, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An image that counts for placing; `selected` when the dataset shall hold it, else `refused` may say why not."""

    sha256: str
    edge_id: str
    frame_id: str | None
    captured_at_us: int
    part_id: str | None
    product: str | None
    location: FrameLocation | None
    current: CurrentLabel | None
    selected: bool
    refused: str | None = None

    @property
    def group(self) -> str:
        """What must not straddle splits: the part, else the image itself."""
        return self.part_id or self.sha256


def candidates(
    selection: Selection, labels: Mapping[str, Sequence[Label]], frames: Mapping[str, Iterable[ListedFrame]]
) -> list[Candidate]:
    """Every image of the selected edges in the order of placing: labeled ones by the time of their first deciding
    label.

    That order, and not that of capture or of the selection, is what keeps a placed image where it is: labels only ever
    come at its end. Unlabeled frames follow, by capture. An image that several edges have belongs to the first of them.
    """
    found: dict[str, Candidate] = {}
    for edge in selection.edge_ids:
        current = current_labels(labels.get(edge, ()))
        locations = _locations(labels.get(edge, ()))
        for one in sorted(current.values(), key=lambda each: (each.decided_at_us, each.sha256)):
            candidate = _labeled(selection, one, locations.get(one.sha256))
            known = found.get(one.sha256)
            if known is None or (candidate.selected and not known.selected):
                found[one.sha256] = candidate
    unlabeled = (frame for edge in selection.edge_ids for frame in frames.get(edge, ()))
    for frame in sorted(unlabeled, key=lambda each: (each.captured_at_us, each.sha256, each.frame_id)):
        found.setdefault(frame.sha256, _unlabeled(frame))
    return list(found.values())


def _locations(labels: Iterable[Label]) -> dict[str, FrameLocation]:
    """The newest frame that holds each image: the likeliest to be in Kafka still."""
    found: dict[str, tuple[int, FrameLocation]] = {}
    for label in labels:
        if label.frame is not None and label.captured_at_us >= found.get(label.sha256, (0, None))[0]:
            found[label.sha256] = (label.captured_at_us, label.frame)
    return {sha256: location for sha256, (_, location) in found.items()}


def _labeled(selection: Selection, current: CurrentLabel, location: FrameLocation | None) -> Candidate:
    origin = current.origin
    wanted = (
        selection.from_us <= origin.captured_at_us < selection.to_us
        and (selection.include_imported or location is not None)
        and (not selection.classes or current.label.label in selection.classes)
    )
    refused = _refusal(selection, current) if wanted else None
    return Candidate(
        sha256=current.sha256,
        edge_id=origin.edge_id,
        frame_id=origin.frame_id,
        captured_at_us=origin.captured_at_us,
        part_id=origin.part_id,
        product=origin.product,
        location=location,
        current=current,
        selected=wanted and refused is None,
        refused=refused,
    )


def _refusal(selection: Selection, current: CurrentLabel) -> str | None:
    if current.label.outcome == "unusable":
        return f"unusable: {current.label.labeler} says nobody can tell what it shows"
    if current.state == "disputed":
        return f"disputed: {' and '.join(current.labelers)} contradict each other, nobody adjudicated yet"
    if current.state not in selection.taken_states:
        return f"not agreed: only {' and '.join(current.labelers)} labeled it"
    return None


def _unlabeled(frame: ListedFrame) -> Candidate:
    return Candidate(
        sha256=frame.sha256,
        edge_id=frame.edge_id,
        frame_id=frame.frame_id,
        captured_at_us=frame.captured_at_us,
        part_id=frame.part_id,
        product=frame.product,
        location=frame.location,
        current=None,
        selected=True,
    )


def dataset_label(current: CurrentLabel) -> DatasetLabel:
    """A current label as a manifest holds it."""
    label = current.label
    return DatasetLabel(
        label=label.label or "",
        boxes=canonical_boxes(label.boxes),
        image_width=label.image_width,
        image_height=label.image_height,
        state=current.state,
        label_id=label.label_id,
        label_ids=current.label_ids,
        labelers=current.labelers,
        labeled_at_us=label.labeled_at_us,
    )


def agreement(found: Iterable[CurrentLabel]) -> Agreement:
    """How first and second answers agree.

    Cohen's kappa (Cohen 1960, "A coefficient of agreement for nominal scales"): (po - pe) / (1 - pe), po the share of
    equal pairs, pe the share expected of two independent labelers with these frequencies.
    """
    pairs = [pair for one in found if (pair := _pair(one)) is not None]
    if not pairs:
        return Agreement()
    agreed = sum(first == second for first, second in pairs)
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    expected = sum(firsts[said] * seconds[said] for said in firsts) / len(pairs) ** 2
    kappa = None if expected == 1 else (agreed / len(pairs) - expected) / (1 - expected)
    return Agreement(pairs=len(pairs), agreed=agreed, kappa=kappa)


def _pair(current: CurrentLabel) -> tuple[tuple[str, str | None], tuple[str, str | None]] | None:
    newest = {answer.round: answer.says for answer in current.answers}
    if "first" not in newest or "second" not in newest:
        return None
    return newest["first"], newest["second"]
