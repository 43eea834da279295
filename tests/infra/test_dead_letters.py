from infra.blobs import BlobStore
from infra.dead_letters import dead_message, dead_origin
from schemas.codec import Codec
from schemas.errors import DecodeError
from schemas.records import DeadLetter
from schemas.topics import INLINE_LIMIT

BLOBS = BlobStore("memory://dead-letters")


class _Message:
    """What confluent_kafka.Message answers; it can't be built with a topic and an offset from Python."""

    def __init__(self, value: bytes | None) -> None:
        self._value = value

    def value(self) -> bytes | None:
        return self._value

    def key(self) -> bytes:
        return b"cam-1"

    def topic(self) -> str:
        return "frames.press-1"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 42

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_123

    def headers(self) -> list[tuple[str, bytes | None]]:
        return [("ce_id", b"cam-1/7"), ("empty", None)]


def _letter(value: bytes | None) -> DeadLetter:
    error = DecodeError("first bytes are no known framing")
    return dead_message("edge", error, _Message(value), at_us=5, blobs=BLOBS)  # type: ignore[arg-type]


def test_a_dead_letter_keeps_bytes_origin_and_reason() -> None:
    letter = _letter(b"garbage")
    assert (letter.topic, letter.partition, letter.offset, letter.key) == ("frames.press-1", 3, 42, b"cam-1")
    assert (letter.kind, letter.reason) == ("DecodeError", "first bytes are no known framing")
    assert letter.raw == b"garbage"
    assert letter.headers == {"ce_id": b"cam-1/7", "empty": b""}
    assert letter.timestamp_us == 1_700_000_000_123_000
    assert letter.event_id == "edge/frames.press-1/3/42"
    assert Codec().decode(Codec().encode(letter), DeadLetter) == letter


def test_large_bytes_travel_as_a_claim_check() -> None:
    raw = b"x" * (INLINE_LIMIT + 1)
    letter = _letter(raw)
    assert letter.raw is None
    assert letter.claim_check is not None
    assert BLOBS.get(letter.claim_check) == raw
    assert _letter(raw[60:]).claim_check is None
    # Key and headers travel in the same message: they count.
    assert _letter(raw[2:]).claim_check is not None


def test_a_reason_that_quotes_a_huge_value_is_cut_short() -> None:
    quoted = DecodeError(f"invalid enum value {'x' * INLINE_LIMIT}")
    letter = dead_message("edge", quoted, _Message(b"x" * (INLINE_LIMIT // 2)), at_us=5, blobs=BLOBS)  # type: ignore[arg-type]
    assert len(letter.reason) < 3_000
    assert letter.reason.startswith("invalid enum value xxx")
    assert len(dead_origin("gateway", "y" * 10_000, "E", "a.jpg", b"", at_us=1, blobs=BLOBS).reason) < 3_000


def test_a_null_value_is_kept_as_no_bytes() -> None:
    assert _letter(None).raw == b""


def test_a_broken_file_names_where_it_lies() -> None:
    letter = dead_origin("gateway", "no image", "BrokenImage", "/data/ä.jpg", b"", at_us=1, blobs=BLOBS)
    assert letter.event_id == "gateway//data/ä.jpg"
    assert letter.topic is None
