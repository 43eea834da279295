"""Whether an edge follows a statement of what it shall run. Pure."""

import msgspec

from consumers.edge.errors import StatementRefusedError
from consumers.edge.memory import SlotMemory
from infra.security import SignatureError, TrustStore, verify
from schemas.records import DesiredState, DesiredStatement


def accept(state: DesiredState, edge_id: str, known: SlotMemory, trust: TrustStore) -> DesiredStatement:
    """The statement, when a trusted key signed it for this edge and it is newer than what the slot remembers.

    A revision below the highest ever found well signed is refused: neither an old statement nor an old writer brings
    an old model back. A statement that was well signed but could not be followed may be tried again, and the one in
    force is accepted again, as at a restart. StatementRefusedError tells what is wrong.
    """
    name = f"statement {state.event_id}"
    try:
        verify(state.statement, state.signatures, trust)
    except SignatureError as error:
        raise StatementRefusedError(f"{name}: {error}") from error
    statement = _parsed(state.statement, name)
    if (statement.slot, statement.revision) != (state.slot, state.revision):
        signed = f"slot {statement.slot}, revision {statement.revision}"
        raise StatementRefusedError(f"{name}: its envelope differs from what is signed: {signed}")
    if edge_id not in statement.edges or state.edge_id != edge_id:
        raise StatementRefusedError(f"{name}: it is not for edge {edge_id}, but for {', '.join(statement.edges)}")
    _check_revision(state, known, name)
    if (statement.model is None) != (statement.blob is None):
        raise StatementRefusedError(f"{name}: it names a model without its blob, or a blob without a model")
    return statement


def _check_revision(state: DesiredState, known: SlotMemory, name: str) -> None:
    followed = known.followed
    if followed is not None and state.statement == followed.statement:
        return  # in force already, even when a newer one was seen and could not be followed
    if state.revision < known.floor:
        raise StatementRefusedError(f"{name}: revision {state.revision} is lower than {known.floor}, seen before")
    if followed is not None and state.revision == followed.revision:
        raise StatementRefusedError(f"{name}: another statement with revision {state.revision} is in force")


def _parsed(content: bytes, name: str) -> DesiredStatement:
    try:
        return msgspec.json.decode(content, type=DesiredStatement)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StatementRefusedError(f"{name}: well signed, but unreadable: {error}") from error
