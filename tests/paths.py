"""Where tests find things."""

from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
"""The repository's root."""

SHARED_DATA = REPO.parent / "shared" / "data"
"""The data sets beside the repository; they may be missing, and then tests draw their images."""
