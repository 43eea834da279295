"""Labeling as the API tells it."""

from typing import Annotated, Literal

from pydantic import Field

from consumers.console.views.fields import LARGEST_SIDE, BoxView, Micros, Number, Outcome, View, Word, Words

_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False, description="from image shown to submit")]
_Side = Annotated[int, Field(strict=True, ge=1, le=LARGEST_SIDE, description="pixels of the image as captured")]
_Boxes = Annotated[tuple[BoxView, ...], Field(max_length=1000)]


class PredictionView(View):
    """What the model said."""

    label: str | None
    score: float
    boxes: list[BoxView]


class LeaseView(View):
    """A hold on a task; the token rises with each claim and is sent with every answer."""

    fencing_token: Number
    expires_at_us: Micros


class DraftView(View):
    """What this person drew before and did not submit."""

    outcome: Outcome | None
    label: str | None
    boxes: list[BoxView]
    note: str | None
    saved_at_us: Micros


class EarlierView(View):
    """One of two labels that disagree, without its name."""

    who: Literal["A", "B"]
    outcome: Outcome
    label: str | None
    boxes: list[BoxView]
    note: str | None


class TaskView(View):
    """One question about one frame. In round `second` prediction and verdict are null: it is blind."""

    task_id: str
    frame_id: str
    edge_id: str
    camera_id: str
    sequence: int
    captured_at_us: Micros
    reason: str
    round: str
    priority: float
    skill: str | None
    part_id: str | None
    product: str | None
    verdict: str | None
    prediction: PredictionView | None
    image_url: str
    thumbnail_url: str
    image_width: int | None = Field(description="pixels as captured; null where no inspection told them")
    image_height: int | None
    classes: list[str] = Field(description="in the order of the keys; empty: any word is a class")
    draw_boxes: bool
    lease: LeaseView | None = Field(description="null only in the list of recent labels")
    draft: DraftView | None
    earlier: list[EarlierView] = Field(description="only in adjudication: the labels that disagree")


class TaskChangeView(View):
    """A task that was opened, reopened or closed, as events tell it: without anything that was predicted."""

    task_id: str
    frame_id: str
    edge_id: str
    state: str
    revision: int
    reason: str
    round: str
    priority: float
    skill: str | None
    close_reason: str | None


class ClaimBody(View):
    """Ask for tasks: of one edge, or of any."""

    edge_id: Word | None = None
    count: int = Field(3, ge=1, le=10)


class ClaimedView(View):
    """What was claimed: own live leases first, then by rank. Empty: nothing to do."""

    tasks: list[TaskView]


class LeaseBody(View):
    """One lease."""

    task_id: Word
    fencing_token: Number


class LeasesBody(View):
    """Leases to renew or give back."""

    leases: list[LeaseBody] = Field(max_length=100)

    def pairs(self) -> list[tuple[str, int]]:
        """Task and token of each."""
        return [(lease.task_id, lease.fencing_token) for lease in self.leases]


class RenewedLeaseView(View):
    """A lease that goes on."""

    task_id: str
    expires_at_us: Micros


class RenewedView(View):
    """Which leases go on and which are lost: their tasks were closed or are somebody else's now."""

    renewed: list[RenewedLeaseView]
    lost: list[str]


class DraftBody(View):
    """An edit to keep."""

    task_id: Word
    fencing_token: Number
    outcome: Outcome | None = None
    label: Word | None = None
    boxes: _Boxes = ()
    note: Words | None = None


class AnswerBody(View):
    """What was decided; `label` is null unless the outcome is `labeled`."""

    outcome: Outcome
    label: Word | None = None
    boxes: _Boxes = ()
    image_width: _Side
    image_height: _Side
    note: Words | None = None
    seconds_taken: _Seconds


class SubmitBody(AnswerBody):
    """An answer to a claimed task."""

    task_id: Word
    fencing_token: Number
    prediction_shown: bool = Field(False, description="whether the prediction was on screen")


class CorrectBody(AnswerBody):
    """Another answer in place of one of one's own."""

    label_id: Word


class SubmittedView(View):
    """A label that Kafka has. `label_id` is the same whenever the same answer is sent again."""

    label_id: str
    version: int


class RecentLabelView(View):
    """One of the person's last labels, in its newest version."""

    label_id: str
    task: TaskView
    outcome: Outcome
    label: str | None
    boxes: list[BoxView]
    note: str | None
    labeled_at_us: Micros
    version: int


class RecentView(View):
    """The person's last ten labels, newest first."""

    labels: list[RecentLabelView]


class ProgressView(View):
    """How the day goes."""

    mine_today: int
    seconds_per_label: float | None = Field(
        description="median of my last fifty labels of today; null before the first"
    )
    queue_left: int = Field(description="tasks open that I may answer and nobody has answered")
    team_today: int


class LabelEdgeView(View):
    """One edge whose frames can be labeled."""

    edge_id: str
    line: str | None
    product: str | None
    open: int = Field(description="tasks open that this person may answer")
    oldest_us: int | None = Field(description="capture time of the oldest of them")
    classes: list[str]
    draw_boxes: bool
    guide: dict[str, str]
    examples: dict[str, list[str]] = Field(description="class: addresses of images that people labeled so")
    kappa: float | None = Field(description="Cohen's kappa of first and second labels, the newest")
