"""A model artifact: a directory with `model.json`, the runtime's file, golden/ pictures and `signature.json`.

Nothing here executes a model. Reading trusts nothing: paths are checked, sizes capped, links refused, and every
failure is an ArtifactError that names the file and the reason.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from consumers.inference.document import FORMAT_VERSION, ModelDocument
from consumers.inference.errors import ArtifactError
from consumers.inference.validation import is_safe_path, problems
from schemas.records.inspection import ModelRef
from schemas.records.training import Signature

DOCUMENT: Final = "model.json"
SIGNATURES: Final = "signature.json"
MAXIMUM_DOCUMENT_BYTES: Final = 8 * 1024 * 1024
MAXIMUM_FILES: Final = 2000
MAXIMUM_BYTES: Final = 4 * 1024**3  # an edge has 8 GB of memory: a larger model could not run there
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Artifact:
    """A checked artifact on disk: its directory, its document, and the digest of its contents (`sha256:<hex>`)."""

    directory: Path
    document: ModelDocument
    digest: str

    @property
    def runtime_file(self) -> Path:
        """Path of the file the runtime loads."""
        return self.directory / self.document.runtime.file

    @property
    def reference(self) -> ModelRef:
        """How inspections name this model."""
        document = self.document
        return ModelRef(name=document.name, version=document.version, digest=self.digest, kind=document.kind)


class _Version(msgspec.Struct, frozen=True):
    format_version: int


class _SignatureFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    signatures: list[Signature]


def signing_bytes(digest: str) -> bytes:
    """Return the bytes a signature covers; the prefix keeps a signature from being valid for anything else."""
    return f"linewatch model artifact 1\n{digest}\n".encode()


def load_artifact(directory: Path, expected_digest: str | None = None) -> Artifact:
    """Read and check an artifact; ArtifactError when malformed or when its digest is not the expected one.

    The digest is always computed from the files as they are (one read of each), whatever model.json says.
    """
    document = _read_document(directory)
    for path in (document.runtime.file, *(image.file for image in document.golden.images)):
        if not (directory / path).is_file():
            raise ArtifactError(f"{directory / path}: missing, though {DOCUMENT} names it")
    digest = compute_digest(directory)
    if expected_digest is not None and digest != expected_digest:
        raise ArtifactError(f"{directory}: contents have digest {digest}, expected {expected_digest}: fetch it again")
    return Artifact(directory=directory, document=document, digest=digest)


def write_artifact(
    directory: Path, document: ModelDocument, runtime_file: bytes | Path, golden: Mapping[str, bytes]
) -> Artifact:
    """Write a new artifact and return it as it reads back; `directory` must not exist yet (or be empty).

    `golden` maps `golden/<name>` to encoded picture bytes. The files are built beside and moved in one step, so a
    reader never sees half an artifact. ArtifactError when the document contradicts itself or the files.
    """
    check_document(document, directory)
    if set(golden) != {image.file for image in document.golden.images}:
        raise ArtifactError(f"{directory}: golden files {sorted(golden)} are not those the document names")
    if directory.exists() and any(directory.iterdir()):
        raise ArtifactError(f"{directory}: exists and is not empty; choose another folder")
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".artifact-") as scratch:
        built = Path(scratch) / "built"
        _write_files(built, document, runtime_file, golden)
        if directory.exists():
            directory.rmdir()
        os.replace(built, directory)
    return load_artifact(directory)


def check_document(document: ModelDocument, source: Path) -> None:
    """Raise ArtifactError listing every contradiction in a document; `source` names it in the message."""
    found = list(problems(document))
    if found:
        raise ArtifactError(f"{source}: {'; '.join(found)}")


def compute_digest(directory: Path) -> str:
    """Return `sha256:<hex>` over the sorted `path NUL sha256 NUL size` lines of every file but `signature.json`."""
    whole = hashlib.sha256()
    for name, path in list_files(directory):
        if name != SIGNATURES:
            content, size = _hash_file(path)
            whole.update(f"{name}\0{content}\0{size}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def list_files(directory: Path) -> list[tuple[str, Path]]:
    """List an artifact's files as (relative POSIX path, path), sorted; ArtifactError for links, odd names, excess."""
    if not directory.is_dir():
        raise ArtifactError(f"{directory}: no such artifact folder")
    found: list[tuple[str, Path]] = []
    total = 0
    for path in directory.rglob("*"):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ArtifactError(f"{path}: links and special files are not allowed in an artifact")
        if not is_safe_path(name):
            raise ArtifactError(f"{path}: {name!r} is not a portable file name")
        if path.is_file():
            found.append((name, path))
            total += path.stat().st_size
        if len(found) > MAXIMUM_FILES or total > MAXIMUM_BYTES:
            raise ArtifactError(f"{directory}: more than {MAXIMUM_FILES} files or {MAXIMUM_BYTES} bytes")
    return sorted(found)


