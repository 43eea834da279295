"""Folds every version of every label into what is believed of each image now.

The rules, for one image (one sha256):

1. A label_id that was seen before is dropped: the console may send a label twice, never another one under its id.
2. An answer is one label and its corrections; its highest version is what that person says. An answer keeps the round
   it was given in: a correction of a second label is a second label still.
3. Only `labeled` and `unusable` decide anything; `unsure` and `skipped` leave the image to the next person.
4. The newest adjudication wins over everything else.
5. Without one, the newest of the first, second and imported answers wins. But while the newest first and the newest
   second answer contradict each other and no later import settled it, the image is disputed: its label is the first
   answer's, and no dataset takes it before it is adjudicated.

"Newest" goes by the time an answer was last changed, then by label_id, so the order of records does not matter.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from schemas.records import Label
from schemas.records.labeling import LabelRound

LabelState = Literal["single", "agreed", "disputed", "adjudicated", "imported"]
_VERSION: Final = re.compile(r"/v[0-9]+\Z")
_ROUNDS: Final[tuple[LabelRound, ...]] = ("first", "second", "adjudication")
DECISIVE: Final = frozenset({"labeled", "unusable"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said once: the newest version, and every label id it went through, oldest first."""

    round: LabelRound  # first, second, adjudication or imported
    label: Label
    label_ids: tuple[str, ...]
    decided_at_us: int | None  # when it first decided anything, Unix microseconds

    @property
    def decides(self) -> bool:
        """Whether it says what is on the image, or that nobody can say."""
        return self.label.outcome in DECISIVE

    @property
    def says(self) -> tuple[str, str | None]:
        """What two answers agree or disagree about."""
        return self.label.outcome, self.label.label


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """What is believed of an image now, by whom, and since when something is."""

    sha256: str
    label: Label  # of the answer that counts, in its newest version
    state: LabelState
    answers: tuple[Answer, ...]  # those that decide, oldest first
    decided_at_us: int  # when the first of them decided, Unix microseconds: later labels never change it

    @property
    def usable(self) -> bool:
        """Whether a dataset may take it: people agree on what it shows."""
        return self.state != "disputed" and self.label.outcome == "labeled"

    @property
    def labelers(self) -> tuple[str, ...]:
        """Everybody whose answer decided something, by name."""
        return tuple(sorted({answer.label.labeler for answer in self.answers}))

    @property
    def label_ids(self) -> tuple[str, ...]:
        """Every label id behind it, in order of answers and versions."""
        return tuple(label_id for answer in self.answers for label_id in answer.label_ids)

    @property
    def origin(self) -> Label:
        """The first label that decided: which frame and part the image is, whatever came later. It never changes."""
        first = min(self.answers, key=lambda answer: (answer.decided_at_us or 0, answer.label_ids))
        return first.label


def original_id(label_id: str) -> str:
    """The id of the label that a correction corrects; any other id as it is.

    >>> original_id("cam-1/7/first/3/v2")
    'cam-1/7/first/3'
    """
    return _VERSION.sub("", label_id)


def distinct(labels: Iterable[Label]) -> list[Label]:
    """Labels without those whose id came before."""
    seen: dict[str, Label] = {}
    for label in labels:
        seen.setdefault(label.label_id, label)
    return list(seen.values())


def current_labels(labels: Iterable[Label]) -> dict[str, CurrentLabel]:
    """The current label of each image by sha256; images about which nobody decided anything are left out."""
    versions: dict[str, dict[str, list[Label]]] = {}
    for label in distinct(labels):
        versions.setdefault(label.sha256, {}).setdefault(original_id(label.label_id), []).append(label)
    folded = (fold(sha256, [_answer(each) for each in answers.values()]) for sha256, answers in versions.items())
    return {current.sha256: current for current in folded if current is not None}


def fold(sha256: str, answers: Iterable[Answer]) -> CurrentLabel | None:
    """The current label of one image; None when no answer decides."""
    deciding = sorted((answer for answer in answers if answer.decides), key=_age)
    if not deciding:
        return None
    winner, state = _winner(deciding)
    since = min(answer.decided_at_us for answer in deciding if answer.decided_at_us is not None)
    return CurrentLabel(sha256, winner.label, state, tuple(deciding), since)


def _winner(deciding: list[Answer]) -> tuple[Answer, LabelState]:
    newest = {answer.round: answer for answer in deciding}
    if adjudication := newest.get("adjudication"):
        return adjudication, "adjudicated"
    winner = deciding[-1]
    if winner.round == "imported":
        return winner, "imported"
    first, second = newest.get("first"), newest.get("second")
    if first is None or second is None:
        return winner, "single"
    return (winner, "agreed") if first.says == second.says else (first, "disputed")


def _answer(versions: list[Label]) -> Answer:
    versions.sort(key=lambda label: (label.version, label.labeled_at_us, label.label_id))
    decided = [label.labeled_at_us for label in versions if label.outcome in DECISIVE]
    return Answer(
        round=_round_of(versions[0]),
        label=versions[-1],
        label_ids=tuple(label.label_id for label in versions),
        decided_at_us=min(decided, default=None),
    )


def _round_of(original: Label) -> LabelRound:
    """The round of an answer; when its first version is not there, a correction still names its task."""
    if original.round != "correction":
        return original.round
    named = (original.task_id or "").rpartition("/")[2]
    return next((known for known in _ROUNDS if known == named), "imported")


def _age(answer: Answer) -> tuple[int, str]:
    return answer.label.labeled_at_us, answer.label.label_id
