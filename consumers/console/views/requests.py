"""Wishes to have frames labeled, as the API tells them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from consumers.console.views.fields import Micros, VerdictWord, View, Word, Words

MOST_FRAMES = 500
"""A wish for more is several wishes: each travels as one record of at most 1 MB."""


class RequestBody(View):
    """Named frames, or a span of capture time: what was inspected already, and what will be until `to_us`."""

    edge_id: Word
    frame_ids: Annotated[tuple[Word, ...], Field(max_length=MOST_FRAMES)] = ()
    from_us: Micros | None = None
    to_us: Micros | None = None
    verdicts: tuple[VerdictWord, ...] = Field((), description="of a span only these; empty: all but errors")
    limit: int = Field(100, ge=1, le=MOST_FRAMES)
    note: Words = ""
    priority: float = Field(1.0, ge=0, le=1000, allow_inf_nan=False)
    skill: Word | None = None

    @model_validator(mode="after")
    def _either_or(self) -> Self:
        span = (self.from_us, self.to_us)
        if bool(self.frame_ids) == (None not in span):
            raise ValueError("give either frame_ids or both from_us and to_us")
        if self.from_us is not None and self.to_us is not None and self.to_us < self.from_us:
            raise ValueError(f"to_us {self.to_us} lies before from_us {self.from_us}")
        return self


class RequestedView(View):
    """What was asked for: `frames` known by now; those of a span still to come are not counted."""

    request_id: str
    frames: int
