"""Many images in one stream; work ahead of the reader, in order and bounded."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from consumers.datasets.errors import ImageMissingError
from consumers.datasets.image_reading import Wanted, ahead, read_images, unreachable
from infra.settings import Settings
from tests.consumers.datasets.makers import CODEC, Line, captured_line, digest

FRAMES = 30


@pytest.fixture
def line(broker_settings: Settings, unique: str) -> Line:
    return captured_line(broker_settings, unique, FRAMES)


def test_results_come_in_order_and_few_are_under_way() -> None:
    started: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> int:
        with lock:
            started.append(item)
        return item * item

    with ThreadPoolExecutor(3) as pool:
        found = ahead(pool, work, iter(range(1000)), depth=5)
        assert [next(found) for _ in range(10)] == [n * n for n in range(10)]
        assert max(started) <= 15
        assert list(found) == [n * n for n in range(10, 1000)]


def test_an_error_reaches_the_reader() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(ahead(pool, lambda item: 1 // item, [1, 0, 1]))


@pytest.mark.integration
def test_many_are_read_dense_and_sparse_with_blobs_for_what_expired(line: Line) -> None:
    for number in range(5):
        line.blobs.put(line.images[number])
    line.expire(10)
    wanted = [Wanted(digest(line.images[n]), line.locations[n], n) for n in (29, 1, 11, 10, 28, 7, 4, 29)]
    wanted.append(Wanted(digest(line.images[2]), None, 2))

    found = {id(one): (one, outcome) for one, outcome in read_images(line.settings, line.blobs, wanted, CODEC)}

    assert len(found) == len(wanted)
    for one, outcome in found.values():
        if one.ref == 7:
            assert isinstance(outcome, ImageMissingError)
        else:
            assert not isinstance(outcome, ImageMissingError)
            assert isinstance(one.ref, int)
            assert outcome.data == line.images[one.ref]
            assert outcome.source == ("kafka" if one.ref >= 10 else "blob")
    assert [one.ref for one, _ in unreachable(line.settings, line.blobs, wanted)] == [7]


@pytest.mark.integration
def test_groups_come_in_the_order_of_their_offsets(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.datasets.image_reading._GROUP", 4)
    monkeypatch.setattr("consumers.datasets.image_reading._GROUPS_AHEAD", 2)
    wanted = [Wanted(digest(line.images[n]), line.locations[n], n) for n in reversed(range(FRAMES))]

    found = list(read_images(line.settings, line.blobs, wanted, CODEC))

    assert [one.ref for one, _ in found] == list(range(FRAMES))
    assert [outcome.data for _, outcome in found if not isinstance(outcome, ImageMissingError)] == line.images
