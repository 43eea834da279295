"""Edges to label for."""

from consumers.console.database import Database
from consumers.console.labeling.claims import Labeler
from consumers.console.labeling.overview import EXAMPLES, KEPT_US, Overview
from consumers.console.labeling.waiting import Waiting
from consumers.console.tables.edges import MinuteRow
from consumers.console.tables.labels import ImageLabelRow
from consumers.console.views.labeling import LabelEdgeView
from tests.consumers.console.labeling.rows import NOW, fill, policy_row, task_row
from tests.consumers.console.services import FakeClock

ANN = Labeler("ann", frozenset())


def minute(number: int, kappa: float | None) -> MinuteRow:
    return MinuteRow(
        edge_id="press-1",
        minute_us=NOW + number * 60_000_000,
        camera_id="*",
        writer="labeling_queue",
        closed=True,
        inspections=0,
        missing=0,
        labels=1,
        escapes=0,
        overkill=0,
        kappa=kappa,
        statistics={},
    )


def believed(number: int, label: str) -> ImageLabelRow:
    return ImageLabelRow(
        sha256=f"{number:064x}",
        edge_id="press-1",
        label_id=f"l{number}",
        label=label,
        outcome="labeled",
        state="single",
        labeler="bo",
        labeled_at_us=NOW,
    )


def made(database: Database, clock: FakeClock) -> Overview:
    return Overview(database, clock, Waiting(database, clock))


def test_edges_with_most_tasks_come_first_and_bring_their_guide(database: Database) -> None:
    fill(database, policy_row(), policy_row("press-2", classes=[], guide={}), minute(1, 0.5), minute(2, 0.8))
    fill(database, minute(3, None), *(believed(number, "dent") for number in range(9)))
    fill(database, task_row(1), task_row(2), task_row(3, edge_id="press-3"), task_row(4, skill="expert"))
    overview = made(database, FakeClock(NOW))
    edges = [LabelEdgeView.model_validate_json(edge.model_dump_json()) for edge in overview.edges(ANN)]
    assert [(edge.edge_id, edge.open) for edge in edges] == [("press-1", 2), ("press-3", 1), ("press-2", 0)]
    first = edges[0]
    assert (first.line, first.product, first.oldest_us, first.kappa) == ("line-1", "panel", NOW + 1, 0.8)
    assert (first.classes, first.guide) == (["good", "scratch", "dent"], {"scratch": "a thin line"})
    assert {label: len(urls) for label, urls in first.examples.items()} == {"good": 0, "scratch": 0, "dent": EXAMPLES}
    assert all(url.startswith("/api/images/0000") for url in first.examples["dent"])
    expert = overview.edges(Labeler("bo", frozenset({"expert"})))
    assert expert[0].open == 3


def test_a_changed_policy_shows_at_once_and_examples_within_a_minute(database: Database) -> None:
    clock = FakeClock(NOW)
    fill(database, policy_row())
    overview = made(database, clock)
    overview.edges(ANN)
    fill(database, policy_row(classes=["good", "bad"]), believed(1, "bad"))
    (edge,) = overview.edges(ANN)
    assert (edge.classes, edge.examples.get("bad")) == (["good", "bad"], None)
    clock.at_us += KEPT_US
    assert len(overview.edges(ANN)[0].examples["bad"]) == 1
