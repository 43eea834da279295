"""Shows a run's progress to a person: a Rich bar a stage, and one line for each epoch that ended."""

from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from consumers.trainer.progress import Progress

_TITLES: Final = {
    "prepare": "reading images",
    "features": "frozen features",
    "head": "fitting the head",
    "fine-tune": "fine-tuning",
    "search": "searching rules",
    "export": "exporting",
    "check": "checking int8",
    "done": "done",
}


class ProgressBar:
    """A listener that draws on a console while it is entered; one line a stage or epoch where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}"), console=console, transient=True,
        )  # fmt: skip
        self._task: TaskID | None = None
        self._stage: str | None = None

    def __enter__(self) -> Self:
        """Start drawing."""
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop drawing and leave the terminal as it was."""
        self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """Show one report."""
        if progress.stage != self._stage:
            self._begin(progress)
        if self._task is not None:
            self._bars.update(
                self._task, completed=progress.step, total=progress.steps or None, detail=detail_of(progress)
            )
        if progress.stage == "fine-tune" and progress.metrics:
            self._console.print(f"  {epoch_line(progress)}", highlight=False)

    def _begin(self, progress: Progress) -> None:
        self._stage = progress.stage
        title = _TITLES[progress.stage]
        self._console.print(f"{title} {progress.message}".rstrip(), highlight=False)
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(title, total=progress.steps or None, detail="")


def detail_of(progress: Progress) -> str:
    """The figures of a report in one short text."""
    parts = []
    if progress.epoch is not None:
        parts.append(f"epoch {progress.epoch}/{progress.epochs}")
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    parts += [f"{name} {value:.3f}" for name, value in progress.metrics.items()]
    if progress.images_per_second is not None:
        parts.append(f"{progress.images_per_second:.0f} images/s")
    if progress.seconds_left is not None:
        parts.append(f"{progress.seconds_left:.0f} s left")
    return ", ".join(parts)


def epoch_line(progress: Progress) -> str:
    """What an epoch came to."""
    figures = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in progress.metrics.items())
    return f"epoch {progress.epoch}/{progress.epochs}: loss {progress.loss or 0:.3f}, {figures}"
