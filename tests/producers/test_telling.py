"""The next statement of an edge follows from what it is told."""

import pytest

from infra.security import SigningKey, create_key
from producers.commands import ConfigChange, StatementError, sign_statement
from producers.telling import Order, Packed, next_statement
from schemas.records import ClaimCheck, DesiredState, EdgeConfig, ModelRef

ONE = Packed(
    ModelRef(name="m", version="1", digest="sha256:" + "1" * 64, kind="rules"),
    ClaimCheck(reference="sha256:" + "2" * 64, sha256="2" * 64, size=10),
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"))


def order(**change: object) -> Order:
    values: dict[str, object] = {
        "slot": "active",
        "model": ONE,
        "change": ConfigChange(),
        "reason": "better",
        "by": "ana",
        **change,
    }
    return Order(**values)  # type: ignore[arg-type]


def told(key: SigningKey, *orders: Order) -> list[DesiredState]:
    states: list[DesiredState] = []
    for one in orders:
        new = sign_statement(next_statement("edge-1", states, [], one, 1), key, 1)
        states = [state for state in states if state.slot != one.slot] + new
    return states


def test_the_first_statement_names_model_approver_and_reason() -> None:
    statement = next_statement("edge-1", [], [], order(change=ConfigChange(thresholds={"a": 0.3})), 9)

    assert (statement.revision, statement.edges, statement.model) == (1, ["edge-1"], ONE.reference)
    assert statement.config == EdgeConfig(revision=1, thresholds={"a": 0.3})
    approval = statement.approval
    assert (approval.approved_by, approval.approved_at_us, approval.reason) == ("ana", 9, "better")


def test_a_change_of_configuration_keeps_the_model_and_the_other_settings(key: SigningKey) -> None:
    before = told(key, order(change=ConfigChange(thresholds={"a": 0.3}, deadline_us=5)))

    statement = next_statement("edge-1", before, [], order(model="keep", change=ConfigChange(thresholds={"b": 1.0})), 9)

    assert (statement.revision, statement.model, statement.blob) == (2, ONE.reference, ONE.blob)
    assert statement.config == EdgeConfig(revision=2, thresholds={"a": 0.3, "b": 1.0}, deadline_us=5)


def test_revisions_rise_over_both_slots(key: SigningKey) -> None:
    before = told(key, order(), order(slot="shadow"), order(slot="shadow"))

    assert next_statement("edge-1", before, [], order(), 9).revision == 4


def test_a_slot_is_emptied_by_naming_no_model(key: SigningKey) -> None:
    statement = next_statement("edge-1", told(key, order()), [], order(model=None), 9)

    assert (statement.model, statement.blob) == (None, None)


def test_there_is_nothing_to_keep_before_a_model_was_told(key: SigningKey) -> None:
    for before in ([], told(key, order(model=None))):
        with pytest.raises(StatementError, match="told to run no model in slot active"):
            next_statement("edge-1", before, [], order(model="keep"), 9)
