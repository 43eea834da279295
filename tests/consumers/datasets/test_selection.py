"""What was asked for, in words and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.errors import SelectionError
from consumers.datasets.selection import LABEL_FILTERS, Selection, parse_filter, parse_time, selection_of, time_words

NOW = 1_790_000_000_123_456


def asked(**more: object) -> Selection:
    values: dict[str, object] = {"name": "plates", "edge_ids": ("press-1",), "from_us": 0, "to_us": NOW}
    return Selection(**{**values, **more})  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from(["a", "b-1", "c"]), min_size=1, max_size=3),
    st.integers(0, NOW - 1),
    st.lists(st.sampled_from(["good", "dent"]), max_size=2),
    st.sampled_from(LABEL_FILTERS),
    st.booleans(),
)
def test_words_are_read_back_exactly(
    edges: list[str], from_us: int, classes: list[str], label_filter: str, imported: bool
) -> None:
    selection = asked(
        edge_ids=tuple(edges),
        from_us=from_us,
        classes=tuple(classes),
        label_filter=parse_filter(label_filter),
        include_imported=imported,
    ).checked(NOW)
    assert selection_of("plates", selection.words()) == selection
    assert selection.labels_until_us == NOW


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_time_in_words_is_the_same_time(at_us: int) -> None:
    assert parse_time(time_words(at_us)) == at_us


@pytest.mark.parametrize(
    ("text", "at_us"),
    [
        ("now", NOW),
        ("30m", NOW - 30 * 60 * 10**6),
        ("2w", NOW - 14 * 86_400 * 10**6),
        ("1970-01-01T00:00:01", 10**6),
        ("1970-01-01T09:00:01+09:00", 10**6),
        ("1970-01-02", 86_400 * 10**6),
    ],
)
def test_times_as_people_type_them(text: str, at_us: int) -> None:
    assert parse_time(text, NOW) == at_us


@pytest.mark.parametrize("text", ["", "yesterday", "7x", "d", "-3d", "99999999999w", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(SelectionError, match="is no time: give"):
        parse_time(text, NOW)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"edge_ids": ()}, "no edge was named"),
        ({"edge_ids": ("Press 1",)}, "edge id 'Press 1' is not usable"),
        ({"name": "my set"}, "dataset id 'my set' is not usable"),
        ({"from_us": NOW, "to_us": NOW}, "nothing lies between"),
        ({"classes": ("a,b",)}, "with a comma"),
    ],
)
def test_contradictions_are_named(more: dict[str, object], reason: str) -> None:
    with pytest.raises(SelectionError, match=reason):
        asked(**more).checked(NOW)


def test_unknown_words_are_named() -> None:
    with pytest.raises(SelectionError, match="can't be read back"):
        selection_of("plates", {"edges": "a"})
    with pytest.raises(SelectionError, match="none of labeled, agreed, any"):
        parse_filter("all")
