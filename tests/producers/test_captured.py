"""A frame's number follows from its index once the base is known."""

import pytest

from producers.captured import Ledger


def test_a_number_is_base_and_index() -> None:
    assert Ledger(base=40).sequence(2) == 42


def test_there_is_no_number_before_kafka_was_met() -> None:
    with pytest.raises(ValueError, match="frame 7 has no number before the first contact"):
        Ledger().sequence(7)
