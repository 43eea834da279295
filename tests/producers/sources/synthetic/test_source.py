"""The synthetic camera: the same bytes each time, and truth that is what is drawn."""

import hashlib
import subprocess
import sys
from itertools import islice

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from producers.errors import SourceError
from producers.sources.headers import read_header
from producers.sources.source import Capture
from producers.sources.synthetic.settings import PARTS, PartKind, SyntheticSettings
from producers.sources.synthetic.source import SyntheticSource, boxes_of, shoot
from producers.sources.synthetic.surface import Layout, Region, circle
from tests.paths import REPO
from tests.producers.sources.pictures import CLOCK, captures

BLUR_REACH = 6  # pixels that lens, interpolation and shadow carry a defect beyond its outline


def settings_of(part: PartKind, **changes: object) -> SyntheticSettings:
    return SyntheticSettings(part=part, seed=5, **changes)  # type: ignore[arg-type]


def digests(settings: SyntheticSettings, position: int = 0) -> list[str]:
    return [hashlib.sha256(c.image).hexdigest() for c in captures(SyntheticSource(settings), position)]


@pytest.mark.parametrize("part", PARTS)
def test_any_image_can_be_drawn_by_itself(part: PartKind) -> None:
    settings = settings_of(part, count=6)
    whole = digests(settings)
    assert len(set(whole)) == 6
    assert digests(settings, 4) == whole[4:]
    assert digests(settings) == whole


def test_another_process_draws_the_same_bytes() -> None:
    settings = settings_of("screws", count=2)
    code = (
        "import hashlib; from producers.sources import open_source\n"
        f"for c in open_source({settings.uri!r}).open(): print(hashlib.sha256(c.image).hexdigest())"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)
    assert found.stdout.split() == digests(settings)


def test_another_seed_draws_another_part() -> None:
    assert digests(settings_of("panel", count=1)) != digests(SyntheticSettings(part="panel", seed=6, count=1))


def test_a_capture_says_everything() -> None:
    settings = settings_of("panel", width=320, height=240, defect_rate=1.0)
    capture = next(SyntheticSource(settings, clock=CLOCK).open(7))
    assert isinstance(capture, Capture)
    assert read_header(capture.image) == ("image/jpeg", 320, 240)
    assert (capture.width, capture.height, capture.position) == (320, 240, 7)
    assert capture.origin == f"{settings.uri}#7"
    assert capture.part_id == "panel-5-000007"
    assert capture.product in {"oven-panel", "washer-panel", "hood-panel"}
    assert capture.exposure is not None
    assert capture.truth is not None
    assert capture.truth.boxes


@pytest.mark.parametrize("part", PARTS)
def test_cameras_with_one_seed_see_the_same_parts(part: PartKind) -> None:
    left, right = (shoot(settings_of(part, camera_id=camera, defect_rate=0.5), 3) for camera in ("left", "right"))
    assert left.part_id == right.part_id
    assert left.product == right.product
    assert left.truth.label == right.truth.label
    assert [box.label for box in left.truth.boxes] == [box.label for box in right.truth.boxes]
    assert not np.array_equal(left.image, right.image)


def test_views_of_one_part_share_its_id_and_label() -> None:
    shots = [shoot(settings_of("panel", views=3, defect_rate=0.5), index) for index in range(9)]
    assert [shot.part_id[-1] for shot in shots] == list("000111222")
    assert all(len({shot.truth.label for shot in shots[first : first + 3]}) == 1 for first in (0, 3, 6))
    # Turned and lit anew, not only a little brighter.
    assert float(np.abs(shots[0].image.astype(int) - shots[1].image).mean()) > 8


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_as_many_parts_are_defective_as_asked(part: PartKind, rate: float) -> None:
    count = 60
    settings = settings_of(part, defect_rate=rate, width=96, height=72)
    defective = sum(shoot(settings, index).truth.label != "good" for index in range(count))
    assert defective == pytest.approx(count * rate, abs=0 if rate in {0.0, 1.0} else 12)


def changed(settings: SyntheticSettings, index: int) -> NDArray[np.int64]:
    """Difference in grey levels between an image and the same one with a flawless part, height x width."""
    with_defect, without = shoot(settings, index), shoot(settings, index, defects=False)
    assert without.truth.label == "good"
    difference = np.abs(with_defect.image.astype(np.int64) - without.image.astype(np.int64))
    return np.asarray(difference.max(axis=2))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("index", range(12))
