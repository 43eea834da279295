"""What changed between two datasets."""

import msgspec

from consumers.datasets.manifest import DatasetImage, Manifest, content_line


class ChangedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that both datasets hold, with another label, boxes or split. Null where an image has no label."""

    sha256: str
    frame_id: str | None
    split_before: str
    split_after: str
    label_before: str | None
    label_after: str | None
    boxes_changed: bool
    labelers_after: tuple[str, ...]


class DatasetDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The difference from one dataset to another, by sha256."""

    digest_before: str
    digest_after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ChangedImage, ...]
    moved: int  # of those changed, how many are in another split: none, unless rules or history changed

    @property
    def same(self) -> bool:
        """Whether both hold the same contents."""
        return self.digest_before == self.digest_after


def diff_manifests(before: Manifest, after: Manifest) -> DatasetDiff:
    """Compare two manifests' contents."""
    old = {image.sha256: image for image in before.images}
    new = {image.sha256: image for image in after.images}
    both = sorted(old.keys() & new.keys())
    changed = tuple(
        _changed(old[sha256], new[sha256]) for sha256 in both if content_line(old[sha256]) != content_line(new[sha256])
    )
    return DatasetDiff(
        digest_before=before.digest,
        digest_after=after.digest,
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=changed,
        moved=sum(one.split_before != one.split_after for one in changed),
    )


def _changed(before: DatasetImage, after: DatasetImage) -> ChangedImage:
    old, new = before.label, after.label
    return ChangedImage(
        sha256=before.sha256,
        frame_id=after.frame_id,
        split_before=before.split,
        split_after=after.split,
        label_before=old.label if old else None,
        label_after=new.label if new else None,
        boxes_changed=(old.boxes if old else ()) != (new.boxes if new else ()),
        labelers_after=new.labelers if new else (),
    )
