"""What all processors share: reading by edge, dead letters, and no word of a state that is not in the changelog yet."""

import asyncio
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.blobs import BlobStore
from schemas.codec import Codec
from schemas.records import DeadLetter, Tick
from schemas.topics import INLINE_LIMIT
from streams.outputs import Output
from streams.processor import Batch, BundleProcessor, dead_record
from streams.state_table import NEVER, Stamped

CODEC = Codec()


def record(value: bytes | None, key: bytes | None = b"press-1", offset: int = 0) -> Any:
    return SimpleNamespace(topic="t", partition=0, offset=offset, timestamp=5, key=key, value=value, headers=())


class Counting(BundleProcessor[int]):
    """Counts records, and says each count it begins from."""

    def __init__(self) -> None:
        self.world: list[str] = []
        self.stored: dict[bytes, Stamped] = {}
        self.futures: list[asyncio.Future[None]] = []
        self.generation = 1
        super().__init__(
            cast("Any", self),
            cast("Any", self),
            cast("Any", self),
            CODEC,
            BlobStore("memory://letters"),
            reader="counting",
            dead_letters="dead",
            on_letter=lambda: self.world.append("letter"),
        )

    async def confirmed(self) -> bool:
        return True

    async def deliver(self, outputs: Sequence[Output]) -> None:
        self.world += [output.key for output in outputs]

    def load(self, _event: Any, key: bytes) -> Stamped:
        return self.stored.get(key, NEVER)

    def save(self, _event: Any, key: bytes, stamped: Stamped) -> "asyncio.Future[None]":
        self.stored[key] = stamped
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]

    def scan(self, _partition: int) -> list[tuple[bytes, Stamped]]:
        return list(self.stored.items())

    async def process(self, event: Any, partition: int) -> Batch[int]:
        batch = Batch[int]()
        for key, (events, _) in self._by_edge(batch, event.value, self._read_one).items():
            stamped = self.load(event, key)
            count = int(stamped.value or b"0")
            batch.outputs.append(Output("out", f"from {count}", cast("Any", None)))
            batch.states[key] = (stamped, count + len(events))
        return batch

    @staticmethod
    def _read_one(_index: int, found: Any) -> tuple[str, int]:
        return "press-1", CODEC.decode(found.value, Tick).at_us

    def encode(self, state: int) -> bytes:
        return str(state).encode()

    def begin(self) -> None:
        self.world.append("begin")

    def meet(self, partition: int, stored: Iterable[tuple[bytes, Stamped]]) -> None:
        self.world.append(f"meet {partition} with {len(list(stored))}")

    def keep(self, partition: int, key: bytes, stamped: Stamped, state: int) -> None:
        self.world.append(f"keep {state}")

    def event(self, *records: Any) -> Any:
        message = SimpleNamespace(topic="t", partition=0, generation_id=self.generation)
        return SimpleNamespace(message=message, value=list(records))


GOOD = CODEC.encode(Tick(at_us=7))


def test_nothing_is_said_of_a_state_before_the_changelog_has_it() -> None:
    async def run() -> list[str]:
        counting = Counting()
        await counting.take(counting.event(record(GOOD)))
        second = asyncio.ensure_future(counting.take(counting.event(record(GOOD))))
        for _ in range(10):
            await asyncio.sleep(0)
        assert counting.world[-1] == "keep 1", "the second bundle must wait for the first one's write"
        counting.futures[0].set_result(None)
        assert await second is not None
        return counting.world

    assert asyncio.run(run()) == ["begin", "meet 0 with 0", "from 0", "keep 1", "from 1", "keep 2"]


def test_a_changelog_that_fails_stops_the_bundle_after_it() -> None:
    async def run() -> None:
        counting = Counting()
        await counting.take(counting.event(record(GOOD)))
        counting.futures[0].set_exception(OSError("gone"))
        with pytest.raises(OSError, match="gone"):
            await counting.take(counting.event(record(GOOD)))

    asyncio.run(run())


def test_partitions_are_met_anew_in_each_generation() -> None:
    counting = Counting()
    asyncio.run(counting.take(counting.event(record(GOOD))))
    counting.generation = 2
    asyncio.run(counting.take(counting.event()))
    assert counting.world[-2:] == ["begin", "meet 0 with 1"]


def test_garbage_and_strays_are_buried_and_the_rest_counts() -> None:
    counting = Counting()
    asyncio.run(counting.take(counting.event(record(b"rubbish"), record(GOOD, key=b"another"), record(GOOD))))
    assert counting.world.count("letter") == 2
    assert counting.stored[b"press-1"].value == b"1"


def test_a_tick_seen_before_is_none() -> None:
    counting, batch = Counting(), Batch[int]()
    assert counting._new_tick(batch, [record(GOOD), record(b"rubbish")], 0) is not None
    assert counting._new_tick(batch, [record(GOOD)], 0) is None
    assert len(batch.outputs) == 1


def test_a_large_record_is_buried_as_a_claim_check() -> None:
    blobs = BlobStore("memory://large")
    small: DeadLetter = dead_record(record(b"x", offset=3), "me", "why", "Kind", blobs)
    assert (small.raw, small.claim_check, small.offset, small.at_us) == (b"x", None, 3, 5000)
    large = dead_record(record(bytes(INLINE_LIMIT + 1)), "me", "why", "Kind", blobs)
    assert large.raw is None
    assert large.claim_check is not None
    assert large.claim_check.size == INLINE_LIMIT + 1
