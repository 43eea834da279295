"""The `linewatch` command: the composition root, and the only module that knows every part."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from consumers.errors import ConsumersError
from infra.errors import InfraError
from producers.errors import ProducersError
from schemas.errors import SchemasError
from streams.errors import StreamsError

# Command -> module that defines it: imported when it is called, so that `linewatch --help` stays quick and an edge
# needs neither Faust nor TensorFlow.
_PARTS: Final[dict[str, tuple[str, str]]] = {
    "broker": ("infra.broker.cli", "The embedded Kafka: start, stop, status."),
    "topics": ("infra.topics_cli", "The topics: list, apply, diff."),
    "schemas": ("infra.schemas_cli", "The Avro schemas: check, freeze, publish."),
    "keys": ("infra.keys_cli", "Signing keys: create, trust, rotate, revoke."),
    "prometheus": ("infra.prometheus.cli", "Prometheus, for the processes of this machine."),
    "grafana": ("infra.grafana.cli", "Grafana: sync data source, folder and dashboards."),
    "samples": ("producers.cli_samples", "Sample images: draw or copy a data set."),
    "edges": ("consumers.edge.edges_cli", "Edges: what they shall run, what they do run."),
    "gateway": ("producers.gateway_cli", "Publish a camera's images."),
    "streams": ("streams.cli", "The stream processors: statistics, labeling, ticks."),
    "edge": ("consumers.edge.cli", "Inspect frames and publish verdicts."),
    "inspect": ("consumers.inference.cli", "Judge images without Kafka, by the same code as the edge."),
    "train": ("consumers.trainer.cli:train", "Train a model."),
    "evaluate": ("consumers.trainer.cli:evaluate", "Measure a model on labeled images."),
    "weights": ("consumers.trainer.cli:weights", "Pretrained weights: import, list."),
    "dataset": ("consumers.datasets.cli", "Datasets from topics: build, show, verify, diff."),
    "replay": ("consumers.datasets.replay_cli:replay", "Write frames of an edge as folder, COCO, YOLO, VOC, TFRecord."),
    "label": ("consumers.datasets.label_cli", "Labels: import, export."),
    "archive": ("consumers.archive.cli", "Keep images and inspections: run, pin."),
    "blobs": ("consumers.archive.blobs_cli", "The blob store: serve, verify, gc, tokens."),
    "console": ("consumers.console.cli:console", "The web console."),
    "users": ("consumers.console.users_cli", "People of the console: add, passwd, list, token."),
    "demo": ("infra.demo.cli", "The whole system on one machine, with a report at the end."),
}


class _Parts(TyperGroup):
    """Loads a part when it is named."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted([*super().list_commands(ctx), *_PARTS])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _PARTS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = _PARTS[cmd_name][0].partition(":")
        part = getattr(import_module(module), attribute or "app")
        command = typer.main.get_command(part)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        own = {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        rows = sorted({**own, **{name: about for name, (_, about) in _PARTS.items()}}.items())
        with formatter.section("Commands"):
            formatter.write_dl(rows)


app = typer.Typer(
    cls=_Parts,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The life of a vision model on a factory floor, run as streams of events.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        Console().print(f"linewatch {version('linewatch')}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", help="print the version and exit", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """The life of a vision model on a factory floor, run as streams of events."""


@app.command()
def topology() -> None:
    """Print which process reads and writes which topic, as a Mermaid diagram."""
    from streams.topology import mermaid

    sys.stdout.write(mermaid() + "\n")


def _guarded(run: Callable[[], Any]) -> int:
    """Run a command; an error of ours becomes one clear line and exit code 1."""
    try:
        run()
    except (InfraError, SchemasError, ProducersError, StreamsError, ConsumersError) as error:
        # As text, not markup: messages hold paths and lists, and "linewatch[edge]" would lose its last word.
        Console(stderr=True).print(Text.assemble(("error:", "red"), f" {error}"), soft_wrap=True)
        return 1
    return 0


def main() -> None:
    """Entry point: exit codes 0 done, 1 failed, 2 bad usage."""
    sys.exit(_guarded(app))


if __name__ == "__main__":
    main()
