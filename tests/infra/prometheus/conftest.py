"""The real Prometheus programs, fetched once for the session."""

import pytest

from infra.prometheus.distribution import Programs, ensure_programs
from infra.settings import load_settings


@pytest.fixture(scope="session")
def programs() -> Programs:
    """Prometheus and promtool of this machine."""
    return ensure_programs(load_settings().cache_dir)
