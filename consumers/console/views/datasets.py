"""Datasets and their builds, as the API tells them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from consumers.console.views.fields import BoxView, Micros, View, Word

Split = Literal["train", "validation", "test"]
BuildState = Literal["queued", "running", "done", "failed", "cancelled"]
ArchiveFormat = Literal["folder", "coco", "yolo", "voc", "label-studio"]
DownloadFormat = Literal["manifest"] | ArchiveFormat
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class DatasetView(View):
    """A dataset that was built."""

    name: str
    digest: str
    built_at_us: Micros
    built_by: str
    edge_ids: list[str]
    frames: int
    missing: int
    size: int = Field(description="bytes of its images")
    classes: dict[str, int]
    splits: dict[str, int]
    selection: dict[str, str] = Field(description="what was asked for, in words")


class AgreementView(View):
    """How often two people who labeled an image blindly said the same."""

    pairs: int
    agreed: int
    kappa: float | None


class DatasetDetailView(DatasetView):
    """A dataset with what its manifest says of it."""

    names: list[str] = Field(description="every name that these contents were built under")
    balance: dict[str, dict[str, int]] = Field(description="split: class: images")
    labelers: dict[str, int] = Field(description="person: images with an answer of theirs")
    states: dict[str, int] = Field(description="how labels came about: images")
    agreement: AgreementView
    unlabeled: int
    twins: int = Field(description="near-twins of older images: they share those' split")
    left_out: dict[str, int] = Field(description="reason: images that were looked at and not taken")


class DatasetImageView(View):
    """One image of a dataset."""

    sha256: str
    split: str
    edge_id: str
    frame_id: str | None
    captured_at_us: int
    width: int
    height: int
    label: str | None
    boxes: list[BoxView]
    labelers: list[str]
    state: str | None
    part_id: str | None
    product: str | None
    twin_of: str | None
    image_url: str
    thumbnail_url: str


class DatasetImagesView(View):
    """A page of a dataset's images, by sha256."""

    items: list[DatasetImageView]
    next_cursor: str | None


class ChangedImageView(View):
    """An image that both datasets have, with another label, other boxes or another split."""

    sha256: str
    frame_id: str | None
    split_before: str
    split_after: str
    label_before: str | None = Field(description="null: unlabeled")
    label_after: str | None
    boxes_changed: bool
    labelers_after: list[str]
    thumbnail_url: str


class DatasetDiffView(View):
    """What is different in b; of each kind the first thousand."""

    a: str
    b: str
    same: int
    added: int
    removed: int
    changed: int
    moved: int = Field(description="of those changed, how many are in another split")
    added_images: list[str] = Field(description="sha256")
    removed_images: list[str]
    changed_images: list[ChangedImageView]


class BuildBody(View):
    """What a dataset is to be made of."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    edge_ids: Annotated[tuple[Word, ...], Field(min_length=1, max_length=1000)]
    from_us: Micros
    to_us: Micros
    classes: Annotated[tuple[Word, ...], Field(max_length=1000, description="only images labeled so; empty: all")] = ()
    include_imported: bool = Field(False, description="also images that never were frames")
    allow_missing: bool = Field(False, description="go on without images that are nowhere to be had")
    preview: bool = Field(False, description="do all but write: figures and what is missing")


class BuildView(View):
    """How a build goes. `done` of `total` records or images of a phase."""

    build_id: str
    name: str
    asked_at_us: Micros
    asked_by: str
    preview: bool
    state: str
    phase: str
    done: int
    total: int
    missing: list[str] = Field(description="the first hundred images that are nowhere to be had, and why")
    digest: str | None
    detail: str | None = Field(description="why it failed or was cancelled, and what to do")
    result: dict[str, Any] | None = Field(description="images, classes, splits, size, missing: when it is done")
    ended_at_us: Micros | None
