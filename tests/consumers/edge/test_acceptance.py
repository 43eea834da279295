"""An edge follows what a trusted key signed for it, and nothing older than what it has seen."""

from pathlib import Path

import msgspec
import pytest

from consumers.edge.acceptance import accept
from consumers.edge.errors import StatementRefusedError
from consumers.edge.memory import SlotMemory
from infra.security import SigningKey, TrustStore, create_key
from producers.commands import sign_statement
from schemas.records import Approval, ClaimCheck, DesiredState, DesiredStatement, EdgeConfig, ModelRef

MODEL = ModelRef(name="m", version="1", digest="sha256:" + "1" * 64, kind="classification")
BLOB = ClaimCheck(reference="sha256:" + "2" * 64, sha256="2" * 64, size=10)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def trust(key: SigningKey) -> TrustStore:
    return TrustStore().with_key(key.public_key, 1)


def statement(revision: int = 5) -> DesiredStatement:
    return DesiredStatement(
        revision=revision,
        slot="active",
        edges=["edge-1", "edge-2"],
        model=MODEL,
        blob=BLOB,
        config=EdgeConfig(revision=revision),
        approval=Approval(approved_by="ana", approved_at_us=1, reason="better"),
    )


def signed(key: SigningKey, revision: int = 5) -> DesiredState:
    return sign_statement(statement(revision), key, 1)[0]


def raw(key: SigningKey, content: bytes, revision: int = 5) -> DesiredState:
    return msgspec.structs.replace(signed(key, revision), statement=content, signatures=[key.sign(content)])


def test_what_is_signed_comes_out(key: SigningKey, trust: TrustStore) -> None:
    assert accept(signed(key), "edge-1", SlotMemory(), trust) == statement()
    assert accept(signed(key), "edge-1", SlotMemory(floor=5), trust) == statement()


def test_a_revision_below_the_highest_seen_is_refused(key: SigningKey, trust: TrustStore) -> None:
    with pytest.raises(StatementRefusedError, match="revision 5 is lower than 6"):
        accept(signed(key), "edge-1", SlotMemory(floor=6), trust)


def test_the_statement_in_force_is_accepted_again_but_not_another_of_its_revision(
    key: SigningKey, trust: TrustStore
) -> None:
    followed = signed(key)
    known = SlotMemory(floor=5, followed=followed)
    other = sign_statement(msgspec.structs.replace(statement(), rollout_id="r"), key, 1)[0]

    assert accept(followed, "edge-1", known, trust) == statement()
    with pytest.raises(StatementRefusedError, match="another statement with revision 5"):
        accept(other, "edge-1", known, trust)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"signatures": []}, "not signed"),
        ({"slot": "shadow"}, "envelope differs"),
        ({"revision": 6}, "envelope differs"),
        ({"edge_id": "edge-2"}, "not for edge edge-1"),
    ],
)
def test_an_envelope_that_does_not_fit_is_refused(
    key: SigningKey, trust: TrustStore, change: dict[str, object], reason: str
) -> None:
    state = msgspec.structs.replace(signed(key), **change)

    with pytest.raises(StatementRefusedError, match=reason):
        accept(state, "edge-1", SlotMemory(), trust)


def test_a_statement_for_other_edges_is_refused(key: SigningKey, trust: TrustStore) -> None:
    state = msgspec.structs.replace(signed(key), edge_id="edge-9")

    with pytest.raises(StatementRefusedError, match="not for edge edge-9, but for edge-1, edge-2"):
        accept(state, "edge-9", SlotMemory(), trust)


def test_one_changed_byte_of_what_is_signed_is_refused(key: SigningKey, trust: TrustStore) -> None:
    state = signed(key)
    for place in range(0, len(state.statement), 37):
        content = bytearray(state.statement)
        content[place] ^= 1
        with pytest.raises(StatementRefusedError, match="not for these contents"):
            accept(msgspec.structs.replace(state, statement=bytes(content)), "edge-1", SlotMemory(), trust)


def test_unknown_and_revoked_keys_are_refused(key: SigningKey, trust: TrustStore, tmp_path: Path) -> None:
    with pytest.raises(StatementRefusedError, match="unknown here"):
        accept(signed(create_key(tmp_path)), "edge-1", SlotMemory(), trust)
    with pytest.raises(StatementRefusedError, match="was revoked"):
        accept(signed(key), "edge-1", SlotMemory(), trust.with_revoked(key.key_id, 2))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"revision": "five"}'])
def test_a_statement_that_is_well_signed_but_unreadable_is_refused(
    key: SigningKey, trust: TrustStore, content: bytes
) -> None:
    with pytest.raises(StatementRefusedError, match="unreadable"):
        accept(raw(key, content), "edge-1", SlotMemory(), trust)


def test_a_model_without_its_blob_is_refused(key: SigningKey, trust: TrustStore) -> None:
    content = msgspec.json.encode(msgspec.structs.replace(statement(), blob=None))

    with pytest.raises(StatementRefusedError, match="without its blob"):
        accept(raw(key, content), "edge-1", SlotMemory(), trust)
