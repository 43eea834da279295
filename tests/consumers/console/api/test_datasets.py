"""Datasets over HTTP."""

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256

import pytest

from consumers.console.services import Services
from consumers.datasets.manifest import manifest_bytes
from tests.consumers.console.browsers import Browser
from tests.consumers.console.manifests import made_image, made_manifest
from tests.consumers.console.test_datasets import stored

Browse = Callable[..., Browser]
BODY = {"name": "plates", "edge_ids": ["press-1"], "from_us": 1, "to_us": 2}


def test_look_page_compare_and_take_away(services: Services, browse: Browse) -> None:
    services.blobs.put(b"picture")
    image = made_image(1, sha256=sha256(b"picture").hexdigest())
    manifest, other = made_manifest(image), made_manifest(image, made_image(2))
    stored(services, manifest)
    stored(services, other, built_at_us=9)
    dora = browse("model_developer", "dora")
    assert [one["digest"] for one in dora.get("/api/datasets").json()] == [other.digest, manifest.digest]
    assert dora.get(f"/api/datasets/{manifest.digest}").json()["agreement"]["pairs"] == 3
    frames = dora.get(f"/api/datasets/{other.digest}/frames?label=dent&limit=1").json()
    assert ([one["sha256"] for one in frames["items"]], frames["next_cursor"]) == ([image.sha256], None)
    changes = dora.get("/api/dataset-diff", params={"a": manifest.digest, "b": other.digest}).json()
    assert (changes["same"], changes["added"]) == (1, 1)
    plain = dora.get(f"/api/datasets/{manifest.digest}/download")
    assert plain.content == manifest_bytes(manifest)
    assert plain.headers["content-disposition"] == f'attachment; filename="plates-{manifest.digest[7:19]}.jsonl"'
    packed = dora.get(f"/api/datasets/{manifest.digest}/download?format=folder")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read(f"images/{image.sha256}.jpg") == b"picture"
        assert json.loads(archive.read("annotations.jsonl"))["label"] == "dent"


def test_a_build_without_kafka_fails_in_words_and_is_listed(services: Services, browse: Browse) -> None:
    dora = browse("model_developer", "dora")
    asked = dora.post("/api/dataset-builds", BODY)
    assert asked.status_code == 202, asked.text
    build_id = asked.json()["build_id"]
    assert dora.get(f"/api/dataset-builds/{build_id}").json()["name"] == "plates"
    assert [one["build_id"] for one in dora.get("/api/dataset-builds").json()] == [build_id]
    assert dora.post(f"/api/dataset-builds/{build_id}/cancel").status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"from_us": 2}, "nothing lies between"), ({"edge_ids": ["No Edge"]}, "not usable"), ({"name": "-"}, "name")],
)
def test_a_build_of_nothing_is_refused(browse: Browse, changes: dict[str, object], said: str) -> None:
    refused = browse("model_developer").post("/api/dataset-builds", {**BODY, **changes})
    assert refused.status_code == 422, refused.text
    assert said in refused.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        f"/api/datasets/sha256:{'0' * 64}",
        f"/api/datasets/sha256:{'0' * 64}/frames",
        f"/api/datasets/sha256:{'0' * 64}/download?format=folder",
        f"/api/dataset-diff?a=sha256:{'0' * 64}&b=sha256:{'0' * 64}",
        "/api/dataset-builds/none",
    ],
)
def test_what_there_is_not_is_not_found(browse: Browse, path: str) -> None:
    assert browse("product_manager").get(path).status_code == 404


def test_who_may_look_and_who_may_build(browse: Browse) -> None:
    assert browse("inspector").get("/api/datasets").status_code == 403
    manager = browse("product_manager")
    assert manager.get("/api/datasets").status_code == 200
    assert manager.post("/api/dataset-builds", BODY).status_code == 403
