"""Signs model artifacts and tells whether a trusted key signed one."""

from consumers.inference.artifact import Artifact, add_signature, read_signatures, signing_bytes
from infra.security import SigningKey, TrustStore, verify
from schemas.records.training import Signature


def sign_artifact(artifact: Artifact, key: SigningKey) -> Signature:
    """Sign an artifact's digest, write the signature beside its files and return it."""
    signature = key.sign(signing_bytes(artifact.digest))
    add_signature(artifact, signature)
    return signature


def verify_artifact(artifact: Artifact, trust: TrustStore, signatures: tuple[Signature, ...] = ()) -> str:
    """Return the id of a trusted key that signed the artifact; SignatureError, telling why, when none did.

    `signatures` that came by another way (a ModelVersion, a DesiredState) count beside those in signature.json.
    """
    return verify(signing_bytes(artifact.digest), (*signatures, *read_signatures(artifact)), trust)
