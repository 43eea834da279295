"""How the projection stands, told to everybody."""

from consumers.console.projection.state import ProjectionState, Snapshot


def test_what_is_not_changed_stays() -> None:
    state = ProjectionState()
    assert state.get() == Snapshot()
    state.set(standing="waiting", detail="no broker")
    state.set(lag=7)
    assert state.get() == Snapshot(standing="waiting", detail="no broker", lag=7)
