"""Keys, trust and signatures: what counts, what does not, and that private material stays private."""

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.errors import InfraError
from infra.security import (
    SecurityError,
    SignatureError,
    SigningKey,
    TrustStore,
    create_key,
    key_id_of,
    load_key,
    load_trust,
    parse_public_key,
    private_files,
    public_pem,
    save_trust,
    signing_key,
    verify,
)
from schemas.records.training import Signature


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return create_key(tmp_path / "keys")


@pytest.fixture
def trust(key: SigningKey) -> TrustStore:
    return TrustStore().with_key(key.public_key, 1_000, "first")


def test_what_a_trusted_key_signed_is_accepted(key: SigningKey, trust: TrustStore) -> None:
    signature = key.sign(b"message")
    assert signature.algorithm == "ed25519"
    assert verify(b"message", [signature], trust) == key.key_id == key_id_of(key.public_key)


def test_each_refusal_says_why(key: SigningKey, trust: TrustStore) -> None:
    signature = key.sign(b"message")
    with pytest.raises(SignatureError, match="no signature at all"):
        verify(b"message", [], trust)
    with pytest.raises(SignatureError, match=f"key {key.key_id} is not for these contents"):
        verify(b"massage", [signature], trust)
    with pytest.raises(SignatureError, match=f"key {key.key_id} is unknown here"):
        verify(b"message", [signature], TrustStore())
    with pytest.raises(SignatureError, match=f"key {key.key_id} was revoked"):
        verify(b"message", [signature], trust.with_revoked(key.key_id, 2_000))
    assert issubclass(SignatureError, InfraError)


def test_one_good_signature_among_bad_ones_is_enough(key: SigningKey, trust: TrustStore, tmp_path: Path) -> None:
    stranger = create_key(tmp_path / "other")
    assert verify(b"m", [stranger.sign(b"m"), key.sign(b"m")], trust) == key.key_id
    with pytest.raises(SignatureError, match=f"{stranger.key_id} is unknown.*{key.key_id} is not for"):
        verify(b"m", [stranger.sign(b"m"), key.sign(b"n")], trust)


def test_a_key_cannot_sign_in_anothers_name(key: SigningKey, trust: TrustStore, tmp_path: Path) -> None:
    forged = Signature(key_id=key.key_id, value=create_key(tmp_path / "other").sign(b"m").value)
    with pytest.raises(SignatureError):
        verify(b"m", [forged], trust)


@settings(max_examples=50)
@given(st.binary(max_size=100), st.integers(0, 63), st.integers(1, 255))
def test_any_changed_byte_breaks_a_signature(message: bytes, place: int, change: int) -> None:
    key = _fixed_key()
    value = bytearray(key.sign(message).value)
    value[place] ^= change
    with pytest.raises(SignatureError):
        verify(message, [Signature(key_id=key.key_id, value=bytes(value))], TrustStore().with_key(key.public_key, 1))


@pytest.mark.parametrize("size", [0, 1, 63, 65])
def test_signatures_of_wrong_length_are_refused_calmly(key: SigningKey, trust: TrustStore, size: int) -> None:
    with pytest.raises(SignatureError):
        verify(b"m", [Signature(key_id=key.key_id, value=bytes(size))], trust)


def test_a_key_file_is_private_and_reads_back(key: SigningKey, tmp_path: Path) -> None:
    path = private_files(tmp_path / "keys")[key.key_id]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).sign(b"m") == key.sign(b"m")
    assert parse_public_key((tmp_path / "keys" / f"{key.key_id}.public.pem").read_bytes()) == key.public_key


def test_private_material_is_never_shown(key: SigningKey, tmp_path: Path) -> None:
    seed = key._private.private_bytes_raw()
    shown = f"{key!r} {key} {[key]}"
    assert key.key_id in shown
    assert seed.hex() not in shown
    assert "Ed25519PrivateKey" not in shown
    with pytest.raises(SecurityError) as caught:
        parse_public_key(private_files(tmp_path / "keys")[key.key_id].read_bytes())
    assert "private key" in str(caught.value)


def test_a_passphrase_encrypts(tmp_path: Path) -> None:
    key = create_key(tmp_path, b"open sesame")
    path = private_files(tmp_path)[key.key_id]
    assert b"ENCRYPTED" in path.read_bytes()
    assert load_key(path, b"open sesame").key_id == key.key_id
    with pytest.raises(SecurityError, match="is encrypted: give its passphrase"):
        load_key(path)
    with pytest.raises(SecurityError, match="passphrase is wrong"):
        load_key(path, b"open barley")


