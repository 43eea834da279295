"""Signing and trusting: ed25519 keys (RFC 8032), a trust store that is one JSON file, rotation and revocation.

A signature by any key that is trusted and not revoked is enough. Revocation holds for every signature of that key,
whenever it was made: a signature carries no trustworthy time.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from infra.errors import InfraError
from schemas.records.training import Signature

_KEY_ID: Final = re.compile(r"[0-9a-f]{16}")
_PRIVATE_SUFFIX: Final = ".private.pem"
_PUBLIC_SUFFIX: Final = ".public.pem"


class SecurityError(InfraError):
    """A key or trust store is missing, unreadable or used wrongly; do what the message says."""


class SignatureError(SecurityError):
    """Nothing proves that a trusted key signed this: do not use it; sign it again, or trust the key it names."""


class TrustedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One public key that is, or was, trusted. Times are Unix microseconds."""

    key_id: str
    public_key: bytes  # 32 bytes, base64 in the file
    added_at_us: int
    revoked_at_us: int | None = None
    note: str = ""

    @property
    def is_trusted(self) -> bool:
        return self.revoked_at_us is None


class TrustStore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every key ever trusted, in order of addition. Immutable: `with_*` return a changed copy."""

    keys: tuple[TrustedKey, ...] = ()

    def find(self, key_id: str) -> TrustedKey | None:
        return next((key for key in self.keys if key.key_id == key_id), None)

    def with_key(self, public_key: bytes, added_at_us: int, note: str = "") -> "TrustStore":
        """Trust a key (32 raw bytes). A key that is trusted stays as it is; SecurityError for a revoked one."""
        known = self.find(key_id_of(public_key))
        if known is not None and not known.is_trusted:
            raise SecurityError(
                f"key {known.key_id} was revoked and stays so; create a new one by `linewatch keys rotate`"
            )
        if known is not None:
            return self
        _public(public_key)
        key = TrustedKey(key_id=key_id_of(public_key), public_key=public_key, added_at_us=added_at_us, note=note)
        return TrustStore((*self.keys, key))

    def with_revoked(self, key_id: str, revoked_at_us: int, note: str = "") -> "TrustStore":
        """Revoke a key for good. SecurityError when it is unknown; a second time changes nothing."""
        known = self.find(key_id)
        if known is None:
            raise SecurityError(f"key {key_id} is not in the trust store; `linewatch keys list` shows what is")
        if not known.is_trusted:
            return self
        revoked = msgspec.structs.replace(known, revoked_at_us=revoked_at_us, note=note or known.note)
        return TrustStore(tuple(revoked if key is known else key for key in self.keys))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key ready to sign. Its text form shows the id only."""

    key_id: str
    _private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"SigningKey(key_id={self.key_id!r})"

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> Signature:
        """Sign a message; the signature is detached and carries the key's id."""
        return Signature(key_id=self.key_id, value=self._private.sign(message))


