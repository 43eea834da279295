"""Serving and stopping are proven on a real process in test_blob_server.py."""

import pytest

from consumers.archive.errors import ArchiveError
from consumers.archive.serving import bound_socket


def test_a_taken_port_is_named() -> None:
    with bound_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert port > 0
        with pytest.raises(ArchiveError, match=f"127.0.0.1:{port}"):
            bound_socket("127.0.0.1", port)
