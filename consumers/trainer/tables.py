"""Evaluations and training reports as Rich tables."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from consumers.trainer.evaluate import Evaluation
from consumers.trainer.report import TrainingReport


def print_evaluations(console: Console, evaluations: Sequence[Evaluation]) -> None:
    """Print summary, classes and confusion of each evaluation."""
    console.print(summary_table(evaluations))
    for evaluation in evaluations:
        console.print(confusion_table(evaluation))
    for evaluation in evaluations[:1]:
        for file, reason in evaluation.skipped:
            console.print(f"skipped {file}: {reason}", highlight=False, soft_wrap=True)


def summary_table(evaluations: Sequence[Evaluation]) -> Table:
    """One column an evaluation, one row a figure."""
    first = evaluations[0]
    table = Table(title=f"{first.model} ({first.kind}, {first.precision}) on {first.images} images")
    table.add_column("figure")
    for evaluation in evaluations:
        table.add_column(" + ".join(evaluation.perturbations) or "as they are", justify="right")
    rows = [_figures(evaluation) for evaluation in evaluations]
    for name in rows[0]:
        table.add_row(name, *(row[name] for row in rows))
    return table


def _figures(evaluation: Evaluation) -> dict[str, str]:
    defects, latency = evaluation.defects, evaluation.latency
    return {
        "accuracy": f"{evaluation.classification.accuracy:.3f}",
        "macro F1": f"{evaluation.classification.macro_f1:.3f}",
        "AUROC of the defect score": f"{defects.auroc:.3f}",
        "defective parts caught": f"{100 * defects.detection:.1f} % of {defects.defective}",
        "good parts rejected": f"{100 * defects.overkill:.1f} % of {defects.good}",
        "verdicts": ", ".join(f"{name} {count}" for name, count in evaluation.verdicts.items() if count),
        "model p50 / p99": f"{latency.infer_p50:.1f} / {latency.infer_p99:.1f} ms",
        "whole p50 / p99": f"{latency.total_p50:.1f} / {latency.total_p99:.1f} ms",
        "size": f"{evaluation.size_bytes / 1e6:.2f} MB",
    }


def confusion_table(evaluation: Evaluation) -> Table:
    """Labels down, predictions across, with precision, recall and F1 of each class."""
    title = " + ".join(evaluation.perturbations) or "as they are"
    table = Table(title=f"label (down) as predicted (across), images {title}")
    table.add_column("")
    for name in (*evaluation.classes, "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for name, counts in zip(evaluation.classes, evaluation.classification.confusion, strict=True):
        figures = evaluation.classification.per_class[name]
        shares = (figures.precision, figures.recall, figures.f1)
        table.add_row(name, *map(str, counts), *(f"{share:.3f}" for share in shares))
    return table


def print_report(console: Console, report: TrainingReport) -> None:
    """Print what a training run came to."""
    for name in ("test", "validation"):
        evaluation: Evaluation | None = getattr(report, name)
        if evaluation is not None:
            console.print(f"{name} split:")
            print_evaluations(console, [evaluation])
            break
    if report.gate is not None:
        gate = report.gate
        outcome = "accepted" if gate.accepted else f"refused ({'; '.join(gate.reasons)})"
        agreement = f"{100 * gate.agreement:.1f} % of {gate.agreement_images} images"
        console.print(f"int8 {outcome}; agrees with fp32 on {agreement}", highlight=False, soft_wrap=True)
    for warning in report.warnings:
        console.print(f"[yellow]warning:[/yellow] {warning}", highlight=False, soft_wrap=True)
    console.print(
        f"{report.directory}: {report.precision}, threshold {report.threshold:.3f} +- {report.review_band:.3f}, "
        f"{report.golden_images} golden images (largest difference {report.golden_difference:.1e}), "
        f"{report.seconds:.0f} s, {report.digest[:19]}",
        highlight=False,
        soft_wrap=True,
    )
