"""The promise of the whole path, as a state machine: whatever fails, every frame has one number and arrives."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from producers.link import LinkError
from producers.spool import Spool
from tests.producers.gateway_fakes import Crash, FakeKafka, captured, make_drain, open_spool


class Fault:
    """Fails at the n-th operation of a kind from now on, once."""

    def __init__(self, kind: str, at: int, error: type[BaseException]) -> None:
        self._kind, self._left, self._error = kind, at, error

    def __call__(self, operation: str) -> None:
        self._left -= operation == self._kind
        if self._left == 0:
            self._left = -1
            raise self._error(operation)


# A claim is a send, a commit and an answer of its own: only later ones are about frames.
FAULTS = st.one_of(
    st.builds(Fault, st.just("send"), st.integers(1, 8), st.sampled_from([LinkError, Crash])),
    st.builds(Fault, st.sampled_from(["commit", "answer"]), st.integers(1, 4), st.sampled_from([LinkError, Crash])),
    st.builds(Fault, st.sampled_from(["open", "look"]), st.just(1), st.sampled_from([LinkError, Crash])),
)


def never(_operation: str) -> None:
    """No fault."""


class Delivery(RuleBasedStateMachine):
    """One camera, one gateway and now and then another one on another machine."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.kafka = FakeKafka()
        self.spools: dict[str, Spool] = {}
        self.taken: dict[str, list[bytes]] = {"ours": [], "theirs": []}  # captured, in order, by gateway
        self.count = 0
        self.alone = True

    def teardown(self) -> None:
        for spool in self.spools.values():
            spool.close()
        shutil.rmtree(self.folder)

    def spool(self, name: str) -> Spool:
        if name not in self.spools:
            self.spools[name] = open_spool(self.folder / name)
        return self.spools[name]

    def _capture(self, name: str, count: int) -> None:
        for _ in range(count):
            image = f"image {self.count}".encode()
            self.count += 1
            self.spool(name).append(captured(image), droppable=True)
            self.taken[name].append(image)

    def _deliver(self, name: str, fault: Callable[[str], None]) -> None:
        self.kafka.fault = fault
        drain = make_drain(self.spool(name), self.kafka, self.folder / "blobs")
        drain.finish()
        try:
            drain.run()
        except Crash:
            self.spools.pop(name).close()
        self.kafka.fault = never

    @rule(count=st.integers(1, 5))
    def capture(self, count: int) -> None:
        self._capture("ours", count)

    @rule(fault=FAULTS)
    def deliver(self, fault: Fault) -> None:
        self._deliver("ours", fault)

    @initialize(alone=st.booleans())
    def begin(self, alone: bool) -> None:
        self.alone = alone

    @precondition(lambda self: not self.alone)
    @rule(count=st.integers(1, 3))
    def another_gateway_uses_the_camera(self, count: int) -> None:
        self._capture("theirs", count)
        self._deliver("theirs", never)

    @rule()
    def restart(self) -> None:
        if "ours" in self.spools:
            self.spools.pop("ours").close()

    @rule()
    def lose_the_disk_with_nothing_on_it(self) -> None:
        self._deliver("ours", never)
        self.spools.pop("ours").close()
        shutil.rmtree(self.folder / "ours")

    @invariant()
    def a_number_means_one_image_and_an_image_has_one_number(self) -> None:
        pairs = {(frame.sequence, frame.image) for frame in self.kafka.visible()}
        assert len({sequence for sequence, _ in pairs}) == len(pairs)
        assert len({image for _, image in pairs}) == len(pairs)

    @invariant()
    def a_reader_that_drops_what_it_has_seen_gets_every_number_in_order(self) -> None:
        first_seen = list(dict.fromkeys(frame.sequence for frame in self.kafka.visible()))
        assert first_seen == list(range(len(first_seen)))

    @invariant()
    def each_gateway_keeps_its_order(self) -> None:
        seen = list(dict.fromkeys(frame.image for frame in self.kafka.visible()))
        for taken in self.taken.values():
            ours = [image for image in seen if image in taken]
            assert ours == taken[: len(ours)]

    @invariant()
    def alone_a_reader_of_committed_records_sees_each_frame_once(self) -> None:
        if self.alone:
            numbers = [frame.sequence for frame in self.kafka.committed()]
            assert numbers == list(range(len(numbers)))

    @invariant()
    def what_the_spool_forgot_is_in_kafka(self) -> None:
        if "ours" in self.spools:
            waiting = self.spools["ours"].state().frames
            delivered = self.taken["ours"][: len(self.taken["ours"]) - waiting]
            assert set(delivered) <= {frame.image for frame in self.kafka.visible()}


def test_a_claim_whose_answer_was_lost_is_nobody_elses() -> None:
    machine = Delivery()
    machine.capture(3)
    faults = iter([Fault("answer", 2, LinkError), Fault("answer", 1, LinkError)])  # first frames, then the new claim
    current: Fault | None = next(faults)

    def fault(operation: str) -> None:
        nonlocal current
        try:
            if current is not None:
                current(operation)
        except LinkError:
            current = next(faults, None)
            raise

    machine._deliver("ours", fault)
    assert [frame.sequence for frame in machine.kafka.committed()] == [0, 1, 2]
    machine.teardown()


TestDelivery = Delivery.TestCase
# No shrinking: each step opens files, so a failure would take minutes to tell.
TestDelivery.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
