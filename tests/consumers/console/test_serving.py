"""Where the console listens."""

import pytest

from consumers.console.errors import ConsoleStartError
from consumers.console.serving import listen, url_of


def test_any_free_port_and_its_address() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert url_of(listening) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ConsoleStartError, match=f"127.0.0.1:{port}.*console_port"):
            listen("127.0.0.1", port)


def test_all_addresses_are_reached_by_this_machines() -> None:
    with listen("0.0.0.0", 0) as listening:  # noqa: S104 - closed at once
        assert url_of(listening).startswith("http://127.0.0.1:")
