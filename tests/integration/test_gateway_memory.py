"""Memory of a gateway stays flat, however many frames pass."""

from pathlib import Path
from typing import Final

import psutil
import pytest

from infra.settings import Settings
from tests.conftest import Broker
from tests.integration.gateway_line import draw_files, end_of_frames, gateway_process, prepare, wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

FLAT: Final = 1.10  # of the memory after warming up
WARM: Final = 1_000  # frames after which every buffer has its size


def peak_memory(settings: Settings, unique: str, folder: Path, frames: int) -> tuple[float, float]:
    """Resident bytes after warming up, and the most until the end, of a gateway that loops over `folder`."""
    arguments = ("--edge", unique, "--camera", unique, "--source", str(folder), "--loop", "--limit", str(frames))
    seen: list[int] = []
    with gateway_process(settings, *arguments, "--fps", "400") as process:
        resident = psutil.Process(process.pid).memory_info
        wait_until(lambda: end_of_frames(settings, unique, unique) >= WARM or not process.running, "warming up")
        warm = resident().rss

        def is_done() -> bool:
            if process.running and end_of_frames(settings, unique, unique) < frames:
                seen.append(resident().rss)
                return False
            return True

        wait_until(is_done, "every frame", timeout=600)
        code, report, said = process.end()
    assert code == 0, said
    assert report["delivered"] == frames
    return warm, max(seen)


@pytest.mark.parametrize("frames", [3_000, pytest.param(20_000, marks=pytest.mark.proof)])
def test_memory_stays_flat(frames: int, broker: Broker, unique: str, tmp_path: Path) -> None:
    settings = prepare(broker.bootstrap_servers, tmp_path / "var", unique)
    draw_files(tmp_path / "images", 50, edge=128)
    warm, peak = peak_memory(settings, unique, tmp_path / "images", frames)
    assert peak <= FLAT * warm, f"{warm / 2**20:.0f} MiB after {WARM} frames, {peak / 2**20:.0f} MiB later"
