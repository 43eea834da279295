"""`linewatch blobs`: serve the blob store, look after it, and its tokens."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from consumers.archive.cli import Instance, Json, MetricsPort, print_json

if TYPE_CHECKING:
    from consumers.archive.collecting import Candidates
    from infra.blobs import StoredBlob

app = typer.Typer(no_args_is_help=True, help="The blob store: serve, verify, gc, token.", rich_markup_mode=None)
token_app = typer.Typer(
    no_args_is_help=True, help="Tokens of the blob server: create, list, revoke.", rich_markup_mode=None
)
app.add_typer(token_app, name="token")

_SHOWN = 20  # blobs listed by name; the rest is counted


@app.command()
def serve(
    address: Annotated[str, typer.Option(help="where to listen; 0.0.0.0 inside a container")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one")] = 8481,
    size_cap: Annotated[int, typer.Option(min=1, help="bytes of the largest blob that is taken")] = 8 * 2**30,
    metrics_port: MetricsPort = None,
    instance: Instance = "1",
    json_output: Json = False,
) -> None:
    """Serve the blob store to machines that can't reach it, until told to stop. Put a TLS proxy before it."""
    from prometheus_client import CollectorRegistry

    from consumers.archive.blob_server import BlobServer
    from consumers.archive.server_metrics import ServerMetrics
    from consumers.archive.serving import bound_socket, serve_until_stopped
    from consumers.archive.tokens import TokenCheck, load_tokens, tokens_path
    from infra.blobs import open_blobs
    from infra.metrics import metrics_page
    from infra.process import setup_logging, stop_event
    from infra.settings import load_settings

    settings = load_settings()
    logger = setup_logging(settings, "linewatch.blobs")
    stop_event()  # the web server takes signals itself, and hands them on here when it is done
    registry, tokens = CollectorRegistry(), tokens_path(settings.data_dir)
    server = BlobServer(
        open_blobs(settings), TokenCheck(tokens), ServerMetrics.build(registry), settings.data_dir / "uploads", size_cap
    )
    if not load_tokens(tokens):
        logger.warning("no token exists yet, so nobody gets in: `linewatch blobs token create`")
    with (
        bound_socket(address, port) as listening,
        metrics_page(settings, registry, metrics_port, job="blobs", name=instance) as metrics,
    ):
        chosen = listening.getsockname()[1]
        logger.info("blobs at http://%s:%d", address, chosen)
        if json_output:
            print_json(event="started", url=f"http://{address}:{chosen}", metrics_port=metrics)
        serve_until_stopped(server.app, listening)
    logger.info("stopped")


