import json
from pathlib import Path

import pytest

from infra.demo.policies import classes_of, policy_of, publish_policies, sample_rate
from infra.kafka import make_admin, read_compacted
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec
from schemas.records import EdgePolicy
from schemas.topics import EDGE_POLICIES
from tests.conftest import Broker


def test_the_good_class_is_key_one_whatever_it_is_called(tmp_path: Path) -> None:
    document = {"classes": [{"name": "dent"}, {"name": "ok"}, {"name": "scratch"}], "good_class": "ok"}
    (tmp_path / "model.json").write_text(json.dumps(document))
    assert classes_of(tmp_path) == ["ok", "dent", "scratch"]


@pytest.mark.parametrize("frames", [0, 1, 30, 299, 300, 10**6])
def test_few_frames_are_all_sampled_and_many_never_flood_the_queue(frames: int) -> None:
    rate = sample_rate(frames)
    assert 0.05 <= rate <= 1.0
    assert rate == 1.0 or rate * frames >= 30 - 1e-9


def test_the_guide_speaks_only_of_the_edges_own_classes() -> None:
    policy = policy_of("press-1", classes=["good", "burr"], draw_boxes=True, product=None, frames=300)
    assert (policy.revision, policy.draw_boxes, policy.classes) == (1, True, ["good", "burr"])
    assert set(policy.guide) == {"good"}


@pytest.mark.integration
def test_policies_reach_the_topic_that_the_queue_follows(broker: Broker) -> None:
    settings, codec = Settings(bootstrap_servers=broker.bootstrap_servers), Codec()
    apply_topics(make_admin(settings), settings)
    policy = policy_of("demo-policies", classes=["good"], draw_boxes=False, product="panel", frames=10)
    publish_policies(settings, codec, [policy])
    found = read_compacted(settings, EDGE_POLICIES.name)
    assert codec.decode(found[b"demo-policies"], EdgePolicy) == policy
