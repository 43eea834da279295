"""The lines of a log that matter."""

from pathlib import Path

from infra.broker.log_reading import size, telling_lines

LOG = """2026-11-23T18:00:00.000Z INFO KafkaServer starting
2026-11-23T18:00:01.000Z ERROR KafkaRaftServer Exiting due to a fatal exception
java.net.BindException: Address already in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\tat kafka.network.SomeException.x(Y.java:1)
Caused by: something else
2026-11-23T18:00:02.000Z INFO AppInfoParser gone
"""


def test_reasons_are_picked_out_without_stack_frames(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text(LOG)
    assert [line.split()[-1] for line in telling_lines([(log, 0)]).splitlines()] == ["exception", "use", "else"]


def test_a_log_without_reasons_gives_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("".join(f"line {number}\n" for number in range(50)))
    assert telling_lines([(log, 0)], most=2) == "  line 48\n  line 49"


def test_what_an_earlier_start_wrote_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("2026 ERROR old\n")
    start = size(log)
    log.write_text(log.read_text() + "2026 ERROR new\n")
    assert telling_lines([(log, start)]) == "  2026 ERROR new"


def test_a_log_rolled_over_since_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("2026 ERROR fresh\n")
    assert telling_lines([(log, 10_000)]) == "  2026 ERROR fresh"


def test_missing_and_empty_logs_say_so(tmp_path: Path) -> None:
    assert telling_lines([(tmp_path / "none", 0)]) == "  (the logs are empty)"


def test_the_same_reason_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    log.write_text("2026 ERROR again\n" * 9)
    assert telling_lines([(log, 0)]) == "  2026 ERROR again"
