"""Field types that several views share. Their bounds keep what reaches the database and Avro within both."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from schemas.records import Box

LARGEST_INTEGER: Final = 2**63 - 1
LARGEST_SIDE: Final = 1_000_000  # pixels: far above any camera, far below what Avro's int holds


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("a NUL character is no text")
    return value


Word = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_no_nul)]
"""An id, a class, a name."""
Words = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_no_nul)]
"""Free text."""
Micros = Annotated[int, Field(ge=0, le=LARGEST_INTEGER, description="Unix microseconds")]
Number = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Outcome = Literal["labeled", "unsure", "skipped", "unusable"]
VerdictWord = Literal["pass", "fail", "review", "error"]


class View(BaseModel):
    """Base of everything sent or taken; an unknown field is an error, as it would be a mistyped one."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BoxView(View):
    """A rectangle in integer pixels of the image as captured, origin top left; `score` only where a model drew it."""

    label: Word
    x: int = Field(strict=True, ge=0, le=LARGEST_SIDE)
    y: int = Field(strict=True, ge=0, le=LARGEST_SIDE)
    w: int = Field(strict=True, ge=1, le=LARGEST_SIDE)
    h: int = Field(strict=True, ge=1, le=LARGEST_SIDE)
    score: float | None = Field(None, ge=0, le=1)

    def to_box(self) -> Box:
        """The record."""
        return Box(label=self.label, x=self.x, y=self.y, w=self.w, h=self.h, score=self.score)


def boxes_of(values: list[dict[str, object]] | None) -> list[BoxView]:
    """The views of boxes as a table keeps them. They come from edges too, so they are shown as they are, unchecked."""
    return [BoxView.model_construct(**{"score": None, **value}) for value in values or []]  # type: ignore[arg-type]
