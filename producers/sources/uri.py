"""From what an operator writes after `--source` to a source."""

import re
from pathlib import Path
from typing import Final

from producers.errors import SourceError
from producers.sources.cameras import masked, rtsp_camera, webcam
from producers.sources.files import FileSource
from producers.sources.listing import files_of_folder, files_of_glob
from producers.sources.live import LiveSource, OnDrop, OnState, log_drop
from producers.sources.looping import Finite, LoopedSource
from producers.sources.pacing import paced
from producers.sources.source import SYSTEM_CLOCK, Clock, Source
from producers.sources.video import VIDEO_SUFFIXES, VideoSource

_SCHEME: Final = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):")  # two letters at least: `C:` is a drive
_GLOB: Final = re.compile(r"[*?\[]")
_ALLOWED: Final = (
    "allowed are a folder, a glob pattern, an image or video file, a webcam's index, rtsp://... and synthetic:<part>"
)


def open_source(
    uri: str,
    *,
    camera_id: str = "camera",
    fps: float | None = None,
    seed: int | None = None,
    loop: bool = False,
    on_state: OnState | None = None,
    on_drop: OnDrop = log_drop,
    clock: Clock = SYSTEM_CLOCK,
) -> Source:
    """Return the source that `uri` names.

    `fps` is the pace of replayable sources and the most that is taken from live ones; None is as fast as it goes.
    `camera_id` tells synthetic cameras on one part apart; `seed` is theirs, unless the URI has one. `loop` begins files
    again at their end. `on_state` hears of live cameras lost and found, `on_drop` how many of their captures were
    dropped. Raises SourceError for what is no source, and
    for one that holds no image.
    """
    live = _live(uri, fps, on_state, on_drop, clock)
    if live is not None:
        if loop:
            raise SourceError(f"{live.description} is live and has no end to loop at; leave --loop out")
        return live
    source = _replayable(uri, camera_id, seed, loop, clock)
    return paced(source, fps) if fps is not None else source


def _live(uri: str, fps: float | None, on_state: OnState | None, on_drop: OnDrop, clock: Clock) -> LiveSource | None:
    if uri.isascii() and uri.isdigit():
        return LiveSource(webcam(int(uri)), f"webcam {uri}", fps=fps, on_state=on_state, on_drop=on_drop, clock=clock)
    if uri.lower().startswith(("rtsp://", "rtsps://")):
        return LiveSource(rtsp_camera(uri), masked(uri), fps=fps, on_state=on_state, on_drop=on_drop, clock=clock)
    return None


def _replayable(uri: str, camera_id: str, seed: int | None, loop: bool, clock: Clock) -> Source:
    if uri.startswith("synthetic:"):
        from producers.sources.synthetic import SyntheticSource, parse_settings

        return _looped(SyntheticSource(parse_settings(uri, seed=seed, camera_id=camera_id), clock=clock), loop)
    try:
        return _looped(_files(uri, clock), loop)
    except OSError as error:
        raise SourceError(f"{uri!r} can't be opened: {error.strerror or error}") from error


def _files(uri: str, clock: Clock) -> Finite:
    path = Path(uri)
    if path.is_dir():
        return FileSource(files_of_folder(path), f"folder {path}", root=path, clock=clock)
    if path.is_file():
        if path.suffix.lower() in VIDEO_SUFFIXES:
            return VideoSource(path, clock=clock)
        return FileSource([path], f"image file {path}", clock=clock)
    if scheme := _SCHEME.match(uri):
        raise SourceError(f"{masked(uri)!r}: unknown kind {scheme[1]!r}; {_ALLOWED}")
    if _GLOB.search(uri):
        return FileSource(files_of_glob(uri), f"pattern {uri}", clock=clock)
    raise SourceError(f"{uri!r} is no file or folder that is there; {_ALLOWED}")


def _looped(source: Finite, loop: bool) -> Source:
    return LoopedSource(source) if loop else source
