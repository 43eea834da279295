"""Images over HTTP."""

from collections.abc import Callable
from hashlib import sha256

import cv2
import numpy as np
import pytest

from consumers.console.services import Services
from consumers.console.tables.labels import ImageLabelRow
from tests.consumers.console.browsers import Browser
from tests.consumers.console.labeling.rows import NOW, fill, inspection_row, task_row
from tests.consumers.console.labeling.test_task_views import label_row
from tests.consumers.console.test_images import encoded, gradient, pixels_of

Browse = Callable[..., Browser]
JPEG = encoded(".jpg", gradient(640, 480))
SHA = sha256(JPEG).hexdigest()


@pytest.fixture
def stored(services: Services) -> Services:
    services.blobs.put(JPEG)
    boxes = [{"label": "scratch", "x": 200, "y": 200, "w": 100, "h": 100, "score": 0.9}]
    fill(services.database, inspection_row(1, sha256=SHA, boxes=boxes))
    return services


def test_an_image_is_served_as_captured_and_never_twice(stored: Services, browse: Browse) -> None:
    viewer = browse("product_manager")
    for path in (f"/api/images/{SHA}", "/api/frames/cam-1/1/image"):
        first = viewer.get(path)
        assert (first.status_code, first.content) == (200, JPEG)
        assert first.headers["content-type"] == "image/jpeg"
        assert "private" in first.headers["cache-control"]
        assert "immutable" in first.headers["cache-control"]
        again = viewer.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_small_ones_are_rendered_once(stored: Services, browse: Browse) -> None:
    viewer = browse("inspector")
    small = viewer.get(f"/api/images/{SHA}?width=160")
    assert pixels_of(small.content).shape == (120, 160, 3)
    assert small.headers["etag"] != viewer.get(f"/api/images/{SHA}").headers["etag"]
    digest = SHA
    (stored.settings.data_dir / "blobs" / digest[:2] / digest[2:4] / digest).unlink()
    assert viewer.get("/api/frames/cam-1/1/image?width=160").content == small.content


def test_boxes_are_drawn_on_request(stored: Services, browse: Browse) -> None:
    viewer = browse("inspector")
    plain = pixels_of(viewer.get("/api/frames/cam-1/1/image?width=640").content).astype(np.int32)
    asked = viewer.get("/api/frames/cam-1/1/image?width=640&boxes=verdict")
    drawn = pixels_of(asked.content).astype(np.int32)
    assert drawn[250, 200].min() > 200
    assert np.abs(drawn - plain)[230:280, 230:280].max() < 20
    assert asked.headers["cache-control"] == "private, no-cache"
    unlabeled = viewer.get("/api/frames/cam-1/1/image?boxes=label")
    assert unlabeled.content == JPEG
    fill(
        stored.database,
        label_row("cam-1/1/first/1", boxes=[{"label": "dent", "x": 10, "y": 10, "w": 50, "h": 50, "score": None}]),
        ImageLabelRow(
            sha256=SHA,
            edge_id="press-1",
            label_id="cam-1/1/first/1",
            label="dent",
            outcome="labeled",
            state="single",
            labeler="ann",
            labeled_at_us=NOW,
        ),
    )
    tag = {"If-None-Match": unlabeled.headers["etag"]}
    labeled = viewer.get("/api/frames/cam-1/1/image?boxes=label", headers=tag)
    assert labeled.status_code == 200
    assert pixels_of(labeled.content)[30, 10].min() > 200


def test_a_tiff_of_sixteen_bits_is_shown(services: Services, browse: Browse) -> None:
    done, data = cv2.imencode(".tiff", np.full((40, 60), 40_000, np.uint16))
    assert done
    check = services.blobs.put(bytes(data.tobytes()))
    shown = browse("inspector").get(f"/api/images/{check.sha256}")
    assert shown.headers["content-type"] == "image/png"
    assert pixels_of(shown.content)[0, 0, 0] == 40_000 >> 8


def test_a_broken_image_says_why(services: Services, browse: Browse) -> None:
    check = services.blobs.put(JPEG[:-2000])
    refused = browse("inspector").get(f"/api/images/{check.sha256}?width=100")
    assert (refused.status_code, refused.json()["code"]) == (422, "image_corrupt")
    assert "cut off" in refused.json()["detail"]


def test_what_is_not_there_says_where_it_was_looked_for(services: Services, browse: Browse) -> None:
    viewer = browse("inspector")
    gone = viewer.get(f"/api/images/{'0' * 64}")
    assert (gone.status_code, gone.json()["code"]) == (404, "image_missing")
    assert "is not in" in gone.json()["detail"]
    unknown = viewer.get("/api/frames/cam-7/1/image")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "frame_unknown")
    fill(services.database, task_row(8, sha256=SHA))
    services.blobs.put(JPEG)
    assert viewer.get("/api/frames/cam-1/8/image").content == JPEG


@pytest.mark.parametrize("query", ["width=15", "width=4097", "boxes=both"])
def test_what_can_not_be_rendered_is_refused(stored: Services, browse: Browse, query: str) -> None:
    assert browse("inspector").get(f"/api/frames/cam-1/1/image?{query}").status_code == 422


def test_images_are_for_those_who_are_signed_in(stored: Services, browse: Browse) -> None:
    assert browse().get(f"/api/images/{SHA}", headers={"If-None-Match": f'"{SHA}"'}).status_code == 401
