"""`make system`: what tests and demo need beside Python packages, fetched once into the cache folder."""

import sys

from rich.console import Console

from infra.broker.distribution import ensure_jars
from infra.broker.java import find_java
from infra.errors import InfraError
from infra.postgres.distribution import ensure_postgres
from infra.prometheus.distribution import ensure_programs
from infra.settings import load_settings
from infra.setup.chromium import ensure_chromium
from infra.setup.moto_server import ensure_moto


def main() -> int:
    """Fetch Kafka's jars, Prometheus, PostgreSQL, moto and Chromium; exit code 1 with every missing thing named."""
    console = Console(stderr=True)
    cache = load_settings().cache_dir
    failed = False
    for fetch in (
        lambda: ensure_jars(cache, find_java(), console.print),
        lambda: ensure_programs(cache, console.print),
        lambda: ensure_postgres(cache, console.print),
        lambda: ensure_moto(cache, console.print),
        lambda: ensure_chromium(console.print),
    ):
        try:
            fetch()
        except InfraError as error:
            console.print(f"[red]missing:[/red] {error}", highlight=False, soft_wrap=True)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
