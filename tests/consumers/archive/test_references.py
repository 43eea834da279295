"""Reading on a real Kafka is proven in tests/integration/test_archive.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.archive.references import NOT_REFERRING, REFERRING, digests_in, overlapping
from schemas.codec import Codec
from schemas.records import ClaimCheck, Record
from schemas.topics import CATALOGUE
from tests.schemas.strategies import EVENTS

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
CODEC = Codec()


def test_every_topic_was_thought_of() -> None:
    """Whoever adds a topic decides whether its records keep blobs alive."""
    assert {topic.name for topic in CATALOGUE} == {topic.name for topic in REFERRING} | NOT_REFERRING.keys()
    assert not {topic.name for topic in REFERRING} & NOT_REFERRING.keys()


@given(HEX, st.binary(max_size=80), st.binary(max_size=80))
def test_a_digest_is_seen_wherever_it_lies(digest: str, before: bytes, after: bytes) -> None:
    assert digest in set(digests_in(before + digest.encode() + after))


@given(st.binary(max_size=300))
def test_only_what_looks_like_one_is_seen(data: bytes) -> None:
    for digest in digests_in(data):
        assert digest.encode() in data
        assert len(digest) == 64


@given(HEX, st.integers(0, 200), st.integers(1, 90))
def test_a_digest_between_two_chunks_is_seen(digest: str, at: int, size: int) -> None:
    data = b"-" * at + digest.encode() + b"-" * 100
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    assert digest in {found for piece in overlapping("p", chunks) for found in digests_in(piece.data)}


@given(EVENTS)
def test_every_claim_check_and_hash_of_every_record_is_seen_in_its_bytes(record: Record) -> None:
    """Over all record types: no field of any of them can be overlooked."""
    seen = set(digests_in(CODEC.encode(record)))
    assert {
        digest for digest in hashes_of(record) if len(digest) == 64 and set(digest) <= set("0123456789abcdef")
    } <= seen


def hashes_of(value: object) -> set[str]:
    """Every sha256 that a record holds, however deep."""
    if isinstance(value, Record):
        found = {str(value.sha256)} if isinstance(value, ClaimCheck) else set()
        for name in value.__struct_fields__:
            found |= {str(getattr(value, name))} if name == "sha256" else hashes_of(getattr(value, name))
        return found
    if isinstance(value, (list, tuple)):
        return {digest for one in value for digest in hashes_of(one)}
    return set()


@pytest.mark.parametrize("length", [63, 64, 65, 130])
def test_long_runs_give_every_window(length: int) -> None:
    assert len(list(digests_in(b"a" * length))) == max(length - 63, 0)
