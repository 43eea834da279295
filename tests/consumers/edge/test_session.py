"""A session's names and bounds; what it does on Kafka is in tests/integration/test_edge_*.py."""

from consumers.edge.session import WINDOW_BYTES, WINDOW_RECORDS, group_of


def test_processes_of_one_edge_share_a_group() -> None:
    assert group_of("press-1") == "linewatch.edge.press-1"
    assert group_of("press-1") != group_of("press-2")


def test_an_edge_fits_a_factory_pc() -> None:
    # 8 GB of memory (DESIGN 6), most of it for others.
    assert WINDOW_BYTES <= 128 * 2**20
    assert WINDOW_RECORDS >= 8
