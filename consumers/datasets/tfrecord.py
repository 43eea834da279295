"""TFRecord files of tf.train.Example, written without TensorFlow.

Sources: "TFRecord and tf.train.Example" (the record's framing: length, masked CRC-32C of it, data, masked CRC-32C of
it), example.proto and feature.proto, Protocol Buffers' encoding, RFC 3720 appendix B.4 (CRC-32C).
"""

import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

Value = bytes | str | int | float
Words = NDArray[np.uint32]
_POLYNOMIAL: Final = 0x82F63B78  # CRC-32C, bits reversed
_LANE: Final = 256  # bytes that one lane of the vectorised sum takes
_ONES: Final = 0xFFFFFFFF


def write_record(file: BinaryIO, data: bytes) -> None:
    """Append one record."""
    length = struct.pack("<Q", len(data))
    file.write(length + _masked(length) + data + _masked(data))


def example(features: Mapping[str, Iterable[Value]]) -> bytes:
    """A tf.train.Example: each feature a list of bytes (text as UTF-8), of int64, or of float32; empty ones are bytes.

    Features are sorted by name, so equal contents are equal bytes.
    """
    entries = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _feature(list(values))))
        for name, values in sorted(features.items())
    )
    return _field(1, entries)


def _feature(values: list[Value]) -> bytes:
    if all(isinstance(value, bytes | str) for value in values):
        texts = (
            value.encode() if isinstance(value, str) else value for value in values if isinstance(value, bytes | str)
        )
        return _field(1, b"".join(_field(1, text) for text in texts))
    if all(isinstance(value, int) for value in values):
        return _field(3, _field(1, b"".join(_varint(int(value) & (1 << 64) - 1) for value in values)))
    return _field(2, _field(1, struct.pack(f"<{len(values)}f", *values)))


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & _ONES)


def crc32c(data: bytes) -> int:
    """CRC-32C of bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    return _shifted(_ONES, len(data)) ^ _remainder(data) ^ _ONES


def _remainder(data: bytes) -> int:
    """The register after `data` when it began as 0: lanes side by side, then folded together two by two.

    Zeros in front change nothing, so the lanes may be made a power of two.
    """
    lanes = max(1, 1 << (-(-len(data) // _LANE) - 1).bit_length())
    padded = np.zeros(lanes * _LANE, np.uint8)
    if data:
        padded[-len(data) :] = np.frombuffer(data, np.uint8)
    words = np.ascontiguousarray(padded.view("<u4").reshape(lanes, _LANE // 4).T)
    registers = np.zeros(lanes, np.uint32)
    tables = _word_tables()
    for column in words:
        registers = _applied(tables, registers ^ column)
    step = _LANE
    while registers.size > 1:
        registers = _applied(_shift_tables(step), registers[0::2]) ^ registers[1::2]
        step *= 2
    return int(registers[0])


def _applied(tables: Words, registers: Words) -> Words:
    """A linear map of 32 bits, as four tables of 256, on many registers."""
    mapped: Words = (
        tables[0][registers & 0xFF]
        ^ tables[1][registers >> 8 & 0xFF]
        ^ tables[2][registers >> 16 & 0xFF]
        ^ tables[3][registers >> 24]
    )
    return mapped


@lru_cache(maxsize=1)
def _byte_table() -> Words:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_POLYNOMIAL), table >> 1).astype(np.uint32)
    return table


@lru_cache(maxsize=1)
def _word_tables() -> Words:
    """What four zero bytes make of each byte of a register."""
    return _tables_after(4)


@lru_cache(maxsize=64)
def _shift_tables(length: int) -> Words:
    """What `length` zero bytes, a power of two, make of each byte of a register."""
    if length <= 4:
        return _tables_after(length)
    half = _shift_tables(length // 2)
    return np.stack([_applied(half, table) for table in half])


def _tables_after(zeros: int) -> Words:
    tables = np.stack([np.arange(256, dtype=np.uint32) << np.uint32(8 * place) for place in range(4)])
    bytewise = _byte_table()
    for _ in range(zeros):
        tables = bytewise[tables & 0xFF] ^ tables >> np.uint32(8)
    return tables


def _shifted(register: int, length: int) -> int:
    """A register after so many zero bytes."""
    value = np.array([register], np.uint32)
    for bit in range(length.bit_length()):
        if length >> bit & 1:
            value = _applied(_shift_tables(1 << bit), value)
    return int(value[0])
