"""Repeated frames are told from new ones, and marks survive a commit's metadata."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.marks import METADATA_LIMIT, REMEMBERED, CameraMarks, Mark, decode_marks, encode_marks

CAMERAS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
MARKS = st.builds(Mark, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))


def test_the_first_frame_of_a_camera_is_new_whatever_its_number() -> None:
    assert CameraMarks().arrive("cam", 1, 700, "a").standing == "new"


def test_skipped_numbers_are_counted() -> None:
    marks = CameraMarks({"cam": Mark(1, 10)})

    assert marks.arrive("cam", 1, 14, "a").missing == 3
    assert marks.arrive("cam", 1, 15, "b").missing == 0


def test_the_same_number_with_other_bytes_is_a_conflict() -> None:
    marks = CameraMarks()
    marks.arrive("cam", 1, 5, "a")

    assert marks.arrive("cam", 1, 5, "a").standing == "duplicate"
    assert marks.arrive("cam", 1, 5, "b").standing == "conflict"


def test_a_number_below_the_mark_whose_bytes_are_forgotten_is_a_duplicate() -> None:
    marks = CameraMarks({"cam": Mark(1, 10)})

    assert marks.arrive("cam", 1, 3, "unknown").standing == "duplicate"


def test_a_frame_of_a_fenced_gateway_is_stale() -> None:
    marks = CameraMarks({"cam": Mark(7, 10)})

    assert marks.arrive("cam", 6, 11, "a").standing == "stale"
    assert marks.arrive("cam", 7, 11, "b").standing == "new"


def test_only_so_many_hashes_are_remembered() -> None:
    marks = CameraMarks()
    for number in range(REMEMBERED + 1):
        marks.arrive("cam", 1, number, f"sha-{number}")

    assert marks.arrive("cam", 1, 0, "other").standing == "duplicate"
    assert marks.arrive("cam", 1, 1, "other").standing == "conflict"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), max_size=200))
def test_each_number_is_new_at_most_once_and_numbers_that_are_new_rise(frames: list[tuple[str, int]]) -> None:
    marks = CameraMarks()
    new: dict[str, list[int]] = {}
    for camera, sequence in frames:
        if marks.arrive(camera, 1, sequence, str(sequence)).standing == "new":
            new.setdefault(camera, []).append(sequence)

    assert all(numbers == sorted(set(numbers)) for numbers in new.values())
    assert set(new) == {camera for camera, _ in frames}


@given(st.lists(st.integers(0, 80), max_size=100), st.integers(0, 100))
def test_a_successor_with_the_marks_of_a_commit_judges_as_the_one_before_it_would(
    sequences: list[int], cut: int
) -> None:
    alone, before = CameraMarks(), CameraMarks()
    whole = [alone.arrive("cam", 1, sequence, str(sequence)).standing for sequence in sequences]
    first = [before.arrive("cam", 1, sequence, str(sequence)).standing for sequence in sequences[:cut]]
    new = [sequence for sequence, standing in zip(sequences[:cut], first, strict=True) if standing == "new"]
    committed = {"cam": Mark(1, new[-1])} if new else {}
    successor = CameraMarks(decode_marks(encode_marks(committed)))
    second = [successor.arrive("cam", 1, sequence, str(sequence)).standing for sequence in sequences[cut:]]

    assert first + second == whole


@given(st.dictionaries(CAMERAS, MARKS, max_size=20))
def test_marks_come_back_from_a_commit(marks: dict[str, Mark]) -> None:
    assert decode_marks(encode_marks(marks)) == marks


@given(st.integers(1, 400), st.integers(1, 63))
def test_metadata_fits_into_a_commit_and_keeps_the_latest_cameras(count: int, length: int) -> None:
    marks = {f"{number:0{length}d}": Mark(2**62, number) for number in range(count)}
    text = encode_marks(marks)

    kept = decode_marks(text)
    assert len(text.encode()) <= METADATA_LIMIT
    assert list(kept.items()) == list(marks.items())[-len(kept) :]
    assert len(kept) == len(marks) or len(text) > METADATA_LIMIT - 3 * 110


@pytest.mark.parametrize("metadata", [None, ""])
def test_no_metadata_means_no_marks(metadata: str | None) -> None:
    assert decode_marks(metadata) == {}


@given(
    st.text()
    | st.recursive(st.integers() | st.text(), lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids)).map(
        json.dumps
    )
)
def test_metadata_of_others_never_stops_an_edge(metadata: str) -> None:
    logging.disable(logging.WARNING)
    try:
        assert isinstance(decode_marks(metadata), dict)
    finally:
        logging.disable(logging.NOTSET)
