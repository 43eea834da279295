"""The truth of annotated folders: `annotations.jsonl`, one line an image.

A line is a JSON object: `file` (path below the folder of annotations.jsonl, with slashes), `label` (class of the whole
image), `boxes` (`label`, `x`, `y`, `w`, `h` in integer pixels, origin top left); optionally `part_id` and `product`.
Other keys are left alone.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from producers.errors import SourceError
from schemas.records.frame import Box, Truth

ANNOTATIONS: Final = "annotations.jsonl"
IMAGES: Final = "images"


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of annotations.jsonl, as far as a source needs it."""

    file: str
    label: str
    boxes: list[Box] = []
    part_id: str | None = None
    product: str | None = None

    @property
    def truth(self) -> Truth:
        return Truth(label=self.label, boxes=self.boxes)


def read_annotations(path: Path) -> dict[str, Annotation]:
    """Return the lines of the annotations.jsonl at `path` by `file_key`.

    Raises SourceError with the line's number for a line that is none, or that names a file outside of its folder.
    """
    try:
        # Not splitlines(): JSON may hold U+2028 and its like inside a string. Windows editors begin with a mark.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path} can't be read ({error}); mend it, or move it away to publish without truth"
        ) from error
    found = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            annotation = _annotation(line, f"{path}:{number}")
            found[file_key(annotation.file)] = annotation
    return found


def _annotation(line: str, where: str) -> Annotation:
    try:
        annotation = msgspec.json.decode(line, type=Annotation)
    except msgspec.MsgspecError as error:
        raise SourceError(f"{where}: {error}; expected file, label and boxes of label, x, y, w, h") from error
    relative = PurePosixPath(annotation.file)
    if relative.is_absolute() or ".." in relative.parts or not relative.name:
        raise SourceError(f"{where}: file {annotation.file!r} must be a path below the folder of {ANNOTATIONS}")
    return annotation


def file_key(relative: str) -> str:
    """One spelling for a path: accented letters may come composed from one system and decomposed from another."""
    return unicodedata.normalize("NFC", PurePosixPath(relative).as_posix())


class FolderTruth:
    """Finds the annotation of an image.

    It lies in an annotations.jsonl in `root` (when given), beside the image, or beside an `images` folder above it.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._of_folder = lru_cache(maxsize=256)(self._annotations_for)

    def of(self, image: Path) -> Annotation | None:
        """The line about `image`, or None. Raises SourceError as `read_annotations`."""
        found = self._of_folder(image.parent)
        if found is None:
            return None
        folder, annotations = found
        return annotations.get(file_key(image.relative_to(folder).as_posix()))

    def _annotations_for(self, folder: Path) -> tuple[Path, dict[str, Annotation]] | None:
        beside_images = [above.parent for above in (folder, *folder.parents) if above.name == IMAGES]
        roots = [self._root] if self._root and folder.is_relative_to(self._root) else []
        for candidate in (*roots, folder, *beside_images):
            if (candidate / ANNOTATIONS).is_file():
                return candidate, read_annotations(candidate / ANNOTATIONS)
        return None
