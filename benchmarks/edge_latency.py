"""edge-latency: frame published -> inspection published on an idle line, beyond decoding and the bare model.

The overhead of a frame is the time from handing it to Kafka's producer to its inspection's arrival at a reader, less
what the same image's decoding, preprocessing and bare inference take in this process with as many threads. Two ways
through Kafka, the edge's hand-overs, the verdict and its record are in it.

A p99 measured carelessly is the machine's. Of 1,200 frames measured so, all 301 slow ones had one of three causes, and
the bare model had as many slow runs: another process had a core (259); the host gave a slower one, so that the same
work took up to twice the processor time (24); or the broker, just started, was compiling itself (18; a plant's broker
has done so long ago). So:

- The broker runs with its quick compiler alone, and is warmed up.
- Each image is run bare, through the edge, and bare again, and the edge is compared with the mean of both. It counts
  when other processes took less than 10 % of the machine meanwhile, and a fixed piece of work, done every 4 ms in each
  run, took at most 25 % more processor time than it typically does. How long the edge took, and how much it worked,
  has no say in that: whatever it does to itself stays in the figure, and so does what the broker does to it.
- How many did not count, the figure with them in it, and the bare model's own p99 beyond its median stand beside.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.edge_rig import Rig, images, running_edge
from benchmarks.edge_stillness import Condition, Stillness
from benchmarks.measure import Series, Target, interleave, options, report
from benchmarks.resnet50 import resnet50_files
from consumers.edge.tally import percentile
from consumers.inference.artifact import load_artifact
from consumers.inference.predictor import Predictor
from consumers.inference.runtimes.opening import usable_cores

_PAUSE: Final = 0.03  # seconds before each run: the line is idle when the next frame comes
_SLOWER: Final = 1.25  # times the typical processor time of a fixed piece of work: the processor was slower
_NEIGHBOURS: Final = 0.1  # share of the machine that other processes may take
_TRIES: Final = 1.4  # runs for each frame that shall count: a machine that is never ours must not measure for ever


@dataclass(frozen=True, slots=True)
class Run:
    """One image bare, through the edge, and bare again; microseconds, and how the machine was in each.

    `inside` is the edge's own decoding, preprocessing and model.
    """

    before: int
    edge: int
    inside: int
    after: int
    conditions: tuple[Condition, ...]

    @property
    def bare(self) -> int:
        """What the image takes without an edge, at that moment."""
        return (self.before + self.after) // 2

    @property
    def overhead(self) -> int:
        """What the edge adds."""
        return self.edge - self.bare

    def counts(self, pace: float) -> bool:
        """Whether the machine was ours, and as quick as it typically is (`pace`)."""
        ours = statistics.mean(condition.neighbours for condition in self.conditions) <= _NEIGHBOURS
        return ours and max(condition.pace for condition in self.conditions) <= pace * _SLOWER


def main() -> int:
    asked = options(__doc__ or "")
    frames, warming = (12, 500) if asked.quick else (100, 2000)
    threads, model = usable_cores(), resnet50_files().artifact
    with tempfile.TemporaryDirectory() as folder, running_edge(Path(folder), model, threads=threads) as rig:
        contest = Contest(rig, Predictor(load_artifact(model), threads=threads), frames)
        rig.warm_up(warming)
        contest.warm_up()
        interleave({"edge, overhead p99": contest.round}, asked.rounds, "ms")
    counted = [counting(runs) for runs in contest.rounds]
    rows = [
        _series("edge, p50", 0.5, [[run.edge for run in runs] for runs in counted]),
        _series("edge, p99", 0.99, [[run.edge for run in runs] for runs in counted]),
        _series("decode + bare model, p50", 0.5, [[run.bare for run in runs] for runs in counted]),
        _series("overhead, p50", 0.5, [[run.overhead for run in runs] for runs in counted]),
        _series(
            "beyond the edge's own decode and model, p99",
            0.99,
            [[run.edge - run.inside for run in runs] for runs in counted],
        ),
        _series("overhead, p99, disturbed ones too", 0.99, [[run.overhead for run in runs] for runs in contest.rounds]),
        _series("bare beyond its median, p99, disturbed ones too", 0.99, [_spread(runs) for runs in contest.rounds]),
    ]
    measured = sum(len(runs) for runs in contest.rounds)
    report(
        "edge-latency",
        _series("overhead, p99", 0.99, [[run.overhead for run in runs] for runs in counted]),
        Target("<=", 25, " ms"),
        rows=rows,
        peer=rows[2],
        packages=("ai-edge-litert", "confluent-kafka", "opencv-python-headless"),
        notes={
            "frames a round": frames,
            "threads": threads,
            "figure": "p99 of (edge - bare), image by image",
            "measured": measured,
            "disturbed": measured - sum(len(runs) for runs in counted),
        },
        quick=asked.quick,
    )
    return 0


class Contest:
    """The same images bare and through the edge, round by round."""

    def __init__(self, rig: Rig, predictor: Predictor, frames: int) -> None:
        self.rig, self.predictor, self._frames = rig, predictor, frames
        self._ours = rig.processes()
        self.rounds: list[list[Run]] = []

    def warm_up(self) -> None:
        """Let both have run before anything counts."""
        for image in images()[:10]:
            self._run(image)

    def round(self) -> float:
        """p99 of the overhead over so many frames that count."""
        runs, pictures = list[Run](), images()
        self.rounds.append(runs)
        while len(runs) < self._frames * _TRIES and len(counting(runs)) < self._frames:
            runs.append(self._run(pictures[len(runs) % len(pictures)]))
        return _percentile_ms([run.overhead for run in counting(runs)], 0.99)

    def _run(self, image: bytes) -> Run:
        (before, _), first = self._timed(self._bare, image)
        (edge, inside), second = self._timed(self._edge, image)
        (after, _), third = self._timed(self._bare, image)
        return Run(before, edge, inside, after, (first, second, third))

    def _timed(self, run: Callable[[bytes], int], image: bytes) -> tuple[tuple[int, int], Condition]:
        time.sleep(_PAUSE)
        stillness, started = Stillness(self._ours), time.perf_counter_ns()
        inside = run(image)
        taken = (time.perf_counter_ns() - started) // 1000
        return (taken, inside), stillness.end()

    def _edge(self, image: bytes) -> int:
        self.rig.publish(image)
        latency = self.rig.collect(1)[0].inspection.latency
        return latency.decode_us + latency.preprocess_us + latency.infer_us

    def _bare(self, image: bytes) -> int:
        return self.predictor.predict(image).durations.total_us


def counting(runs: Sequence[Run]) -> list[Run]:
    """The runs of a round that count; all of them when none does."""
    pace = statistics.median([condition.pace for run in runs for condition in run.conditions] or [0.0])
    return [run for run in runs if run.counts(pace)] or list(runs)


def _spread(runs: list[Run]) -> list[int]:
    times = [taken for run in runs for taken in (run.before, run.after)]
    return [taken - round(statistics.median(times)) for taken in times]


def _series(name: str, share: float, rounds: list[list[int]]) -> Series:
    return Series(name, "ms", tuple(_percentile_ms(times, share) for times in rounds))


def _percentile_ms(microseconds: list[int], share: float) -> float:
    return percentile(sorted(microseconds), share) / 1000


if __name__ == "__main__":
    sys.exit(main())
