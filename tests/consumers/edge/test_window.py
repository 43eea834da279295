"""What is in flight is bounded in records and in bytes."""

import threading

from consumers.edge.window import InFlightWindow


def test_there_is_room_until_so_many_records_are_in_flight() -> None:
    window = InFlightWindow(records=2, size=100)
    window.enter(1)
    assert window.wait_for_room(0)
    window.enter(1)

    assert not window.wait_for_room(0)
    assert (window.records, window.size) == (2, 2)


def test_there_is_room_until_so_many_bytes_are_in_flight() -> None:
    window = InFlightWindow(records=10, size=100)
    window.enter(250)

    assert not window.wait_for_room(0)


def test_whoever_waits_goes_on_when_a_record_leaves() -> None:
    window = InFlightWindow(records=1, size=100)
    window.enter(7)
    waiter = threading.Thread(target=lambda: results.append(window.wait_for_room(30)))
    results: list[bool] = []
    waiter.start()
    window.leave(7)
    waiter.join(30)

    assert results == [True]
    assert (window.records, window.size) == (0, 0)
