"""A camera simulator: appliance parts drawn with exact ground truth, deterministic from seed and index."""

from producers.sources.synthetic.dataset import write_dataset, write_samples
from producers.sources.synthetic.settings import PARTS, PartKind, SyntheticSettings, parse_settings
from producers.sources.synthetic.source import SyntheticSource, shoot

__all__ = [
    "PARTS",
    "PartKind",
    "SyntheticSettings",
    "SyntheticSource",
    "parse_settings",
    "shoot",
    "write_dataset",
    "write_samples",
]
