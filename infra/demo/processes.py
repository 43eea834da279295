"""The demo's child processes: the very commands a plant would run, each with a log of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from infra.demo.errors import DemoError

_LAST_LINES: Final = 12
_STOP_SECONDS: Final = 20.0


class Child:
    """One `linewatch` command that runs in the background."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        command = [sys.executable, "-m", "infra.cli", *arguments]
        # For its owner alone: the console tells the first administrator's token there.
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                # Ctrl-C is for the demo, which stops its children one and all: they must not hear it twice.
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last_words(self) -> str:
        """The end of its log, for error messages."""
        lines = self.said().splitlines()
        return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])

    def check(self) -> None:
        """DemoError when it ended with anything but success."""
        if self.exit_code not in (None, 0):
            message = f"{self.name} ended with exit code {self.exit_code}; the end of {self.log}:\n{self.last_words()}"
            raise DemoError(message)

    def finish(self, timeout: float) -> None:
        """Wait for success; DemoError when it fails or takes longer than `timeout` seconds."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"{self.name} took longer than {timeout:.0f} s; see {self.log}") from error
        self.check()

    def ask_to_stop(self) -> None:
        """Ask it to stop; nothing when it has ended."""
        if self.running:
            self._process.terminate()

    def await_end(self, seconds: float) -> None:
        """Wait for its end, and end it when it does not come."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Children:
    """Starts children and stops them all, whatever happens."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        # A demo must never write into the plant that this machine's own settings name.
        neutral = {name: value for name, value in os.environ.items() if not name.startswith("LINEWATCH_")}
        self._environment = {**neutral, **environment}
        self._logs = logs
        self._children: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *arguments: str) -> Child:
        """Run `linewatch ARGUMENTS` in the background; its log is `<logs>/<name>.log`."""
        child = Child(name, arguments, self._environment, self._logs / f"{name}.log")
        self._children.append(child)
        return child

    def run(self, name: str, *arguments: str, timeout: float = 300.0) -> None:
        """Run `linewatch ARGUMENTS` to its end."""
        self.start(name, *arguments).finish(timeout)

    def check(self) -> None:
        """DemoError when any child has failed."""
        for child in self._children:
            child.check()

    def last_words(self, *names: str) -> str:
        """The end of these children's logs, for a failure that none of them noticed."""
        told = [child for child in self._children if child.name in names]
        return "\n".join(f"the end of {child.log}:\n{child.last_words()}" for child in told)

    @contextmanager
    def telling(self, *names: str) -> Iterator[None]:
        """A DemoError in the block also tells the last words of these children."""
        try:
            yield
        except DemoError as error:
            raise DemoError(f"{error}\n{self.last_words(*names)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed(self._children):
            child.ask_to_stop()
        ends = time.monotonic() + _STOP_SECONDS
        for child in self._children:
            child.await_end(max(ends - time.monotonic(), 0.1))


class Deadline:
    """A point in time by which something must have happened."""

    def __init__(self, seconds: float, what: str) -> None:
        self._ends, self._what = time.monotonic() + seconds, what

    def check(self, state: str) -> None:
        """DemoError with `state` when it has passed."""
        if time.monotonic() > self._ends:
            raise DemoError(f"{self._what} took too long; last seen: {state}")
