"""The demo's two models: what they learn from, and how they are taught."""

import json
from pathlib import Path
from typing import Final

from infra.demo.options import NETWORK_EDGE, PART, RULES_EDGE, DemoOptions
from infra.demo.processes import Child, Children

TRAINING_SECONDS: Final = 900.0
_TRAINING_IMAGES: Final = 180


def draw_training_images(children: Children, options: DemoOptions, home: Path) -> Child | None:
    """Draw panels to learn from; an annotated source teaches by itself."""
    if options.annotated:
        return None
    count, images = str(_TRAINING_IMAGES), str(home / "training-images")
    return children.start("samples", "samples", "get", PART, "--count", count, "--seed", "1", "--out", images)


def training_images(drawing: Child | None, options: DemoOptions, home: Path) -> Path:
    if drawing is None and options.source is not None:
        return options.source
    if drawing is not None:
        drawing.finish(TRAINING_SECONDS)
    return home / "training-images"


def models_in(home: Path) -> dict[str, Path]:
    return {RULES_EDGE: home / "models" / "rules", NETWORK_EDGE: home / "models" / "network"}


def start_training(children: Children, images: Path, home: Path) -> list[Child]:
    """Tune the recipe and fine-tune the network side by side: neither keeps all cores busy all the time."""
    common = ("--images", str(images), "--seed", "7", "--preset", "demo")
    kinds = {"rules": RULES_EDGE, "classification": NETWORK_EDGE}
    return [
        children.start(f"train-{kind}", "train", "--kind", kind, *common, "--out", str(models_in(home)[edge]))
        for kind, edge in kinds.items()
    ]


def model_name(folder: Path) -> str:
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    runtime = document.get("runtime", {})
    return f"{document['kind']}, {runtime.get('name', '')} {runtime.get('precision', '')}".rstrip()