def key_id_of(public_key: bytes) -> str:
    """Return the id of a public key: the first 16 hex digits of the sha256 of its 32 raw bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def now_us() -> int:
    """Return the wall clock in Unix microseconds."""
    return time.time_ns() // 1000


def create_key(directory: Path, passphrase: bytes | None = None) -> SigningKey:
    """Make a key pair in `directory`: <id>.private.pem (PKCS 8, mode 0600) and <id>.public.pem.

    A passphrase encrypts the private file. The new key is not trusted by this alone. SecurityError when the folder
    can't be written; no half-written private key stays behind.
    """
    private = Ed25519PrivateKey.generate()
    key = SigningKey(key_id_of(private.public_key().public_bytes_raw()), private)
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    with _written(directory):
        directory.mkdir(parents=True, exist_ok=True)
        _write_new(directory / f"{key.key_id}{_PUBLIC_SUFFIX}", public_pem(key.public_key), mode=0o644)
        _write_new(directory / f"{key.key_id}{_PRIVATE_SUFFIX}", pem, mode=0o600)
    return key


def load_key(path: Path, passphrase: bytes | None = None) -> SigningKey:
    """Read a private key file. SecurityError when it is missing, no ed25519 key, or the passphrase is wrong."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), passphrase or None)
    except OSError as error:
        raise SecurityError(
            f"{path}: cannot be read ({error.strerror}); `linewatch keys create` makes a key"
        ) from error
    except TypeError as error:
        needs = "is encrypted: give its passphrase" if passphrase is None else "is not encrypted: give no passphrase"
        raise SecurityError(f"{path}: {needs}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SecurityError(f"{path}: no private key, or the passphrase is wrong") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SecurityError(f"{path}: holds another kind of key than ed25519")
    return SigningKey(key_id_of(private.public_key().public_bytes_raw()), private)


def private_files(directory: Path) -> dict[str, Path]:
    """Return the private key files in a folder by key id."""
    found = sorted(directory.glob(f"*{_PRIVATE_SUFFIX}"))
    named = {path.name.removesuffix(_PRIVATE_SUFFIX): path for path in found}
    return {key_id: path for key_id, path in named.items() if _KEY_ID.fullmatch(key_id)}


def signing_key(directory: Path, trust: TrustStore, passphrase: bytes | None = None) -> SigningKey:
    """Load the key to sign with: of the private keys in `directory`, the one trusted last and not revoked."""
    files = private_files(directory)
    usable = [key for key in trust.keys if key.is_trusted and key.key_id in files]
    if not usable:
        raise SecurityError(f"no trusted private key in {directory}; `linewatch keys create` makes one")
    return load_key(files[usable[-1].key_id], passphrase)


def public_pem(public_key: bytes) -> bytes:
    """Return a public key (32 raw bytes) as PEM, to be carried to other machines."""
    return _public(public_key).public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def parse_public_key(text: bytes) -> bytes:
    """Return the 32 raw bytes of a public key given as PEM or as 64 hex digits; SecurityError otherwise."""
    stripped = text.strip()
    if re.fullmatch(rb"[0-9a-fA-F]{64}", stripped):
        raw = bytes.fromhex(stripped.decode("ascii"))
        _public(raw)
        return raw
    if b"PRIVATE KEY" in stripped:
        raise SecurityError("this is a private key: never carry it about; use the .public.pem file beside it")
    try:
        key = serialization.load_pem_public_key(stripped)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SecurityError("no public key: neither PEM nor 64 hex digits") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SecurityError("this public key is of another kind than ed25519")
    return key.public_bytes_raw()


def load_trust(path: Path) -> TrustStore:
    """Read a trust store; one that does not exist is empty. SecurityError when it is malformed or its ids are wrong."""
    if not path.exists():
        return TrustStore()
    try:
        trust = msgspec.json.decode(path.read_bytes(), type=TrustStore)
    except (OSError, msgspec.DecodeError) as error:
        raise SecurityError(f"{path}: not a trust store: {error}") from error
    for key in trust.keys:
        if key.key_id != key_id_of(key.public_key):
            raise SecurityError(f"{path}: key {key.key_id} does not match its public key; the file was altered")
    return trust


def save_trust(path: Path, trust: TrustStore) -> None:
    """Write a trust store whole or not at all; SecurityError when it can't be written."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            scratch.write_bytes(msgspec.json.format(msgspec.json.encode(trust), indent=2) + b"\n")
            os.replace(scratch, path)
        finally:
            scratch.unlink(missing_ok=True)


def verify(message: bytes, signatures: Iterable[Signature], trust: TrustStore) -> str:
    """Return the id of the first trusted key that signed `message`; SignatureError telling why there is none."""
    reasons: list[str] = []
    for signature in signatures:
        reason = _refusal(message, signature, trust)
        if reason is None:
            return signature.key_id
        reasons.append(reason)
    raise SignatureError("; ".join(reasons) if reasons else "not signed: there is no signature at all")


def _refusal(message: bytes, signature: Signature, trust: TrustStore) -> str | None:
    """Say why a signature does not count; None when it does."""
    key = trust.find(signature.key_id)
    if key is None:
        return f"key {signature.key_id} is unknown here; `linewatch keys trust` would trust it"
    if not key.is_trusted:
        return f"key {signature.key_id} was revoked"
    try:
        _public(key.public_key).verify(signature.value, message)
    except InvalidSignature:
        return f"the signature by key {signature.key_id} is not for these contents"
    return None


def _public(raw: bytes) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise SecurityError(f"an ed25519 public key has 32 bytes, not {len(raw)}") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not exist, with its mode from the first moment on (Windows knows no modes)."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SecurityError(
            f"{path} can't be written ({error.strerror}): look at its permissions and the free space"
        ) from error
