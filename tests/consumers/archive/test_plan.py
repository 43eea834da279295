import logging

import pytest

from consumers.archive.plan import Plan, decode_plan, encode_plan


@pytest.mark.parametrize("plan", [Plan(), Plan(until=7, run="ab"), Plan(until=2**60, run="0123abcd", marked=True)])
def test_a_plan_survives_a_commit(plan: Plan) -> None:
    assert decode_plan(encode_plan(plan)) == plan
    assert len(encode_plan(plan)) < 100


def test_what_is_not_ours_is_told_and_means_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert decode_plan(None) == decode_plan("") == Plan()
    with caplog.at_level(logging.WARNING):
        assert decode_plan('{"cam-1":[1,2]}') == Plan()
        assert decode_plan("NONE") == Plan()
    assert caplog.text.count("not ours") == 2