@app.command()
def verify(json_output: Json = False) -> None:
    """Read every blob again and compare it with its name; exit code 1 when one is damaged."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from consumers.archive.verifying import verify_blobs
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    blobs = open_blobs(load_settings())
    count = size = 0
    damaged: list[str] = []
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bars:
        task = bars.add_task("verifying")
        for checked in verify_blobs(blobs):
            count, size = count + 1, size + checked.blob.size
            bars.update(task, description=f"verifying: {count} blobs, {_bytes(size)}, {len(damaged)} damaged")
            if not checked.sound:
                damaged.append(checked.blob.digest)
    if json_output:
        print_json(blobs=count, size=size, damaged=sorted(damaged))
    else:
        _print(f"{count} blobs, {_bytes(size)}: {len(damaged)} damaged")
        for digest in sorted(damaged):
            _print(f"damaged: sha256:{digest}: restore it from a copy")
    raise typer.Exit(1 if damaged else 0)


@app.command()
def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    older_than: Annotated[float, typer.Option(min=0, help="hours; younger blobs stay whatever names them")] = 24.0,
    accept_lost: Annotated[
        list[str] | None, typer.Option(help="sha256 of a manifest that is gone for good; its images may go too")
    ] = None,
    json_output: Json = False,
) -> None:
    """Remove the blobs that nothing names any more: no task, label, frame, dataset, model, dead letter or pin."""
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from consumers.archive.collecting import find_unreferenced, sweep
    from consumers.archive.references import References
    from infra.blobs import open_blobs
    from infra.settings import load_settings

    settings = load_settings()
    blobs = open_blobs(settings)
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bars:
        task = bars.add_task("listing blobs")
        references = References(
            settings, blobs, accept_lost or (), lambda what: bars.update(task, description=f"reading {what}")
        )
        found = find_unreferenced(blobs, references.pieces(), older_than * 3600)
    if not json_output:
        _say_candidates(found, dry_run=dry_run)
    removed = () if dry_run else sweep(blobs, found)
    if json_output:
        print_json(**_counted(found, removed))
    elif not dry_run:
        _print(f"removed {len(removed)} blobs, {_bytes(sum(blob.size for blob in removed))}")


@token_app.command()
def create(
    write: Annotated[bool, typer.Option("--write", help="it may also store blobs")] = False,
    note: Annotated[str, typer.Option(help="who it is for, shown by `token list`")] = "",
    json_output: Json = False,
) -> None:
    """Make a token; it is shown this once. Clients take it as the setting blob_token."""
    from consumers.archive.tokens import create_token, tokens_path
    from infra.settings import load_settings

    secret, token = create_token(tokens_path(load_settings().data_dir), ("read", "write") if write else ("read",), note)
    if json_output:
        print_json(token_id=token.token_id, token=secret, scopes=token.scopes)
    else:
        _print(f"{secret}\nid {token.token_id}, may {' and '.join(token.scopes)}; it is shown this once")


@token_app.command(name="list")
def list_tokens(json_output: Json = False) -> None:
    """Show every token ever made here, without the secrets."""
    from rich.markup import escape
    from rich.table import Table

    from consumers.archive.tokens import load_tokens, tokens_path
    from infra.settings import load_settings

    tokens = load_tokens(tokens_path(load_settings().data_dir))
    if json_output:
        print_json(
            tokens=[
                {
                    "token_id": one.token_id,
                    "scopes": one.scopes,
                    "note": one.note,
                    "created_at_us": one.created_at_us,
                    "revoked_at_us": one.revoked_at_us,
                }
                for one in tokens
            ]
        )
        return
    table = Table("id", "may", "made", "state", "note")
    for one in tokens:
        state = "valid" if one.revoked_at_us is None else f"revoked {_when(one.revoked_at_us / 1e6)}"
        table.add_row(one.token_id, " and ".join(one.scopes), _when(one.created_at_us / 1e6), state, escape(one.note))
    Console().print(table)


@token_app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="as `token list` shows it")]) -> None:
    """Never again accept a token; running servers follow at once."""
    from consumers.archive.tokens import revoke_token, tokens_path
    from infra.settings import load_settings

    token = revoke_token(tokens_path(load_settings().data_dir), token_id)
    _print(f"revoked {token.token_id}")


def _say_candidates(found: "Candidates", *, dry_run: bool) -> None:
    _print(f"{found.total} blobs, {_bytes(found.total_size)}; {found.young} are too young to be looked at")
    _print(
        f"{len(found.blobs)} are named nowhere, {_bytes(found.size)}: {'they would go' if dry_run else 'removing them'}"
    )
    for blob in found.blobs[:_SHOWN]:
        _print(f"  sha256:{blob.digest}  {_bytes(blob.size)}  {_when(blob.modified)}")
    if len(found.blobs) > _SHOWN:
        _print(f"  and {len(found.blobs) - _SHOWN} more (all by --json)")


def _counted(found: "Candidates", removed: "tuple[StoredBlob, ...]") -> dict[str, object]:
    return {
        "blobs": found.total,
        "size": found.total_size,
        "young": found.young,
        "unreferenced": [blob.digest for blob in found.blobs],
        "unreferenced_size": found.size,
        "removed": [blob.digest for blob in removed],
    }


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _print(text: str) -> None:
    Console(soft_wrap=True).print(text, highlight=False, markup=False)
