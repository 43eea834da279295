"""`linewatch train`, `evaluate` and `weights`: heavy libraries are imported only when a command runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumers.trainer.errors import UsageError

if TYPE_CHECKING:
    from consumers.trainer.labelled_images import LabelledImage, LabelledImages
    from consumers.trainer.progress import Listener
    from consumers.trainer.report import TrainingReport
    from consumers.trainer.weights import WeightsFile, WeightsStore

train = typer.Typer(add_completion=False, help="Train a model.")
evaluate = typer.Typer(add_completion=False, help="Measure a model on labeled images.")
weights = typer.Typer(add_completion=False, help="Pretrained weights: import, list.", no_args_is_help=True)


class Kind(StrEnum):
    """Kinds of model that can be trained."""

    CLASSIFICATION = "classification"
    RULES = "rules"


class SplitName(StrEnum):
    """Which images to look at."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    ALL = "all"


_Images = Annotated[Path, typer.Option("--images", help="folder with images/ and annotations.jsonl")]
_Json = Annotated[bool, typer.Option("--json", help="one JSON object on standard output")]


@contextmanager
def _bad_usage() -> Iterator[None]:
    """Bad usage ends with its own exit code, 2; every other error is the composition root's to print."""
    try:
        yield
    except UsageError as error:
        from rich.console import Console

        Console(stderr=True).print(f"[red]error:[/red] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error


@train.command("train")
def run_training(
    kind: Annotated[Kind, typer.Option(help="what to train")],
    images: _Images,
    out: Annotated[Path, typer.Option("--out", help="folder to write the model to; it must not exist or be empty")],
    preset: Annotated[str, typer.Option(help="quick, standard, demo or ci")] = "quick",
    backbone: Annotated[str, typer.Option(help="lite0 or resnet50 (classification)")] = "lite0",
    weights_file: Annotated[
        str | None, typer.Option("--weights", help="pretrained weights: file, or digest or name of an imported one")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=0, help="of fine-tuning, in place of the preset's")] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="of the search (rules), in place of the preset's")] = None,
    recipe: Annotated[Path | None, typer.Option(help="your own recipe to tune (rules)", dir_okay=False)] = None,
    seed: Annotated[int, typer.Option(min=0, help="same seed, images and machine: same model")] = 0,
    int8: Annotated[
        bool | None, typer.Option("--int8/--no-int8", help="int8 where accuracy holds; default: as the preset says")
    ] = None,
    name: Annotated[str | None, typer.Option(help="name of the model; default: the kind")] = None,
    version: Annotated[str, typer.Option(help="version of the model")] = "1",
    product: Annotated[str, typer.Option(help="product the model is for")] = "any",
    good_class: Annotated[str, typer.Option(help="label of good parts")] = "good",
    json_output: _Json = False,
) -> None:
    """Train a model on labeled images and write it as an artifact that an edge can run."""
    common: dict[str, Any] = {"seed": seed, "version": version, "product": product, "good_class": good_class}
    common["name"] = name or kind.value
    with _bad_usage():
        _check_names(common["name"], version)
        dataset = _read(images)
        if kind is Kind.RULES:
            tuning = (preset, trials, recipe)
            report = _with_progress(json_output, lambda hear: _rules(dataset, out, tuning, common, hear))
        else:
            options = (preset, backbone, weights_file, epochs, int8)
            report = _with_progress(json_output, lambda hear: _classification(dataset, out, options, common, hear))
    _print_report(report, json_output)


def _check_names(name: Any, version: str) -> None:
    import msgspec

    from consumers.inference.document import ModelName, ModelVersionName

    for value, form, option in ((name, ModelName, "--name"), (version, ModelVersionName, "--version")):
        try:
            msgspec.convert(value, form)
        except msgspec.ValidationError as error:
            raise UsageError(f"{option} {value!r} is no good: {error}") from error


def _read(images: Path) -> "LabelledImages":
    from consumers.trainer.labelled_images import read_labelled_images

    return read_labelled_images(images)


def _with_progress(json_output: bool, run: Any) -> "TrainingReport":
    """Run with a bar on standard error, or in silence for `--json`."""
    from rich.console import Console

    from consumers.trainer.progress import silent
    from consumers.trainer.progress_bar import ProgressBar

    if json_output:
        return run(silent)  # type: ignore[no-any-return]
    with ProgressBar(Console(stderr=True)) as bar:
        return run(bar)  # type: ignore[no-any-return]