def test_a_passphrase_for_a_plain_key_is_told(key: SigningKey, tmp_path: Path) -> None:
    with pytest.raises(SecurityError, match="is not encrypted"):
        load_key(private_files(tmp_path / "keys")[key.key_id], b"open sesame")


def test_files_that_are_no_ed25519_keys(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    plain = serialization.NoEncryption()
    pem = other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "ec.pem").write_bytes(pem)
    (tmp_path / "text.pem").write_bytes(b"hello")
    with pytest.raises(SecurityError, match="another kind"):
        load_key(tmp_path / "ec.pem")
    with pytest.raises(SecurityError, match="no private key"):
        load_key(tmp_path / "text.pem")
    with pytest.raises(SecurityError, match="cannot be read"):
        load_key(tmp_path / "none.pem")
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(SecurityError, match="another kind"):
        parse_public_key(public)


@pytest.mark.parametrize("text", [b"", b"abc", b"0" * 63, b"g" * 64, b"-----BEGIN PUBLIC KEY-----\nxx\n"])
def test_texts_that_are_no_public_key(text: bytes) -> None:
    with pytest.raises(SecurityError):
        parse_public_key(text)


def test_public_keys_travel_as_pem_or_hex(key: SigningKey) -> None:
    assert parse_public_key(public_pem(key.public_key)) == key.public_key
    assert parse_public_key(f" {key.public_key.hex().upper()}\n".encode()) == key.public_key


def test_the_trust_store_survives_its_file(trust: TrustStore, key: SigningKey, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "trusted.json"
    assert load_trust(path) == TrustStore()
    changed = trust.with_revoked(key.key_id, 5_000, "laptop lost")
    save_trust(path, changed)
    assert load_trust(path) == changed
    assert load_trust(path).keys[0].note == "laptop lost"
    assert list(path.parent.iterdir()) == [path]


def test_trusting_twice_changes_nothing_and_revoked_stays_revoked(key: SigningKey, trust: TrustStore) -> None:
    assert trust.with_key(key.public_key, 9_999, "again") is trust
    revoked = trust.with_revoked(key.key_id, 5_000)
    assert revoked.with_revoked(key.key_id, 6_000) is revoked
    with pytest.raises(SecurityError, match="was revoked and stays so"):
        revoked.with_key(key.public_key, 7_000)
    with pytest.raises(SecurityError, match="not in the trust store"):
        trust.with_revoked("0" * 16, 1)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"keys": [{}]}', b'{"keyz": []}'])
def test_a_malformed_trust_store_is_an_error_never_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trusted.json").write_bytes(content)
    with pytest.raises(SecurityError, match="not a trust store"):
        load_trust(tmp_path / "trusted.json")


def test_an_altered_trust_store_is_noticed(trust: TrustStore, tmp_path: Path) -> None:
    save_trust(tmp_path / "trusted.json", trust)
    content = json.loads((tmp_path / "trusted.json").read_text())
    content["keys"][0]["key_id"] = "0" * 16
    (tmp_path / "trusted.json").write_text(json.dumps(content))
    with pytest.raises(SecurityError, match="was altered"):
        load_trust(tmp_path / "trusted.json")


def test_what_cannot_be_written_is_said_and_leaves_no_half_key(tmp_path: Path, trust: TrustStore) -> None:
    (tmp_path / "file").write_text("no folder")
    for write in (lambda: create_key(tmp_path / "file" / "keys"), lambda: save_trust(tmp_path / "file" / "t", trust)):
        with pytest.raises(SecurityError, match="can't be written"):
            write()
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The public file has 113 bytes and fits, the private one has 119: as on a disk that is full in between.
    resource.setrlimit(resource.RLIMIT_FSIZE, (116, limits[1]))
    try:
        with pytest.raises(SecurityError, match="can't be written"):
            create_key(tmp_path / "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert private_files(tmp_path / "full") == {}


def test_rotation_signs_with_the_newest_key_and_keeps_the_old_one_trusted(
    key: SigningKey, trust: TrustStore, tmp_path: Path
) -> None:
    newer = create_key(tmp_path / "keys")
    rotated = trust.with_key(newer.public_key, 2_000)
    assert signing_key(tmp_path / "keys", rotated).key_id == newer.key_id
    assert verify(b"m", [key.sign(b"m")], rotated) == key.key_id
    back = rotated.with_revoked(newer.key_id, 3_000)
    assert signing_key(tmp_path / "keys", back).key_id == key.key_id
    with pytest.raises(SecurityError, match="no trusted private key"):
        signing_key(tmp_path / "keys", TrustStore())


def _fixed_key() -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return SigningKey(key_id_of(private.public_key().public_bytes_raw()), private)
