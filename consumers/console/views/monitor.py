"""The monitor as the API tells it."""

from typing import Literal

from pydantic import Field

from consumers.console.views.fields import BoxView, Micros, View

TroubleCode = Literal["never_reported", "silent", "unhealthy"]
"""Kinds of trouble of an edge: no report ever, none for 30 s, a process that says that it is not healthy."""


class ModelView(View):
    """Which model, exactly."""

    name: str
    version: str
    digest: str
    kind: str


class HourView(View):
    """The last hour of an edge, by capture time."""

    inspections: int
    verdicts: dict[str, int]
    missing: int = Field(description="frames whose number was skipped: lost")
    latency_p50_ms: float | None = Field(description="receipt to verdict, interpolated in the histogram's buckets")
    latency_p99_ms: float | None


class EdgeView(View):
    """One inspection point."""

    edge_id: str
    line: str | None
    tags: list[str]
    product: str | None
    state: str = Field(description="the newest report's; `silent` after 30 s without one, `unknown` before the first")
    trouble: str | None = Field(description="what a person should know, in words; null when all is well")
    trouble_code: TroubleCode | None = Field(description="which kind of trouble, for a program; null without one")
    model: ModelView | None
    config_revision: int
    instances: int = Field(description="processes that reported in the last 30 s")
    cameras: list[str]
    last_seen_us: int | None
    lag: float | None = Field(description="seconds from the newest inspection's capture until now; null without one")
    hour: HourView


class LatencyView(View):
    """Where the time went, milliseconds; `transport` is by two clocks and may be negative."""

    transport: float
    queue: float
    decode: float
    preprocess: float
    infer: float
    judge: float
    total: float


class FrameLabelView(View):
    """The label that counts for a frame."""

    label: str | None
    outcome: str
    labeler: str
    labeled_at_us: Micros


class InspectionView(View):
    """One inspection. Boxes are integer pixels of the image as captured."""

    frame_id: str
    edge_id: str
    camera_id: str
    sequence: int
    captured_at_us: int
    inspected_at_us: int
    verdict: str
    reason: str | None
    defect_class: str | None
    score: float | None
    scores: dict[str, float]
    margin: float | None
    boxes: list[BoxView]
    image_width: int
    image_height: int
    image_url: str
    thumbnail_url: str
    model: ModelView | None
    config_revision: int
    part_id: str | None
    product: str | None
    brightness: float | None
    blur: float | None
    latency_ms: LatencyView
    deadline_missed: bool
    shadow: dict[str, object] | None
    label: FrameLabelView | None


class InspectionsView(View):
    """A page of inspections, newest first; `next_cursor` is null on the last page."""

    items: list[InspectionView]
    next_cursor: str | None


class LocationView(View):
    """Where a frame lies in Kafka."""

    topic: str
    partition: int
    offset: int
    sha256: str


class LabelVersionView(View):
    """One version of one label."""

    label_id: str
    round: str
    version: int
    labeler: str
    labeled_at_us: Micros
    outcome: str
    label: str | None
    boxes: list[BoxView]
    note: str | None


class FrameTaskView(View):
    """A frame's newest task."""

    task_id: str
    state: str
    reason: str
    round: str
    close_reason: str | None


class InspectionDetailView(InspectionView):
    """Everything about one frame."""

    frame: LocationView
    labels: list[LabelVersionView]
    task: FrameTaskView | None


class HistogramView(View):
    """Counts per bucket; bucket i holds values up to bounds[i], the last one the rest."""

    bounds: list[float]
    counts: list[int]


class MinuteView(View):
    """One minute of an edge, all cameras together."""

    minute_us: int
    closed: bool
    inspections: int
    verdicts: dict[str, int]
    defect_classes: dict[str, int]
    missing: int
    deadline_missed: int
    parts: dict[str, int]
    first_pass_parts: int
    labels: int
    escapes: int
    overkill: int
    kappa: float | None
    latency: HistogramView | None
    scores: HistogramView | None


class StatisticsView(View):
    """Minutes of an edge in their order; `truncated_before_us` says where a span too long was cut off."""

    minutes: list[MinuteView]
    truncated_before_us: int | None


class AlarmView(View):
    """Something a person should know."""

    alarm_id: str
    kind: str
    severity: str
    raised: bool
    at_us: int
    edge_id: str | None
    camera_id: str | None
    message: str
    value: float | None
    bound: float | None
