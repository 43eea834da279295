"""`linewatch keys`: the keys that models and desired states are signed with, and the ones this machine trusts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from infra.security import SigningKey, TrustStore

app = typer.Typer(no_args_is_help=True, help="Signing keys: create, trust, rotate, revoke, list.")

Note = Annotated[str, typer.Option("--note", help="what the key is for, shown by `keys list`")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="file: its first line encrypts the key", exists=True, dir_okay=False),
]
Json = Annotated[bool, typer.Option("--json", help="one JSON object instead of text")]


@app.command()
def create(note: Note = "", passphrase_file: PassphraseFile = None, json_output: Json = False) -> None:
    """Create a key pair in data_dir/keys and trust it on this machine."""
    key = _create_trusted(note, passphrase_file)
    _report(key, "created and trusted", json_output=json_output)


@app.command()
def trust(
    public_key: Annotated[str, typer.Argument(help="a .public.pem file, or the key's 64 hex digits")],
    note: Note = "",
    json_output: Json = False,
) -> None:
    """Trust another machine's public key."""
    from infra.security import key_id_of, load_trust, now_us, parse_public_key, save_trust
    from infra.settings import load_settings

    path = Path(public_key)
    raw = parse_public_key(path.read_bytes() if path.is_file() else public_key.encode())
    store_path = load_settings().trusted_keys
    save_trust(store_path, load_trust(store_path).with_key(raw, now_us(), note))
    _print({"key_id": key_id_of(raw), "trusted_in": str(store_path)}, f"trusted {key_id_of(raw)}", json_output)


@app.command()
def rotate(note: Note = "", passphrase_file: PassphraseFile = None, json_output: Json = False) -> None:
    """Create and trust a new key to sign with; older ones stay trusted until revoked."""
    key = _create_trusted(note, passphrase_file)
    _report(
        key,
        "signs from now on; carry its public file to every edge, sign again, then revoke the old key",
        json_output=json_output,
    )


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="16 hex digits, see `keys list`")],
    note: Note = "",
    json_output: Json = False,
) -> None:
    """Never again accept a signature by this key, whenever it was made."""
    from infra.security import load_trust, now_us, save_trust
    from infra.settings import load_settings

    path = load_settings().trusted_keys
    save_trust(path, load_trust(path).with_revoked(key_id, now_us(), note))
    _print({"key_id": key_id, "revoked": True}, f"revoked {key_id}: nothing it signed is accepted here", json_output)


@app.command(name="list")
def list_keys(json_output: Json = False) -> None:
    """Show the keys this machine knows; `signs` marks the one it signs with."""
    from infra.security import load_trust
    from infra.settings import load_settings

    settings = load_settings()
    rows = _rows(load_trust(settings.trusted_keys), settings.data_dir / "keys")
    if json_output:
        _print({"keys": rows}, "", json_output=True)
        return
    table = Table("key", "added", "state", "private", "note", title=f"keys in {settings.trusted_keys}")
    for row in rows:
        private = "signs" if row["signs"] else "here" if row["private"] else ""
        state = "trusted" if row["revoked_at_us"] is None else f"revoked {_when(row['revoked_at_us'])}"
        table.add_row(str(row["key_id"]), _when(row["added_at_us"]), state, private, escape(str(row["note"])))
    Console().print(table)


def _create_trusted(note: str, passphrase_file: Path | None) -> "SigningKey":
    from infra.security import create_key, load_trust, now_us, save_trust
    from infra.settings import load_settings

    settings = load_settings()
    known = load_trust(settings.trusted_keys)  # before anything is written: a broken store stops here
    key = create_key(settings.data_dir / "keys", _passphrase(passphrase_file))
    save_trust(settings.trusted_keys, known.with_key(key.public_key, now_us(), note))
    return key


def _passphrase(path: Path | None) -> bytes | None:
    from infra.security import SecurityError

    if path is None:
        return None
    lines = path.read_bytes().splitlines()
    if not lines or not lines[0]:
        raise SecurityError(f"{path}: its first line is empty; a passphrase is expected there")
    return lines[0]


def _rows(store: "TrustStore", directory: Path) -> list[dict[str, object]]:
    from infra.security import private_files

    private = private_files(directory)
    usable = [key.key_id for key in store.keys if key.is_trusted and key.key_id in private]
    return [
        {
            "key_id": key.key_id,
            "public_key": key.public_key.hex(),
            "added_at_us": key.added_at_us,
            "revoked_at_us": key.revoked_at_us,
            "note": key.note,
            "private": key.key_id in private,
            "signs": key.key_id in usable[-1:],
        }
        for key in store.keys
    ]


def _report(key: "SigningKey", what: str, *, json_output: bool) -> None:
    from infra.settings import load_settings

    public = load_settings().data_dir / "keys" / f"{key.key_id}.public.pem"
    content: dict[str, object] = {
        "key_id": key.key_id,
        "public_key": key.public_key.hex(),
        "public_file": str(public),
    }
    _print(content, f"{key.key_id} {what}\npublic key: {public}", json_output)


def _when(moment_us: object) -> str:
    return f"{datetime.fromtimestamp(int(str(moment_us)) / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def _print(content: dict[str, object], text: str, json_output: bool) -> None:
    import msgspec

    console = Console(soft_wrap=True)
    if json_output:
        console.print_json(msgspec.json.encode(content).decode())
    else:
        console.print(text, highlight=False, markup=False)
