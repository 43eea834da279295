"""Shards: equal contents are equal bytes; every image is in one."""

import json
import tarfile
from pathlib import Path

import pytest

from consumers.datasets.formats.annotated import AnnotatedImage
from consumers.datasets.replaying import ReplayImage
from consumers.datasets.shards import ShardFormat, ShardImage, shard_names, write_shard
from schemas.records import Box
from tests.consumers.datasets.makers import picture


def shard_image(number: int, label: str | None = "dent") -> ShardImage:
    boxes = (Box(label="scratch", x=1, y=2, w=3, h=4),)
    row = AnnotatedImage(file=f"cam-{number}.png", label=label, boxes=boxes, width=96, height=64)
    return ShardImage(f"cam-{number}", row, picture(number), "image/png")


@pytest.mark.parametrize("form", ["tfrecord", "webdataset"])
def test_equal_contents_are_equal_bytes(form: ShardFormat, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_shard(tmp_path / name, [shard_image(1), shard_image(2, None)], form, ["dent", "scratch"])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "other"}


def test_a_sample_of_a_webdataset(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.tar", [shard_image(1), shard_image(2, None)], "webdataset", ["dent", "scratch"])
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert tar.getnames() == ["cam-1.png", "cam-1.json", "cam-1.cls", "cam-2.png", "cam-2.json"]
        content = {name: tar.extractfile(name) for name in tar.getnames()}
        read = {name: file.read() for name, file in content.items() if file is not None}
    assert (read["cam-1.png"], read["cam-1.cls"]) == (picture(1), b"0")
    assert json.loads(read["cam-1.json"])["boxes"] == [{"label": "scratch", "x": 1, "y": 2, "w": 3, "h": 4}]


def test_every_image_is_in_one_shard_of_its_split() -> None:
    images = [
        ReplayImage(name=str(n), sha256="", location=None, label=None, split="test" if n % 3 else "train")
        for n in range(20)
    ]
    found = list(shard_names(images, Path("x"), "webdataset", 5))
    assert [path.name for path, _ in found] == [
        "test-00000-of-00003.tar",
        "test-00001-of-00003.tar",
        "test-00002-of-00003.tar",
        "train-00000-of-00002.tar",
        "train-00001-of-00002.tar",
    ]
    assert sorted(int(one.name) for _, part in found for one in part) == list(range(20))
