"""Datasets by name, by digest, by the first digits of it."""

import msgspec
import pytest

from consumers.datasets.errors import ManifestError
from consumers.datasets.registry import find_dataset
from schemas.records import ClaimCheck, Dataset


def built(name: str, digits: str, at: int) -> Dataset:
    check = ClaimCheck(reference="sha256:" + "0" * 64, sha256="0" * 64, size=1)
    digest = f"sha256:{digits * 8}"
    return Dataset(name=name, digest=digest, manifest=check, built_at_us=at, built_by="ann", frames=1)


OLD, NEW, OTHER = built("plates", "0123abcd", 1), built("plates", "0123ffff", 2), built("deadbeef", "99999999", 3)
KNOWN = [OLD, NEW, OTHER]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("plates", NEW),
        (OLD.digest, OLD),
        (OLD.digest[:20], OLD),
        ("0123abcd", OLD),
        (f"plates:{OLD.digest}", OLD),
        ("deadbeef", OTHER),
    ],
)
def test_found(wanted: str, found: Dataset) -> None:
    assert find_dataset(KNOWN, wanted) is found


@pytest.mark.parametrize("wanted", ["screws", "0123", "f" * 64, f"screws:{OLD.digest}"])
def test_unknown_names_what_there_is(wanted: str) -> None:
    with pytest.raises(ManifestError, match="there are: deadbeef, plates"):
        find_dataset(KNOWN, wanted)


def test_too_few_digits_are_refused() -> None:
    close = msgspec.structs.replace(OLD, name="other", digest=OLD.digest[:-1] + "0")
    with pytest.raises(ManifestError, match="give more of them"):
        find_dataset([OLD, close], "0123abcd")
