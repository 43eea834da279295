"""A dataset's manifest: which images, which labels, which split; its digest covers contents alone.

The file is JSON lines: a header, then one line an image by sha256, then what is missing and what was left out. The
digest is a SHA-256 over the images' hashes, labels, boxes and splits, in that order and spelling (`content_line`); ids,
people, times, offsets and blobs stand in the file beside them and are not in it, so that the same contents have the
same digest wherever and whenever they were put together.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from consumers.datasets.errors import ManifestError
from consumers.datasets.splits import Split
from schemas.records import Box, FrameLocation

FORMAT: Final = "linewatch.dataset/1"


class DatasetLabel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people agreed on about an image. Boxes in integer pixels of the image, without score, in canonical order."""

    label: str
    boxes: tuple[Box, ...] = ()
    image_width: int
    image_height: int
    state: str  # single, agreed, adjudicated or imported (label_history)
    label_id: str  # the label that counts
    label_ids: tuple[str, ...]  # every label behind it
    labelers: tuple[str, ...]
    labeled_at_us: int


class DatasetImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="image", tag_field="kind"):
    """One image of a dataset. `frame_id` is null for an imported image; `location` is a hint and may be out of date."""

    sha256: str
    split: Split
    edge_id: str
    captured_at_us: int
    size: int  # bytes
    content_type: str
    width: int  # pixels, 0 when it can't be decoded
    height: int
    label: DatasetLabel | None = None  # null for an unlabeled frame
    frame_id: str | None = None
    part_id: str | None = None
    product: str | None = None
    look: str | None = None  # looks.py
    twin_of: str | None = None  # sha256 of an older near-twin, whose split it shares
    location: FrameLocation | None = None


