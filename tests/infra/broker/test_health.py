"""The health wait: it ends by success, by time, or when waiting is in vain."""

import time

import pytest

from infra.broker.errors import NodeDiedError
from infra.broker.health import registered_nodes, wait_until_healthy
from infra.broker.ports import HOST, free_ports
from tests.conftest import Broker


def never_dies() -> None:
    """Stand for a check that finds the process alive."""


def test_nobody_is_registered_where_nothing_listens() -> None:
    assert registered_nodes(f"{HOST}:{free_ports(1)[0]}", timeout_s=0.2) == frozenset()


def test_the_wait_ends_at_its_deadline() -> None:
    assert not wait_until_healthy(free_ports(1), deadline=time.monotonic() + 0.1, check_alive=never_dies)


def test_a_dead_process_ends_the_wait_at_once() -> None:
    def check_alive() -> None:
        raise NodeDiedError("gone")

    with pytest.raises(NodeDiedError, match="gone"):
        wait_until_healthy(free_ports(1), deadline=time.monotonic() + 600, check_alive=check_alive)


@pytest.mark.integration
def test_a_running_broker_is_healthy(broker: Broker) -> None:
    port = int(broker.bootstrap_servers.rpartition(":")[2])
    assert registered_nodes(broker.bootstrap_servers)
    assert wait_until_healthy([port], deadline=time.monotonic() + 30, check_alive=never_dies)
