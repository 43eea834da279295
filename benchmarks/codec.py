"""codec: encode and decode Frame (200 kB) and Inspection, against bare fastavro schemaless on plain dicts.

The figure is the worse of the two records' ratios, round by round: linewatch's events a second over bare fastavro's.
"""

import io
import os
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec
from fastavro import schemaless_reader, schemaless_writer

from benchmarks.measure import Series, Target, interleave, options, ratio, report
from schemas.codec import Codec
from schemas.records import Box, Frame, FrameLocation, Inspection, ModelRef, Record, StageLatency
from schemas.store import parse_plain, schema_text

TARGET: Final = Target(">=", 0.8)
IMAGE_BYTES: Final = 200_000


def frame() -> Frame:
    """A frame as a gateway publishes it."""
    image = os.urandom(IMAGE_BYTES)
    return Frame(
        edge_id="press-1",
        camera_id="press-1-top",
        sequence=123_456,
        epoch=7,
        captured_at_us=1_790_000_000_000_000,
        monotonic_ns=987_654_321_000,
        sha256=sha256(image).hexdigest(),
        size=len(image),
        content_type="image/jpeg",
        image=image,
        width=1920,
        height=1080,
        part_id="serial-000123456",
        product="drum",
        origin="rtsp://camera/stream",
    )


def inspection() -> Inspection:
    """An inspection as an edge publishes it: three classes, two boxes, an embedding."""
    return Inspection(
        edge_id="press-1",
        instance="press-1-a",
        camera_id="press-1-top",
        sequence=123_456,
        epoch=7,
        captured_at_us=1_790_000_000_000_000,
        inspected_at_us=1_790_000_000_050_000,
        frame=FrameLocation(topic="frames.press-1", partition=2, offset=99, sha256="ab" * 32),
        verdict="fail",
        defect_class="scratch",
        score=0.93,
        scores={"good": 0.05, "scratch": 0.93, "dent": 0.02},
        boxes=[Box(label="scratch", x=10 * n, y=20, w=30, h=40, score=0.9) for n in range(2)],
        image_width=1920,
        image_height=1080,
        model=ModelRef(name="drum", version="12", digest="sha256:" + "cd" * 32, kind="classification"),
        config_revision=3,
        rollout_id="rollout-9",
        part_id="serial-000123456",
        product="drum",
        brightness=120.5,
        blur=345.6,
        embedding=[n / 16 for n in range(16)],
        latency=StageLatency(
            transport_us=2_000,
            queue_us=100,
            fetch_us=0,
            decode_us=8_000,
            preprocess_us=900,
            infer_us=36_000,
            judge_us=50,
            total_us=45_050,
        ),
    )


def linewatch(codec: Codec, record: Record) -> Callable[[], None]:
    def once() -> None:
        codec.decode(codec.encode(record), type(record))

    return once


def bare(record: Record) -> Callable[[], None]:
    """fastavro as its documentation runs it fastest: parsed schema, schemaless, plain dict."""
    schema = parse_plain(schema_text(type(record)))
    values: dict[str, Any] = msgspec.to_builtins(record, builtin_types=(bytes,))

    def once() -> None:
        buffer = io.BytesIO()
        schemaless_writer(buffer, schema, values)
        schemaless_reader(io.BytesIO(buffer.getvalue()), schema, None)

    return once


def rate(work: Callable[[], None], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - started)


def main() -> bool:
    asked = options(__doc__)
    count = 5_000 if asked.quick else 20_000
    codec = Codec()
    contestants = {}
    for record in (frame(), inspection()):
        name = type(record).__name__
        for who, work in (("linewatch", linewatch(codec, record)), ("bare fastavro", bare(record))):
            work()  # schemas are parsed once, before the clock runs
            contestants[f"{who}, {name}"] = lambda work=work: rate(work, count)
    series = interleave(contestants, asked.rounds, "records/s")
    ratios = [
        ratio(series[f"linewatch, {name}"], series[f"bare fastavro, {name}"], name) for name in ("Frame", "Inspection")
    ]
    worse = Series("worse of both", "x", tuple(map(min, *(each.values for each in ratios))))
    return report(
        "codec",
        worse,
        TARGET,
        rows=[*series.values(), *ratios],
        peer=series["bare fastavro, Inspection"],
        packages=("fastavro", "msgspec"),
        notes={"image_bytes": IMAGE_BYTES, "records_a_round": count},
        quick=asked.quick,
    )


if __name__ == "__main__":
    main()
