import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.demo.tally import counted_by_statistics, quantile, tally
from schemas.records import VERDICTS, EdgeStatistics, Verdict
from tests.infra.demo.examples import inspection, truth

LABELS = st.sampled_from(["good", "scratch", None])
RUNS = st.lists(st.tuples(st.sampled_from(VERDICTS), LABELS), max_size=30)


@given(RUNS)
def test_every_frame_falls_into_exactly_one_outcome(run: list[tuple[Verdict, str | None]]) -> None:
    frames = {f"cam-1/{i}": truth(label) if label else None for i, (_, label) in enumerate(run)}
    figures = tally("press-1", frames, [inspection(i, verdict) for i, (verdict, _) in enumerate(run)])
    known = [(verdict, label) for verdict, label in run if label]
    assert figures.frames == figures.inspected == len(run)
    assert figures.judged == figures.good + figures.defective == len(known)
    assert figures.right + figures.escapes + figures.overkill == len(known)
    assert figures.escapes == sum(verdict == "pass" and label != "good" for verdict, label in known)
    assert figures.overkill == sum(verdict != "pass" and label == "good" for verdict, label in known)
    assert sum(figures.verdicts.values()) == len(run)


def test_a_frame_inspected_twice_counts_once_by_its_first_verdict() -> None:
    figures = tally("press-1", {"cam-1/0": truth("good")}, [inspection(0, "fail"), inspection(0, "pass")])
    assert (figures.inspected, figures.duplicates, figures.verdicts) == (1, 1, {"fail": 1})


def test_without_truth_there_is_no_accuracy() -> None:
    assert tally("press-1", {"cam-1/0": None}, [inspection(0)]).accuracy is None


@pytest.mark.parametrize(("share", "value"), [(0.5, 5.0), (0.99, 10.0), (0.1, 1.0), (1.0, 10.0)])
def test_a_quantile_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert quantile([float(n) for n in range(1, 11)], share) == value
    assert quantile([], share) == 0.0


def test_images_a_second_come_from_the_inspections_own_times() -> None:
    run = [inspection(i, at_us=i * 100_000) for i in range(11)]
    assert tally("press-1", {}, run).images_per_second == pytest.approx(10.0)


def test_statistics_are_summed_over_cameras_and_minutes_without_parts_and_labels() -> None:
    def minute(camera: str, writer: str, inspections: int) -> EdgeStatistics:
        return EdgeStatistics(
            edge_id="press-1", camera_id=camera, minute_us=0, writer=writer, closed=False, inspections=inspections
        )

    records = [
        minute("cam-1", "line_statistics", 3),
        minute("cam-2", "line_statistics", 4),
        minute("*", "line_statistics", 100),
        minute("cam-1", "labeling_queue", 100),
    ]
    assert counted_by_statistics(records) == {"press-1": 7}
