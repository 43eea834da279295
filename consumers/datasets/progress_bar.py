"""Shows how far a build, replay or import is: one Rich bar a phase, on standard error."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class PhaseBar:
    """A bar that starts again with each phase; silent when `quiet`. Use it in a `with` block."""

    def __init__(self, *, quiet: bool) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=quiet,
        )
        self._task: TaskID | None = None
        self._phase = ""

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop drawing and leave the terminal as it was."""
        self._bars.stop()

    def show(self, phase: str, done: int, total: int) -> None:
        """`done` of `total` in a phase, named for people."""
        if phase != self._phase or self._task is None:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._phase, self._task = phase, self._bars.add_task(phase, total=total)
        self._bars.update(self._task, completed=done, total=total)
