"""A camera simulator: appliance parts drawn with exact ground truth, deterministic from seed and index."""

from producers.sources.synthetic.settings import PARTS, SyntheticSettings, parse_settings
from producers.sources.synthetic.source import SyntheticSource, shoot

__all__ = ["PARTS", "SyntheticSettings", "SyntheticSource", "parse_settings", "shoot"]
