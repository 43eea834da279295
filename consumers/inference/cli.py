"""`linewatch inspect`: judge images without Kafka, by the same code as the edge."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from consumers.inference.judge import Criteria
    from consumers.inference.predictor import Prediction, Predictor

app = typer.Typer(help="Judge images without Kafka, by the same code as the edge.")


@dataclass(frozen=True, slots=True)
class _Judged:
    """One image's outcome; `prediction` is None when it could not be judged."""

    file: str
    verdict: str
    reason: str | None
    defect_class: str | None
    prediction: "Prediction | None"
    milliseconds: float


@app.command()
def inspect(
    images: Annotated[list[str], typer.Argument(help="image files, glob patterns, or folders (searched below)")],
    model: Annotated[Path, typer.Option("--model", help="model artifact: a folder with model.json")],
    json_output: Annotated[bool, typer.Option("--json", help="one JSON object a line and image")] = False,
    threads: Annotated[int, typer.Option(min=0, help="threads of the runtime, 0 for the model's own choice")] = 0,
    threshold: Annotated[
        list[str] | None, typer.Option(help="CLASS=SCORE, in place of the model's own; may be repeated")
    ] = None,
    review_band: Annotated[float | None, typer.Option(min=0, max=0.5, help="half-width of the review band")] = None,
) -> None:
    """Judge images with a model; exit code 1 when one of them could not be judged (verdict error)."""
    from consumers.inference.artifact import load_artifact
    from consumers.inference.judge import criteria_for
    from consumers.inference.predictor import Predictor
    from schemas.records.rollout import EdgeConfig

    files = _expand(images)
    artifact = load_artifact(model)
    given = _thresholds(threshold or [], artifact.document.defect_classes)
    criteria = criteria_for(artifact.document, EdgeConfig(thresholds=given, review_band=review_band))
    predictor = Predictor(artifact, threads=threads or None)
    predictor.warm_up()
    judged = (_inspect(path, predictor, criteria) for path in files)
    errors = _write_lines(judged) if json_output else _write_table(judged, str(artifact.reference.name))
    predictor.close()
    raise typer.Exit(1 if errors else 0)


def _inspect(path: Path, predictor: "Predictor", criteria: "Criteria") -> _Judged:
    from consumers.inference.errors import InferenceError
    from consumers.inference.judge import error, judge

    start = time.perf_counter_ns()
    prediction = None
    try:
        prediction = predictor.predict(path.read_bytes())
        judgement = judge(prediction, criteria)
    except (InferenceError, OSError) as problem:
        judgement = error(str(problem))
    return _Judged(
        file=str(path),
        verdict=judgement.verdict,
        reason=judgement.reason,
        defect_class=judgement.defect_class,
        prediction=prediction,
        milliseconds=round((time.perf_counter_ns() - start) / 1e6, 3),
    )


def _write_lines(judged: Iterator[_Judged]) -> int:
    import msgspec

    errors = 0
    for item in judged:
        errors += item.verdict == "error"
        sys.stdout.write(msgspec.json.encode(_line(item)).decode() + "\n")
        sys.stdout.flush()
    return errors


def _line(item: _Judged) -> dict[str, Any]:
    prediction = item.prediction
    boxes = () if prediction is None else prediction.boxes
    return {
        "file": item.file,
        "verdict": item.verdict,
        "label": None if prediction is None else prediction.label,
        "score": None if prediction is None else round(prediction.score, 6),
        "boxes": [{"label": b.label, "x": b.x, "y": b.y, "w": b.w, "h": b.h, "score": b.score} for b in boxes],
        "milliseconds": item.milliseconds,
        "scores": {} if prediction is None else {name: round(score, 6) for name, score in prediction.scores.items()},
        "defect_class": item.defect_class,
        "reason": item.reason,
    }


def _write_table(judged: Iterator[_Judged], title: str) -> int:
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    table = Table("file", "verdict", "label", "score", "boxes", "ms", "reason", title=title)
    counts: Counter[str] = Counter()
    for item in judged:
        counts[item.verdict] += 1
        _add_row(table, item)
    console = Console()
    console.print(table)
    console.print(", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items())) or "no images")
    return counts["error"]


def _add_row(table: "Table", item: _Judged) -> None:
    from rich.markup import escape

    prediction = item.prediction
    score = "" if prediction is None else f"{prediction.score:.3f}"
    boxes = "" if prediction is None else str(len(prediction.boxes))
    label = "" if prediction is None else prediction.label
    cells = (item.file, item.verdict, label, score, boxes, f"{item.milliseconds:.1f}", item.reason or "")
    table.add_row(*map(escape, cells))


def _expand(images: list[str]) -> list[Path]:
    """Return the files that paths, folders and patterns name, sorted within each; bad usage when one names none."""
    files: list[Path] = []
    for name in images:
        found = _files_of(name)
        if not found:
            raise typer.BadParameter(f"{name}: no such image")
        files += found
    return files


def _files_of(name: str) -> list[Path]:
    from producers.sources.listing import IMAGE_SUFFIXES

    path = Path(name)
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES and file.is_file())
    if path.is_file():
        return [path]
    # Shells of Windows hand patterns over as they are.
    anchor = Path(path.anchor) if path.is_absolute() else Path()
    pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else name
    return sorted(file for file in anchor.glob(pattern) if file.is_file()) if any(c in name for c in "*?[") else []


def _thresholds(given: list[str], classes: tuple[str, ...]) -> dict[str, float]:
    parsed: dict[str, float] = {}
    for text in given:
        name, separator, value = text.rpartition("=")
        if not separator or name not in classes:
            raise typer.BadParameter(f"--threshold {text}: CLASS=SCORE is expected, with a class of {list(classes)}")
        try:
            parsed[name] = float(value)
        except ValueError as problem:
            raise typer.BadParameter(f"--threshold {text}: {value!r} is no number") from problem
        if not 0 <= parsed[name] <= 1:
            raise typer.BadParameter(f"--threshold {text}: a score lies between 0 and 1")
    return parsed
