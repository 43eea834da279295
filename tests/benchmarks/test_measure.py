import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.measure import Series, Target, interleave, machine, options, ratio, report


def series(name: str, *values: float, unit: str = "MB/s") -> Series:
    return Series(name, unit, values)


def test_median_and_range() -> None:
    row = series("ours", 3.0, 1.0, 2.0)
    assert (row.median, row.low, row.high) == (2.0, 1.0, 3.0)


def test_a_series_needs_a_value() -> None:
    with pytest.raises(ValueError, match="ours was never measured"):
        series("ours")


@pytest.mark.parametrize(
    ("sense", "figure", "holds"), [(">=", 0.9, True), (">=", 0.89, False), ("<=", 25.0, False), ("<=", 0.9, True)]
)
def test_targets(sense: str, figure: float, holds: bool) -> None:
    target = Target(">=", 0.9) if sense == ">=" else Target("<=", 0.9, "s")
    assert target.holds(figure) is holds
    assert not target.holds(math.nan)


def test_contestants_take_turns_at_going_first() -> None:
    calls: list[str] = []

    def run(name: str) -> Callable[[], float]:
        def once() -> float:
            calls.append(name)
            return float(len(calls))

        return once

    taken = interleave({"ours": run("ours"), "peer": run("peer")}, 3, "MB/s")
    assert calls == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert taken["ours"].values == (1.0, 4.0, 5.0)
    assert taken["peer"].values == (2.0, 3.0, 6.0)


def test_the_ratio_is_taken_round_by_round() -> None:
    assert ratio(series("ours", 1.0, 9.0), series("peer", 2.0, 3.0)).values == (0.5, 3.0)


@pytest.mark.parametrize(("figure", "word"), [(0.95, "ok"), (0.5, "short")])
def test_the_report_ends_with_one_line_and_a_file(
    figure: float, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, peer = series("linewatch", 95.0), series("bare", 100.0)
    held = report(
        "gateway",
        series("ratio", figure, unit="x"),
        Target(">=", 0.9),
        rows=[ours, peer],
        peer=peer,
        packages=["rich"],
        results=tmp_path,
    )
    assert held is (word == "ok")
    assert capsys.readouterr().out.splitlines()[-1] == f"RESULT gateway {figure:g}x target >=0.9x {word}"
    written = json.loads((tmp_path / "gateway.json").read_text(encoding="utf-8"))
    assert written["figure"] == figure
    assert written["peer"]["figure"] == 100.0
    assert written["versions"]["rich"]
    assert written["machine"]["processor"]


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUICK", raising=False)
    assert not options("what", []).quick
    assert options("what", ["--quick", "--rounds", "7"]).rounds == 7
    monkeypatch.setenv("QUICK", "1")
    assert options("what", []).quick
    with pytest.raises(SystemExit):
        options("what", ["--rounds", "0"])


def test_the_machine_is_named() -> None:
    assert machine()["processors"]
