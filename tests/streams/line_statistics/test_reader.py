"""A bundle read by columns is the bundle read one by one."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import Box, Inspection, ShadowResult
from streams.line_statistics.events import counted as narrowed
from streams.line_statistics.reader import FEW, BundleReader
from tests.streams.line_statistics.made import counted, inspection

CODEC = Codec()
READER = BundleReader()


def inspections(count: int) -> list[Inspection]:
    """Inspections that differ in everything that is optional."""
    made = []
    for number in range(count):
        frame = counted(
            number * 1000,
            camera=f"cam-{number % 3}",
            verdict="fail" if number % 4 == 0 else "pass",
            defect="délamination" if number % 4 == 0 else None,
            part=f"teil-ü{number}" if number % 3 else None,
            model=None if number % 5 == 0 else "sha256:ab",
            late=number % 2 == 0,
            total_us=number * 31,
        )
        whole = inspection(frame)
        boxes = [Box(label="x", x=-1, y=2**40, w=3, h=4, score=0.5 if number % 2 else None)] * (number % 3)
        shadow = None
        if whole.model is not None and number % 7 == 0:
            shadow = ShadowResult(
                model=whole.model, verdict="pass", defect_class=None, score=0.1, scores={}, boxes=boxes, infer_us=9
            )
        made.append(msgspec.structs.replace(whole, boxes=boxes, shadow=shadow, embedding=[0.1] * (number % 17)))
    return made


def test_columns_and_codec_agree() -> None:
    made = inspections(3 * FEW)
    assert READER.read([CODEC.encode(one) for one in made]) == [narrowed(one) for one in made]


def test_a_few_and_foreign_ones_are_left_to_the_codec() -> None:
    values: list[bytes | None] = [CODEC.encode(one) for one in inspections(FEW)]
    assert READER.read(values[:3]) == [None] * 3
    read = READER.read([None, b"", b"\0\0\0\0\1abc", b"\xc3\x01wrongfingerprint", *values])
    assert read[:4] == [None] * 4
    assert None not in read[4:]


def test_a_name_that_is_no_text_is_left_to_the_codec() -> None:
    values = [CODEC.encode(one) for one in inspections(FEW)]
    broken = values[1].replace("teil-ü1".encode(), b"teil-\xff\xff1")
    assert broken != values[1]
    assert READER.read([*values, broken])[-1] is None


@settings(max_examples=150)
@given(st.integers(10, 400), st.integers(0, 255), st.integers(0, FEW - 1))
def test_damaged_records_never_give_other_numbers_than_the_codec(at: int, octet: int, row: int) -> None:
    values = [bytearray(CODEC.encode(one)) for one in inspections(FEW)]
    damaged = values[row]
    damaged[min(at, len(damaged) - 1)] = octet
    read = READER.read([bytes(value) for value in values])
    for number, value in enumerate(values):
        frame = read[number]
        if frame is None:
            assert number == row
            continue
        try:
            expected = narrowed(CODEC.decode(bytes(value), Inspection))
        except DecodeError:
            assert number == row  # damage in a field that is not counted
        else:
            assert repr(frame) == repr(expected)  # by its text: not-a-number is not equal to itself
