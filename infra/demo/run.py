"""The demo: train two models, start broker, edges, statistics and cameras, watch, report."""

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from infra.broker import Cluster, ClusterOptions
from infra.demo.contact_sheet import Tile, write_sheet
from infra.demo.errors import DemoError
from infra.demo.processes import Child, Children, Deadline
from infra.demo.report import chosen, failures, progress_table, result_table
from infra.demo.tally import Tally, counted_by_statistics, tally
from infra.demo.watch import Watch
from infra.schema_topic import make_codec
from infra.settings import Settings

RULES_EDGE: Final = "rules-edge"
NETWORK_EDGE: Final = "network-edge"
EDGES: Final = (RULES_EDGE, NETWORK_EDGE)
_CAMERAS: Final = {RULES_EDGE: "cam-1", NETWORK_EDGE: "cam-2"}
_TRAINING_IMAGES: Final = 180
_TRAINING_SECONDS: Final = 900.0
_PART: Final = "synthetic:panel"
_TILES: Final = 12  # of each edge
_STALLED_S: Final = 120.0
_MARK: Final = ".linewatch-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the demo shall do. `source` None means the synthetic camera; otherwise a folder of images."""

    source: Path | None
    frames: int
    fps: float
    out: Path

    @property
    def annotated(self) -> bool:
        return self.source is not None and (self.source / "annotations.jsonl").is_file()


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo found: broken promises (none means success) and what it wrote."""

    tallies: tuple[Tally, ...]
    broken: tuple[str, ...]
    sheet: Path
    report: Path


def run_demo(settings: Settings, options: DemoOptions, console: Console) -> DemoResult:
    """Run everything once; raises DemoError when a step fails, and always stops what it started."""
    home = _fresh_home(options.out)
    say = _Steps(console)
    with ExitStack() as running:
        teachers = running.enter_context(Children(_environment(settings, "127.0.0.1:1", home), home / "logs"))
        # Drawing and training use the time in which Kafka starts and the topics are made.
        drawing = _draw_training_images(teachers, options, home)
        cluster = running.enter_context(Cluster(home / "broker", _broker_options(settings)))
        children = running.enter_context(
            Children(_environment(settings, cluster.bootstrap_servers, home), home / "logs")
        )
        say(f"Kafka {cluster.bootstrap_servers} is up")
        images = _training_images(drawing, options, home)
        say(f"training images: {_short(images)}")
        training = _start_training(teachers, images, home)
        _prepare_topics(children)
        children.start("ticks", "streams", "ticks")
        children.start("statistics", "streams", "statistics")
        for teacher in training:
            teacher.finish(_TRAINING_SECONDS)
        say("a rules recipe is tuned, a network is fine-tuned and exported for the edge")
        own = settings.model_copy(update={"bootstrap_servers": cluster.bootstrap_servers, "data_dir": home / "data"})
        watch = Watch(own, make_codec(own), EDGES)
        running.callback(watch.close)
        return _operate(children, watch, options, _models(home), home, console, say)


def _broker_options(settings: Settings) -> ClusterOptions:
    """The quick compiler alone: the thorough one works for brokers that run longer than a minute, and takes a core."""
    return ClusterOptions(cache_dir=settings.cache_dir, jvm_options=("-XX:TieredStopAtLevel=1",))


class _Steps:
    """Says what was done and how long it took."""

    def __init__(self, console: Console) -> None:
        self._console, self._last = console, time.monotonic()

    def __call__(self, text: str) -> None:
        now = time.monotonic()
        self._console.print(f"[green]✓[/green] {text} [dim]{now - self._last:.1f} s[/dim]", highlight=False)
        self._last = now


def _fresh_home(out: Path) -> Path:
    """An empty folder for this run; only a folder that an earlier demo made is ever emptied."""
    home = out.absolute()
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).is_file():
            raise DemoError(f"{home} holds files that no demo made: choose another folder with --out")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).touch()
    return home


def _environment(settings: Settings, bootstrap_servers: str, home: Path) -> dict[str, str]:
    return {
        "LINEWATCH_BOOTSTRAP_SERVERS": bootstrap_servers,
        "LINEWATCH_CACHE_DIR": str(settings.cache_dir),
        "LINEWATCH_DATA_DIR": str(home / "data"),
    }


def _draw_training_images(children: Children, options: DemoOptions, home: Path) -> Child | None:
    """Draw panels to learn from; an annotated source teaches by itself."""
    if options.annotated:
        return None
    count, images = str(_TRAINING_IMAGES), str(home / "training-images")
    return children.start("samples", "samples", "get", _PART, "--count", count, "--seed", "1", "--out", images)


def _training_images(drawing: Child | None, options: DemoOptions, home: Path) -> Path:
    if drawing is None and options.source is not None:
        return options.source
    if drawing is not None:
        drawing.finish(_TRAINING_SECONDS)
    return home / "training-images"


def _prepare_topics(children: Children) -> None:
    children.run("topics", "topics", "apply", *(part for edge in EDGES for part in ("--edge", edge)))


def _models(home: Path) -> dict[str, Path]:
    return {RULES_EDGE: home / "models" / "rules", NETWORK_EDGE: home / "models" / "network"}


def _start_training(children: Children, images: Path, home: Path) -> list[Child]:
    """Tune the recipe and fine-tune the network side by side: neither keeps all cores busy all the time."""
    common = ("--images", str(images), "--seed", "7", "--preset", "demo")
    kinds = {"rules": RULES_EDGE, "classification": NETWORK_EDGE}
    return [
        children.start(f"train-{kind}", "train", "--kind", kind, *common, "--out", str(_models(home)[edge]))
        for kind, edge in kinds.items()
    ]


def _operate(
    children: Children,
    watch: Watch,
    options: DemoOptions,
    models: dict[str, Path],
    home: Path,
    console: Console,
    say: Callable[[str], None],
) -> DemoResult:
    for edge, model in models.items():
        children.start(edge, "edge", "--edge", edge, "--model", str(model), "--threads", "1")
    _wait(children, Deadline(90, "starting the edges"), lambda: watch.ready_edges() >= set(EDGES), watch.ready_edges)
    say("edges are ready, statistics run")
    gateways = [_start_gateway(children, edge, options) for edge in EDGES]
    _follow(children, gateways, watch, options, console)
    say("every frame is inspected")
    tallies = [tally(edge, watch.frames[edge], watch.inspections[edge]) for edge in EDGES]
    counted = _await_statistics(children, watch, tallies)
    result = _report(watch, tallies, counted, models, home, console)
    _held_out(children, options, models, home, console)
    return result


def _start_gateway(children: Children, edge: str, options: DemoOptions) -> Child:
    source = str(options.source) if options.source else f"{_PART}?seed=2"
    limit = () if options.source else ("--limit", str(options.frames))
    camera = ("--camera", _CAMERAS[edge])
    return children.start(
        f"gateway-{edge}", "gateway", "--edge", edge, *camera, "--source", source, "--fps", str(options.fps), *limit
    )


def _wait(children: Children, deadline: Deadline, done: Callable[[], bool], state: Callable[[], object]) -> None:
    while not done():
        children.check()
        deadline.check(str(state()))
        time.sleep(0.2)


def _follow(
    children: Children, gateways: Sequence[Child], watch: Watch, options: DemoOptions, console: Console
) -> None:
    """Show progress until every gateway has ended and every frame is inspected."""
    expected = None if options.source else options.frames
    # Without any progress, not in all: a folder may hold any number of images.
    deadline, before = Deadline(_STALLED_S, "the next frame"), dict[str, tuple[int, int]]()
    with Live(console=console, refresh_per_second=4) as live:
        while True:
            watch.poll(0.2)
            children.check()
            done = {edge: (len(watch.frames[edge]), watch.inspected(edge)) for edge in EDGES}
            live.update(progress_table(done, expected or max(published for published, _ in done.values())))
            if done != before:
                deadline, before = Deadline(_STALLED_S, "the next frame"), done
            deadline.check(str(done))
            if not any(gateway.running for gateway in gateways) and all(p == i and p > 0 for p, i in done.values()):
                break
        # One more look: the last acknowledged frames may have become visible after a gateway's end.
        watch.poll(1.0)


def _await_statistics(children: Children, watch: Watch, tallies: Sequence[Tally]) -> dict[str, int]:
    """Inspections as line_statistics counts them, once they are complete, or as they are after a minute."""
    ends = time.monotonic() + 60
    while True:
        counted = dict(counted_by_statistics(watch.statistics()))
        if all(counted.get(t.edge_id, 0) >= t.inspected for t in tallies) or time.monotonic() > ends:
            return counted
        children.check()
        time.sleep(0.3)


def _report(
    watch: Watch,
    tallies: Sequence[Tally],
    counted: dict[str, int],
    models: dict[str, Path],
    home: Path,
    console: Console,
) -> DemoResult:
    names = {edge: _model_name(model) for edge, model in models.items()}
    console.print()
    console.print(result_table(tallies, names, counted))
    sheet, report = home / "contact-sheet.png", home / "report.json"
    found = (watch.tile(sighting) for each in tallies for sighting in chosen(each, _TILES))
    tiles: list[Tile] = [tile for tile in found if tile is not None]
    write_sheet(tiles, f"linewatch demo: {sum(t.inspected for t in tallies)} frames inspected", sheet)
    broken = tuple(failures(tallies, counted))
    report.write_text(json.dumps([_figures(t, counted) for t in tallies], indent=2) + "\n", encoding="utf-8")
    return DemoResult(tuple(tallies), broken, sheet, report)


def _figures(tally: Tally, counted: dict[str, int]) -> dict[str, object]:
    return {
        "edge": tally.edge_id,
        "frames": tally.frames,
        "inspected": tally.inspected,
        "counted": counted.get(tally.edge_id, 0),
        "duplicates": tally.duplicates,
        "verdicts": dict(tally.verdicts),
        "accuracy": tally.accuracy,
        "escapes": tally.escapes,
        "defective": tally.defective,
        "overkill": tally.overkill,
        "good": tally.good,
        "latency_p50_seconds": tally.latency_p50,
        "latency_p99_seconds": tally.latency_p99,
        "images_per_second": tally.images_per_second,
    }


def _model_name(folder: Path) -> str:
    document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    runtime = document.get("runtime", {})
    return f"{document['kind']}, {runtime.get('name', '')} {runtime.get('precision', '')}".rstrip()


def _held_out(children: Children, options: DemoOptions, models: dict[str, Path], home: Path, console: Console) -> None:
    """A folder taught the models that judged it: say how they do on the part they never saw."""
    if not options.annotated:
        if options.source is not None:
            console.print("[yellow]no annotations.jsonl: the models learned from synthetic panels, not this product")
        return
    console.print("The models were trained on part of these images. On the test split alone, never trained on:")
    for edge, model in models.items():
        arguments = ("--model", str(model), "--images", str(options.source), "--split", "test")
        children.run(f"evaluate-{edge}", "evaluate", *arguments, "--json")
        last = (home / "logs" / f"evaluate-{edge}.log").read_text(encoding="utf-8").strip().splitlines()[-1]
        figures = json.loads(last)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if isinstance(value, float))
        console.print(f"  {edge}: {shown}", highlight=False)


def show_where(result: DemoResult, console: Console) -> None:
    """Where to look next."""
    console.print(f"contact sheet  {_short(result.sheet)}", highlight=False)
    console.print(f"figures        {_short(result.report)}", highlight=False)
    for line in result.broken:
        console.print(f"[red]broken: {line}[/red]")


def _short(path: Path) -> str:
    return os.path.relpath(path)
