"""The loop on Kafka is proven in tests/integration/test_archive.py; here is what it takes."""

import pytest

from consumers.archive.inspections import archivable
from schemas.codec import Codec
from schemas.errors import DecodeError, InvalidIdentifierError
from tests.consumers.archive.made import inspection

CODEC = Codec()


def test_a_good_record_is_taken() -> None:
    assert archivable(CODEC.encode(inspection(1)), CODEC) == inspection(1)


@pytest.mark.parametrize("captured_at_us", [2**62, -(2**62)])
def test_a_time_that_has_no_day_is_refused_before_it_stops_the_archive(captured_at_us: int) -> None:
    with pytest.raises(DecodeError, match="no day"):
        archivable(CODEC.encode(inspection(1, captured_at_us=captured_at_us)), CODEC)


def test_an_edge_that_can_name_no_folder_is_refused() -> None:
    with pytest.raises(InvalidIdentifierError, match=r"\.\./\.\."):
        archivable(CODEC.encode(inspection(1, edge_id="../..")), CODEC)
    with pytest.raises(DecodeError):
        archivable(b"garbage", CODEC)
