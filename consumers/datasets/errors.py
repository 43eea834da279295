"""What can go wrong with datasets, their images and their files."""

from consumers.errors import ConsumersError


class DatasetsError(ConsumersError):
    """Base of every error of datasets, replay and label files."""


class ImageMissingError(DatasetsError):
    """An image is neither in the blob store nor in Kafka any more; the message says where it was looked for."""


class ImagesMissingError(DatasetsError):
    """A build or replay stopped because images are missing; `missing` lists them. Allow it with --allow-missing."""

    def __init__(self, message: str, missing: tuple[str, ...]) -> None:
        super().__init__(message)
        self.missing = missing  # one line an image: frame or file, and where it was looked for


class SelectionError(DatasetsError):
    """What was asked for selects nothing or contradicts itself; change edges, times or labels as the message says."""


class ManifestError(DatasetsError):
    """A manifest that can't be read, is not what its digest says, or is unknown; the message names it."""


class LabelFileError(DatasetsError):
    """A file of labels that can't be read or written as a whole; single bad rows are listed, not raised."""


class PublishError(DatasetsError):
    """Kafka did not acknowledge labels or a dataset; nothing is lost: the same command again adds only what lacks."""


class CancelledError(DatasetsError):
    """A build or replay was told to stop; what was written so far is kept and the same command goes on from there."""
