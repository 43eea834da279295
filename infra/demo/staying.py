"""What comes after the report: where to look, and a line that goes on until somebody stops it."""

import os
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from rich.console import Console

from infra.demo.door import Door
from infra.demo.labeling import Labeling
from infra.demo.processes import Children

_LOOK_S: Final = 1.0
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM) if sys.platform == "win32" else (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP
)  # fmt: skip


def show_door(door: Door, labeling: Labeling, console: Console) -> None:
    """The console's address, the first sign-in, and how much waits there."""
    each = ", ".join(f"{edge} {count}" for edge, count in labeling.offered.items())
    lines = [f"console        {door.url}", f"to label       {labeling.waiting} frames wait: {each}"]
    if door.first_run_token is not None:
        lines += [f"first sign-in  {door.first_sign_in}", f"               (token {door.first_run_token})"]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def stay(children: Children, door: Door, console: Console, *, browser: bool) -> None:
    """Keep everything up until Ctrl-C; DemoError when a process fails meanwhile."""
    console.print(
        "\nOpen the first sign-in, choose a name and a password, and you are the console's administrator. Then\n"
        "  Label    say what you see: one key a frame, the queue hands out the next; rules-edge asks for boxes too\n"
        "  Monitor  both edges at work, every verdict with its image, score and latency\n"
        "  Data     all inspections, to ask labels for; datasets built from what was labeled\n"
        "The cameras go on slowly. [bold]Press Ctrl-C to stop.[/bold]",
        highlight=False,
        soft_wrap=True,
    )
    if browser and has_display():
        webbrowser.open(door.first_sign_in)
    try:
        while True:
            children.check()
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        console.print("\nstopping everything; what was said and labeled stays in its folder", highlight=False)


def has_display() -> bool:
    """Whether a browser could show itself here."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or bool(shown)


@contextmanager
def stoppable() -> Iterator[None]:
    """In the block, being told to end is a KeyboardInterrupt, once: a second one would leave processes behind."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for ending in _ENDINGS:
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {ending: signal.signal(ending, interrupt) for ending in _ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)
