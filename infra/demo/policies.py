"""What people are asked about the demo's edges: one policy an edge, set before its first frame."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.demo.errors import DemoError
from infra.kafka import make_producer
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import EdgePolicy
from schemas.topics import EDGE_POLICIES

_WANTED: Final = 30  # sampled tasks of each edge, beside those about frames near a threshold
_LEAST: Final = 0.05
_FLUSH_S: Final = 30.0
_GUIDE: Final = {
    "good": "Nothing is wrong. Dust, fingerprints and films of oil wipe off; knobs, displays and print belong there.",
    "scratch": "A thin line, straight or bent, brighter or darker than the brushed steel around it. Faint ones count.",
    "dent": "A round hollow: one side bright, the other dark, and the brushing bends around it.",
}


def classes_of(model: Path) -> list[str]:
    """The classes of a model artifact, the good one first: that is key 1."""
    document = json.loads((model / "model.json").read_text(encoding="utf-8"))
    names: list[str] = [one["name"] for one in document["classes"]]
    return sorted(names, key=lambda name: name != document["good_class"])


def sample_rate(frames: int) -> float:
    """The share of frames to sample, so that about thirty wait.

    >>> sample_rate(300), sample_rate(12), sample_rate(100_000)
    (0.1, 1.0, 0.05)
    """
    return min(1.0, max(_LEAST, _WANTED / max(frames, 1)))


def policy_of(
    edge_id: str, *, classes: Sequence[str], draw_boxes: bool, product: str | None, frames: int
) -> EdgePolicy:
    """The first policy of an edge through which about `frames` frames will come."""
    return EdgePolicy(
        edge_id=edge_id,
        revision=1,
        set_by="demo",
        set_at_us=time.time_ns() // 1000,
        line="demo-line",
        tags=["demo"],
        product=product,
        sample_rate=sample_rate(frames),
        near_threshold=0.1,
        second_label_rate=0.1,
        classes=list(classes),
        draw_boxes=draw_boxes,
        guide={name: words for name, words in _GUIDE.items() if name in classes},
    )


def publish_policies(settings: Settings, codec: Codec, policies: Sequence[EdgePolicy]) -> None:
    """Set policies; DemoError when Kafka does not take them."""
    producer = make_producer(settings)
    for policy in policies:
        producer.produce(EDGE_POLICIES.name, key=policy.edge_id, value=codec.encode(policy))
    if producer.flush(_FLUSH_S):
        raise DemoError(f"Kafka at {settings.bootstrap_servers} did not take the edges' policies in {_FLUSH_S:.0f} s")