def test_nothing_but_the_boxes_changes(part: PartKind, index: int) -> None:
    settings = settings_of(part, defect_rate=1.0)
    difference = changed(settings, index)
    inside = np.zeros(difference.shape, bool)
    for box in shoot(settings, index).truth.boxes:
        # Where a screw is missing, its head and shadow are too: they reach beyond the hole.
        reach = 24 if box.label == "missing_screw" else BLUR_REACH
        inside[max(box.y - reach, 0) : box.y + box.h + reach, max(box.x - reach, 0) : box.x + box.w + reach] = True
    assert difference[~inside].max() <= 2


@pytest.mark.parametrize("part", ["panel", "gasket"])
@pytest.mark.parametrize("index", range(12))
def test_a_box_is_as_small_as_its_defect(part: PartKind, index: int) -> None:
    settings = settings_of(part, defect_rate=1.0, contrast=2.0)
    difference = changed(settings, index)
    for box in shoot(settings, index).truth.boxes:
        piece = difference[box.y : box.y + box.h, box.x : box.x + box.w]
        rows, columns = np.nonzero(piece > 4)
        assert len(rows), box
        slack = 4 + 0.15 * max(box.w, box.h)  # a dent fades to its rim, a scratch to its ends
        assert rows.min() <= slack
        assert columns.min() <= slack
        assert box.h - 1 - rows.max() <= slack
        assert box.w - 1 - columns.max() <= slack


@pytest.mark.parametrize("index", range(8))
def test_four_places_of_screws_lie_apart(index: int) -> None:
    shot = shoot(settings_of("screws", defect_rate=0.5), index)
    assert len(shot.truth.boxes) == 4
    middles = [(box.x + box.w / 2, box.y + box.h / 2) for box in shot.truth.boxes]
    assert min(np.hypot(a[0] - b[0], a[1] - b[1]) for a in middles for b in middles if a is not b) > 100


def test_boxes_hold_every_pixel_of_an_outline_and_are_cut_at_the_border() -> None:
    layout = Layout(100, 80)
    still = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    regions = [
        Region("whole", circle(50.0, 40.0, 5.0)),
        Region("cut", circle(98.0, 2.0, 5.0)),
        Region("outside", circle(-30.0, 40.0, 5.0)),
    ]
    whole, cut = boxes_of(regions, still, layout)
    assert (whole.label, whole.x, whole.y, whole.w, whole.h) == ("whole", 45, 35, 11, 11)
    assert (cut.label, cut.x, cut.y, cut.w, cut.h) == ("cut", 93, 0, 7, 8)


@pytest.mark.parametrize("part", PARTS)
def test_boxes_stay_inside_the_image(part: PartKind) -> None:
    settings = settings_of(part, defect_rate=1.0, width=200, height=90)
    for index in range(40):
        for box in shoot(settings, index).truth.boxes:
            assert 0 <= box.x < box.x + box.w <= 200
            assert 0 <= box.y < box.y + box.h <= 90


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("size", [(64, 64), (1280, 1024), (300, 1200)])
def test_any_size_can_be_drawn(part: PartKind, size: tuple[int, int]) -> None:
    shot = shoot(settings_of(part, width=size[0], height=size[1], defect_rate=1.0), 0)
    assert shot.image.shape == (size[1], size[0], 3)
    assert shot.image.dtype == np.uint8
    assert 20 < shot.image.mean() < 220


def test_images_are_neither_black_nor_burnt_out() -> None:
    for part in PARTS:
        for index in range(25):
            grey = cv2.cvtColor(shoot(settings_of(part), index).image, cv2.COLOR_BGR2GRAY)
            assert float((grey >= 254).mean()) < 0.15, (part, index)
            assert 40 < float(np.median(grey)) < 235, (part, index)


def test_the_source_is_endless_unless_it_has_a_count() -> None:
    source = SyntheticSource(settings_of("panel", width=64, height=64))
    items = source.open(1000)
    assert [item.position for item in islice(items, 2)] == [1000, 1001]
    source.close()
    assert list(items) == []
    with pytest.raises(SourceError, match="never ends"):
        assert source.length
    assert SyntheticSource(settings_of("panel", count=3)).length == 3
