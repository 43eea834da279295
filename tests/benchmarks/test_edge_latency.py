"""Which frames of the latency benchmark count: those in which the machine was ours and even, whatever the edge took."""

from benchmarks.edge_latency import Run, counting
from benchmarks.edge_stillness import Condition, Stillness

STILL = Condition(neighbours=0.01, pace=40_000)


def run(edge: int = 55_000, *conditions: Condition) -> Run:
    return Run(before=49_000, edge=edge, inside=50_000, after=51_000, conditions=conditions or (STILL,) * 3)


def test_the_overhead_is_beyond_the_mean_of_both_bare_runs() -> None:
    assert (run().bare, run().overhead) == (50_000, 5_000)


def test_a_frame_counts_however_long_the_edge_took() -> None:
    runs = [run(), run(900_000), run()]
    assert counting(runs) == runs


def test_a_frame_does_not_count_when_others_had_the_machine() -> None:
    disturbed = run(55_000, STILL, Condition(neighbours=0.5, pace=40_000), STILL)
    assert counting([run(), disturbed]) == [run()]


def test_a_frame_does_not_count_when_the_processor_was_slower_in_any_of_its_runs() -> None:
    slower = run(55_000, STILL, STILL, Condition(neighbours=0.0, pace=51_000))
    assert counting([run(), run(), slower]) == [run(), run()]


def test_all_count_on_a_machine_that_is_never_ours() -> None:
    runs = [run(55_000, *[Condition(neighbours=0.9, pace=40_000)] * 3)] * 2
    assert counting(runs) == runs
    assert counting([]) == []


def test_work_of_a_process_that_is_not_ours_is_seen() -> None:
    watch = Stillness([])
    while watch._neighbours() <= 0:
        sum(range(10_000))
    condition = watch.end()
    assert condition.neighbours > 0
    assert condition.pace > 0
