"""Which files a folder or a glob means, in an order that stays the same."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from producers.errors import SourceError
from producers.sources.annotations import ANNOTATIONS, read_annotations

# What cameras write and OpenCV reads. A file of another name in a folder (notes, licences) is no image by intent.
IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}
)


def files_of_folder(folder: Path) -> list[Path]:
    """Every file below `folder` with an image's suffix, and every file its annotations.jsonl names, sorted by path.

    Links to folders are followed once, so loops end. A named file that is missing is listed all the same: reading it
    says so. Raises SourceError when there is no image at all or the folder can't be listed.
    """
    files = {path for path in _walk(folder, set()) if path.suffix.lower() in IMAGE_SUFFIXES}
    if (folder / ANNOTATIONS).is_file():
        files |= {folder / line.file for line in read_annotations(folder / ANNOTATIONS).values()}
    if not files:
        allowed = ", ".join(sorted(IMAGE_SUFFIXES))
        raise SourceError(f"folder {folder} holds no image; looked for {allowed} in it and its folders")
    return sorted(files, key=_order)


def files_of_glob(pattern: str) -> list[Path]:
    """Every file that matches `pattern` (`*`, `?`, `[...]`, and `**` for any folders), whatever its suffix, sorted.

    Raises SourceError when nothing matches.
    """
    matches = (Path(name) for name in glob.iglob(pattern, recursive=True, include_hidden=False))
    files = sorted((path for path in matches if not path.is_dir()), key=_order)
    if not files:
        raise SourceError(f"pattern {pattern!r} matches no file; quote it so that the shell leaves it alone")
    return files


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceError(f"folder {folder} can't be listed: {error.strerror}; mend its permissions") from error
    for entry in entries:
        if _is_folder(entry):
            yield from _walk(Path(entry.path), seen)
        else:
            yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: reading it as a file says why
        return False


def _order(path: Path) -> tuple[str, ...]:
    return path.parts  # by folder, then name: the same on every system, whatever its separator
