"""What a dataset is to be made of, and the same in words, as a manifest keeps it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, get_args

from consumers.datasets.errors import SelectionError
from schemas.errors import InvalidIdentifierError
from schemas.identifiers import checked_identifier

LabelFilter = Literal["labeled", "agreed", "any"]
LABEL_FILTERS: Final[tuple[LabelFilter, ...]] = get_args(LabelFilter)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which images of which edges. Times are Unix microseconds; an image captured at `to_us` is not in it."""

    name: str  # of the dataset: a-z, 0-9 and '-'
    edge_ids: tuple[str, ...]
    from_us: int
    to_us: int
    classes: tuple[str, ...] = ()  # only images labeled so; empty means all
    # labeled: whoever labeled them; agreed: two people agreed, or somebody adjudicated; any: unlabeled frames too
    label_filter: LabelFilter = "labeled"
    include_imported: bool = False  # also images that never were frames
    allow_missing: bool = False  # go on without images that are nowhere to be had
    keep_images: bool = True  # put images that lie only in Kafka into the blob store, so that the dataset lasts
    labels_until_us: int | None = None  # labels given later do not count; None means now

    def checked(self, now_us: int) -> "Selection":
        """The same with every default decided; SelectionError when it contradicts itself."""
        _check_ids(self)
        if self.from_us >= self.to_us:
            raise SelectionError(f"nothing lies between {time_words(self.from_us)} and {time_words(self.to_us)}")
        until = now_us if self.labels_until_us is None else self.labels_until_us
        return Selection(
            name=self.name,
            edge_ids=tuple(sorted(set(self.edge_ids))),
            from_us=self.from_us,
            to_us=self.to_us,
            classes=tuple(sorted(set(self.classes))),
            label_filter=self.label_filter,
            include_imported=self.include_imported,
            allow_missing=self.allow_missing,
            keep_images=self.keep_images,
            labels_until_us=until,
        )

    def words(self) -> dict[str, str]:
        """What was asked for, as words; `selection_of` reads them back."""
        until = {} if self.labels_until_us is None else {"labels_until": time_words(self.labels_until_us)}
        return {
            "edges": ",".join(self.edge_ids),
            "from": time_words(self.from_us),
            "to": time_words(self.to_us),
            "classes": ",".join(self.classes),
            "label_filter": self.label_filter,
            "include_imported": "yes" if self.include_imported else "no",
            **until,
        }

    @property
    def taken_states(self) -> frozenset[str]:
        """How a label must have come about."""
        undisputed = {"single", "agreed", "adjudicated", "imported"}
        return frozenset({"agreed", "adjudicated"} if self.label_filter == "agreed" else undisputed)


def selection_of(name: str, words: dict[str, str], *, allow_missing: bool = False) -> Selection:
    """The selection that a manifest's words stand for; SelectionError when they are not from `Selection.words`."""
    try:
        return Selection(
            name=name,
            edge_ids=tuple(words["edges"].split(",")),
            from_us=parse_time(words["from"]),
            to_us=parse_time(words["to"]),
            classes=tuple(filter(None, words["classes"].split(","))),
            label_filter=parse_filter(words["label_filter"]),
            include_imported=words["include_imported"] == "yes",
            allow_missing=allow_missing,
            labels_until_us=parse_time(words["labels_until"]),
        )
    except KeyError as error:
        raise SelectionError(f"the selection of {name} can't be read back: {words}") from error


def parse_filter(text: str) -> LabelFilter:
    """A label filter by its name; SelectionError when there is none such."""
    for known in LABEL_FILTERS:
        if known == text:
            return known
    raise SelectionError(f"label filter {text!r} is none of {', '.join(LABEL_FILTERS)}")


def time_words(at_us: int) -> str:
    """A time as ISO 8601 in UTC with microseconds."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str, now_us: int | None = None) -> int:
    """Unix microseconds of an ISO 8601 time (UTC unless it says otherwise), of `now`, or of `30m`, `8h`, `7d`, `2w`
    ago.

    SelectionError for anything else.
    """
    now = datetime.now(UTC) if now_us is None else _EPOCH + timedelta(microseconds=now_us)
    try:
        if text == "now":
            at = now
        elif text[-1:] in _UNITS and text[:-1].isdecimal():
            at = now - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        else:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return (at - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise SelectionError(
            f"{text!r} is no time: give 2026-11-25T08:00 (UTC), 2026-11-25T08:00+09:00, now, or 8h, 7d, 2w ago"
        ) from error


def _check_ids(selection: Selection) -> None:
    if not selection.edge_ids:
        raise SelectionError("no edge was named: give at least one")
    try:
        checked_identifier(selection.name, "dataset")
        for edge in selection.edge_ids:
            checked_identifier(edge, "edge")
    except InvalidIdentifierError as error:
        raise SelectionError(str(error)) from error
    if any("," in name for name in selection.classes):
        raise SelectionError(f"a class with a comma in its name can't be selected by: {selection.classes}")
