"""The demo: train two models, start the whole line and the console over it, watch, report, stay."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from infra.blobs import open_blobs
from infra.broker import Cluster, ClusterOptions
from infra.demo.contact_sheet import Tile, write_sheet
from infra.demo.door import Door, OpeningDoor
from infra.demo.errors import DemoError
from infra.demo.labeling import Labeling, labeling_failures, look
from infra.demo.options import EDGES, NETWORK_EDGE, PART, RULES_EDGE, DemoOptions
from infra.demo.policies import classes_of, policy_of, publish_policies
from infra.demo.processes import Child, Children, Deadline
from infra.demo.report import chosen, failures, progress_table, result_table
from infra.demo.staying import show_door, stay, stoppable
from infra.demo.tally import Tally, counted_by_statistics, tally
from infra.demo.teaching import (
    TRAINING_SECONDS,
    draw_training_images,
    model_name,
    models_in,
    start_training,
    training_images,
)
from infra.demo.watch import Watch
from infra.kafka import make_admin
from infra.schema_topic import make_codec, publish_schemas
from infra.settings import Settings
from infra.topics import apply_topics
from schemas.codec import Codec

_CAMERAS: Final = {RULES_EDGE: "cam-1", NETWORK_EDGE: "cam-2"}
_TILES: Final = 12  # of each edge
_STALLED_S: Final = 120.0
_CONSOLE_SECONDS: Final = 60.0
_LIVE_FPS: Final = 0.5
_MARK: Final = ".linewatch-demo"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo found: broken promises (none means success) and what it wrote."""

    tallies: tuple[Tally, ...]
    labeling: Labeling
    broken: tuple[str, ...]
    sheet: Path
    report: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What every step of a running demo needs: the processes, where they meet, and where people read."""

    options: DemoOptions
    settings: Settings
    codec: Codec
    home: Path
    children: Children
    watch: Watch
    console: Console
    say: Callable[[str], None]

    @property
    def models(self) -> dict[str, Path]:
        return models_in(self.home)


def run_demo(settings: Settings, options: DemoOptions, console: Console) -> DemoResult:
    """Run everything once; raises DemoError when a step fails, and always stops what it started.

    With `options.stay` everything stays up after the report until Ctrl-C, unless a promise was broken.
    """
    home = _fresh_home(options.out)
    with stoppable(), ExitStack() as running:
        return _run(running, settings, options, home, console)


def _run(running: ExitStack, settings: Settings, options: DemoOptions, home: Path, console: Console) -> DemoResult:
    say = _Steps(console)
    teachers = running.enter_context(Children(_environment(settings, "127.0.0.1:1", home), home / "logs"))
    # Drawing and training use the time in which Kafka starts and the topics are made.
    drawing = draw_training_images(teachers, options, home)
    cluster = running.enter_context(Cluster(home / "broker", _broker_options(settings)))
    children = running.enter_context(Children(_environment(settings, cluster.bootstrap_servers, home), home / "logs"))
    say(f"Kafka {cluster.bootstrap_servers} is up")
    images = training_images(drawing, options, home)
    say(f"training images: {_short(images)}")
    training = start_training(teachers, images, home)
    own = _own_settings(settings, cluster.bootstrap_servers, home)
    _prepare_topics(own)
    codec, opening = make_codec(own), _start_streams(children, settings)
    _await_training(training, teachers, children, opening)
    say("a rules recipe is tuned, a network is fine-tuned and exported for the edge")
    watch = Watch(own, codec, EDGES)
    running.callback(watch.close)
    line = _Line(
        options=options,
        settings=own,
        codec=codec,
        home=home,
        children=children,
        watch=watch,
        console=console,
        say=say,
    )
    return _operate(line, opening)


def _await_training(training: Sequence[Child], teachers: Children, children: Children, opening: OpeningDoor) -> None:
    deadline = Deadline(TRAINING_SECONDS, "training")
    while any(teacher.running for teacher in training):
        opening.advance()
        children.check()
        teachers.check()
        deadline.check(", ".join(teacher.name for teacher in training if teacher.running) + " runs")
        time.sleep(0.2)
    teachers.check()


def _own_settings(settings: Settings, bootstrap_servers: str, home: Path) -> Settings:
    """The settings of the demo's processes: defaults but for where they meet, whatever a plant's own may be."""
    return Settings.model_construct(
        bootstrap_servers=bootstrap_servers,
        cache_dir=settings.cache_dir,
        data_dir=home / "data",
        # Whatever fails is raised where it was asked for; librdkafka's own words would spoil the progress shown.
        kafka={"log_level": "2"},
    )


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


def _prepare_topics(settings: Settings) -> None:
    apply_topics(make_admin(settings), settings, EDGES)
    publish_schemas(settings)


def _start_streams(children: Children, settings: Settings) -> OpeningDoor:
    """Everything that reads what edges say, before they say anything."""
    for name in ("ticks", "statistics", "labeling"):
        children.start(name, "streams", name)
    children.start("archive", "archive", "run")
    return OpeningDoor(children, settings)


def _operate(line: _Line, opening: OpeningDoor) -> DemoResult:
    _set_policies(line)
    for edge, model in line.models.items():
        line.children.start(edge, "edge", "--edge", edge, "--model", str(model), "--threads", "1")
    ready = line.watch.ready_edges
    _wait(line.children, Deadline(90, "starting the edges"), lambda: ready() >= set(EDGES), ready)
    line.say("edges are ready, statistics run")
    gateways = [_start_gateway(line, edge) for edge in EDGES]
    _follow(line.children, gateways, line.watch, line.options, line.console)
    line.say("every frame is inspected")
    tallies = [tally(edge, line.watch.frames[edge], line.watch.inspections[edge]) for edge in EDGES]
    counted = _await_statistics(line, tallies)
    with line.children.telling("console"):
        door = _open(line, opening)
        labeling = _await_labeling(line, door, tallies)
    line.say(f"the console answers: {labeling.waiting} frames wait for a label")
    result = _report(line, tallies, counted, labeling)
    _held_out(line)
    _show_where(result, line)
    show_door(door, labeling, line.console)
    if line.options.stay and not result.broken:
        _stay(line, door)
    else:
        line.console.print("everything stops now; `linewatch demo --stay` keeps it up", highlight=False)
    return result


def _set_policies(line: _Line) -> None:
    """Before the first frame: labeling_queue then knows how many of them people shall see, and what they may say."""
    classes, source = classes_of(line.models[NETWORK_EDGE]), line.options.source
    product = "control panels" if source is None else source.name
    publish_policies(
        line.settings,
        line.codec,
        [
            # The recipe finds boxes, so people are asked for them too; the network says only which class.
            policy_of(
                edge,
                classes=classes,
                draw_boxes=edge == RULES_EDGE,
                product=product,
                frames=line.options.expected,
            )
            for edge in EDGES
        ],
    )


def _open(line: _Line, opening: OpeningDoor) -> Door:
    """The console once it serves its pages, data and images."""
    deadline = Deadline(_CONSOLE_SECONDS, "starting the console")
    _wait(line.children, deadline, lambda: opening.opened() is not None, lambda: "it does not serve yet")
    door = opening.opened()
    if door is None:
        raise DemoError("the console ended")
    door.page()
    return door


def _await_labeling(line: _Line, door: Door, tallies: Sequence[Tally]) -> Labeling:
    """Labeling once every promise about it is kept and images are shown, or as it is after a minute."""
    blobs, ends = open_blobs(line.settings), time.monotonic() + _CONSOLE_SECONDS
    while True:
        labeling = look(line.watch, door, blobs, EDGES)
        if not labeling_failures(labeling, tallies):
            for edge in EDGES:
                door.newest_image(edge)
            return labeling
        if time.monotonic() > ends:
            return labeling
        line.children.check()
        time.sleep(0.3)


def _stay(line: _Line, door: Door) -> None:
    if line.options.source is None:
        for edge in EDGES:
            _start_gateway(line, edge, live=True)
    stay(line.children, door, line.console, browser=line.console.is_terminal)


def _start_gateway(line: _Line, edge: str, *, live: bool = False) -> Child:
    """Publish what the options say, or, `live`, slowly go on from there for ever."""
    options = line.options
    source = str(options.source) if options.source else f"{PART}?seed=2"
    limit = () if options.source or live else ("--limit", str(options.frames))
    name, fps = (f"camera-{edge}", _LIVE_FPS) if live else (f"gateway-{edge}", options.fps)
    camera = ("--camera", _CAMERAS[edge])
    return line.children.start(name, "gateway", "--edge", edge, *camera, "--source", source, "--fps", str(fps), *limit)


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
            waiting = {edge: len(watch.open_tasks(edge)) for edge in EDGES}
            whole = expected or max(published for published, _ in done.values())
            live.update(progress_table(done, whole, waiting))
            if done != before:
                deadline, before = Deadline(_STALLED_S, "the next frame"), done
            deadline.check(str(done))
            if not any(gateway.running for gateway in gateways) and all(p == i and p > 0 for p, i in done.values()):
                break
        # One more look: the last acknowledged frames may have become visible after a gateway's end.
        watch.poll(1.0)


def _await_statistics(line: _Line, tallies: Sequence[Tally]) -> dict[str, int]:
    """Inspections as line_statistics counts them, once they are complete, or as they are after a minute."""
    ends = time.monotonic() + 60
    while True:
        counted = dict(counted_by_statistics(line.watch.statistics()))
        if all(counted.get(t.edge_id, 0) >= t.inspected for t in tallies) or time.monotonic() > ends:
            return counted
        line.children.check()
        time.sleep(0.3)


def _report(line: _Line, tallies: Sequence[Tally], counted: Mapping[str, int], labeling: Labeling) -> DemoResult:
    names = {edge: model_name(model) for edge, model in line.models.items()}
    line.console.print()
    line.console.print(result_table(tallies, names, counted, labeling))
    sheet, report = line.home / "contact-sheet.png", line.home / "report.json"
    found = (line.watch.tile(sighting) for each in tallies for sighting in chosen(each, _TILES))
    tiles: list[Tile] = [tile for tile in found if tile is not None]
    write_sheet(tiles, f"linewatch demo: {sum(t.inspected for t in tallies)} frames inspected", sheet)
    broken = (*failures(tallies, counted), *labeling_failures(labeling, tallies))
    figures = [_figures(t, counted, labeling) for t in tallies]
    report.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return DemoResult(tuple(tallies), labeling, broken, sheet, report)


def _figures(tally: Tally, counted: Mapping[str, int], labeling: Labeling) -> dict[str, object]:
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
        "to_label": labeling.offered[tally.edge_id],
    }


def _held_out(line: _Line) -> None:
    """A folder taught the models that judged it: say how they do on the part they never saw."""
    options, console = line.options, line.console
    if not options.annotated:
        if options.source is not None:
            console.print("[yellow]no annotations.jsonl: the models learned from synthetic panels, not this product")
        return
    console.print("The models were trained on part of these images. On the test split alone, never trained on:")
    for edge, model in line.models.items():
        arguments = ("--model", str(model), "--images", str(options.source), "--split", "test")
        line.children.run(f"evaluate-{edge}", "evaluate", *arguments, "--json")
        last = (line.home / "logs" / f"evaluate-{edge}.log").read_text(encoding="utf-8").strip().splitlines()[-1]
        figures = json.loads(last)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if isinstance(value, float))
        console.print(f"  {edge}: {shown}", highlight=False)


def _show_where(result: DemoResult, line: _Line) -> None:
    """Where to look next, or what is broken and what those who should know say."""
    console = line.console
    console.print(f"contact sheet  {_short(result.sheet)}", highlight=False)
    console.print(f"figures        {_short(result.report)}", highlight=False)
    for broken in result.broken:
        console.print(f"[red]broken: {broken}[/red]")
    if result.broken:
        words = line.children.last_words("statistics", "labeling", "archive", "console")
        console.print(words, markup=False, highlight=False)


def _short(path: Path) -> str:
    return os.path.relpath(path)
