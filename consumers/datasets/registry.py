"""Which datasets there are: the `datasets` topic, and their manifests in the blob store."""

import re
from collections.abc import Iterable
from typing import Final

from consumers.datasets.errors import ManifestError
from consumers.datasets.manifest import Manifest, check_manifest, read_manifest
from infra.blobs import BlobMissingError, BlobStore
from infra.kafka import read_compacted
from infra.settings import Settings
from schemas.codec import Codec
from schemas.records import Dataset
from schemas.topics import DATASETS

_SHORTEST: Final = 8  # hex digits that may stand for a digest


def read_datasets(settings: Settings, codec: Codec) -> list[Dataset]:
    """Every dataset that was built, the newest last. Raises BrokerAwayError, DecodeError."""
    found = [codec.decode(value, Dataset) for value in read_compacted(settings, DATASETS.name).values()]
    return sorted(found, key=lambda dataset: (dataset.built_at_us, dataset.key))


def find_dataset(datasets: Iterable[Dataset], wanted: str) -> Dataset:
    """The dataset of a digest (or its first 8 hex digits or more), of `name:digest`, or the newest of a name.

    ManifestError when there is none, or when the digits are those of several.
    """
    name, _, rest = wanted.rpartition(":sha256:")
    digits = (rest if name else wanted).removeprefix("sha256:")
    known = list(datasets)
    if re.fullmatch(rf"[0-9a-f]{{{_SHORTEST},64}}", digits):
        fitting = [one for one in known if one.digest.startswith(f"sha256:{digits}") and name in ("", one.name)]
        if len({one.digest for one in fitting}) > 1:
            raise ManifestError(f"{wanted} are the first digits of several datasets: give more of them")
    else:
        fitting = []
    fitting = fitting or [one for one in known if one.name == wanted]
    if not fitting:
        names = ", ".join(sorted({one.name for one in known})) or "none yet"
        raise ManifestError(f"no dataset is called {wanted!r} or has that digest; there are: {names}")
    return fitting[-1]


def load_manifest(blobs: BlobStore, dataset: Dataset) -> Manifest:
    """The verified manifest of a dataset. ManifestError when it is gone or is not what its digest says."""
    try:
        data = blobs.get(dataset.manifest)
    except BlobMissingError as error:
        raise ManifestError(
            f"the manifest of {dataset.key} is not in the blob store ({error}): set blob_url to the store it was built "
            "with, or build it again"
        ) from error
    manifest = read_manifest(data, f"the manifest of {dataset.key}")
    check_manifest(manifest, f"the manifest of {dataset.key}")
    if manifest.digest != dataset.digest:
        raise ManifestError(f"the manifest of {dataset.key} is of another dataset, {manifest.digest}")
    return manifest


def manifest_blobs(manifest: Manifest) -> Iterable[str]:
    """The sha256 of every image a manifest needs: none of these blobs may be collected while the dataset is kept."""
    return (image.sha256 for image in manifest.images)
