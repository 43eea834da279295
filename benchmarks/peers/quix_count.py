"""The peer of benchmark `statistics`: Quix Streams counting by key and minute; runs in its own environment (quix.lock).

It is spared what line_statistics does besides: values stay bytes, nothing is decoded, nothing joined, no histogram, and
a count leaves only when its window closes. State is RocksDB with a changelog topic, as Quix Streams has it by default.
"""

import json
import sys
import time
from datetime import timedelta

from quixstreams import Application

address, folder, group, total, topic = sys.argv[1:6]
app = Application(
    broker_address=address, consumer_group=group, auto_offset_reset="earliest", state_dir=folder, loglevel="WARNING"
)
counted = 0
started = 0.0


def seen(_value: bytes) -> None:
    global counted, started  # noqa: PLW0603 - the smallest thing that can count
    started = started or time.perf_counter()
    counted += 1
    if counted >= int(total):
        print(json.dumps({"count": counted, "seconds": time.perf_counter() - started}), flush=True)
        app.stop()


frames = app.dataframe(app.topic(topic, key_deserializer="str", value_deserializer="bytes"))
frames = frames.update(seen)
frames = frames.tumbling_window(timedelta(minutes=1)).count().final()
app.run()
