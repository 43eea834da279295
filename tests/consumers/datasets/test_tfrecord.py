"""CRC-32C and the bytes of a tf.train.Example; TensorFlow itself reads them in
tests/consumers/trainer/test_replay.py."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.tfrecord import crc32c, example, write_record


def plain_crc32c(data: bytes) -> int:
    """Bit by bit, as RFC 3720 describes it."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@given(st.binary(max_size=3000))
def test_the_sum_is_that_of_the_plain_way(data: bytes) -> None:
    assert crc32c(data) == plain_crc32c(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E), (b"", 0)],
)
def test_the_vectors_of_rfc_3720(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


def test_a_record_is_framed_by_length_and_sums() -> None:
    file = io.BytesIO()
    write_record(file, b"abc")
    raw = file.getvalue()
    assert (struct.unpack("<Q", raw[:8])[0], raw[12:15], len(raw)) == (3, b"abc", 19)


def test_equal_features_are_equal_bytes_in_any_order() -> None:
    one = example({"a": [1, -2], "b": ["x"], "c": [0.5]})
    assert one == example({"c": [0.5], "b": [b"x"], "a": [1, -2]})
