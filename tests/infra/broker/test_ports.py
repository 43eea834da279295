"""Ports: free ones, taken ones, and those of the last start."""

import os
import socket

import pytest

from infra.broker.errors import PortTakenError
from infra.broker.ports import HOST, check_free, choose_ports, free_ports, is_free


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    assert all(is_free(port) for port in ports)


def test_a_taken_port_is_named_with_its_holder_and_what_to_do() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        match = rf"port {port} on 127.0.0.1 is taken by .*pid {os.getpid()}.*: stop it, or choose another .*--port"
        with pytest.raises(PortTakenError, match=match):
            check_free(port)


def test_ports_asked_for_follow_one_another_and_controllers_keep_clear() -> None:
    first = next(port for port in free_ports(20) if all(is_free(port + more) for more in range(3)))
    chosen = choose_ports(3, first, previous=())
    assert [broker for broker, _ in chosen] == [first, first + 1, first + 2]
    assert not {controller for _, controller in chosen} & {first, first + 1, first + 2}


def test_the_last_starts_ports_are_kept_while_they_are_free() -> None:
    first, second = free_ports(2)
    assert choose_ports(1, None, previous=[(first, second)]) == [(first, second)]


def test_other_ports_are_taken_when_one_of_the_last_is_gone() -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        [(broker, controller)] = choose_ports(1, None, previous=[(taken, free_ports(1)[0])])
        assert taken not in (broker, controller)


def test_another_number_of_nodes_gets_ports_of_its_own() -> None:
    assert len({port for pair in choose_ports(3, None, previous=[(1, 2)]) for port in pair}) == 6
