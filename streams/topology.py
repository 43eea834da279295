"""The whole system as a Mermaid diagram, drawn from the topic catalogue and from what the Faust apps declare.

A process is a word in a topic's `writers` or `readers`; the apps here also say what they read and write themselves, and
a difference between the two is an error: a drawing that lies is worse than none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas.topics import (
    ALARMS,
    CATALOGUE,
    DEAD_LETTERS,
    EDGE_POLICIES,
    EDGE_STATISTICS,
    INSPECTIONS,
    LABELING_REQUESTS,
    LABELING_TASKS,
    LABELS,
    TICKS,
    Topic,
)
from streams.errors import StreamsError

# Readers and writers that are no process of their own.
_EVERYONE: Final = "every reader"


class TopologyError(StreamsError):
    """An app reads or writes a topic that the catalogue does not say it does; correct one of the two."""


@dataclass(frozen=True, slots=True)
class StreamFlow:
    """What one stream processor reads and writes."""

    process: str
    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...]


# Only what runs today; the other processors add themselves here as they come.
FLOWS: Final = (
    StreamFlow(
        "line_statistics",
        reads=(INSPECTIONS, TICKS, EDGE_POLICIES),
        writes=(EDGE_STATISTICS, ALARMS, DEAD_LETTERS),
    ),
    StreamFlow(
        "labeling_queue",
        reads=(INSPECTIONS, LABELS, LABELING_REQUESTS, TICKS, EDGE_POLICIES),
        writes=(LABELING_TASKS, EDGE_STATISTICS, ALARMS, DEAD_LETTERS),
    ),
    StreamFlow("ticker", reads=(), writes=(TICKS,)),
)


def check_flows(flows: Iterable[StreamFlow] = FLOWS) -> None:
    """TopologyError when a processor's own words and the catalogue disagree."""
    for flow in flows:
        unnamed = [topic.name for topic in flow.reads if flow.process not in topic.readers]
        unnamed += [topic.name for topic in flow.writes if flow.process not in topic.writers]
        if unnamed:
            raise TopologyError(f"{flow.process} uses {', '.join(unnamed)}; schemas/topics.py does not name it there")


def mermaid(topics: Sequence[Topic] = CATALOGUE) -> str:
    """A Mermaid flowchart: processes as boxes, topics as cylinders with their partitions, an arrow for each flow."""
    check_flows()
    lines = ["flowchart LR"]
    lines += [f'    {_process(name)}["{name}"]' for name in _processes(topics)]
    lines += [f'    {_topic(topic)}[("{_escaped(topic.name)} ({topic.partitions})")]' for topic in topics]
    for topic in topics:
        lines += [f"    {_process(writer)} --> {_topic(topic)}" for writer in topic.writers]
        lines += [f"    {_topic(topic)} --> {_process(reader)}" for reader in topic.readers if reader != _EVERYONE]
    return "\n".join(lines)


def _processes(topics: Iterable[Topic]) -> list[str]:
    named = dict.fromkeys(name for topic in topics for name in (*topic.writers, *topic.readers))
    return [name for name in named if name != _EVERYONE]


def _process(name: str) -> str:
    return f"p_{name.replace('-', '_')}"


def _topic(topic: Topic) -> str:
    return "t_" + "".join(character if character.isalnum() else "_" for character in topic.name)


def _escaped(name: str) -> str:
    return name.replace("<", "&lt;").replace(">", "&gt;")
