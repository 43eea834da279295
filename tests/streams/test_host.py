"""The one agent acknowledges what is stored and nothing else; a host doubts itself after standing still."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from infra.settings import Settings
from streams.host import FaustHost, _acknowledge, assigned, declare_agent
from streams.suspension import Suspension
from streams.worker import make_app


class Crashing:
    """An app that notes why it crashed."""

    def __init__(self) -> None:
        self.reasons: list[BaseException] = []

    async def crash(self, reason: BaseException) -> None:
        self.reasons.append(reason)


class Event:
    """An event that notes whether it was acknowledged."""

    def __init__(self) -> None:
        self.acked = False

    def ack(self) -> None:
        self.acked = True


async def acknowledged(*outcomes: BaseException | None) -> tuple[Crashing, Event]:
    app, event = Crashing(), Event()
    futures: list[asyncio.Future[Any]] = []
    for outcome in outcomes:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        futures.append(future)
        if outcome is None:
            future.set_result(None)
        else:
            future.set_exception(outcome)
    _acknowledge(app, event, futures)  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    return app, event


def test_an_event_is_acknowledged_once_every_write_is() -> None:
    assert asyncio.run(acknowledged())[1].acked
    assert asyncio.run(acknowledged(None, None))[1].acked


def test_a_changelog_that_can_not_be_written_ends_the_app() -> None:
    app, event = asyncio.run(acknowledged(None, OSError("gone")))
    assert not event.acked
    assert [str(reason) for reason in app.reasons] == ["gone"]


def test_a_worker_that_is_not_running_has_no_partitions() -> None:
    app = make_app(Settings(), "host-test", "1", store="memory://")
    assert assigned(app) == set()


def test_an_app_has_the_agent_that_was_declared() -> None:
    app = make_app(Settings(), "agent-test", "1", store="memory://")
    nothing: Any = SimpleNamespace()
    declare_agent(app, nothing, "reader", ("a", "b"))
    (agent,) = app.agents.values()
    assert (agent.concurrency, sorted(agent.channel.topics)) == (1, ["a", "b"])


@pytest.mark.parametrize(("rebalancing", "speaks"), [(False, True), (True, False)])
def test_after_standing_still_the_group_decides(rebalancing: bool, speaks: bool) -> None:
    times = iter([0.0, 100.0, 200.0, 200.0, 200.0])
    app: Any = SimpleNamespace(
        conf=SimpleNamespace(broker_session_timeout=6.0, broker_heartbeat_interval=2.0),
        rebalancing=rebalancing,
        consumer_generation_id=4,
    )
    host = FaustHost(app)
    assert host.generation == 4
    # 100 s without a look, then 100 s more: by the third look the heartbeats have had their time.
    host.suspension = Suspension(200.0, 50.0, lambda: next(times))
    assert asyncio.run(host.confirmed())
    host.suspension = Suspension(3.0, 0.1, lambda: next(clock))
    clock = iter([0.0, 10.0, 10.05, 10.2, 10.3])
    host.suspension.look()
    assert asyncio.run(host.confirmed()) is speaks
