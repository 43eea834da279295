from rich.console import Console

from infra.demo.labeling import Labeling
from infra.demo.report import chosen, failures, progress_table, result_table
from infra.demo.tally import tally
from tests.infra.demo.examples import inspection, truth


def _text(table: object) -> str:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(table)
        return console.export_text()


FRAMES = {f"cam-1/{i}": truth("good" if i % 2 else "scratch") for i in range(40)}
LABELING = Labeling(opened={"press-1": 17}, offered={"press-1": 17}, kept={"press-1": 17}, counted={"press-1": 40})
TALLY = tally("press-1", FRAMES, [inspection(i, "pass" if i % 2 else "fail") for i in range(40)])


def test_the_table_says_what_was_promised() -> None:
    text = _text(result_table([TALLY], {"press-1": "rules"}, {"press-1": 40}, LABELING))
    for words in (
        "frames published",
        "inspected once",
        "counted by line_statistics",
        "accuracy",
        "100.0 %",
        "images/s",
        "waiting for a label",
        " 17 ",
    ):
        assert words in text


def test_success_means_every_count_agrees() -> None:
    assert failures([TALLY], {"press-1": 40}) == []
    assert failures([TALLY], {"press-1": 39}) == ["press-1: statistics count 39 of 40"]
    lost = tally("press-1", FRAMES, [inspection(0)])
    assert failures([lost], {"press-1": 1}) == ["press-1: 40 frames, 1 inspected"]
    assert failures([tally("press-1", {}, [])], {}) == ["press-1: no frame was published"]


def test_the_contact_sheet_shows_mistakes_first_and_every_verdict() -> None:
    wrong = tally("press-1", FRAMES, [inspection(i, "fail" if i == 7 else "pass") for i in range(40)])
    picked = chosen(wrong, 12)
    assert len(picked) == 12
    assert picked[0].inspection.verdict == "pass"
    assert {s.inspection.verdict for s in picked} == {"pass", "fail"}
    assert len({s.inspection.sequence for s in picked}) == 12
    assert len(chosen(tally("press-1", {}, [inspection(0)]), 12)) == 1


def test_progress_has_a_bar_an_edge_and_survives_an_unknown_total() -> None:
    assert "█" * 15 + "·" in _text(progress_table({"press-1": (20, 10)}, 20, {"press-1": 3}))
    assert "·" * 30 in _text(progress_table({"press-1": (0, 0)}, None, {}))
