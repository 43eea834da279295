"""What a policy says about labeling, and hashes that choose."""

from schemas.records import EdgePolicy
from streams.labeling_queue.events import chosen, rule_of
from streams.labeling_queue.state import Rule


def test_a_rule_is_the_policys_part_about_labeling() -> None:
    policy = EdgePolicy(
        edge_id="e", revision=3, set_by="x", set_at_us=0, sample_rate=0.5, queue_cap=7, skill="s", draw_boxes=True
    )
    assert rule_of(policy) == Rule(3, 0.5, 0.05, 0.05, 7, "s", True)


def test_an_edge_without_a_policy_has_its_defaults() -> None:
    assert rule_of(EdgePolicy(edge_id="e", revision=0, set_by="x", set_at_us=0)) == Rule()


def test_a_share_of_all_is_chosen_and_other_salts_choose_others() -> None:
    frames = [f"cam/{number}" for number in range(4000)]
    one, other = ({frame for frame in frames if chosen(salt, frame, 0.25)} for salt in ("a", "b"))
    assert 900 < len(one) < 1100
    assert 180 < len(one & other) < 320
    assert one <= {frame for frame in frames if chosen("a", frame, 0.5)}, "a higher rate keeps who was chosen"
