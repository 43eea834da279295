"""inference: ResNet50 as an edge deploys it, batch 1, 2 threads, against `keras.Model.predict` and other runtimes.

Four figures, each with a RESULT line: fp32 and int8 against predict; linewatch against the fastest runtime at equal
precision; the accuracy on test images that int8 loses against fp32, in points.
"""

from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.inference_models import inference_files
from benchmarks.inference_workers import Contestant
from benchmarks.measure import Series, Target, interleave, options, ratio, report

PACKAGES: Final = ("ai-edge-litert", "onnxruntime", "openvino", "tensorflow-cpu", "keras")
ENTRIES: Final = {
    "Keras predict fp32": ("Keras predict", "fp32"),
    "SavedModel fp32": ("SavedModel", "fp32"),
    "LiteRT fp32": ("LiteRT", "fp32"),
    "ONNX Runtime fp32": ("ONNX Runtime", "fp32"),
    "OpenVINO fp32": ("OpenVINO", "fp32"),
    "linewatch fp32": ("linewatch", "fp32"),
    "LiteRT int8": ("LiteRT", "int8"),
    "ONNX Runtime int8": ("ONNX Runtime", "int8"),
    "OpenVINO int8": ("OpenVINO", "int8"),
    "linewatch int8": ("linewatch", "int8"),
}


def main() -> bool:
    asked = options(__doc__)
    folder = inference_files()
    contestants = {name: Contestant(runtime, folder, precision) for name, (runtime, precision) in ENTRIES.items()}
    calls = 10 if asked.quick else 40
    series = interleave({name: _timed(each, calls) for name, each in contestants.items()}, asked.rounds, "ms")
    accuracy = {name: _accuracy(each, folder) for name, each in contestants.items() if name.startswith("linewatch")}
    for each in contestants.values():
        each.close()
    return _report(series, accuracy, quick=asked.quick)


def _timed(contestant: Contestant, calls: int) -> "_Timed":
    return _Timed(contestant, calls)


class _Timed:
    """A contestant as `interleave` calls it."""

    def __init__(self, contestant: Contestant, calls: int) -> None:
        self._contestant, self._calls = contestant, calls

    def __call__(self) -> float:
        return self._contestant.milliseconds(self._calls)


def _accuracy(contestant: Contestant, folder: Path) -> float:
    """Share of test images told right, per cent."""
    labels = np.load(folder / "test.npz")["labels"]
    return float((contestant.outputs().argmax(1) == labels).mean() * 100)


def _fastest(series: dict[str, Series], precision: str) -> Series:
    """Round by round the time of the quickest runtime that is not linewatch."""
    others = [
        each.values for name, each in series.items() if name.endswith(precision) and not name.startswith("linewatch")
    ]
    return Series(f"fastest {precision}", "ms", tuple(map(min, zip(*others, strict=True))))


def _report(series: dict[str, Series], accuracy: dict[str, float], *, quick: bool) -> bool:
    predict = series["Keras predict fp32"]
    fp32 = ratio(predict, series["linewatch fp32"], "predict / linewatch fp32")
    int8 = ratio(predict, series["linewatch int8"], "predict / linewatch int8")
    against = [
        ratio(_fastest(series, p), series[f"linewatch {p}"], f"fastest / linewatch {p}") for p in ("fp32", "int8")
    ]
    worse = Series("worse of both precisions", "x", tuple(map(min, *(each.values for each in against))))
    lost = Series("accuracy int8 loses", " point", (accuracy["linewatch fp32"] - accuracy["linewatch int8"],))
    told = [Series(f"accuracy {name}", "%", (value,)) for name, value in accuracy.items()]
    rows = [*series.values(), fp32, int8, *against]
    held = [
        report("inference-fp32", fp32, Target(">=", 2.3), rows=rows, peer=predict, packages=PACKAGES, quick=quick),
        report("inference-int8", int8, Target(">=", 7.0), rows=[int8], peer=predict, packages=PACKAGES, quick=quick),
        report(
            "inference-fastest", worse, Target(">=", 0.85), rows=against, peer=_fastest(series, "fp32"), quick=quick
        ),
        report("inference-agreement", lost, Target("<=", 0.5, " point"), rows=told, peer=told[0], quick=quick),
    ]
    return all(held)


if __name__ == "__main__":
    main()
