"""Forty labeled plates of one edge, and the dataset of them that tests select."""

from dataclasses import replace

from consumers.datasets.publishing import publish
from consumers.datasets.selection import Selection
from schemas.records import Label
from tests.consumers.datasets.makers import CODEC, DAY_US, START_US, Line

FRAMES = 40


def selection(line: Line, **more: object) -> Selection:
    """All frames of the edge, but for `more`."""
    wanted = Selection(name="plates", edge_ids=(line.edge,), from_us=START_US, to_us=START_US + DAY_US)
    return replace(wanted, **more)  # type: ignore[arg-type]


def send(line: Line, labels: list[Label]) -> None:
    """Publish labels as the console does."""
    publish(line.settings, CODEC, labels, "/test")


def label_all(line: Line, numbers: range = range(FRAMES)) -> list[Label]:
    """Label these frames: every fourth a scratch, the others good."""
    labels = [line.label_of(number, "scratch" if number % 4 == 0 else "good") for number in numbers]
    send(line, labels)
    return labels
