"""What an edge remembers over a restart; floors only ever rise."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.edge.errors import EdgeStateError
from consumers.edge.memory import Memory, MemoryFile, SlotMemory
from schemas.records import DesiredState, Signature, Slot


def state(revision: int, slot: Slot = "active") -> DesiredState:
    return DesiredState(
        edge_id="edge-1",
        slot=slot,
        revision=revision,
        issued_at_us=1,
        statement=b"\x00statement",
        signatures=[Signature(key_id="k", value=b"\xff" * 64)],
    )


def test_an_edge_that_never_ran_remembers_nothing(tmp_path: Path) -> None:
    assert MemoryFile(tmp_path / "state.json").read() == Memory()


def test_what_is_followed_is_there_after_a_restart_slot_by_slot(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    MemoryFile(path).follow(state(3))
    MemoryFile(path).follow(state(4, "shadow"))

    memory = MemoryFile(path).read()
    assert memory.of("active") == SlotMemory(floor=3, followed=state(3))
    assert memory.of("shadow") == SlotMemory(floor=4, followed=state(4, "shadow"))
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_another_process_that_is_behind_does_not_take_anything_back(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "state.json")
    file.follow(state(8))
    file.follow(state(7))
    file.raise_floor("active", 2)

    assert file.read().of("active") == SlotMemory(floor=8, followed=state(8))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=15))
def test_the_floor_is_the_highest_revision_ever_seen(steps: list[tuple[bool, int]]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = MemoryFile(Path(folder) / "state.json")
        for followed, revision in steps:
            if followed:
                file.follow(state(revision))
            else:
                file.raise_floor("active", revision)
        memory = file.read().of("active")
    assert memory.floor == max((revision for _, revision in steps), default=0)
    in_force = [revision for followed, revision in steps if followed]
    assert (memory.followed.revision if memory.followed else None) == (max(in_force) if in_force else None)


@pytest.mark.parametrize("content", [b"", b"{}x", b'{"slots": 3}', b'{"format_version": 99}', b'{"unknown": 1}'])
def test_a_damaged_file_stops_the_edge_instead_of_letting_old_models_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)

    with pytest.raises(EdgeStateError, match=r"state\.json"):
        MemoryFile(path).read()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(EdgeStateError, match="cannot be"):
        MemoryFile(tmp_path / "file" / "state.json").follow(state(1))
