"""The image inside a frame is the one the codec reads, whatever the frame; anything else is left to the codec."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.framed_image import image_within
from schemas.codec import SINGLE_OBJECT_MARK, Codec
from schemas.confluent import open_confluent
from schemas.errors import DecodeError
from schemas.records import Frame
from tests.consumers.datasets.makers import CODEC, label
from tests.schemas.strategies import records


def as_bytes(value: bytes | None) -> bytes | None:
    inside = image_within(value)
    return None if inside is None else bytes(inside)


@given(records(Frame))
def test_it_is_the_image_that_the_codec_reads(frame: Frame) -> None:
    assert as_bytes(CODEC.encode(frame)) == frame.image


@given(records(Frame), st.data())
def test_a_frame_with_other_bytes_has_what_the_codec_reads_or_nothing(frame: Frame, data: st.DataObject) -> None:
    value = bytearray(CODEC.encode(frame))
    for _ in range(data.draw(st.integers(1, 3))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    inside = as_bytes(bytes(value))
    try:
        read = CODEC.decode(bytes(value), Frame)
    except DecodeError:
        return
    assert inside == read.image


@given(records(Frame), st.data())
def test_a_frame_that_is_cut_off_has_a_whole_image_or_none(frame: Frame, data: st.DataObject) -> None:
    value = CODEC.encode(frame)
    assert as_bytes(value[: data.draw(st.integers(0, len(value)))]) in (None, frame.image)


@given(st.binary(max_size=80))
def test_garbage_behind_the_mark_of_a_frame_is_no_error(garbage: bytes) -> None:
    mark = CODEC.encode(frame_of(b""))[:10]
    inside = as_bytes(mark + garbage)
    assert inside is None or inside in garbage


def test_a_large_image_lies_where_it_lay() -> None:
    image = bytes(range(256)) * 3_600
    value = CODEC.encode(frame_of(image))
    inside = image_within(value)
    assert inside is not None
    assert (inside == image, inside.obj is value) == (True, True)


def test_other_records_other_framings_and_nothing_are_left_to_the_codec() -> None:
    confluent = Codec(confluent=open_confluent({"url": "mock://framed-image"}))
    for value in (None, b"", SINGLE_OBJECT_MARK, CODEC.encode(label()), confluent.encode(frame_of(b"image"))):
        assert image_within(value) is None


def frame_of(image: bytes) -> Frame:
    return Frame(
        edge_id="press-1",
        camera_id="cam-1",
        sequence=-1,
        epoch=2**40,
        captured_at_us=1,
        monotonic_ns=2,
        sha256="ab" * 32,
        size=len(image),
        content_type="image/png",
        image=image,
    )
