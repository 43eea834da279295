"""An image's split never moves, and neither parts nor near-twins straddle splits."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.looks import TWIN_BITS, distances, unpack
from consumers.datasets.splits import Placeable, place_all, split_of
from consumers.trainer import labelled_images

# A few bits of difference around a few centres: near-twins, chains of them, and strangers.
LOOKS = st.tuples(st.integers(0, 3), st.sets(st.integers(0, 40), max_size=12))
IMAGES = st.lists(st.tuples(LOOKS, st.one_of(st.none(), st.integers(0, 4))), min_size=1, max_size=25)


def placeable(number: int, look: tuple[int, set[int]], part: int | None) -> Placeable:
    centre, flipped = look
    bits = np.zeros(256, np.uint8)
    bits[64 * centre : 64 * centre + 64] = 1
    bits[list(flipped)] ^= 1
    sha = f"{number:064x}"
    return Placeable(sha, sha if part is None else f"part-{part}", np.packbits(bits).tobytes().hex())


@given(images=IMAGES)
def test_what_comes_later_moves_nothing_and_nothing_straddles(
    images: list[tuple[tuple[int, set[int]], int | None]],
) -> None:
    placed = [placeable(number, look, part) for number, (look, part) in enumerate(images)]
    whole = place_all(placed)
    for count in range(len(placed)):
        fewer = place_all(placed[:count])
        assert fewer == {sha: whole[sha] for sha in fewer}
    taken = [(one, whole[one.sha256].split) for one in placed if whole[one.sha256].split is not None]
    for one, split in taken:
        for other, another in taken:
            near = distances(unpack(one.bits or ""), unpack(other.bits or "")[None])[0] <= TWIN_BITS
            if near or one.group == other.group:
                assert split == another


def test_an_image_between_two_splits_is_left_out_with_the_reason() -> None:
    train, test = (
        next(f"part-{n}" for n in range(99) if split_of(f"part-{n}") == split) for split in ("train", "test")
    )
    first = Placeable("a" * 64, train, "00" * 32)
    second = Placeable("b" * 64, test, "ff" * 32)
    between = Placeable("c" * 64, test, "00" * 32)
    place = place_all([first, second, between])["c" * 64]
    assert place.split is None
    assert place.reason == f"its part is in test; near-twin {'a' * 12} is in train"


def test_shares_are_as_said_and_the_trainer_splits_alike() -> None:
    groups = [f"part-{number}" for number in range(4000)]
    shares = Counter(split_of(group) for group in groups)
    for split, count in shares.items():
        assert count / len(groups) == pytest.approx(0.7 if split == "train" else 0.15, abs=0.02)
    assert [split_of(group) for group in groups] == [labelled_images.split_of(group) for group in groups]
