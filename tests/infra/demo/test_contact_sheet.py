from pathlib import Path

import cv2
import numpy as np
import pytest

from infra.demo.contact_sheet import VERDICT_COLOURS, Tile, contact_sheet, write_sheet
from infra.demo.errors import DemoError
from schemas.records import VERDICTS, Box
from tests.infra.demo.examples import inspection, picture, truth


def test_boxes_are_white_with_a_dark_halo() -> None:
    tile = Tile(
        picture(grey=200), inspection(0, "fail", boxes=(Box(label="scratch", x=200, y=160, w=200, h=160),)), None
    )
    sheet = contact_sheet([tile], "title", columns=1)
    assert (sheet == 255).all(axis=2).sum() > 300
    assert (sheet[52:292, 12:332] < 100).all(axis=2).sum() > 100


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_its_colour(verdict: str) -> None:
    sheet = contact_sheet([Tile(picture(), inspection(0, verdict), None)], "t")  # type: ignore[arg-type]
    assert (sheet == VERDICT_COLOURS[verdict]).all(axis=2).sum() > 1000


def test_tiles_stand_in_rows_whatever_their_shape_and_names() -> None:
    shapes = [(640, 480), (100, 2000), (2000, 100), (1, 1), (640, 480)]
    tiles = [Tile(picture(*shape), inspection(i), truth("ä" * 60)) for i, shape in enumerate(shapes)]
    four, one = contact_sheet(tiles[:4], "t"), contact_sheet(tiles, "t")
    assert one.shape[1] == four.shape[1]
    assert one.shape[0] > four.shape[0]
    assert contact_sheet([], "nothing").shape[1] == four.shape[1]


def test_an_image_that_can_not_be_decoded_still_has_its_tile() -> None:
    sheet = contact_sheet([Tile(b"garbage", inspection(0, "error"), None)], "t")
    assert (sheet == VERDICT_COLOURS["error"]).all(axis=2).any()


def test_the_sheet_is_a_png_and_a_full_disk_is_named(tmp_path: Path) -> None:
    write_sheet([Tile(picture(), inspection(0), None)], "t", tmp_path / "sheet.png")
    written = cv2.imread(str(tmp_path / "sheet.png"))
    assert written is not None
    assert written.dtype == np.uint8
    with pytest.raises(DemoError, match="can't be written"):
        write_sheet([], "t", tmp_path / "missing" / "sheet.png")