def read_signatures(artifact: Artifact) -> tuple[Signature, ...]:
    """Read `signature.json`: () when there is none; ArtifactError when malformed or made for another digest."""
    path = artifact.directory / SIGNATURES
    if not path.is_file():
        return ()
    try:
        content = msgspec.json.decode(_read_capped(path), type=_SignatureFile)
    except msgspec.DecodeError as error:
        raise ArtifactError(f"{path}: {error}") from error
    if content.digest != artifact.digest:
        raise ArtifactError(f"{path}: signs {content.digest}, but the contents have {artifact.digest}: sign it again")
    return tuple(content.signatures)


def add_signature(artifact: Artifact, signature: Signature) -> None:
    """Add a signature over `signing_bytes(artifact.digest)`, replacing an older one by the same key."""
    kept = [item for item in _existing_signatures(artifact) if item.key_id != signature.key_id]
    content = _SignatureFile(digest=artifact.digest, signatures=[*kept, signature])
    path = artifact.directory / SIGNATURES
    # Beside the artifact, not in it: every file in it counts for its digest, a half-written one of a crash as well.
    home = artifact.directory.resolve()
    scratch = home.parent / f".{home.name}.{os.getpid()}.signature"
    try:
        scratch.write_bytes(msgspec.json.format(msgspec.json.encode(content)))
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def _existing_signatures(artifact: Artifact) -> tuple[Signature, ...]:
    try:
        return read_signatures(artifact)
    except ArtifactError:
        return ()  # an unreadable or outdated signature file is replaced by a good one


def _read_document(directory: Path) -> ModelDocument:
    path = directory / DOCUMENT
    if not path.is_file():
        raise ArtifactError(f"{path}: missing; a model artifact is a folder with a {DOCUMENT}")
    document = decode_document(_read_capped(path), path)
    check_document(document, path)
    return document


def decode_document(content: bytes, source: Path) -> ModelDocument:
    """Parse the bytes of a model.json; ArtifactError naming the field that is wrong, or a format too new."""
    try:
        version = msgspec.json.decode(content, type=_Version).format_version
        if version != FORMAT_VERSION:
            raise ArtifactError(f"{source}: format_version {version}, this program reads {FORMAT_VERSION}: update it")
        return msgspec.json.decode(content, type=ModelDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArtifactError(f"{source}: {error}") from error


def encode_document(document: ModelDocument) -> bytes:
    """Return a document as indented JSON, field order as declared, so that equal documents give equal bytes."""
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2) + b"\n"


def _write_files(built: Path, document: ModelDocument, runtime_file: bytes | Path, golden: Mapping[str, bytes]) -> None:
    built.mkdir()
    (built / DOCUMENT).write_bytes(encode_document(document))
    target = built / document.runtime.file
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(runtime_file, bytes):
        target.write_bytes(runtime_file)
    else:
        shutil.copyfile(runtime_file, target)
    for name, content in golden.items():
        path = built / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _read_capped(path: Path) -> bytes:
    if path.stat().st_size > MAXIMUM_DOCUMENT_BYTES:
        raise ArtifactError(f"{path}: {path.stat().st_size} bytes, more than {MAXIMUM_DOCUMENT_BYTES}")
    return path.read_bytes()


def _hash_file(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
