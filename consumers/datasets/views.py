"""Datasets as people and programs see them: tables, texts, JSON."""

from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from consumers.datasets.manifest import Header, Manifest
from consumers.datasets.selection import time_words
from consumers.datasets.splits import SPLITS
from schemas.records import Dataset

_SHORT: Final = 19  # `sha256:` and 12 digits


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """A record as JSON values."""
    return {**msgspec.to_builtins(dataset), "built_at": time_words(dataset.built_at_us)}


def datasets_table(datasets: list[Dataset]) -> Table:
    """All datasets, the newest first."""
    table = Table()
    for column in ("dataset", "digest", "built", "by", "edges", "images", "missing", "classes"):
        table.add_column(column, justify="right" if column in ("images", "missing") else "left")
    for one in reversed(datasets):
        table.add_row(
            one.name,
            one.digest[:_SHORT],
            time_words(one.built_at_us)[:16].replace("T", " "),
            one.built_by,
            ", ".join(one.edge_ids),
            str(one.frames),
            str(one.missing),
            ", ".join(f"{label} {count}" for label, count in one.classes.items()),
        )
    return table


def print_dataset(console: Console, name: str, manifest: Manifest) -> None:
    """A dataset at a glance: digest, balance, people, agreement, what is missing and left out."""
    header = manifest.header
    console.print(f"{name} {header.digest}", highlight=False, markup=False)
    console.print(f"{header.images} images, {header.size / 1e6:.1f} MB; {_asked(header.selection)}", highlight=False)
    console.print(_balance(header))
    for line in _facts(manifest):
        console.print(line, highlight=False, markup=False)


def _asked(selection: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in selection.items() if value)


def _balance(header: Header) -> Table:
    table = Table()
    table.add_column("class")
    for split in (*SPLITS, "all"):
        table.add_column(split, justify="right")
    for label, count in header.classes.items():
        row = [str(header.balance.get(split, {}).get(label, 0)) for split in SPLITS]
        table.add_row(label, *row, str(count))
    if header.unlabeled:
        table.add_row("(unlabeled)", "", "", "", str(header.unlabeled))
    table.add_row("all", *(str(header.splits.get(split, 0)) for split in SPLITS), str(header.images))
    return table


def _facts(manifest: Manifest) -> list[str]:
    header = manifest.header
    twins = sum(image.twin_of is not None for image in manifest.images)
    lines = [
        f"labeled by {', '.join(f'{person} ({count})' for person, count in header.labelers.items()) or 'nobody'}",
        f"labels: {', '.join(f'{count} {state}' for state, count in header.states.items()) or 'none'}",
        _agreement(header),
        f"near-twins: {twins} images share the split of an older one",
    ]
    lines += [f"left out: {count} {reason}" for reason, count in header.left_out.items()]
    lines += [f"missing: {one}" for one in manifest.missing]
    return lines


def _agreement(header: Header) -> str:
    found = header.agreement
    if not found.pairs:
        return "agreement: no image was labeled twice"
    kappa = "not defined" if found.kappa is None else f"{found.kappa:.2f}"
    return f"agreement: {found.agreed} of {found.pairs} images labeled twice, kappa {kappa}"
