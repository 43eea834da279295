"""`python -m benchmarks [NAME...] [--quick]`: run benchmarks one after the other; exit code 1 when one could not run.

A figure short of its target is a finding, printed and written down, not a failure of the run.
"""

import argparse
import subprocess
import sys
from typing import Final

# Name in BENCHMARKS.md -> module. Run in this order.
BENCHMARKS: Final = {
    "codec": "benchmarks.codec",
    "gateway": "benchmarks.gateway",
    "inference": "benchmarks.inference",
    "edge-throughput": "benchmarks.edge_throughput",
    "edge-latency": "benchmarks.edge_latency",
    "edge-footprint": "benchmarks.edge_footprint",
    "statistics": "benchmarks.statistics_stream",
    "replay": "benchmarks.replay",
    "console": "benchmarks.console",
    "labeling": "benchmarks.labeling",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default all")
    parser.add_argument("--quick", action="store_true", help="the form that ends within 40 s")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    failed = [name for name in asked.names or BENCHMARKS if not _run(name, asked.quick)]
    if failed:
        print(f"could not run: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, quick: bool) -> bool:
    command = [sys.executable, "-m", BENCHMARKS[name], *(["--quick"] if quick else [])]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
