"""Artifacts: written, read back, digested, signed, and refused when anything is wrong."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consumers.inference.artifact import (
    Artifact,
    add_signature,
    compute_digest,
    decode_document,
    encode_document,
    list_files,
    load_artifact,
    read_signatures,
    signing_bytes,
    write_artifact,
)
from consumers.inference.document import GoldenImage, GoldenSet
from consumers.inference.errors import ArtifactError
from schemas.records.training import Signature
from tests.consumers.inference.artifacts import encoded, plain, tiny_artifact, tiny_document
from tests.consumers.inference.tiny_models import tiny_onnx

GOLDEN = GoldenSet(images=(GoldenImage(file="golden/a.png", label="good", score=0.1, scores={"good": 0.9}),))
SIGNATURE = Signature(key_id="0123456789abcdef", value=b"s" * 64)


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    return tiny_artifact(tmp_path / "model", files={"golden/a.png": encoded(plain(200))}, golden=GOLDEN)


def edited(artifact: Artifact, change: Callable[[dict[str, Any]], object]) -> Path:
    path = artifact.directory / "model.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return artifact.directory


def test_what_is_written_reads_back(artifact: Artifact) -> None:
    read = load_artifact(artifact.directory, artifact.digest)
    assert read == artifact
    assert read.document == tiny_document(golden=GOLDEN)
    assert read.runtime_file.read_bytes() == tiny_onnx()
    assert read.reference.digest.startswith("sha256:")
    assert (read.reference.name, read.reference.kind) == ("tiny", "classification")


def test_document_survives_its_json() -> None:
    document = tiny_document("litert-int8", golden=GOLDEN)
    content = encode_document(document)
    assert decode_document(content, Path("model.json")) == document
    assert encode_document(decode_document(content, Path("model.json"))) == content


def test_digest_depends_on_names_and_contents_only(artifact: Artifact, tmp_path: Path) -> None:
    again = tiny_artifact(tmp_path / "again", files={"golden/a.png": encoded(plain(200))}, golden=GOLDEN)
    os.utime(again.runtime_file, (1, 1))
    assert compute_digest(again.directory) == artifact.digest
    (again.directory / "golden" / "a.png").rename(again.directory / "golden" / "b.png")
    assert compute_digest(again.directory) != artifact.digest


def test_one_changed_byte_is_noticed(artifact: Artifact) -> None:
    content = bytearray(artifact.runtime_file.read_bytes())
    content[-1] ^= 1
    artifact.runtime_file.write_bytes(content)
    with pytest.raises(ArtifactError, match="expected sha256:"):
        load_artifact(artifact.directory, artifact.digest)


def test_signatures_are_beside_the_digest(artifact: Artifact) -> None:
    assert read_signatures(artifact) == ()
    add_signature(artifact, SIGNATURE)
    other = Signature(key_id="fedcba9876543210", value=b"t" * 64)
    add_signature(artifact, other)
    add_signature(artifact, SIGNATURE)
    assert read_signatures(load_artifact(artifact.directory, artifact.digest)) == (other, SIGNATURE)


def test_a_crash_while_signing_leaves_the_digest_alone(artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def crash(_source: Path, _target: Path) -> None:
        seen.append(load_artifact(artifact.directory).digest)
        raise KeyboardInterrupt

    monkeypatch.setattr("consumers.inference.artifact.os.replace", crash)
    with pytest.raises(KeyboardInterrupt):
        add_signature(artifact, SIGNATURE)
    assert seen == [artifact.digest]
    assert [path.name for path in artifact.directory.parent.iterdir()] == [artifact.directory.name]


def test_signatures_of_other_contents_are_refused(artifact: Artifact) -> None:
    add_signature(artifact, SIGNATURE)
    (artifact.directory / "notes.txt").write_text("added later")
    changed = load_artifact(artifact.directory)
    with pytest.raises(ArtifactError, match="sign it again"):
        read_signatures(changed)
    add_signature(changed, SIGNATURE)
    assert read_signatures(changed) == (SIGNATURE,)


def test_signing_bytes_name_their_purpose() -> None:
    assert signing_bytes("sha256:00") == b"linewatch model artifact 1\nsha256:00\n"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(kind="magic"), r"kind"),
        (lambda d: d.update(format_version=2), "format_version 2"),
        (lambda d: d.pop("format_version"), "format_version"),
        (lambda d: d["runtime"].update(name="tensorrt"), r"runtime.name"),
        (lambda d: d["runtime"].update(file="../model.onnx"), "leaves the artifact"),
        (lambda d: d["runtime"].update(file="/etc/model.onnx"), "leaves the artifact"),
        (lambda d: d["runtime"].update(file="a\\..\\model.onnx"), "leaves the artifact"),
        (lambda d: d["runtime"].update(file="C:model.onnx"), "leaves the artifact"),
        (lambda d: d["runtime"].update(file="missing.onnx"), "missing.onnx: missing"),
        (lambda d: d["golden"]["images"][0].update(file="golden/../../a.png"), "not a safe path"),
        (lambda d: d["golden"]["images"][0].update(file="golden/none.png"), "none.png: missing"),
        (lambda d: d["thresholds"].update(clases={}), "clases"),
        (lambda d: d["thresholds"]["classes"].update(dark=1.5), "thresholds"),
        (lambda d: d["input"].update(width=0), "input.width"),
        (lambda d: d["input"].update(width="8"), "input.width"),
    ],
)
def test_a_wrong_document_is_refused_with_its_field(
    artifact: Artifact, change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    with pytest.raises(ArtifactError, match=reason) as caught:
        load_artifact(edited(artifact, change))
    assert "model" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"format_version": 1}', b"[" * 100_000])
def test_no_document_at_all_is_one_clear_error(artifact: Artifact, content: bytes) -> None:
    (artifact.directory / "model.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"model\.json"):
        load_artifact(artifact.directory)


def test_a_missing_folder_or_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="missing"):
        load_artifact(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match="no such artifact folder"):
        compute_digest(tmp_path / "nowhere")


def test_links_are_refused(artifact: Artifact) -> None:
    try:
        (artifact.directory / "passwd").symlink_to(artifact.runtime_file)
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(ArtifactError, match="links"):
        list_files(artifact.directory)


def test_writing_never_leaves_half_an_artifact(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="golden files"):
        write_artifact(tmp_path / "model", tiny_document(golden=GOLDEN), b"", {})
    with pytest.raises(OSError, match="absent"):
        write_artifact(tmp_path / "model", tiny_document(), tmp_path / "absent.onnx", {})
    assert list(tmp_path.iterdir()) == []


def test_writing_over_something_is_refused(artifact: Artifact) -> None:
    with pytest.raises(ArtifactError, match="not empty"):
        write_artifact(artifact.directory, tiny_document(), tiny_onnx(), {})


def test_writing_a_contradiction_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="good_class"):
        write_artifact(tmp_path / "model", tiny_document(good_class="dark"), tiny_onnx(), {})


def test_the_runtime_file_may_come_from_disk(tmp_path: Path) -> None:
    (tmp_path / "some.onnx").write_bytes(tiny_onnx())
    (tmp_path / "model").mkdir()
    written = write_artifact(tmp_path / "model", tiny_document(), tmp_path / "some.onnx", {})
    assert written.runtime_file.read_bytes() == tiny_onnx()
