"""The queue the slow and obvious way: what a person would do with a pile of cards. For comparison in the tests."""

from dataclasses import dataclass, field

from schemas.records import Inspection, Label, LabelingRequest
from streams.labeling_queue.agreement import kappa
from streams.labeling_queue.events import chosen
from streams.labeling_queue.rank import rank
from streams.labeling_queue.state import Rule, Task


@dataclass
class Card:
    """One frame."""

    image: str
    verdict: str | None
    requested: bool
    round: str = "first"
    open: bool = True
    why: str = ""
    passes: int = 0
    excluded: list[str] = field(default_factory=list)
    first: tuple[str | None, bool] | None = None  # class (None: unusable), and that it was given
    second: tuple[str | None, bool] | None = None
    last: tuple[str | None, bool] | None = None  # the adjudication

    @property
    def unjudged(self) -> bool:
        return not self.open and self.round == "first" and self.why in ("displaced", "no_place", "gave_up")

    @property
    def evictable(self) -> bool:
        return self.open and not (self.requested and self.round == "first")

    @property
    def finding(self) -> str:
        answer = self.last or self.first
        if answer is None or answer[0] is None:
            return ""
        good = answer[0] == "good"
        if self.verdict == "pass" and not good:
            return "escape"
        return "overkill" if self.verdict == "fail" and good else ""


class Model:
    """All cards of an edge."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.cards: dict[str, Card] = {}
        self.spans: list[tuple[int, int]] = []  # from where on, how many are left
        self.labels = 0
        self.pairs: list[tuple[str, str]] = []
        self.given: set[str] = set()

    def open(self) -> dict[str, Card]:
        """The cards that lie on the pile."""
        return {frame: card for frame, card in self.cards.items() if card.open}

    def inspect(self, seen: Inspection, ranked: dict[str, Task]) -> None:
        """`ranked` holds the open tasks as the queue ranks them, the newcomer's too."""
        wished = next((index for index, (_, left) in enumerate(self.spans) if left > 0 and seen.verdict != "error"), -1)
        near = seen.margin is not None and abs(seen.margin) <= self.rule.near_threshold
        asked = seen.verdict != "error" and (seen.verdict == "review" or near)
        if (wished < 0 and not asked) or self._known(seen.frame.sha256):
            return
        if wished >= 0:
            self.spans[wished] = (self.spans[wished][0], self.spans[wished][1] - 1)
        self._put(seen.frame_id, Card(seen.frame.sha256, seen.verdict, wished >= 0), ranked)

    def ask(self, request: LabelingRequest, ranked: dict[str, Task]) -> None:
        """A request for frames, or for all from now on."""
        if not request.frames and request.from_us is not None:
            self.spans.append((request.from_us, request.limit))
        for frame in request.frames:
            frame_id = f"{frame.camera_id}/{frame.sequence}"
            card = self.cards.get(frame_id)
            if card is not None and card.open and card.round == "first":
                card.requested = True
            elif (
                card is not None
                and not card.open
                and card.round == "first"
                and card.why in ("displaced", "no_place", "gave_up")
            ):
                card.open, card.requested, card.passes = True, True, 0
                del self.cards[frame_id]
                self._put(frame_id, card, ranked)
            elif card is None and not self._known(frame.frame.sha256):
                self._put(frame_id, Card(frame.frame.sha256, frame.verdict, True), ranked)

    def _known(self, image: str) -> bool:
        return any(card.image == image for card in self.cards.values())

    def _put(self, frame_id: str, card: Card, ranked: dict[str, Task]) -> None:
        pile = self.open()
        if len(pile) >= self.rule.cap:
            victims = [
                rank(key, ranked[key])
                for key, other in pile.items()
                if not (other.requested and other.round == "first")
            ]
            if not card.requested and (not victims or rank(frame_id, ranked[frame_id]) < min(victims)):
                return
            if not victims:
                card.open, card.why = False, "no_place"
            else:
                self.close(min(victims)[2], "displaced")
        self.cards[frame_id] = card

    def close(self, frame_id: str, why: str) -> None:
        """Take a card off the pile."""
        self.cards[frame_id].open, self.cards[frame_id].why = False, why

    def trim(self, ranked: dict[str, Task]) -> None:
        """Take the lowest cards off a pile that is too high, but for wishes."""
        while len(pile := self.open()) > self.rule.cap:
            victims = [rank(key, ranked[key]) for key, card in pile.items() if card.evictable]
            if not victims:
                return
            self.close(min(victims)[2], "displaced")

    def label(self, label: Label) -> None:
        """An answer to the round that is open."""
        card = self.cards[str(label.frame_id)]
        card.excluded.append(label.labeler)
        if label.outcome in ("unsure", "skipped"):
            card.passes += 1
            if card.passes == 3:
                self.close(str(label.frame_id), "gave_up")
            return
        self.decide(label)

    def decide(self, label: Label) -> None:
        """What the image shows, said by who was asked, or passed before and thinks again."""
        card = self.cards[str(label.frame_id)]
        self.labels += 1
        said = (label.label if label.outcome == "labeled" else None, True)
        if card.round == "first":
            card.first = said
            if label.outcome == "labeled" and chosen("second", str(label.frame_id), self.rule.second_label_rate):
                card.round, card.passes = "second", 0
            else:
                self.close(str(label.frame_id), "labeled" if said[0] else "unusable")
        elif card.round == "second":
            card.second = said
            first = card.first[0] if card.first else None
            if first is not None and said[0] is not None:
                self.pairs.append((first, said[0]))
            if first == said[0]:
                self.close(str(label.frame_id), "agreed")
            else:
                card.round, card.passes = "adjudication", 0
        else:
            card.last = said
            self.close(str(label.frame_id), "adjudicated")

    def correct(self, label: Label, asked: str) -> None:
        """A correction of the answer to a round."""
        card = self.cards[str(label.frame_id)]
        self.labels += 1
        said = (label.label, True)
        if asked == "first":
            card.first = said
        elif asked == "second":
            card.second = said
        else:
            card.last = said
        if card.open and card.round == "adjudication" and card.first == card.second:
            self.close(str(label.frame_id), "settled")

    def findings(self, which: str) -> int:
        """How many cards have a finding."""
        return sum(card.finding == which for card in self.cards.values())

    def kappa(self) -> float | None:
        """Agreement over all pairs."""
        return kappa(self.pairs)
