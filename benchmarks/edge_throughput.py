"""edge-throughput: frames in Kafka -> inspections in Kafka, against the bare runtime over decoded tensors.

Both run ResNet50 fp32 on LiteRT with as many threads as the machine has cores. The peer has its tensors decoded and
preprocessed beforehand, and the machine for itself; the edge shares it with the broker.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.edge_rig import CAMERAS, Rig, images, running_edge
from benchmarks.measure import Target, interleave, options, ratio, report
from benchmarks.resnet50 import resnet50_files
from consumers.inference.artifact import load_artifact
from consumers.inference.predictor import Predictor
from consumers.inference.runtimes.opening import open_inferencer, usable_cores


def main() -> int:
    asked = options(__doc__ or "")
    frames = 60 if asked.quick else 240
    threads, model = usable_cores(), resnet50_files().artifact
    with tempfile.TemporaryDirectory() as folder, running_edge(Path(folder), model, threads=threads) as rig:
        bare = BareLoop(model, threads)
        rows = interleave(
            {"edge": lambda: edge_rate(rig, frames), "bare runtime": lambda: bare.rate(frames)},
            asked.rounds,
            "images/s",
        )
    report(
        "edge-throughput",
        ratio(rows["edge"], rows["bare runtime"]),
        Target(">=", 0.9),
        rows=list(rows.values()),
        peer=rows["bare runtime"],
        packages=("ai-edge-litert", "confluent-kafka", "opencv-python-headless", "numpy"),
        notes={"frames": frames, "threads": threads, "image_bytes": len(images()[0]), "cameras": len(CAMERAS)},
        quick=asked.quick,
    )
    return 0


def edge_rate(rig: Rig, frames: int) -> float:
    """Images/s of the edge with frames waiting in Kafka: from its first inspection to its last one in Kafka."""
    pictures = images()
    for number in range(frames):
        rig.publish(pictures[number % len(pictures)], CAMERAS[number % len(CAMERAS)])
    rig.flush()
    times = sorted(outcome.published_ms for outcome in rig.collect(frames))
    # The first ones ran while the frames were still being published.
    settled = times[len(times) // 5 :]
    return (len(settled) - 1) / ((settled[-1] - settled[0]) / 1000)


class BareLoop:
    """The runtime alone, over tensors that are ready."""

    def __init__(self, model: Path, threads: int) -> None:
        artifact = load_artifact(model)
        self._inferencer = open_inferencer(artifact, threads)
        predictor = Predictor(artifact, threads=1)
        self._tensors = [predictor.prepare(image).tensor for image in images()[:20]]
        for tensor in self._tensors[:3]:
            self._inferencer.infer(tensor)

    def rate(self, frames: int) -> float:
        """Images/s."""
        started = time.perf_counter()
        for number in range(frames):
            self._inferencer.infer(self._tensors[number % len(self._tensors)])
        return frames / (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
