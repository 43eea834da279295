"""What is counted of an inspection, and what a policy says about parts."""

from schemas.records import EdgePolicy
from streams.line_statistics import events
from tests.streams.line_statistics.made import counted, inspection


def test_an_inspection_is_narrowed_to_what_is_counted() -> None:
    frame = counted(7, verdict="fail", defect="dent", part="p", score=0.75, total_us=5, late=True)
    assert events.counted(inspection(frame)) == frame
    assert events.counted(inspection(counted(8, model=None))).model_digest is None
    assert frame.frame_id == "cam-1/7"


def test_a_rule_is_the_policys_part_about_parts() -> None:
    policy = EdgePolicy(
        edge_id="e", revision=3, set_by="x", set_at_us=0, cameras=["a", "b"], part_deadline_us=7, line="one"
    )
    assert events.rule_of(policy) == events.Rule(revision=3, cameras=("a", "b"), deadline_us=7)
