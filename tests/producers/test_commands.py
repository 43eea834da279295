"""Statements to edges: what is signed is what was meant."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.security import SigningKey, TrustStore, create_key, verify
from producers.commands import (
    ConfigChange,
    StatementError,
    next_revision,
    parse_region,
    parse_statement,
    parse_thresholds,
    sign_statement,
    statement_bytes,
)
from schemas.codec import Codec
from schemas.records import (
    Approval,
    ClaimCheck,
    DesiredState,
    DesiredStatement,
    EdgeConfig,
    EdgeReported,
    ModelRef,
    Region,
)

MODEL = ModelRef(name="m", version="1", digest="sha256:" + "1" * 64, kind="rules")
BLOB = ClaimCheck(reference="sha256:" + "2" * 64, sha256="2" * 64, size=10)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"))


def statement(**change: object) -> DesiredStatement:
    made = DesiredStatement(
        revision=3,
        slot="active",
        edges=["edge-1", "edge-2"],
        model=MODEL,
        blob=BLOB,
        config=EdgeConfig(revision=3, thresholds={"b": 0.5, "a": 0.25}),
        approval=Approval(approved_by="ana", approved_at_us=1, reason="better"),
    )
    return msgspec.structs.replace(made, **change)


def test_each_edge_gets_the_same_signed_bytes(key: SigningKey) -> None:
    states = sign_statement(statement(), key, 7)

    assert [state.edge_id for state in states] == ["edge-1", "edge-2"]
    assert {state.statement for state in states} == {statement_bytes(statement())}
    for state in states:
        assert (state.slot, state.revision, state.issued_at_us) == ("active", 3, 7)
        assert parse_statement(state) == statement()
        trust = TrustStore().with_key(key.public_key, 1)
        assert verify(state.statement, state.signatures, trust) == key.key_id
        assert Codec().decode(Codec().encode(state), DesiredState) == state


def test_the_order_in_which_thresholds_were_given_changes_nothing() -> None:
    other = statement(config=EdgeConfig(revision=3, thresholds={"a": 0.25, "b": 0.5}))

    assert statement_bytes(other) == statement_bytes(statement())


@pytest.mark.parametrize(
    ("change", "reason"), [({"edges": []}, "no edge"), ({"blob": None}, "names a model and the blob")]
)
def test_a_statement_that_contradicts_itself_is_not_signed(
    key: SigningKey, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(StatementError, match=reason):
        sign_statement(statement(**change), key, 1)


def test_a_change_leaves_what_it_does_not_name() -> None:
    config = EdgeConfig(
        revision=1, thresholds={"a": 0.1, "b": 0.2}, review_band=0.05, region=Region(x=1, y=2, w=3, h=4)
    )

    changed = ConfigChange(thresholds={"b": 0.9}, deadline_us=5).apply(config, 8)

    assert changed == EdgeConfig(
        revision=8,
        thresholds={"a": 0.1, "b": 0.9},
        review_band=0.05,
        deadline_us=5,
        region=Region(x=1, y=2, w=3, h=4),
    )
    assert ConfigChange(region="all").apply(config, 9).region is None
    assert ConfigChange().is_empty
    assert not ConfigChange(review_band=0.0).is_empty


@pytest.mark.parametrize("text", ["scratch", "=0.5", "scratch=", "scratch=1.5", "scratch=-1", "scratch=nan", "a=b=c"])
def test_a_threshold_is_a_class_and_a_score(text: str) -> None:
    with pytest.raises(StatementError, match="is not CLASS=SCORE"):
        parse_thresholds([text])


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,0,4", "-1,2,3,4"])
def test_a_region_is_four_whole_numbers(text: str) -> None:
    with pytest.raises(StatementError, match="region"):
        parse_region(text)


@given(st.lists(st.integers(0, 100)), st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100))))
def test_the_next_revision_is_above_all_that_was_told_or_seen(told: list[int], seen: list[tuple[int, int]]) -> None:
    states = [
        DesiredState(edge_id="e", slot="active", revision=n, issued_at_us=1, statement=b"", signatures=[]) for n in told
    ]
    reports = [
        EdgeReported(
            edge_id="e",
            instance="i",
            reported_at_us=1,
            started_at_us=1,
            state="running",
            healthy=True,
            software="1",
            active_revision=active,
            refused_revision=refused,
        )
        for active, refused in seen
    ]

    assert next_revision(states, reports) > max([*told, *(max(pair) for pair in seen)], default=0)


def test_what_is_no_statement_is_told() -> None:
    state = DesiredState(edge_id="e", slot="active", revision=1, issued_at_us=1, statement=b"\xff", signatures=[])

    with pytest.raises(StatementError, match="unreadable"):
        parse_statement(state)
