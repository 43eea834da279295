from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InvalidIdentifierError
from schemas.identifiers import checked_identifier, frame_id, parse_frame_id

IDENTIFIERS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@given(IDENTIFIERS, st.integers(0, 2**63 - 1))
def test_a_frame_id_comes_apart_as_it_was_made(camera_id: str, sequence: int) -> None:
    assert parse_frame_id(frame_id(camera_id, sequence)) == (camera_id, sequence)


@given(st.text())
def test_anything_else_is_refused_with_the_value(text: str) -> None:
    with suppress(InvalidIdentifierError):  # and no other
        camera_id, sequence = parse_frame_id(text)
        assert int(text.split("/")[1]) == sequence
        assert checked_identifier(camera_id, "camera") == text.split("/", maxsplit=1)[0]


def test_the_error_names_what_value_and_rule() -> None:
    with pytest.raises(InvalidIdentifierError, match=r"camera id 'Cam 1' is not usable: 1-63"):
        checked_identifier("Cam 1", "camera")
