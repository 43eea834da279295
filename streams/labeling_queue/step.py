"""The step of labeling_queue: pure, `(state, events) -> (state, refused events)`.

It uses no clock and no randomness; state goes in and out as bytes, so nothing is shared with what came before. What a
state has to say is a function of the state alone (announce), and whoever hands a state in has said it.

Every event may come again. Inspections carry their camera's number; labels and requests carry their offset in a topic
that Kafka gave an id, and a topic that was made anew (another id) is read from its beginning. Besides, label ids are
remembered with their frame, and request ids among the latest, so a label or request that was *sent* twice counts once.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import InvalidIdentifierError
from schemas.records import Inspection
from streams.labeling_queue.admission import ImpossibleEventError, admit, pass_by
from streams.labeling_queue.answers import take_label
from streams.labeling_queue.events import Answered, Asking, Event, Passed, Sources
from streams.labeling_queue.requests import take_request
from streams.labeling_queue.room import announced, trim
from streams.labeling_queue.state import Mark, Queue, Rule, decode_state, encode_state

_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What can't be: the index of each such event and why."""

    refused: list[tuple[int, str]] = field(default_factory=list)


def step(edge_id: str, state: bytes | None, events: Sequence[Event], *, careful: bool = False) -> tuple[Queue, Outcome]:
    """Take events of one edge into its state (None: never seen), in order.

    Everything the state handed in had to say must have been sent. `careful` refuses an event that no code of ours
    survives, at the price of a copy of the state for each event. StateVersionError when the state is unreadable.
    """
    queue = Queue(edge_id=edge_id) if state is None else decode_state(state)
    out = Outcome()
    if events:
        announced(queue)
    for index, event in enumerate(events):
        before = encode_state(queue) if careful else b""
        try:
            _take(queue, event)
        except (ImpossibleEventError, InvalidIdentifierError) as error:
            out.refused.append((index, str(error)))
        except Exception as error:
            if not careful:
                raise
            _LOG.exception("edge %s: event %d of %d is refused", edge_id, index, len(events))
            queue = decode_state(before)
            out.refused.append((index, f"{type(error).__name__}: {error}"))
        trim(queue)
    return queue, out


def advance(edge_id: str, state: bytes | None, events: Sequence[Event]) -> tuple[bytes, Outcome]:
    """`step` from bytes to bytes."""
    queue, out = step(edge_id, state, events)
    return encode_state(queue), out


def _take(queue: Queue, event: Event) -> None:
    if isinstance(event, Inspection):
        admit(queue, event)
    elif isinstance(event, Passed):
        pass_by(queue, event)
    elif isinstance(event, Answered):
        take_label(queue, event)
    elif isinstance(event, Asking):
        take_request(queue, event)
    elif isinstance(event, Sources):
        _take_sources(queue, event)
    else:
        _take_rule(queue, event)


def _take_rule(queue: Queue, rule: Rule) -> None:
    if rule.revision > queue.rule.revision:
        queue.rule = rule


def _take_sources(queue: Queue, sources: Sources) -> None:
    for name, topic_id in sources._asdict().items():
        mark: Mark = getattr(queue, name)
        if mark.topic_id != topic_id:
            mark.topic_id, mark.offset = topic_id, -1
