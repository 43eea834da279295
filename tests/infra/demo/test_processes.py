import os
from pathlib import Path

import pytest

from infra.demo.errors import DemoError
from infra.demo.processes import Children, Deadline


def test_a_command_that_succeeds_leaves_its_log(tmp_path: Path) -> None:
    with Children({}, tmp_path / "logs") as children:
        children.run("version", "--version")
    assert "linewatch" in (tmp_path / "logs/version.log").read_text()


def test_a_failing_child_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Children({}, tmp_path) as children, pytest.raises(DemoError, match=r"(?s)bad ended with exit code 2.*no-such"):
        children.run("bad", "no-such-command")


def test_children_are_stopped_whatever_happens(tmp_path: Path) -> None:
    started = []

    def fail() -> None:
        with Children(dict(os.environ), tmp_path) as children:
            started.append(children.start("slow", "topics", "list"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [child.running for child in started] == [False]


def test_a_failure_that_no_child_noticed_tells_their_last_words(tmp_path: Path) -> None:
    def fail() -> None:
        with Children({}, tmp_path) as children:
            children.run("version", "--version")
            with children.telling("version", "never-started"):
                raise DemoError("nobody answers")

    with pytest.raises(DemoError, match=r"(?s)nobody answers.*version\.log:\n  linewatch \d"):
        fail()


def test_a_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    with Children({}, tmp_path) as children:
        children.run("version", "--version")
    assert (tmp_path / "version.log").stat().st_mode & 0o077 == 0


def test_a_deadline_says_what_was_last_seen() -> None:
    Deadline(60, "waiting").check("fine")
    with pytest.raises(DemoError, match="waiting took too long; last seen: 3 of 4"):
        Deadline(-1, "waiting").check("3 of 4")