class MissingImage(msgspec.Struct, frozen=True, kw_only=True, tag="missing", tag_field="kind"):
    """An image that was asked for and is nowhere to be had."""

    sha256: str
    edge_id: str
    frame_id: str | None
    reason: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.frame_id or 'imported image'} ({self.edge_id}): {self.reason}"


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, tag="left_out", tag_field="kind"):
    """An image that was looked at and not taken, and why."""

    sha256: str
    edge_id: str
    frame_id: str | None
    reason: str


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How often two people who labeled the same image blindly said the same; kappa null without two classes."""

    pairs: int = 0
    agreed: int = 0
    kappa: float | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="dataset", tag_field="kind"):
    """The first line: the digest and the figures of a dataset."""

    format: str = FORMAT
    digest: str  # `sha256:<hex>` of the contents
    look_version: int  # of the rules of near-twins
    selection: dict[str, str]  # what was asked for, in words
    classes: dict[str, int]
    splits: dict[str, int]
    balance: dict[str, dict[str, int]]  # split: class: images
    labelers: dict[str, int]  # person: images with an answer of theirs
    states: dict[str, int]  # how labels came about: images
    agreement: Agreement
    images: int
    unlabeled: int
    size: int  # bytes of all images
    missing: int
    left_out: dict[str, int]  # reason: images


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole manifest: images by sha256."""

    header: Header
    images: tuple[DatasetImage, ...]
    missing: tuple[MissingImage, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def digest(self) -> str:
        """`sha256:<hex>` as the header says; `check_manifest` compares it with the contents."""
        return self.header.digest

    def of_split(self, split: Split) -> tuple[DatasetImage, ...]:
        """The images of one split, by sha256."""
        return tuple(image for image in self.images if image.split == split)

    @property
    def classes(self) -> tuple[str, ...]:
        """Every class of an image, by name."""
        return tuple(sorted(self.header.classes))


_Line = Header | DatasetImage | MissingImage | LeftOut
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final[msgspec.json.Decoder[_Line]] = msgspec.json.Decoder(_Line)


def content_line(image: DatasetImage) -> bytes:
    """What the digest takes of an image: `[sha256, split, label, width, height, [[class, x, y, w, h], ...]]`, as JSON.

    Label, width and height are null for an unlabeled image.
    """
    label = image.label
    if label is None:
        return _ENCODER.encode([image.sha256, image.split, None, None, None, []])
    boxes = [[box.label, box.x, box.y, box.w, box.h] for box in canonical_boxes(label.boxes)]
    return _ENCODER.encode([image.sha256, image.split, label.label, label.image_width, label.image_height, boxes])


def canonical_boxes(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Boxes without scores, in one order."""
    plain = {(box.label, box.x, box.y, box.w, box.h): None for box in boxes}
    return tuple(Box(label=label, x=x, y=y, w=w, h=h) for label, x, y, w, h in sorted(plain))


def digest_of(images: Iterable[DatasetImage]) -> str:
    """The digest of images, in whatever order they come."""
    digest = hashlib.sha256(f"{FORMAT}\n".encode())
    for line in sorted(content_line(image) for image in images):
        digest.update(line + b"\n")
    return f"sha256:{digest.hexdigest()}"


def make_manifest(
    images: Iterable[DatasetImage],
    missing: Iterable[MissingImage],
    left_out: Iterable[LeftOut],
    *,
    selection: dict[str, str],
    agreement: Agreement,
    look_version: int,
) -> Manifest:
    """Put a manifest together, with its figures and digest."""
    ordered = tuple(sorted(images, key=lambda image: image.sha256))
    lacking = tuple(sorted(missing, key=lambda one: (one.edge_id, one.sha256)))
    refused = tuple(sorted(left_out, key=lambda one: (one.edge_id, one.sha256)))
    labeled = [(image, image.label) for image in ordered if image.label is not None]
    header = Header(
        digest=digest_of(ordered),
        look_version=look_version,
        selection=selection,
        classes=_counted(label.label for _, label in labeled),
        splits=_counted(image.split for image in ordered),
        balance=_balance(ordered),
        labelers=_counted(person for _, label in labeled for person in label.labelers),
        states=_counted(label.state for _, label in labeled),
        agreement=agreement,
        images=len(ordered),
        unlabeled=len(ordered) - len(labeled),
        size=sum(image.size for image in ordered),
        missing=len(lacking),
        left_out=_counted(one.reason.partition(":")[0] for one in refused),
    )
    return Manifest(header=header, images=ordered, missing=lacking, left_out=refused)


def manifest_lines(manifest: Manifest) -> Iterator[bytes]:
    """The file of a manifest, line by line."""
    for line in (manifest.header, *manifest.images, *manifest.missing, *manifest.left_out):
        yield _ENCODER.encode(line) + b"\n"


def manifest_bytes(manifest: Manifest) -> bytes:
    """The file of a manifest."""
    return b"".join(manifest_lines(manifest))


def read_manifest(data: bytes, where: str) -> Manifest:
    """The manifest in a file's bytes; ManifestError names `where`, the line and what is wrong with it."""
    parsed = [_parsed(line, f"{where}, line {number}") for number, line in enumerate(data.splitlines(), start=1)]
    if not parsed or not isinstance(parsed[0], Header):
        raise ManifestError(f"{where} is no dataset manifest: its first line is not a header of {FORMAT}")
    if parsed[0].format != FORMAT:
        raise ManifestError(f"{where} is of format {parsed[0].format!r}; this version reads {FORMAT}")
    return Manifest(
        header=parsed[0],
        images=tuple(line for line in parsed if isinstance(line, DatasetImage)),
        missing=tuple(line for line in parsed if isinstance(line, MissingImage)),
        left_out=tuple(line for line in parsed if isinstance(line, LeftOut)),
    )


def check_manifest(manifest: Manifest, where: str) -> None:
    """ManifestError when the contents are not those the digest names."""
    found = digest_of(manifest.images)
    if found != manifest.digest or len(manifest.images) != manifest.header.images:
        raise ManifestError(
            f"{where} says {manifest.digest} and {manifest.header.images} images; its contents are {found}, "
            f"{len(manifest.images)} images: it was changed or cut off; build the dataset again"
        )


def _parsed(line: bytes, where: str) -> _Line:
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ManifestError(f"{where}: {error}") from error


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _balance(images: Iterable[DatasetImage]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for image in images:
        if image.label is not None:
            found.setdefault(image.split, Counter())[image.label.label] += 1
    return {split: dict(sorted(counts.items())) for split, counts in sorted(found.items())}
