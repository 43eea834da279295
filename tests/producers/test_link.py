"""What the drain hears of a link's failures."""

from producers.link import LinkError, LinkFencedError, LinkTooLargeError, Outgoing


def test_every_failure_of_a_link_is_one_kind_to_the_drain() -> None:
    assert issubclass(LinkFencedError, LinkError)
    assert issubclass(LinkTooLargeError, LinkError)


def test_a_message_too_large_says_which_size_and_which_setting() -> None:
    error = LinkTooLargeError(1_500_000)

    assert error.size == 1_500_000
    assert str(error) == "the broker takes no message of 1500000 bytes (max.message.bytes)"


def test_a_messages_size_is_that_of_its_value_and_its_partition_is_open() -> None:
    message = Outgoing("topic", b"key", b"12345", [], 1)

    assert (message.size, message.partition) == (5, -1)
