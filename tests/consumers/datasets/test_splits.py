"""An image's split never moves, and neither parts nor near-twins straddle splits."""

from collections import Counter

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.datasets.looks import BITS, TWIN_BITS, distances, look_at, look_bits, unpack
from consumers.datasets.splits import Placeable, place_all, split_of
from consumers.inference.decode import decode
from consumers.trainer import labelled_images
from tests.consumers.datasets.makers import picture

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


@pytest.mark.parametrize("quality", [70, 90])
def test_the_same_shot_stored_again_is_a_near_twin(quality: int) -> None:
    for seed in range(20):
        pixels = decode(picture(seed, 320, 200)).pixels
        again = decode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()).pixels
        half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        look = unpack(look_bits(pixels))
        others = np.stack([unpack(look_bits(np.asarray(one, np.uint8))) for one in (again, half)])
        assert (distances(look, others) <= TWIN_BITS).all()


def test_different_shots_are_none() -> None:
    looks = np.stack([unpack(look_at(picture(seed), 10**6).bits or "") for seed in range(40)])
    for row in range(len(looks)):
        apart = np.delete(distances(looks[row], looks), row)
        assert apart.min() > 2 * TWIN_BITS


@given(rows=st.integers(1, 70), columns=st.integers(1, 70), seed=st.integers(0, 9))
def test_a_look_is_255_bits_of_any_size_and_brightness_changes_none(rows: int, columns: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 200, (rows, columns), dtype=np.uint8)
    bits = look_bits(pixels)
    assert (len(bits), int(bits[-1], 16) & 1) == (64, 0)
    assert int(bits, 16).bit_count() <= BITS // 2 + 1


def test_what_is_no_picture_has_no_look() -> None:
    found = look_at(b"no picture", 10**6)
    assert (found.width, found.height, found.bits) == (0, 0, None)
