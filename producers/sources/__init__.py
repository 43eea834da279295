"""Where images come from: folders, globs, single files, videos, webcams, RTSP cameras and a camera simulator.

`open_source(uri, camera_id=...)` returns a `Source`; iterating `source.open(position)` yields a `Capture` for each
image and a `BrokenImage` for each file that is no image. One bad file never raises.
"""

from producers.sources.pacing import paced
from producers.sources.source import BrokenImage, Capture, Source
from producers.sources.uri import open_source

__all__ = ["BrokenImage", "Capture", "Source", "open_source", "paced"]