def _rules(
    dataset: "LabelledImages",
    out: Path,
    options: tuple[str, int | None, Path | None],
    common: dict[str, Any],
    listen: "Listener",
) -> "TrainingReport":
    from consumers.inference.runtimes.opening import usable_cores
    from consumers.trainer.rules import RulesRun, effort_named, read_recipe, train_rules

    preset, trials, recipe = options
    effort = effort_named(preset)
    run = RulesRun(
        trials=trials or effort.trials,
        images=effort.images,
        recipe=read_recipe(recipe) if recipe else None,
        threads=usable_cores(),
        **common,
    )
    return train_rules(dataset, out, run, listen)


def _classification(
    dataset: "LabelledImages",
    out: Path,
    options: tuple[str, str, str | None, int | None, bool | None],
    common: dict[str, Any],
    listen: "Listener",
) -> "TrainingReport":
    from consumers.trainer.presets import preset_named, with_epochs

    preset, backbone, weights_file, epochs, int8 = options
    chosen = preset_named(preset)
    chosen = chosen if epochs is None else with_epochs(chosen, epochs)
    file = _find_weights(weights_file) if weights_file else None
    # Imported last: wrong options should not wait for TensorFlow.
    from consumers.trainer.classification import ClassificationRun, train_classification

    run = ClassificationRun(
        preset=chosen, backbone=backbone, weights=file, int8=chosen.int8 if int8 is None else int8, **common
    )
    return train_classification(dataset, out, run, listen)


def _find_weights(wanted: str) -> Path:
    return _store().find(wanted).path


def _store() -> "WeightsStore":
    from consumers.trainer.weights import WeightsStore
    from infra.settings import load_settings

    return WeightsStore(load_settings().data_dir / "weights")


def _print_report(report: "TrainingReport", json_output: bool) -> None:
    from rich.console import Console

    from consumers.trainer.tables import print_report

    if json_output:
        _write_json(report)
    else:
        print_report(Console(), report)


def _write_json(value: object) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


@evaluate.command("evaluate")
def run_evaluation(
    model: Annotated[Path, typer.Option("--model", help="model artifact: a folder with model.json")],
    images: _Images,
    split: Annotated[SplitName, typer.Option(help="which images; a model was trained on train and validation")] = (
        SplitName.TEST
    ),
    perturb: Annotated[str, typer.Option(help="also with each of these, and all at once: rotation,brightness")] = "",
    threads: Annotated[int, typer.Option(min=0, help="threads of the runtime, 0 for the model's own choice")] = 0,
    json_output: _Json = False,
) -> None:
    """Measure a model of any kind on labeled images, by the same code that runs on the edge."""
    from consumers.inference.artifact import load_artifact
    from consumers.trainer.evaluate import evaluate as measure
    from consumers.trainer.perturb import combinations_of, parse_perturbations

    with _bad_usage():
        kinds = parse_perturbations(perturb)
        artifact = load_artifact(model)
        chosen = _chosen(_read(images), split)
        found = [measure(artifact, chosen, combination, threads or None) for combination in combinations_of(kinds)]
    if json_output:
        _write_json({"split": split.value, "evaluations": found})
        return
    from rich.console import Console

    from consumers.trainer.tables import print_evaluations

    print_evaluations(Console(), found)


def _chosen(dataset: "LabelledImages", split: SplitName) -> "tuple[LabelledImage, ...]":
    if split is SplitName.ALL:
        return dataset.images
    chosen = tuple(image for image in dataset.images if image.split == split.value)
    if not chosen:
        raise UsageError(f"no image of {dataset.directory} is in split {split.value!r}; try --split all")
    return chosen


@weights.command("import")
def import_weights(
    file: Annotated[Path, typer.Argument(help="a .pth, .pt, .h5 or .keras file")], json_output: _Json = False
) -> None:
    """Keep a file of pretrained weights in data_dir/weights, to be named by digest or name when training."""
    _show_weights([_store().add(file)], json_output)


@weights.command("list")
def list_weights(json_output: _Json = False) -> None:
    """List the imported weights."""
    _show_weights(_store().files(), json_output)


def _show_weights(files: "list[WeightsFile]", json_output: bool) -> None:
    if json_output:
        _write_json([{"name": f.name, "sha256": f.sha256, "path": str(f.path), "bytes": f.size} for f in files])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "sha256", "MB")
    for file in files:
        table.add_row(file.name, file.sha256, f"{file.size / 1e6:.1f}")
    Console().print(table if files else "no weights imported; see `linewatch weights import`")
