from infra.demo.labeling import Labeling, labeling_failures
from infra.demo.tally import tally
from tests.infra.demo.examples import inspection, truth

TALLY = tally("press-1", {"cam-1/0": truth("good")}, [inspection(0)])


def _labeling(*, opened: int = 3, offered: int = 3, kept: int = 3, counted: int = 1) -> Labeling:
    edge = "press-1"
    return Labeling(opened={edge: opened}, offered={edge: offered}, kept={edge: kept}, counted={edge: counted})


def test_success_means_tasks_wait_and_every_part_agrees() -> None:
    assert labeling_failures(_labeling(), [TALLY]) == []
    assert _labeling().waiting == 3


def test_every_broken_promise_is_named() -> None:
    for labeling, words in (
        (_labeling(opened=0, offered=0, kept=0), "press-1: no task waits for a label"),
        (_labeling(opened=4, kept=4), "press-1: 4 tasks are open, the console offers 3"),
        (_labeling(kept=2), "press-1: 3 tasks are open, the archive keeps the images of 2"),
        (_labeling(counted=0), "press-1: the console counts 0 of 1 inspections"),
    ):
        assert labeling_failures(labeling, [TALLY]) == [words]
