import pytest

from schemas.errors import DecodeError
from schemas.headers import event_headers, read_headers, read_traceparent, trace_of
from schemas.records import Tick


def test_an_event_carries_cloudevents_attributes_in_binary_mode() -> None:
    trace = trace_of("cam-1/7", "capture")
    headers = read_headers(event_headers(Tick(at_us=1), event_id="tick/1", source="/ticker", traceparent=trace))
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": b"tick/1",
        "ce_type": b"linewatch.Tick",
        "ce_source": b"/ticker",
        "content-type": b"application/avro",
        "traceparent": trace.encode(),
    }
    assert read_traceparent(headers) == trace


def test_all_stages_of_a_frame_share_one_trace_and_a_replay_names_the_same_spans() -> None:
    capture, inspect = trace_of("cam-1/7", "capture"), trace_of("cam-1/7", "inspect")
    assert capture.split("-")[1] == inspect.split("-")[1]
    assert capture.split("-")[2] != inspect.split("-")[2]
    assert capture == trace_of("cam-1/7", "capture")


def test_no_traceparent_is_fine_and_a_malformed_one_is_named() -> None:
    assert read_traceparent({}) is None
    with pytest.raises(DecodeError, match="traceparent b'zz'"):
        read_traceparent({"traceparent": b"zz"})


def test_headers_may_be_absent_null_or_text() -> None:
    assert read_headers(None) == {}
    assert read_headers([("a", None), ("a", "text")]) == {"a": b"text"}
