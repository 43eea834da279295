"""Verdicts: thresholds per class, a review band, and nothing that surprises an operator."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consumers.inference.document import Thresholds
from consumers.inference.judge import Criteria, criteria_for, error, judge, judge_scores, margin
from consumers.inference.predictor import Durations, Prediction
from schemas.records.inspection import VERDICTS
from schemas.records.rollout import EdgeConfig
from tests.consumers.inference.artifacts import tiny_document

SEVERITY = {"pass": 0, "review": 1, "fail": 2}
CRITERIA = Criteria({"scratch": 0.5, "spot": 0.3}, 0.1)
unit = st.floats(0, 1)
criteria = st.builds(
    Criteria,
    st.fixed_dictionaries({"scratch": unit, "spot": unit, "dent": unit}),
    st.sampled_from([0.0, 0.05, 0.3, 0.5]),
)
scores = st.fixed_dictionaries({"scratch": unit, "spot": unit, "dent": unit})


@pytest.mark.parametrize(
    ("score", "own", "verdict", "defect_class"),
    [
        (0.1, {"good": 0.9, "scratch": 0.06, "spot": 0.04}, "pass", None),
        (0.6, {"good": 0.4, "scratch": 0.6, "spot": 0.0}, "fail", "scratch"),
        (0.55, {"good": 0.45, "scratch": 0.55, "spot": 0.0}, "review", "scratch"),
        (0.4, {"good": 0.6, "scratch": 0.4, "spot": 0.0}, "review", "scratch"),
        (0.39, {"good": 0.61, "scratch": 0.39, "spot": 0.0}, "pass", None),
        (0.8, {"good": 0.2, "scratch": 0.4, "spot": 0.4}, "fail", "scratch"),  # the first carries the whole score
        (0.75, {"good": 0.25, "scratch": 0.4, "spot": 0.35}, "fail", "scratch"),
        (0.45, {"scratch": 0.45, "spot": 0.42}, "fail", "spot"),
        (1.0, {"scratch": 1.0, "spot": 1.0}, "fail", "spot"),
    ],
)
def test_examples(score: float, own: dict[str, float], verdict: str, defect_class: str | None) -> None:
    judged = judge_scores(score, own, CRITERIA)
    assert (judged.verdict, judged.defect_class) == (verdict, defect_class)
    assert (judged.reason is None) == (verdict in {"pass", "fail"})


def test_a_review_says_why() -> None:
    judged = judge_scores(0.55, {"scratch": 0.55, "spot": 0.0}, CRITERIA)
    assert judged.reason == "scratch 0.550 lies within 0.1 of its threshold 0.5"


def test_a_threshold_of_one_still_fails_a_sure_defect() -> None:
    assert judge_scores(1.0, {"scratch": 1.0}, Criteria({"scratch": 1.0}, 0.1)).verdict == "fail"


@given(scores, criteria, unit)
def test_a_higher_score_of_the_likeliest_class_is_never_judged_better(
    own: dict[str, float], given_criteria: Criteria, higher: float
) -> None:
    likeliest = max(own, key=lambda key: own[key])
    raised = {**own, likeliest: max(own[likeliest], higher)}
    one = judge_scores(max(own.values()), own, given_criteria)
    other = judge_scores(max(raised.values()), raised, given_criteria)
    assert SEVERITY[other.verdict] >= SEVERITY[one.verdict]


@given(scores, criteria, unit, unit)
def test_a_higher_defect_score_is_never_judged_better(
    own: dict[str, float], given_criteria: Criteria, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    verdicts = [judge_scores(score, own, given_criteria).verdict for score in (low, high)]
    assert SEVERITY[verdicts[0]] <= SEVERITY[verdicts[1]]


@given(scores, criteria, st.sampled_from(["scratch", "spot", "dent"]), unit)
def test_a_higher_threshold_never_judges_worse(
    own: dict[str, float], given_criteria: Criteria, name: str, raised: float
) -> None:
    raised = max(given_criteria.thresholds[name], raised)
    tolerant = Criteria({**given_criteria.thresholds, name: raised}, given_criteria.review_band)
    score = max(own.values())
    one, other = judge_scores(score, own, given_criteria), judge_scores(score, own, tolerant)
    assert SEVERITY[other.verdict] <= SEVERITY[one.verdict]


@given(scores, unit, unit)
def test_with_equal_thresholds_and_no_band_the_defect_score_alone_decides(
    own: dict[str, float], score: float, threshold: float
) -> None:
    score = max(score, *own.values())
    judged = judge_scores(score, own, Criteria(dict.fromkeys(own, threshold), 0.0))
    assert judged.verdict == ("fail" if score >= threshold else "pass")


@given(scores, criteria)
def test_the_order_of_classes_does_not_matter(own: dict[str, float], given_criteria: Criteria) -> None:
    assume(len({*own.values()}) == len(own))
    turned = Criteria(dict(reversed(list(given_criteria.thresholds.items()))), given_criteria.review_band)
    one = judge_scores(max(own.values()), own, given_criteria)
    other = judge_scores(max(own.values()), dict(reversed(own.items())), turned)
    assert one.verdict == other.verdict
    assert one.verdict in VERDICTS
    assert (one.defect_class is None) == (one.verdict == "pass")


@pytest.mark.parametrize("score", [0.0, float("nan")])
def test_scores_that_are_no_numbers_are_an_error_never_a_pass(score: float) -> None:
    assert judge_scores(score, {"scratch": float("nan")}, CRITERIA).verdict == "error"
    assert judge_scores(float("nan"), {"scratch": score}, CRITERIA).verdict == "error"
    assert judge_scores(score, {}, Criteria({}, 0.0)).verdict == "error"


def test_a_prediction_is_judged_by_its_scores() -> None:
    prediction = Prediction(
        label="scratch",
        score=0.9,
        scores={"good": 0.1, "scratch": 0.9},
        boxes=(),
        embedding=(),
        brightness=1,
        blur=1,
        width=1,
        height=1,
        durations=Durations(1, 2, 3, 4),
    )
    assert judge(prediction, CRITERIA).verdict == "fail"
    assert prediction.durations.total_us == 10


def test_errors_say_why() -> None:
    assert error("the picture is cut off").reason == "the picture is cut off"


def test_an_edge_overrides_the_model_where_it_says_something() -> None:
    document = tiny_document(thresholds=Thresholds(classes={"dark": 0.4}, review_band=0.2))
    assert criteria_for(document) == Criteria({"dark": 0.4}, 0.2)
    assert criteria_for(document, EdgeConfig()) == Criteria({"dark": 0.4}, 0.2)
    config = EdgeConfig(thresholds={"dark": 0.7, "unknown": 0.1}, review_band=0.0)
    assert criteria_for(document, config) == Criteria({"dark": 0.7}, 0.0)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_without_a_band_the_margins_sign_is_the_verdict(score: float, threshold: float, other: float) -> None:
    criteria = Criteria(thresholds={"scratch": threshold, "dent": other}, review_band=0.0)
    scores = {"scratch": score, "dent": score / 2}
    distance = margin(score, scores, criteria)
    assert distance is not None
    assert (distance >= 0) == (judge_scores(score, scores, criteria).verdict == "fail")


def test_what_could_not_be_judged_has_no_margin() -> None:
    assert margin(math.nan, {"scratch": 0.1}, Criteria(thresholds={"scratch": 0.5}, review_band=0.0)) is None
    assert margin(0.5, {}, Criteria(thresholds={}, review_band=0.0)) is None
