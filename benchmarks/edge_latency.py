"""edge-latency: frame published -> inspection published on an idle line, beyond decoding and the bare model.

The overhead of a frame is the time from handing it to Kafka's producer to its inspection's arrival at a reader, less
what the same image's decoding, preprocessing and bare inference take in this process with as many threads. Two ways
through Kafka, the edge's hand-overs, the verdict and its record are in it.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.edge_rig import Rig, images, running_edge
from benchmarks.measure import Series, Target, interleave, options, report
from benchmarks.resnet50 import resnet50_files
from consumers.edge.tally import percentile
from consumers.inference.artifact import load_artifact
from consumers.inference.predictor import Predictor
from consumers.inference.runtimes.opening import usable_cores

_PAUSE = 0.05  # seconds between frames: the line is idle when the next one comes


def main() -> int:
    asked = options(__doc__ or "")
    frames = 20 if asked.quick else 100
    threads, model = usable_cores(), resnet50_files().artifact
    with tempfile.TemporaryDirectory() as folder, running_edge(Path(folder), model, threads=threads) as rig:
        contest = Contest(rig, Predictor(load_artifact(model), threads=threads), frames)
        contest.predictor.warm_up()
        interleave({"edge, overhead p99": contest.round}, asked.rounds, "ms")
    pairs = list(zip(contest.edge_us, contest.bare_us, contest.stages_us, strict=True))
    overhead = Series("overhead, p99", "ms", tuple(percentile_ms(_beyond(x, y), 0.99) for x, y, _ in pairs))
    own = Series(
        "beyond the edge's own decode and model, p99",
        "ms",
        tuple(percentile_ms(_beyond(x, z), 0.99) for x, _, z in pairs),
    )
    rows = [
        Series("edge, p50", "ms", tuple(percentile_ms(x, 0.5) for x in contest.edge_us)),
        Series("edge, p99", "ms", tuple(percentile_ms(x, 0.99) for x in contest.edge_us)),
        Series("decode + bare model, p50", "ms", tuple(percentile_ms(x, 0.5) for x in contest.bare_us)),
        Series("overhead, p50", "ms", tuple(percentile_ms(_beyond(x, y), 0.5) for x, y, _ in pairs)),
        own,
    ]
    report(
        "edge-latency",
        overhead,
        Target("<=", 25, " ms"),
        rows=rows,
        peer=rows[2],
        packages=("ai-edge-litert", "confluent-kafka", "opencv-python-headless"),
        notes={"frames": frames, "threads": threads, "figure": "p99 of (edge - peer), image by image"},
        quick=asked.quick,
    )
    return 0


class Contest:
    """The same images through the edge and through the bare model, round by round; microseconds."""

    def __init__(self, rig: Rig, predictor: Predictor, frames: int) -> None:
        self.rig, self.predictor, self._frames = rig, predictor, frames
        self.edge_us: list[list[int]] = []
        self.bare_us: list[list[int]] = []
        self.stages_us: list[list[int]] = []

    def round(self) -> float:
        """Each image through the edge and bare, one after the other: whatever the machine is at, it is for both."""
        edge, bare, stages = list[int](), list[int](), list[int]()
        for image in self._images():
            time.sleep(_PAUSE)
            taken, inside = self._edge(image)
            edge.append(taken)
            stages.append(inside)
            time.sleep(_PAUSE)
            bare.append(self._bare(image))
        self.edge_us.append(edge)
        self.bare_us.append(bare)
        self.stages_us.append(stages)
        return percentile_ms(_beyond(edge, bare), 0.99)

    def _edge(self, image: bytes) -> tuple[int, int]:
        started = time.perf_counter_ns()
        self.rig.publish(image)
        latency = self.rig.collect(1)[0].inspection.latency
        taken = (time.perf_counter_ns() - started) // 1000
        return taken, latency.decode_us + latency.preprocess_us + latency.infer_us

    def _bare(self, image: bytes) -> int:
        started = time.perf_counter_ns()
        self.predictor.predict(image)
        return (time.perf_counter_ns() - started) // 1000

    def _images(self) -> list[bytes]:
        pictures = images()
        return [pictures[number % len(pictures)] for number in range(self._frames)]


def _beyond(whole: list[int], part: list[int]) -> list[int]:
    return [one - other for one, other in zip(whole, part, strict=True)]


def percentile_ms(microseconds: list[int], share: float) -> float:
    """A percentile in milliseconds."""
    return percentile(sorted(microseconds), share) / 1000


if __name__ == "__main__":
    sys.exit(main())
