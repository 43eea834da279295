"""How many messages one transaction takes: many while nobody waits, few enough to be short while requests do. Pure."""

from dataclasses import dataclass
from typing import Final

WHILE_OTHERS_WAIT_S: Final = 0.05
"""A transaction that requests wait for should take no longer."""
LEAST: Final = 50
"""With fewer messages a transaction is hardly any shorter."""


@dataclass(slots=True)
class BatchSize:
    """The size of the next batch, at most `most`."""

    most: int
    size: int = 0

    def __post_init__(self) -> None:
        self.size = self.most

    def note(self, messages: int, took_s: float, *, others_waited: bool) -> None:
        """Learn from a transaction of so many messages.

        >>> size = BatchSize(4000)
        >>> size.note(4000, 0.5, others_waited=True)
        >>> size.size
        400
        >>> size.note(400, 0.04, others_waited=False)
        >>> size.size
        800
        """
        if not others_waited:
            self.size = min(self.most, 2 * self.size)
        elif took_s > WHILE_OTHERS_WAIT_S:
            self.size = max(min(LEAST, self.most), min(self.size, int(messages * WHILE_OTHERS_WAIT_S / took_s)))
