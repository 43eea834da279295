"""Signed artifacts, and everything that must not count as signed."""

from pathlib import Path

import pytest

from consumers.inference.artifact import Artifact, load_artifact
from consumers.inference.signing import sign_artifact, verify_artifact
from infra.security import SignatureError, SigningKey, TrustStore, create_key
from tests.consumers.inference.artifacts import tiny_artifact


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return tiny_artifact(tmp_path / "model")


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return create_key(tmp_path / "keys")


def test_a_trusted_signature_counts(artifact: Artifact, key: SigningKey) -> None:
    sign_artifact(artifact, key)
    trust = TrustStore().with_key(key.public_key, 1)
    assert verify_artifact(load_artifact(artifact.directory), trust) == key.key_id


def test_unsigned_unknown_and_revoked_do_not(artifact: Artifact, key: SigningKey) -> None:
    trust = TrustStore().with_key(key.public_key, 1)
    with pytest.raises(SignatureError, match="not signed"):
        verify_artifact(artifact, trust)
    sign_artifact(artifact, key)
    with pytest.raises(SignatureError, match="unknown here"):
        verify_artifact(artifact, TrustStore())
    with pytest.raises(SignatureError, match="was revoked"):
        verify_artifact(artifact, trust.with_revoked(key.key_id, 2))


def test_a_signature_of_another_artifact_does_not(artifact: Artifact, key: SigningKey, tmp_path: Path) -> None:
    other = tiny_artifact(tmp_path / "other", name="other")
    foreign = sign_artifact(other, key)
    with pytest.raises(SignatureError, match="not for these contents"):
        verify_artifact(artifact, TrustStore().with_key(key.public_key, 1), (foreign,))


def test_a_signature_may_come_by_another_way(artifact: Artifact, key: SigningKey, tmp_path: Path) -> None:
    twin = tiny_artifact(tmp_path / "twin")
    signature = sign_artifact(twin, key)
    assert verify_artifact(artifact, TrustStore().with_key(key.public_key, 1), (signature,)) == key.key_id
