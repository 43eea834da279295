"""One file for the blob store: the same bytes each time, and nothing evil comes out of it."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from consumers.inference.artifact import Artifact, add_signature, read_signatures
from consumers.inference.bundle import pack, unpack
from consumers.inference.errors import ArtifactError
from schemas.records.training import Signature
from tests.consumers.inference.artifacts import tiny_artifact


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    written = tiny_artifact(tmp_path / "model")
    add_signature(written, Signature(key_id="0123456789abcdef", value=b"s" * 64))
    return written


@pytest.fixture
def bundle(artifact: Artifact, tmp_path: Path) -> Path:
    pack(artifact, tmp_path / "blobs" / "bundle")
    return tmp_path / "blobs" / "bundle"


def rewritten(bundle: Path, **entries: bytes | zipfile.ZipInfo) -> Path:
    """Add entries to a bundle: bytes by name, or a ready-made description with the bytes `x`."""
    with zipfile.ZipFile(bundle, "a") as opened:
        for name, content in entries.items():
            if isinstance(content, zipfile.ZipInfo):
                opened.writestr(content, b"x")
            else:
                opened.writestr(name, content)
    return bundle


def test_what_is_packed_unpacks_to_the_same(artifact: Artifact, bundle: Path, tmp_path: Path) -> None:
    back = unpack(bundle, tmp_path / "back", artifact.digest)
    assert (back.document, back.digest) == (artifact.document, artifact.digest)
    assert back.directory == tmp_path / "back"
    assert read_signatures(back) == read_signatures(artifact)


def test_packing_twice_gives_the_same_bytes(artifact: Artifact, bundle: Path, tmp_path: Path) -> None:
    copy = unpack(bundle, tmp_path / "copy")
    pack(copy, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == bundle.read_bytes()
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_another_digest_is_refused_and_leaves_nothing(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="expected sha256:00"):
        unpack(bundle, tmp_path / "back", "sha256:00")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "model"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "C:evil", "a\\evil", "evil/"])
def test_entries_outside_are_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    with pytest.raises(ArtifactError, match="no plain file inside"):
        unpack(rewritten(bundle, entry=entry), tmp_path / "back")
    assert not (tmp_path / "evil").exists()


def test_links_and_compressed_entries_are_refused(bundle: Path, tmp_path: Path) -> None:
    content = bundle.read_bytes()
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArtifactError, match="'link' is no plain file"):
        unpack(rewritten(bundle, entry=link), tmp_path / "back")
    bundle.write_bytes(content)
    squeezed = zipfile.ZipInfo("bomb")
    squeezed.compress_type = zipfile.ZIP_DEFLATED
    with pytest.raises(ArtifactError, match="'bomb' is compressed"):
        unpack(rewritten(bundle, entry=squeezed), tmp_path / "back")


def test_a_name_twice_is_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        rewritten(bundle, **{"model.json": b"{}"})
    with pytest.raises(ArtifactError, match="cannot be unpacked"):
        unpack(bundle, tmp_path / "back")


def test_an_added_file_changes_the_digest(artifact: Artifact, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="expected"):
        unpack(rewritten(bundle, extra=b"content"), tmp_path / "back", artifact.digest)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_cut_off_bundle_is_an_error(bundle: Path, tmp_path: Path, part: float) -> None:
    content = bundle.read_bytes()
    bundle.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ArtifactError, match="cannot be unpacked"):
        unpack(bundle, tmp_path / "back")


def test_a_flipped_bit_is_an_error(bundle: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 4
    bundle.write_bytes(content)
    with pytest.raises(ArtifactError):
        unpack(bundle, tmp_path / "back")


def test_size_caps(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.inference.bundle.MAXIMUM_BYTES", 100)
    with pytest.raises(ArtifactError, match="more than"):
        unpack(bundle, tmp_path / "back")


def test_a_bundle_without_a_model_is_refused(tmp_path: Path) -> None:
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as opened:
        opened.writestr("readme", b"hello")
    (tmp_path / "bundle").write_bytes(empty.getvalue())
    with pytest.raises(ArtifactError, match=r"model\.json: missing"):
        unpack(tmp_path / "bundle", tmp_path / "back")


def test_a_used_folder_is_refused(artifact: Artifact, bundle: Path) -> None:
    with pytest.raises(ArtifactError, match="not empty"):
        unpack(bundle, artifact.directory)
